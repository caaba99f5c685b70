"""
Foreign keys of the exported tables, NOT VALID: they tell tools how tables join. PostgreSQL would check them for new
rows, and an export of some tables only would fail; so those of tables that change are dropped, and added again.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from gateway.tables.columns import FlatTable
from gateway.tables.duck import named

#: Those of an operator's own tables are not NOT VALID, and stay.
_EXISTING = """
    SELECT c.relname, k.conname, t.relname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
    WHERE k.contype = 'f' AND NOT k.convalidated AND k.connamespace = current_schema()::regnamespace"""


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A constraint of a table that refers to another one."""

    table: str
    name: str
    target: str
    definition: str


class ForeignKeys:
    """The foreign keys that are in the database, and those that the exported tables shall have."""

    def __init__(self, existing: Sequence[ForeignKey], missing: Sequence[ForeignKey]) -> None:
        self._existing = existing
        self._missing = missing

    @classmethod
    def read(cls, cursor: Cursor[Any], tables: Sequence[FlatTable], known: Collection[str]) -> "ForeignKeys":
        """The foreign keys there are, and those of these tables to tables that are `known` in the database."""
        existing = [
            ForeignKey(table=table, name=name, target=target, definition=definition)
            for table, name, target, definition in cursor.execute(_EXISTING).fetchall()
        ]
        names = {(key.table, key.name) for key in existing}
        keys = [
            ForeignKey(
                table=table.name,
                name=f"{table.name}_{column.name}_fkey",  # as PostgreSQL itself would call it
                target=column.references,
                definition=f"FOREIGN KEY ({named(column.name)}) REFERENCES {named(column.references)} (id) NOT VALID",
            )
            for table in tables
            for column in table.columns
            if column.references is not None and column.references in known
        ]
        return cls(existing, [key for key in keys if (key.table, key.name) not in names])

    @contextmanager
    def suspended(self, cursor: Cursor[Any], changed: Collection[str]) -> Iterator[None]:
        """Without the foreign keys that start or end at a table of `changed`; afterwards all are there."""
        affected = [key for key in self._existing if key.table in changed or key.target in changed]
        for key in affected:
            cursor.execute(f"ALTER TABLE {named(key.table)} DROP CONSTRAINT {named(key.name)}".encode())
        yield
        for key in (*affected, *self._missing):
            cursor.execute(
                f"ALTER TABLE {named(key.table)} ADD CONSTRAINT {named(key.name)} {key.definition}".encode()
            )
