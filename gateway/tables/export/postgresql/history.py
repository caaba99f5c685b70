"""
History of exported tables in PostgreSQL: `<table>_history` has each row as often as it has changed, with the time for
which it was so. A row is valid from `valid_from` on, and before `valid_to`, which is null as long as it is.
"""

from datetime import datetime
from typing import Any

from psycopg import Cursor

from gateway.tables.columns import ColumnKind, FlatColumn, FlatTable
from gateway.tables.duck import named
from gateway.tables.export.request import ExportTable
from gateway.tables.history.declarations import history_table
from gateway.tables.parquet import CHANGED

_FROM = FlatColumn(
    name="valid_from",
    kind=ColumnKind.TIMESTAMP,
    required=True,
    description="When the row was first seen so: its `row_changed_at`.",
)
_TO = FlatColumn(
    name="valid_to",
    kind=ColumnKind.TIMESTAMP,
    description="When it was first seen otherwise, or not any more. Null: it is so.",
)


def validity_table(table: FlatTable) -> FlatTable | None:
    """The table of a table's history; None if its rows do not say when they have changed."""
    if table.column(CHANGED) is None:
        return None
    history = history_table(table)
    return FlatTable(
        name=history.name,
        type=history.type,
        description=f"Rows of `{table.name}` as they were from `valid_from` to `valid_to`.",
        columns=(_FROM, _TO, *history.columns[1:]),
        history_of=table.name,
    )


def bring_history_up_to_date(cursor: Cursor[Any], exported: ExportTable, history: FlatTable) -> None:
    """End what is not so any more, and begin what is new, in the transaction in which the table was written."""
    _end_changed(cursor, exported.name, history.name, exported.filled_at)
    columns = ", ".join(named(column.name) for column in exported.table.columns)
    begin = (
        f"INSERT INTO {named(history.name)} ({named(_FROM.name)}, {columns}) "  # noqa: S608
        f"SELECT {named(CHANGED)}, {columns} FROM {named(exported.name)} t WHERE NOT EXISTS "
        f"(SELECT FROM {named(history.name)} h WHERE h.id = t.id AND h.{_TO.name} IS NULL) "
        f"ON CONFLICT ({named(_FROM.name)}, id) DO UPDATE SET {_TO.name} = NULL"
    )
    cursor.execute(begin.encode())


def _end_changed(cursor: Cursor[Any], table: str, history: str, now: datetime) -> None:
    """A row that has changed ends when it changed, one that is gone when the table was read without it."""
    changed = f"(SELECT t.{CHANGED} FROM {named(table)} t WHERE t.id = h.id)"  # noqa: S608
    same = f"SELECT FROM {named(table)} t WHERE t.id = h.id AND t.{CHANGED} = h.{_FROM.name}"
    end = (
        f"UPDATE {named(history)} h SET {_TO.name} = greatest(coalesce({changed}, %s), h.{_FROM.name}) "  # noqa: S608
        f"WHERE h.{_TO.name} IS NULL AND NOT EXISTS ({same})"
    )
    cursor.execute(end.encode(), (now,))
