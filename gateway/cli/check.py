"""The command `asset-gateway check`: every fault of the configuration, and with `--probe` a look at each source."""

# ruff: noqa: PLC0415 (a command loads only what it needs)

import argparse
import asyncio
import json
import logging.config
import os
from collections.abc import Sequence
from typing import Any

from gateway.cli.arguments import add_config, add_strict
from gateway.cli.configuration import NO_SOURCE
from gateway.settings import Settings, SettingsError

_PROGRESS_SECONDS = 5.0


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The settings file, how strict to be, whether to sign in, and the form of the output."""
    add_config(command)
    add_strict(command)
    command.add_argument(
        "--probe", action="store_true", help="sign in to each source, and read a page of each of its lists"
    )
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.add_argument(
        "--as",
        dest="as_caller",
        metavar="ROLE or KEY",
        help="print what a role, or the holder of a named key, may",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the faults and warnings, or the state of each source, and gives the exit status."""
    from gateway.app import read_settings

    try:
        settings = read_settings(options.config, os.environ, strict=options.strict)
    except SettingsError as exc:
        return _fail(exc.faults, as_json=options.json)
    if not settings.sources:
        return _fail([NO_SOURCE], as_json=options.json, warnings=_warnings(settings))
    if not options.json:
        for warning in _warnings(settings):
            print(f"warning: {warning}")
    if options.as_caller is not None:
        return _rights(settings, options.as_caller, as_json=options.json)
    if options.probe:
        return _probe(settings, as_json=options.json)
    if options.json:
        sources = [{"source": source.name, "vendor": source.vendor} for source in settings.sources]
        _print_json(ok=True, warnings=_warnings(settings), sources=sources)
        return 0
    for source in settings.sources:
        print(f"{source.name} ({source.vendor}): ok")
    return 0


def _fail(faults: Sequence[str], *, as_json: bool, warnings: Sequence[str] = ()) -> int:
    if as_json:
        _print_json(ok=False, faults=faults, warnings=warnings)
    else:
        print("\n".join([*(f"warning: {warning}" for warning in warnings), *faults]))
    return 1


def _rights(settings: Settings, name: str, *, as_json: bool) -> int:
    from gateway.app import open_sources
    from gateway.cli.rights_report import rights_report, roles_of
    from gateway.upstream.transport.offline import OfflineTransport

    try:
        roles = roles_of(settings, name)
    except LookupError as exc:
        return _fail([str(exc.args[0])], as_json=as_json)
    report = rights_report(roles, open_sources(settings, OfflineTransport()))
    if as_json:
        print(json.dumps(report.as_json(), indent=2, ensure_ascii=False, default=sorted))
    else:
        print("\n".join(report.as_text()))
    return 0


def _probe(settings: Settings, *, as_json: bool) -> int:
    from gateway.cli.probing import probe_as_json, probe_sources

    logging.config.dictConfig({"version": 1, "root": {"level": "CRITICAL"}})
    results = asyncio.run(probe_sources(settings, as_text=not as_json, progress_seconds=_PROGRESS_SECONDS))
    is_ok = all(result.failure is None for result in results)
    if as_json:
        _print_json(ok=is_ok, warnings=_warnings(settings), sources=list(map(probe_as_json, results)))
    return 0 if is_ok else 1


def _warnings(settings: Settings) -> Sequence[str]:
    return [*settings.vendor_faults, *settings.warnings]


def _print_json(
    *, ok: bool, warnings: Sequence[str], faults: Sequence[str] = (), sources: Sequence[Any] = ()
) -> None:
    report = {"ok": ok, "faults": faults, "warnings": warnings, "sources": sources}
    print(json.dumps(report, indent=2, ensure_ascii=False))
