"""Answers of OData queries out of the kept snapshots: the versions they are read from, and the rows as JSON."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.tables.caller.table_view import TableView
from gateway.tables.freshness import missing
from gateway.tables.history.rows import DateWindow, HistoryRows
from gateway.tables.manifest import Fault, TableSnapshot
from gateway.tables.odata.columns_read import columns_read
from gateway.tables.odata.database import SnapshotDatabase
from gateway.tables.odata.model import EntityModel
from gateway.tables.odata.paging import PAGE_ROWS, WalkPosition, snapshots_at
from gateway.tables.odata.query import EntityQuery
from gateway.tables.odata.refusal import ODataRefusal
from gateway.tables.odata.sql.groups import GroupStatementWriter
from gateway.tables.odata.sql.relations import Relations, Statement
from gateway.tables.odata.sql.statements import StatementWriter
from gateway.tables.service import TableService

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: A page ends with the row that goes beyond this.
_PAGE_BYTES = 16 * 1024 * 1024
_ROWS_AT_ONCE = 1_000


class TablesIncomplete(Exception):
    """Rows or values of a table that the query reads are missing, for these sources' faults."""

    def __init__(self, table: str, faults: Mapping[str, Fault], *, too_old: bool = False) -> None:
        super().__init__(table)
        self.table = table
        self.faults = faults
        self.too_old = too_old


@dataclass(frozen=True, kw_only=True)
class ODataRows:
    """
    Rows as JSON objects, from these snapshots. `total` is the number of all rows, if it was asked for; `next` is the
    position after the last row, if there are others.
    """

    rows: list[str]
    snapshots: Mapping[str, TableSnapshot]
    total: int | None = None
    next: WalkPosition | None = None


@dataclass(frozen=True, kw_only=True)
class _Versions:
    """The versions that a query reads, and the caller's files of them, by the set's name."""

    snapshots: Mapping[str, TableSnapshot]
    files: Mapping[str, Path | HistoryRows]


class ODataReader:
    """Reads queries' answers out of one caller's view of the tables. `database` opens the database at the first one."""

    def __init__(
        self,
        model: EntityModel,
        service: TableService,
        view: TableView,
        database: Callable[[], SnapshotDatabase],
    ) -> None:
        self._model = model
        self._service = service
        self._view = view
        self._sources = view.sources
        self._open_database = database

    @property
    def _database(self) -> SnapshotDatabase:
        return self._open_database()

    async def rows(
        self, query: EntityQuery, seconds: float, *, page_rows: int = PAGE_ROWS, omit_nulls: bool = False
    ) -> ODataRows:
        """
        A page of rows. The first ask for a table waits for it up to `seconds`.

        Raises ODataRefusal, NotFilledYet, TablesIncomplete, OSError.
        """
        position = WalkPosition.parse(query.token) if query.token is not None else None
        versions = await self._versions(query, position, seconds)
        snapshots = versions.snapshots
        wanted_rows = page_rows if query.top is None else min(page_rows, query.top)
        # One row beyond the page says whether there is another page.
        rows = wanted_rows if wanted_rows == query.top else wanted_rows + 1
        writer = self._writer(query, versions, omit_nulls=omit_nulls)
        if isinstance(writer, StatementWriter) and not query.sorts:
            page = writer.page(
                position.row if position else 0, rows, 0 if position is not None else query.skip
            )
        else:
            page = writer.page(position.row if position else query.skip, rows)
        count = writer.count() if query.with_count else None

        def work(connection: "DuckDBPyConnection") -> ODataRows:
            total = _number(connection, count) if count is not None else None
            entries, is_cut = _read(connection, page)
            sent = entries[:wanted_rows]
            has_next = (is_cut or len(entries) > len(sent)) and bool(sent) and len(sent) != query.top
            following = sent[-1][0] + 1 if has_next else None
            return ODataRows(
                rows=[row for _, row in sent],
                snapshots=snapshots,
                total=total,
                next=_position(following, snapshots),
            )

        return await self._database.run(work)

    async def count(self, query: EntityQuery, seconds: float) -> ODataRows:
        """The number of rows. Raises as `rows` does."""
        versions = await self._versions(query, None, seconds)
        snapshots = versions.snapshots
        if not query.conditions and query.grouping is None and self._view.is_whole:
            return ODataRows(rows=[], snapshots=snapshots, total=snapshots[query.set.name].rows)
        count = self._writer(query, versions).count()
        total = await self._database.run(lambda connection: _number(connection, count))
        return ODataRows(rows=[], snapshots=snapshots, total=total)

    async def entity(self, query: EntityQuery, seconds: float, *, omit_nulls: bool = False) -> ODataRows:
        """
        One entity; no row if the query's link leads to none.

        Raises as `rows` does, and ODataRefusal if there is no entity with the key.
        """
        versions = await self._versions(query, None, seconds)
        snapshots = versions.snapshots
        if query.link is not None:
            linked = await self._first(self._entity_writer(query, versions).linked_id())
            if linked is None:
                raise _not_found(query)
            target = self._model.sets[query.link.target]
            row = None
            if linked[0] is not None:
                behind = replace(query, set=target, key={"id": linked[0]}, link=None)
                row = await self._first(self._entity_writer(behind, versions, omit_nulls=omit_nulls).entity())
            return ODataRows(rows=list(row or ()), snapshots=snapshots)
        row = await self._first(self._entity_writer(query, versions, omit_nulls=omit_nulls).entity())
        if row is None:
            raise _not_found(query)
        return ODataRows(rows=list(row), snapshots=snapshots)

    async def _first(self, statement: Statement) -> tuple[str, ...] | None:
        return await self._database.run(
            lambda connection: connection.execute(statement.sql, statement.values).fetchone()
        )

    async def _versions(self, query: EntityQuery, position: WalkPosition | None, seconds: float) -> _Versions:
        columns = columns_read(query)
        if position is not None:
            snapshots = snapshots_at(
                position,
                columns,
                self._service.store,
                current=lambda name: self._service.current(self._service.tables[name]),
            )
        else:
            snapshots = {
                name: await self._service.snapshot(self._service.tables[name], self._sources, seconds)
                for name in columns
            }
        if not query.is_partial:
            for name, snapshot in snapshots.items():
                self._check_whole(name, snapshot, columns[name])
        files = {name: await self._rows(name, snapshot, seconds) for name, snapshot in snapshots.items()}
        return _Versions(snapshots=snapshots, files=files)

    async def _rows(self, name: str, snapshot: TableSnapshot, seconds: float) -> Path | HistoryRows:
        table = self._service.tables[name]
        if table.history_of is not None:
            return await self._view.days(table, DateWindow(), seconds)
        return await self._view.path(name, snapshot, seconds)

    def _check_whole(self, name: str, snapshot: TableSnapshot, columns: Collection[str] | None) -> None:
        parts = missing(snapshot, self._sources, columns)
        if parts:
            faults = {source: part.fault for source, part in parts.items() if part.fault is not None}
            raise TablesIncomplete(name, faults)
        sources = [source for source in self._sources if source in snapshot.sources]
        old = self._service.policy.is_too_old(snapshot, sources, self._service.store.clock())
        if old:
            faults = {
                source: fault for source in old if (fault := snapshot.sources[source].fault) is not None
            }
            raise TablesIncomplete(name, faults, too_old=True)

    def _writer(
        self, query: EntityQuery, versions: _Versions, *, omit_nulls: bool = False
    ) -> StatementWriter | GroupStatementWriter:
        if query.grouping is None:
            return self._entity_writer(query, versions, omit_nulls=omit_nulls)
        return GroupStatementWriter(
            query=query,
            grouping=query.grouping,
            relations=Relations(set=query.set, files=versions.files),
            now=self._service.store.clock(),
            omit_nulls=omit_nulls,
        )

    def _entity_writer(
        self, query: EntityQuery, versions: _Versions, *, omit_nulls: bool = False
    ) -> StatementWriter:
        return StatementWriter(
            model=self._model,
            query=query,
            relations=Relations(set=query.set, files=versions.files),
            now=self._service.store.clock(),
            omit_nulls=omit_nulls,
        )


def _read(connection: "DuckDBPyConnection", page: Statement) -> tuple[list[tuple[int, str]], bool]:
    """The page's entries, and whether they were cut at the bytes of a page."""
    cursor = connection.execute(page.sql, page.values)
    if page.rows_of is not None:
        numbers = [number for (number,) in cursor.fetchall()]
        if not numbers:
            return [], False
        page = page.rows_of(numbers)
        cursor = connection.execute(page.sql, page.values)
    entries: list[tuple[int, str]] = []
    size = 0
    while batch := cursor.fetchmany(_ROWS_AT_ONCE):
        entries += batch
        size += sum(len(row) for _, row in batch)
        if size > _PAGE_BYTES:
            return entries, True
    return entries, False


def _number(connection: "DuckDBPyConnection", statement: Statement) -> int:
    row = connection.execute(statement.sql, statement.values).fetchone()
    assert row is not None
    return int(row[0])


def _position(row: int | None, snapshots: Mapping[str, TableSnapshot]) -> WalkPosition | None:
    if row is None:
        return None
    return WalkPosition(row=row, versions=tuple(snapshots[name].version for name in sorted(snapshots)))


def _not_found(query: EntityQuery) -> ODataRefusal:
    return ODataRefusal(404, "NotFound", f"There is no such entity in {query.set.name}.")
