"""Counts out of the kept tables: the rows that there are of each source, and what is missing in them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from gateway.connector.description.ids import parse
from gateway.connector.description.vocabulary import GroupTerm
from gateway.connector.lists.conditions import FALSE
from gateway.errors import NotSupported, TooComplex
from gateway.tables.columns import FlatTable
from gateway.tables.count_query import CountQuery
from gateway.tables.duck import connect
from gateway.tables.faults import error_of
from gateway.tables.freshness import missing
from gateway.tables.manifest import SourcePart, TableSnapshot
from gateway.tables.not_filled import NotFilledYet
from gateway.tables.service import TableService
from resolvers.context import RequestContext
from resolvers.counts.request import CountRequest
from resolvers.counts.tally import SourceTally, Tally
from resolvers.lists import conditions_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")


class KeptCounter:
    """Counts the rows of the kept tables, one query at a time, in a thread."""

    def __init__(self, service: TableService) -> None:
        self._service = service
        self._turn = asyncio.Lock()

    async def tally(self, ctx: RequestContext, request: CountRequest) -> Tally:
        """The tally of the kept rows. Raises NotSupported if none are kept yet, and BadInput for the filter."""
        table = self._table(request.type)
        listed = set(self._service.listing(table))
        conditions = {
            source.name: condition
            for source, _, condition in conditions_of(ctx, request.type, request.filter_input)
            if source.name in listed and condition is not FALSE
        }
        query = CountQuery.of(table, request, conditions, ctx.sources)
        snapshot = await self._snapshot(ctx, table)
        parts = {name: _part(ctx, name, snapshot, query.columns) for name in conditions}
        path = self._service.store.path(table.name, snapshot)
        await self._run(lambda connection: query.add_rows(connection, path, parts))
        return Tally(list(parts.values()), partial(self._names, ctx))

    def _table(self, resource: str) -> FlatTable:
        return next(table for table in self._service.tables.values() if table.resource == resource)

    async def _snapshot(self, ctx: RequestContext, table: FlatTable) -> TableSnapshot:
        try:
            return await self._service.snapshot(table, ctx.sources, 0.0)
        except NotFilledYet as exc:
            raise NotSupported(
                f"Nothing can be counted from the kept tables yet: {exc} Ask again in {exc.retry_after} s, or "
                "`from: LIVE`."
            ) from exc

    async def _names(
        self, ctx: RequestContext, term: GroupTerm, record_ids: Sequence[str]
    ) -> Mapping[str, str | None]:
        """The names of records that the caller may see, as far as their table is kept."""
        table = self._table(term.type)
        snapshot = self._service.current_if_any(table)
        record_ids = [record_id for record_id in record_ids if _has_name(ctx, record_id)]
        if snapshot is None or not record_ids:
            return {}
        path = self._service.store.path(table.name, snapshot)
        sql = "SELECT id, name FROM read_parquet(?) WHERE id IN (SELECT unnest(?))"

        def work(connection: "DuckDBPyConnection") -> dict[str, str | None]:
            return dict(connection.execute(sql, [str(path), list(record_ids)]).fetchall())

        return await self._run(work)

    async def _run(self, work: "Callable[[DuckDBPyConnection], T]") -> T:
        """The result of `work`. Cancelling waits until the thread is free."""
        async with self._turn:
            thread = asyncio.ensure_future(asyncio.to_thread(self._work, work))
            try:
                return await asyncio.shield(thread)
            finally:
                if not thread.done():
                    await asyncio.wait({thread})

    def _work(self, work: "Callable[[DuckDBPyConnection], T]") -> T:
        import duckdb  # noqa: PLC0415

        try:
            with connect(self._service.store.folder) as connection:
                return work(connection)
        except duckdb.OutOfMemoryException as exc:
            raise TooComplex(
                "Counting takes more memory than there is for it: count by fewer groups."
            ) from exc
        except duckdb.IOException as exc:
            raise NotSupported("A kept table cannot be read at the moment. Use `from: LIVE`.") from exc


def _part(ctx: RequestContext, name: str, snapshot: TableSnapshot, columns: frozenset[str]) -> SourceTally:
    """A source's tally without its rows: how old they are, and what is missing in them."""
    source, part = ctx.sources[name], snapshot.sources.get(name)
    tally = SourceTally(source)
    if part is None:
        tally.error = NotSupported(f"{name} is not in the kept table yet.")
        return tally
    tally.read_at, tally.stale = part.read_at, part.is_stale
    if name in missing(snapshot, ctx.sources, columns) and part.fault is not None:
        tally.error = error_of(part.fault, source)
    elif unread := sorted(columns.intersection(part.not_read)):
        tally.error = _not_read(name, unread, part)
    return tally


def _not_read(name: str, columns: Sequence[str], part: SourcePart) -> NotSupported:
    return NotSupported(
        f"{name}: {', '.join(columns)} of its {part.rows} rows would take a call for each, and is not kept: set "
        "GATEWAY_TABLES__DETAILS, or use `from: LIVE`."
    )


def _has_name(ctx: RequestContext, record_id: str) -> bool:
    """True if the caller may see the name of a record."""
    global_id = parse(record_id)
    resource = ctx.sources[global_id.source].resources.get(global_id.type)
    return resource is not None and "name" in resource.fields
