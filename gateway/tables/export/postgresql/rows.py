"""
Rows of exported tables in PostgreSQL: copied into a temporary table, compared with those that are there, and
applied; a table that is new gets them straight.

The moments `row_first_seen_at` and `row_changed_at` are no difference: they begin anew if the snapshots are lost.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from psycopg import Cursor

from gateway.tables.columns import MOMENTS, ColumnKind, FlatTable
from gateway.tables.duck import named, quoted
from gateway.tables.export.postgresql.csv_stream import csv_stream
from gateway.tables.export.postgresql.definitions import add_primary_key
from gateway.tables.export.request import ExportRequest, ExportTable, TableCounts

_MOMENTS = frozenset(column.name for column in MOMENTS)


class RowLoader:
    """Loads and applies rows in one transaction."""

    def __init__(self, cursor: Cursor[Any], request: ExportRequest) -> None:
        self._cursor = cursor
        self._request = request

    def fill(self, exported: ExportTable) -> TableCounts:
        """Copy the rows straight into the table, which this transaction has created, and then make its primary key."""
        table = exported.table
        columns = _list(column.name for column in table.columns)
        rows = self._copy(f"{named(table.name)} ({columns})", self._rows(exported), exported.path, "FREEZE")
        add_primary_key(self._cursor, table)
        return TableCounts(name=table.name, rows=rows, written=rows)

    def load(self, exported: ExportTable) -> TableCounts:
        """Copy the rows, and count those that differ from the database's, and those of the database that are gone."""
        table = exported.table
        columns = _list(column.name for column in table.columns)
        new, gone = _new(table.name), _gone(table.name)
        self._run(
            f"CREATE TEMPORARY TABLE {new} ON COMMIT DROP AS SELECT {columns} FROM {named(table.name)} WITH NO DATA"  # noqa: S608
        )
        rows = self._copy(new, self._rows(exported), exported.path)
        self._run(f"ANALYZE {new} ({_list(table.key)})")  # of all columns it takes longer than the rest
        self._load_gone(exported)
        deleted = self._run(f"SELECT count(*) FROM {gone}").fetchone()  # noqa: S608
        same = _same(table, [column.name for column in table.columns if column.name not in _MOMENTS])
        written = self._run(
            f"CREATE TEMPORARY TABLE {_changed(table.name)} ON COMMIT DROP AS SELECT {columns} FROM {new} n "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT FROM {named(table.name)} t WHERE {same})"
        ).rowcount
        return TableCounts(
            name=table.name,
            rows=rows,
            written=written,
            deleted=int(deleted[0]) if deleted is not None else 0,
        )

    def apply(self, table: FlatTable) -> None:
        """Write the rows that differ, and delete those that are gone."""
        names = [column.name for column in table.columns]
        updates = ", ".join(
            f"{named(name)} = excluded.{named(name)}" for name in names if name not in table.key
        )
        columns, key = _list(names), _list(table.key)
        self._run(
            f"INSERT INTO {named(table.name)} ({columns}) SELECT {columns} FROM {_changed(table.name)} "  # noqa: S608
            f"ON CONFLICT ({key}) DO UPDATE SET {updates}"
        )
        self._run(
            f"DELETE FROM {named(table.name)} t USING {_gone(table.name)} n WHERE {_same(table, table.key)}"  # noqa: S608
        )

    def _load_gone(self, exported: ExportTable) -> None:
        """The keys of rows of the database that are not there any more."""
        table, gone = exported.table, _gone(exported.name)
        key = _list(table.key)
        create = f"CREATE TEMPORARY TABLE {gone} ON COMMIT DROP AS SELECT {key} FROM {named(table.name)} t"  # noqa: S608
        if exported.is_whole(self._request.changed_since):
            self._run(
                f"{create} WHERE NOT EXISTS (SELECT FROM {_new(table.name)} n WHERE {_same(table, table.key)})"
            )
            return
        self._run(f"{create} WITH NO DATA")
        deleted = self._request.deleted_rows
        if deleted is None:
            return
        ids = f'SELECT DISTINCT id FROM {quoted(deleted)} WHERE "table" = {quoted(table.name)}'  # noqa: S608
        self._copy(gone, ids, deleted)
        self._run(
            f"DELETE FROM {gone} n WHERE NOT EXISTS (SELECT FROM {named(table.name)} t WHERE {_same(table, table.key)})"  # noqa: S608
        )

    def _rows(self, exported: ExportTable) -> str:
        return _clean(exported.table, exported.rows(self._request.changed_since))

    def _copy(self, target: str, query: str, source: Path, *options: str) -> int:
        """Copy the rows of a DuckDB query over a file. Returns their number."""
        copy = f"COPY {target} FROM STDIN ({', '.join(('FORMAT csv', *options))})"
        with (
            self._cursor.copy(copy.encode()) as rows,
            csv_stream(query, source=source, workspace=self._request.workspace) as chunks,
        ):
            for chunk in chunks:
                rows.write(chunk)
        return self._cursor.rowcount

    def _run(self, statement: str) -> Cursor[Any]:
        return self._cursor.execute(statement.encode())


def _clean(table: FlatTable, rows: str) -> str:
    """The rows without the character NUL, which PostgreSQL's texts cannot hold."""
    cells = ", ".join(
        f"replace({named(column.name)}, chr(0), '') AS {named(column.name)}"
        if column.kind is ColumnKind.TEXT
        else named(column.name)
        for column in table.columns
    )
    return f"SELECT {cells} FROM ({rows})"  # noqa: S608


def _same(table: FlatTable, names: Sequence[str]) -> str:
    """SQL that the rows `n` and `t` have the same key, and equal values in these columns, null being a value."""
    key = " AND ".join(f"n.{named(name)} = t.{named(name)}" for name in table.key)
    others = [name for name in names if name not in table.key]
    if not others:
        return key
    new, old = (", ".join(f"{alias}.{named(name)}" for name in others) for alias in ("n", "t"))
    return f"{key} AND ROW({new}) IS NOT DISTINCT FROM ROW({old})"


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(named, names))


def _new(table: str) -> str:
    return named(f"export_new_{table}")


def _changed(table: str) -> str:
    return named(f"export_changed_{table}")


def _gone(table: str) -> str:
    return named(f"export_gone_{table}")
