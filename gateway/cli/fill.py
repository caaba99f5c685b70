"""The command `asset-gateway fill`: reads tables from the sources into the snapshots' folder, once or periodically."""

# ruff: noqa: PLC0415 (the parser is made for every command: this one's parts are loaded where it is run)

import argparse
import asyncio
import dataclasses
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.arguments import add_config, add_logging, add_tables, with_logging
from gateway.cli.configuration import load_settings
from gateway.cli.process_log import process_log
from gateway.literals import parse_decimal

if TYPE_CHECKING:
    from gateway.settings import Settings
    from gateway.tables.manifest import TableSnapshot
    from gateway.tables.progress import Progress

#: The whole process stands back behind the servers on the machine.
_NICENESS = 10
_LINE_SECONDS = 5.0
_BAR = 24


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The settings file, the log, the tables, and how often."""
    add_config(command)
    add_logging(command)
    add_tables(command)
    often = command.add_mutually_exclusive_group()
    often.add_argument("--once", action="store_true", help="fill, and end (default)")
    often.add_argument("--every", type=_minutes, metavar="MINUTES", help="fill again and again")
    often.add_argument("--forget", action="store_true", help="remove all snapshots instead")


def run(options: argparse.Namespace) -> int:
    """Fills, and gives the exit status: 1 if a source failed."""
    settings = load_settings(options.config, os.environ, need_source=True)
    if settings is None:
        return 1
    if settings.tables.dir is None:
        print(
            "asset-gateway: GATEWAY_TABLES__DIR: is not set: name the folder that the server reads",
            file=sys.stderr,
        )
        return 1
    try:
        settings = with_logging(settings, options)
        with process_log(settings):
            return asyncio.run(_fill(settings, options))
    except OSError as exc:
        print(f"asset-gateway: GATEWAY_TABLES__DIR: {exc.strerror}: {settings.tables.dir}", file=sys.stderr)
        return 1


async def _fill(settings: "Settings", options: argparse.Namespace) -> int:
    from gateway.app import open_decisions, opened_fill

    async with opened_fill(settings, open_decisions(settings).current) as opened:
        if options.forget:
            await opened.forget()
            return 0
        unknown = [name for name in options.tables if name not in opened.tables]
        if unknown:
            known = ", ".join(opened.tables)
            print(
                f"asset-gateway: there is no table {', '.join(unknown)}: there are {known}", file=sys.stderr
            )
            return 1
        stand_back()
        reporter = _Reporter(sys.stdout.isatty())
        fill = dataclasses.replace(opened, on_progress=reporter.progress, on_filled=reporter.filled)
        names = options.tables or list(opened.tables)
        while True:
            reporter.failed = False
            await fill.all(names)
            if options.every is None:
                return 1 if reporter.failed else 0
            await asyncio.sleep(options.every * 60)


class _Reporter:
    """Progress on standard output: a bar for each source in a terminal, else a line now and then."""

    def __init__(self, is_terminal: bool) -> None:  # noqa: FBT001
        self.failed = False
        self._is_terminal = is_terminal
        self._lines = 0
        self._told = time.monotonic()

    def progress(self, progress: "Progress") -> None:
        """Show how far a table is."""
        if self._is_terminal:
            self._erase()
            lines = [f"{progress.table}: {progress.rows:,} rows", *_bars(progress)]
            print("\n".join(lines), flush=True)
            self._lines = len(lines)
        elif time.monotonic() - self._told >= _LINE_SECONDS:
            self._told = time.monotonic()
            print(progress.text(), flush=True)

    def filled(self, table: str, snapshot: "TableSnapshot") -> None:
        """Say that a table is done, and which sources failed."""
        self._erase()
        faults = {name: part.fault for name, part in snapshot.sources.items() if part.fault is not None}
        self.failed = self.failed or bool(faults)
        failed = "".join(
            f"; {name}: {fault.code}{' (earlier rows stay)' if snapshot.sources[name].is_stale else ''}"
            for name, fault in faults.items()
        )
        print(f"{table}: {snapshot.rows:,} rows in {snapshot.seconds:.1f} s{failed}", flush=True)

    def _erase(self) -> None:
        if self._lines:
            print(f"\x1b[{self._lines}A\x1b[J", end="")
            self._lines = 0


def _bars(progress: "Progress") -> list[str]:
    bars: list[str] = []
    for name, part in progress.sources.items():
        share = 1.0 if part.ended else (part.page / part.pages if part.pages else 0.0)
        full = round(min(1.0, share) * _BAR)
        pages = f" page {part.page:,} of {part.pages:,}" if part.pages and not part.ended else ""
        bars.append(f"  {name:<16} [{'#' * full}{'.' * (_BAR - full)}] {part.rows:,} rows{pages}")
    return bars


def stand_back() -> None:
    """Let the servers on the machine go first, with all threads."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
        for thread in Path("/proc/self/task").iterdir():  # Linux has a niceness for each
            os.setpriority(os.PRIO_PROCESS, int(thread.name), _NICENESS)
    if os.getsid(0) == os.getpid():
        # Linux divides the processor among sessions first, which have a niceness of their own: sched(7), autogroups.
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICENESS))


def _minutes(text: str) -> float:
    minutes = float(parse_decimal(text))
    if not 0.01 <= minutes < 10**6:
        raise argparse.ArgumentTypeError("minutes are a number from 0.01 on")
    return minutes
