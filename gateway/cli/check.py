"""The command `asset-gateway check`: every fault of the configuration, and with `--probe` a call to each source."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
import asyncio
import logging.config
import os

from gateway.cli.arguments import add_config, add_strict
from gateway.cli.configuration import NO_SOURCE
from gateway.settings import Settings, SettingsError


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The settings file, how strict to be, and whether to sign in."""
    add_config(command)
    add_strict(command)
    command.add_argument("--probe", action="store_true", help="sign in to each source as well")


def run(options: argparse.Namespace) -> int:
    """Prints the faults and warnings, or the state of each source, and gives the exit status."""
    from gateway.app import read_settings

    try:
        settings = read_settings(options.config, os.environ, strict=options.strict)
    except SettingsError as exc:
        print("\n".join(exc.faults))
        return 1
    for warning in (*settings.vendor_faults, *settings.warnings):
        print(f"warning: {warning}")
    if not settings.sources:
        print(NO_SOURCE)
        return 1
    if options.probe:
        return _probe(settings)
    for source in settings.sources:
        print(f"{source.name} ({source.vendor}): ok")
    return 0


def _probe(settings: Settings) -> int:
    from gateway.app import probe

    logging.config.dictConfig({"version": 1, "root": {"level": "CRITICAL"}})
    results = asyncio.run(probe(settings))
    for result in results:
        outcome = "ok" if result.ok else f"{result.code}: {result.message}"
        print(f"{result.source}: {outcome} ({result.milliseconds:.0f} ms)")
        for unread in result.unread_values:
            print(f"warning: {result.source}: {unread}")
    return 0 if all(result.ok for result in results) else 1
