"""The command `asset-gateway export`: the kept tables into a folder, a bucket, a DuckDB file or PostgreSQL."""

# ruff: noqa: PLC0415 (the parser is made for every command: this one's parts are loaded where it is run)

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.arguments import add_config, add_tables, moment
from gateway.cli.configuration import load_settings
from gateway.cli.console import complain, say
from gateway.tables.export.request import ExportFault, ExportRequest, ExportTable, TableCounts

if TYPE_CHECKING:
    from gateway.tables.export.destination import Destination

_BAR = 24


@dataclass(frozen=True)
class _Available:
    """The tables that can be exported, why others cannot, and the table of deleted rows, if there is one."""

    tables: Sequence[ExportTable]
    faults: Sequence[str]
    deleted: Sequence[ExportTable]


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The destination, the tables and rows, and the gateway that they are from."""
    add_config(command)
    command.add_argument(
        "--to",
        required=True,
        metavar="ADDRESS",
        help="a folder, FILE.duckdb, postgresql://USER@HOST/DATABASE (password: PGPASSWORD) or s3://BUCKET/PREFIX",
    )
    add_tables(command)
    command.add_argument(
        "--changed-since", type=moment, metavar="WHEN", help="only rows that changed since then"
    )
    command.add_argument(
        "--history",
        action="store_true",
        help="keep rows as they were, too: TABLE_history in PostgreSQL (on with GATEWAY_TABLES__HISTORY_DAYS)",
    )
    command.add_argument(
        "--from",
        dest="origin",
        metavar="URL",
        help="a running gateway (default: the tables kept in GATEWAY_TABLES__DIR)",
    )
    command.add_argument(
        "--key", default=os.environ.get("GATEWAY_KEY"), help="its API key (better: the variable GATEWAY_KEY)"
    )


def run(options: argparse.Namespace) -> int:
    """Exports, and gives the exit status: 1 if a table could not be exported."""
    from gateway.tables.export.destination import parse_destination

    try:
        destination = parse_destination(options.to)
        _check_history(options)
        with tempfile.TemporaryDirectory(prefix="asset-gateway-export-") as name:
            workspace = Path(name)
            if options.origin is None:
                return asyncio.run(_from_folder(options, destination, workspace))
            return _from_gateway(options, destination, workspace)
    except ExportFault as exc:
        complain(str(exc))
        return 1


async def _from_folder(options: argparse.Namespace, destination: "Destination", workspace: Path) -> int:
    """Export what the snapshots' folder holds. Its lock keeps gateways with other sources from it meanwhile."""
    from gateway.app import open_decisions, opened_fill
    from gateway.tables.export.snapshots import exportable_tables
    from gateway.tables.side_tables import SIDE_TABLES

    settings = load_settings(options.config, os.environ, need_source=True)
    if settings is None:
        return 1
    if settings.tables.dir is None:
        raise ExportFault(
            "GATEWAY_TABLES__DIR is not set: name the folder that holds the tables, or a running gateway by --from"
        )
    async with AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(opened_fill(settings, open_decisions(settings).current))
        except OSError as exc:
            raise ExportFault(f"GATEWAY_TABLES__DIR: {exc.strerror}: {settings.tables.dir}") from exc
        tables = {**opened.tables, **SIDE_TABLES}
        _check_names(options.tables, list(tables))
        exported, faults = exportable_tables(opened.store, tables, options.tables)
        deleted, _ = exportable_tables(opened.store, tables, ["deleted_rows"])
        options.history = options.history or bool(settings.tables.history_days)
        return _export(options, destination, workspace, _Available(exported, faults, deleted))


def _from_gateway(options: argparse.Namespace, destination: "Destination", workspace: Path) -> int:
    from gateway.cli.download import TableDownload

    with TableDownload(options.origin, options.key, workspace / "tables", on_wait=say) as download:
        tables = download.tables
        _check_names(options.tables, list(tables))
        exported, faults = download.all(options.tables or list(tables))
        deleted, _ = download.all(["deleted_rows"] if options.changed_since is not None else [])
    return _export(options, destination, workspace, _Available(exported, faults, deleted))


def _export(
    options: argparse.Namespace,
    destination: "Destination",
    workspace: Path,
    available: _Available,
) -> int:
    if not available.tables:
        raise ExportFault(
            "; ".join(available.faults)
            or "there is no snapshot of the tables: make one with `asset-gateway fill`"
        )
    bar = _Bar(len(available.tables))
    request = ExportRequest(
        tables=available.tables,
        workspace=workspace,
        now=datetime.now(UTC),
        changed_since=options.changed_since,
        deleted_rows=available.deleted[0].path if available.deleted else None,
        history=options.history,
        on_table=bar.begin,
    )
    try:
        counts = destination.write(request)
    finally:
        bar.end()
    for count in counts:
        say(_line(count))
    for fault in available.faults:
        complain(fault)
    return 1 if available.faults else 0


def _check_names(names: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ExportFault(f"there is no table {', '.join(unknown)}: there are {', '.join(known)}")


def _check_history(options: argparse.Namespace) -> None:
    if options.history and not options.to.startswith(("postgresql://", "postgres://")):
        raise ExportFault("--history is for PostgreSQL: files of several days lie beside each other anyway")


def _line(count: TableCounts) -> str:
    gone = f", {count.deleted:,} deleted" if count.deleted else ""
    return f"{count.name}: {count.rows:,} rows, {count.written:,} written{gone}"


class _Bar:
    """Progress over the tables, in a terminal only: elsewhere the lines at the end say all."""

    def __init__(self, tables: int) -> None:
        self._tables = tables
        self._begun = 0
        self._is_terminal = sys.stdout.isatty()

    def begin(self, table: str) -> None:
        """Show the table that is under way."""
        full = _BAR * self._begun // self._tables
        self._begun += 1
        self._show(f"[{'#' * full}{'.' * (_BAR - full)}] {self._begun} of {self._tables}: {table}")

    def end(self) -> None:
        """Erase the bar."""
        self._show("")

    def _show(self, text: str) -> None:
        if self._is_terminal:
            print(f"\r\x1b[K{text}", end="", flush=True)
