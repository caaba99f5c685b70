"""
PostgreSQL as a destination: all tables in one transaction, of which readers see nothing before its end. Rows that
differ are upserted, rows that are gone deleted; if nothing differs, no row and no definition is touched.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from gateway.tables.columns import FlatTable
from gateway.tables.export.postgresql.definitions import Definitions
from gateway.tables.export.postgresql.foreign_keys import ForeignKeys
from gateway.tables.export.postgresql.history import bring_history_up_to_date, validity_table
from gateway.tables.export.postgresql.rows import RowLoader
from gateway.tables.export.postgresql.versions import ExportedVersions
from gateway.tables.export.request import ExportFault, ExportRequest, ExportTable, TableCounts

_CONNECT_SECONDS = 15
#: Readers with a long report hold a table; whoever comes after the export waits with it.
_SETTINGS = {
    "lock_timeout": "30s",
    "statement_timeout": "30min",
    "idle_in_transaction_session_timeout": "5min",
}
#: Of two exports into one database, the second one waits.
_LOCK = 0x61676578706F7274
_LOCK_TIMEOUT = "10min"
_NO_ADDRESS = (
    "--to is no PostgreSQL address: in a password write @ as %40, / as %2F, : as %3A, # as %23, ? as %3F and % as %25, "
    "or leave it out and set PGPASSWORD"
)


@dataclass(frozen=True)
class PostgreSQLDestination:
    """A database. Tables go to the first schema of the search path (`?options=-csearch_path%3Dassets`)."""

    address: str = field(repr=False)

    @classmethod
    def parse(cls, address: str) -> "PostgreSQLDestination":
        """The destination at an address. Raises ExportFault, which holds no part of it."""
        try:
            parts = urlsplit(address)
            conninfo_to_dict(address)
        except (ValueError, psycopg.Error):
            raise ExportFault(_NO_ADDRESS) from None
        # An unescaped password would be taken for a part of the host, and be named in the fault.
        if parts.netloc.count("@") > 1 or "@" in parts.path or "@" in parts.fragment:
            raise ExportFault(_NO_ADDRESS)
        return cls(address)

    def write(self, request: ExportRequest) -> list[TableCounts]:
        """Write the tables, all or none. Raises ExportFault."""
        with _faults(), self._connected() as connection:
            cursor = connection.cursor()
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'".encode())
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            for name, value in _SETTINGS.items():
                cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
            tables = [exported.table for exported in request.tables]
            definitions = Definitions.read(cursor)
            histories = _histories(tables) if request.history else {}
            definitions.bring_up_to_date(cursor, [*tables, *histories.values()])
            counts, changed = _written(cursor, request, definitions)
            for exported in request.tables:
                history = histories.get(exported.name)
                if history is not None and (
                    exported.name in changed or history.name not in definitions.names
                ):
                    bring_history_up_to_date(cursor, exported, history)
        return counts

    @contextmanager
    def _connected(self) -> "Iterator[psycopg.Connection]":
        """A connection whose transaction is committed at the end, or rolled back by an exception."""
        with psycopg.connect(
            self.address, connect_timeout=_CONNECT_SECONDS, application_name="asset-gateway export"
        ) as connection:
            yield connection


def _written(
    cursor: "psycopg.Cursor", request: ExportRequest, definitions: Definitions
) -> tuple[list[TableCounts], set[str]]:
    """Write the rows. Returns the counts, and the names of tables that have changed."""
    loader, versions = RowLoader(cursor, request), ExportedVersions.read(cursor)
    tables = [exported.table for exported in request.tables]
    counts: list[TableCounts] = []
    compared: list[ExportTable] = []
    for exported in request.tables:
        request.on_table(exported.name)
        rows = versions.unchanged_rows(exported)
        if rows is not None:
            counts.append(TableCounts(name=exported.name, rows=rows, written=0))
            continue
        compared.append(exported)
        is_new = exported.name not in definitions.names
        counts.append(loader.fill(exported) if is_new else loader.load(exported))
    changed = {count.name for count in counts if count.written or count.deleted}
    keys = ForeignKeys.read(cursor, tables, definitions.names | {table.name for table in tables})
    with keys.suspended(cursor, changed):
        for table in tables:
            if table.name in changed & definitions.names:
                loader.apply(table)
    if compared:
        versions = ExportedVersions.read(cursor)  # with the primary keys of new tables
        for exported in compared:
            if exported.is_whole(request.changed_since):
                versions.record(exported)
    return counts, changed


def _histories(tables: Iterable[FlatTable]) -> dict[str, FlatTable]:
    histories = {table.name: validity_table(table) for table in tables}
    return {name: history for name, history in histories.items() if history is not None}


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.LockNotAvailable as exc:
        raise ExportFault(
            "PostgreSQL: somebody else holds a lock on the tables for long: nothing was changed, try again later"
        ) from exc
    except psycopg.Error as exc:
        message = exc.diag.message_primary or str(exc).strip().partition("\n")[0] or type(exc).__name__
        raise ExportFault(f"PostgreSQL: {message}: nothing was changed") from exc
