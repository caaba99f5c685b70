"""
Versions of exported tables. The comment of a table's primary key has the digest of the version that was exported, and a
fingerprint of the rows as that export left them: a table of the same version that nobody has changed is not compared.
"""

import hashlib
import importlib.metadata
from collections.abc import Mapping
from typing import Any

from psycopg import Cursor

from gateway.tables.duck import named, quoted
from gateway.tables.export.request import ExportTable
from gateway.tables.store import sha256_of

_KEYS = """
    SELECT c.relname, k.conname, obj_description(k.oid, 'pg_constraint')
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype = 'p' AND k.connamespace = current_schema()::regnamespace"""
#: Whoever inserts or updates a row, or rewrites the table, leaves the number of a transaction of theirs, `xmin`.
_FINGERPRINT = """
    SELECT count(*), concat_ws('.', {oid}, count(*), sum(xmin::text::bigint), (
        SELECT md5(string_agg(attnum || attname, ' ' ORDER BY attnum))
        FROM pg_attribute WHERE attrelid = {oid} AND attnum > 0 AND NOT attisdropped))
    FROM {table}"""


class ExportedVersions:
    """The primary keys of the current schema's tables, by table: their names and comments."""

    def __init__(self, cursor: Cursor[Any], keys: Mapping[str, tuple[str, str | None]]) -> None:
        self._cursor = cursor
        self._keys = keys

    @classmethod
    def read(cls, cursor: Cursor[Any]) -> "ExportedVersions":
        """The versions that earlier exports have recorded."""
        rows = cursor.execute(_KEYS).fetchall()
        return cls(cursor, {table: (key, comment) for table, key, comment in rows})

    def unchanged_rows(self, exported: ExportTable) -> int | None:
        """The number of rows, if the database has this very version; None if they are to be compared."""
        _, comment = self._keys.get(exported.name, (None, None))
        if comment is None or not comment.startswith(_version(exported)):
            return None
        rows, mark = self._mark(exported)
        return rows if mark == comment else None

    def record(self, exported: ExportTable) -> None:
        """Record that the table has all rows of this version, and no other ones."""
        key, comment = self._keys[exported.name]
        _, mark = self._mark(exported)
        if mark != comment:
            statement = f"COMMENT ON CONSTRAINT {named(key)} ON {named(exported.name)} IS {quoted(mark)}"
            self._cursor.execute(statement.encode())

    def _mark(self, exported: ExportTable) -> tuple[int, str]:
        table = named(exported.name)
        query = _FINGERPRINT.format(oid=f"{quoted(table)}::regclass::oid", table=table)
        rows, fingerprint = self._cursor.execute(query.encode()).fetchall()[0]
        return int(rows), f"{_version(exported)} {fingerprint}"


def _version(exported: ExportTable) -> str:
    """The digest of the file, the columns, and the release, which may write the same rows in another way."""
    release = importlib.metadata.version("asset-gateway")
    content = (release, sorted(exported.table.kinds.items()), sha256_of(exported.path))
    return f"Exported version {hashlib.sha256(repr(content).encode()).hexdigest()}"
