"""Tables that the snapshots make of the others: `deleted_rows` and `sources`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.tables.columns import ColumnKind, FlatColumn, FlatTable
from gateway.tables.duck import named, quoted
from gateway.tables.manifest import TableSnapshot
from gateway.tables.parquet import SQL_TYPES, WRITTEN_AS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Deleted rows are remembered for as long.
REMEMBERED = timedelta(days=400)


def _text(name: str, description: str, *, references: str | None = None) -> FlatColumn:
    return FlatColumn(
        name=name, kind=ColumnKind.TEXT, description=description, required=True, references=references
    )


def _moment(name: str, description: str, *, required: bool = False) -> FlatColumn:
    return FlatColumn(name=name, kind=ColumnKind.TIMESTAMP, description=description, required=required)


DELETED_ROWS = FlatTable(
    name="deleted_rows",
    type="DeletedRow",
    description="Rows that were in a table and are not any more, for 400 days.",
    columns=(
        _text("table", "The table that the row was in."),
        _text("id", "The row's `id`."),
        _text("source", "The row's `source`."),
        _moment("last_seen_at", "When the row was last read, in UTC.", required=True),
    ),
)
SOURCES = FlatTable(
    name="sources",
    type="Source",
    description="The configured sources: how many rows the tables have of each, how old they are, and the last fault.",
    columns=(
        _text("name", "The source's name: `source` in every other table."),
        _text("vendor", "The vendor whose product it is."),
        FlatColumn(name="rows", kind=ColumnKind.INTEGER, description="Rows in all tables.", required=True),
        _moment("read_at", "When the oldest of its rows were read, in UTC."),
        FlatColumn(name="error", kind=ColumnKind.TEXT, description="The code of the last read's fault."),
    ),
)
SIDE_TABLES: Mapping[str, FlatTable] = {table.name: table for table in (DELETED_ROWS, SOURCES)}


def write_deleted_rows(
    connection: "DuckDBPyConnection",
    target: Path,
    *,
    before: Path | None,
    table: str,
    rows: Path | None,
    rows_before: Path | None,
    last_seen: Mapping[str, datetime],
    now: datetime,
) -> None:
    """
    The deleted rows at `target`: those known `before`, unless they are there again or too old, and the rows that the
    earlier version of `table` has and this one has not. `last_seen` are the sources that were read now, with the moment
    of their earlier read; `rows` and `rows_before` are the two versions, None if there was no earlier one.
    """
    columns = ", ".join(
        f"NULL::{SQL_TYPES[column.kind]} AS {named(column.name)}" for column in DELETED_ROWS.columns
    )
    parts = [f"SELECT * FROM (SELECT {columns} LIMIT 0)"]  # noqa: S608
    if before is not None:
        again = (
            f'AND NOT ("table" = {quoted(table)} AND id IN (SELECT id FROM {quoted(rows)}))'  # noqa: S608
            if rows
            else ""
        )
        oldest = quoted((now - REMEMBERED).isoformat())
        parts.append(f"SELECT * FROM {quoted(before)} WHERE last_seen_at > TIMESTAMPTZ {oldest} {again}")  # noqa: S608
    if rows is not None and rows_before is not None and last_seen:
        seen = ", ".join(
            f"({quoted(name)}, TIMESTAMPTZ {quoted(moment.isoformat())})"
            for name, moment in last_seen.items()
        )
        parts.append(
            f"SELECT {quoted(table)}, o.id, o.source, s.seen_at FROM {quoted(rows_before)} o "  # noqa: S608
            f"JOIN (VALUES {seen}) s(source, seen_at) ON s.source = o.source "
            f"WHERE o.id NOT IN (SELECT id FROM {quoted(rows)})"
        )
    union = " UNION ALL ".join(parts)
    connection.execute(
        f'COPY (SELECT * FROM ({union}) ORDER BY last_seen_at, "table", id) TO {quoted(target)} ({WRITTEN_AS})'  # noqa: S608
    )


def write_sources(
    connection: "DuckDBPyConnection",
    target: Path,
    vendors: Mapping[str, str],
    tables: Mapping[str, TableSnapshot],
) -> None:
    """The sources and how their rows in these tables stand, at `target`."""
    lines: list[str] = []
    for name, vendor in vendors.items():
        parts = [snapshot.sources[name] for snapshot in tables.values() if name in snapshot.sources]
        moments = [part.read_at for part in parts if part.read_at is not None]
        code = next((part.fault.code for part in parts if part.fault is not None), None)
        cells = (
            quoted(name),
            quoted(vendor),
            f"{sum(part.rows for part in parts)}::BIGINT",
            f"TIMESTAMPTZ {quoted(min(moments).isoformat())}" if moments else "NULL::TIMESTAMPTZ",
            quoted(code) if code else "NULL::VARCHAR",
        )
        lines.append(f"({', '.join(cells)})")
    names = "name, vendor, rows, read_at, error"
    rows = f"(VALUES {', '.join(lines)}) t({names})" if lines else "(SELECT NULL::VARCHAR AS name LIMIT 0)"
    connection.execute(
        f"COPY (SELECT {names} FROM {rows} ORDER BY name) TO {quoted(target)} ({WRITTEN_AS})"  # noqa: S608
    )
