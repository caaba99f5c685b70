"""Definitions of tables in PostgreSQL: types, primary keys and comments. What is already so stays untouched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from gateway.tables.columns import ColumnKind, FlatTable
from gateway.tables.duck import named, quoted
from gateway.tables.export.request import ExportFault

TYPES: Mapping[ColumnKind, str] = {
    ColumnKind.TEXT: "text",
    ColumnKind.INTEGER: "bigint",
    ColumnKind.DECIMAL: "numeric(38,9)",
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.DATE: "date",
    ColumnKind.TIMESTAMP: "timestamp with time zone",
}
_COLUMNS = """
    SELECT c.relname, obj_description(c.oid, 'pg_class'), a.attname, format_type(a.atttypid, a.atttypmod),
           col_description(c.oid, a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"""
_KEYS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
    WHERE i.indisprimary AND c.relnamespace = current_schema()::regnamespace GROUP BY c.relname"""


@dataclass(kw_only=True)
class Definition:
    """A table of the database: its comment, and its columns' types and comments by name."""

    comment: str | None
    types: dict[str, str]
    comments: dict[str, str | None]


class Definitions:
    """The tables of the current schema by name, and the columns of their primary keys."""

    def __init__(self, tables: Mapping[str, Definition], keys: Mapping[str, list[str]]) -> None:
        self._tables = tables
        self._keys = keys

    @classmethod
    def read(cls, cursor: Cursor[Any]) -> "Definitions":
        """The definitions as they are. Raises ExportFault if there is no schema to write to."""
        schema = cursor.execute("SELECT current_schema()").fetchone()
        if schema is None or schema[0] is None:
            raise ExportFault(
                "PostgreSQL: the schema of the search path does not exist: CREATE SCHEMA ... first"
            )
        tables: dict[str, Definition] = {}
        for name, comment, column, type_, column_comment in cursor.execute(_COLUMNS).fetchall():
            table = tables.setdefault(name, Definition(comment=comment, types={}, comments={}))
            table.types[column] = type_
            table.comments[column] = column_comment
        return cls(tables, dict(cursor.execute(_KEYS).fetchall()))

    @property
    def names(self) -> set[str]:
        """The names of the tables that have a primary key."""
        return set(self._keys)

    def bring_up_to_date(self, cursor: Cursor[Any], tables: Sequence[FlatTable]) -> None:
        """
        Create what is missing, new tables without their primary keys, and renew comments.

        Raises ExportFault with all contradictions.
        """
        faults = [fault for table in tables for fault in self._faults(table)]
        if faults:
            raise ExportFault("; ".join(faults))
        for table in tables:
            if table.name not in self._tables:
                _create(cursor, table)
                if table.history_of is not None:  # all others are filled first, which takes less time
                    add_primary_key(cursor, table)
            else:
                self._add_columns(cursor, table)
            self._comment(cursor, table)

    def _faults(self, table: FlatTable) -> list[str]:
        known = self._tables.get(table.name)
        if known is None:
            return []
        faults = [
            f"the column {table.name}.{column.name} is {known.types[column.name]} in the database and "
            f"{TYPES[column.kind]} now: rename it there, or drop the table, and export again"
            for column in table.columns
            if known.types.get(column.name, TYPES[column.kind]) != TYPES[column.kind]
        ]
        if not faults and self._keys.get(table.name) != sorted(table.key):
            faults.append(
                f"there is a table {table.name} without the primary key ({', '.join(table.key)}), none of ours: "
                "rename it, or export into a schema of its own (?options=-csearch_path%3DNAME)"
            )
        return faults

    def _add_columns(self, cursor: Cursor[Any], table: FlatTable) -> None:
        missing = [column for column in table.columns if column.name not in self._tables[table.name].types]
        if missing:
            added = ", ".join(f"ADD COLUMN {named(column.name)} {TYPES[column.kind]}" for column in missing)
            cursor.execute(f"ALTER TABLE {named(table.name)} {added}".encode())

    def _comment(self, cursor: Cursor[Any], table: FlatTable) -> None:
        known = self._tables.get(table.name, Definition(comment=None, types={}, comments={}))
        if table.description != (known.comment or ""):
            cursor.execute(f"COMMENT ON TABLE {named(table.name)} IS {quoted(table.description)}".encode())
        for column in table.columns:
            if column.description != (known.comments.get(column.name) or ""):
                name = f"{named(table.name)}.{named(column.name)}"
                cursor.execute(f"COMMENT ON COLUMN {name} IS {quoted(column.description)}".encode())


def _create(cursor: Cursor[Any], table: FlatTable) -> None:
    columns = ", ".join(f"{named(column.name)} {TYPES[column.kind]}" for column in table.columns)
    cursor.execute(f"CREATE TABLE {named(table.name)} ({columns})".encode())


def add_primary_key(cursor: Cursor[Any], table: FlatTable) -> None:
    """Give a table that was created its primary key."""
    key = ", ".join(map(named, table.key))
    cursor.execute(f"ALTER TABLE {named(table.name)} ADD PRIMARY KEY ({key})".encode())
