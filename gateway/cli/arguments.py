"""Arguments that several commands share, and the types of their values."""

import argparse
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from gateway.literals import parse_moment, parse_whole
from gateway.settings import LogFormat, LogLevel, Settings


def add_address(command: argparse.ArgumentParser) -> None:
    """The address that a command listens on: `--host` and `--port`."""
    command.add_argument("--host", default="127.0.0.1", metavar="H", help="address (default: 127.0.0.1)")
    command.add_argument("--port", type=port, default=8000, metavar="PORT", help="port (default: 8000)")


def add_config(command: argparse.ArgumentParser) -> None:
    """The settings file: `--config`."""
    command.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")


def add_strict(command: argparse.ArgumentParser) -> None:
    """Failing for a vendor's package that cannot be used: `--strict`."""
    command.add_argument(
        "--strict", action="store_true", help="fail if a vendor's package cannot be used, not only say so"
    )


def add_logging(command: argparse.ArgumentParser) -> None:
    """The log on standard error: `--log-level` and `--log-format`."""
    command.add_argument(
        "--log-level", choices=get_args(LogLevel), help="least level of the log's lines (default: warning)"
    )
    command.add_argument("--log-format", choices=get_args(LogFormat), help="of the log (default: text)")


def with_logging(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings with the log as the command line says, if it does."""
    chosen = {"level": options.log_level, "format": options.log_format}
    overrides = {name: value for name, value in chosen.items() if value is not None}
    return dataclasses.replace(settings, log=dataclasses.replace(settings.log, **overrides))


def add_tables(command: argparse.ArgumentParser) -> None:
    """The tables that a command is about: `--tables`."""
    command.add_argument(
        "--tables", type=names, default=[], metavar="NAMES", help="separated by commas (default: all)"
    )


def names(text: str) -> Sequence[str]:
    """
    Names that are separated by commas.

    >>> names("assets, people,")
    ['assets', 'people']
    """
    return [name.strip() for name in text.split(",") if name.strip()]


def moment(text: str) -> datetime:
    """
    A moment, in UTC if it says no zone, or a day. Raises ArgumentTypeError.

    >>> moment("2026-11-27")
    datetime.datetime(2026, 11, 27, 0, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        parsed = parse_moment(text.strip())
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise argparse.ArgumentTypeError(
            "a moment is written 2026-11-27T08:30:00Z, a day 2026-11-27"
        ) from exc


def port(text: str) -> int:
    """A port number, 0 for any free port. Raises ArgumentTypeError, or ValueError if it is no number."""
    number = parse_whole(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is between 0 and 65535")
    return number


def positive(text: str) -> int:
    """A whole number from 1. Raises ArgumentTypeError, or ValueError if it is no number."""
    number = parse_whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more is wanted")
    return number
