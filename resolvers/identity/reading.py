"""Reading of all assets: each source's list, read once an operation, which answers all that is asked of things."""

import asyncio
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

from gateway.concurrency.gather import gather
from gateway.concurrency.slices import run_in_slices
from gateway.connector.description import ids
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.lists.buffered_stream import BufferedStream
from gateway.connector.lists.conditions import row_rule
from gateway.connector.lists.filtering import FilterOutcome, filter_rows
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.records.record import Record
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError, TooComplex
from gateway.identity.catalog import MatchingCatalog, SourceRows
from gateway.identity.matching_view import MatchingView
from gateway.upstream.caching.answer import UpstreamAnswer, memoize_on
from resolvers.context import RequestContext
from resolvers.identity.rows import IdentityRows, identity_rows, identity_tables
from resolvers.lists import streams_of

T = TypeVar("T")

_TOO_MANY_CALLS = (
    "The sources' whole lists of assets are needed for this, and take more than {limit} calls to the vendors. A "
    "snapshot answers it without them: the tables `unified_assets`, `asset_conflicts` and others at /tables; or raise "
    "GATEWAY_LIMITS__UPSTREAM_CALLS."
)


@dataclass
class SourceReading:
    """
    One source's assets in one operation. `error` is why they are not complete; without an answer there are no rows.
    `read_at` is the time of the oldest answer, in seconds since 1970.
    """

    session: Session
    resource: Resource
    rows: RecordRows | None = None
    identity: IdentityRows = field(default_factory=lambda: IdentityRows((), ()))
    answers: Sequence[UpstreamAnswer] = ()
    error: GatewayError | None = None
    read_at: float | None = None

    @property
    def source(self) -> Source:
        """The source."""
        return self.session.source


@dataclass
class AssetReading:
    """All sources' assets in one operation, and the catalog that matches them."""

    catalog: MatchingCatalog
    sources: Sequence[SourceReading]

    @property
    def complete(self) -> bool:
        """True if every source gave all of its rows."""
        return all(part.error is None for part in self.sources)

    @property
    def errors(self) -> list[GatewayError]:
        """The errors of sources that are not complete, one for each."""
        return [part.error for part in self.sources if part.error is not None]

    @property
    def incomplete(self) -> dict[str, GatewayError]:
        """The same by the source's name."""
        return {part.source.name: part.error for part in self.sources if part.error is not None}

    @property
    def as_of(self) -> datetime:
        """Time of the oldest answer that was used."""
        times = [part.read_at for part in self.sources if part.read_at is not None]
        return datetime.fromtimestamp(min(times), UTC) if times else datetime.now(UTC)

    async def use(self, job: Callable[[MatchingView], Generator[None, None, T]]) -> T:
        """The result of a job on the matching of these rows."""
        rows = {
            part.source.name: SourceRows(part.identity.records, complete=part.error is None)
            for part in self.sources
        }
        return await self.catalog.use(rows, job)

    def records(self, record_ids: Iterable[str]) -> list[Record]:
        """Records by their ids, which are among the rows."""
        return [self.record(record_id) for record_id in record_ids]

    def record(self, record_id: str) -> Record:
        """A record by its id, which is among the rows."""
        global_id = ids.parse(record_id)
        record = self._rows[global_id.source].find(global_id.native_id)
        assert record is not None, record_id
        return record

    @cached_property
    def _rows(self) -> dict[str, RecordRows]:
        return {part.source.name: part.rows for part in self.sources if part.rows is not None}


async def read_assets(ctx: RequestContext) -> AssetReading:
    """The operation's reading of all assets. Raises TooComplex if the lists take more calls than it may make."""
    task: asyncio.Future[AssetReading] | None = ctx.shared.get("assets")
    if task is None:
        task = ctx.shared["assets"] = asyncio.ensure_future(_read(ctx))
    return await task


async def _read(ctx: RequestContext) -> AssetReading:
    streams = streams_of(ctx, "Asset", {}, SortOrder("Asset", ()), {}, buffered=True)
    sources = await gather([_read_source(stream) for stream in streams if isinstance(stream, BufferedStream)])
    if any(isinstance(part.error, TooComplex) for part in sources):
        raise TooComplex(_TOO_MANY_CALLS.format(limit=ctx.reads.limit))
    return AssetReading(ctx.catalog, sources)


async def _read_source(stream: BufferedStream) -> SourceReading:
    session, resource = stream.session, stream.resource
    part = SourceReading(session, resource)
    pagers = [session.pager(resource, query) for query in stream.plan.queries]
    try:
        lists = await gather([pager.read_all() for pager in pagers])
        # Pages may have come in any order: the values derived from them are found by theirs.
        answers = [
            answer
            for pager in pagers
            for number in sorted(pager.pages)
            for answer in pager.pages[number].answers
        ]
        answers += await _read_tables(session, identity_tables(resource))
    except GatewayError as exc:
        part.error = exc
        return part
    part.error = next((error for _, error in lists if error is not None), None)
    part.rows = await _visible(stream, _union(session, resource, [rows for rows, _ in lists]), part)
    part.identity = await _identity(part.rows, session, resource, answers)
    part.answers = answers
    part.read_at = min(answer.stored_at for answer in answers)
    return part


async def _read_tables(session: Session, refs: frozenset[str]) -> list[UpstreamAnswer]:
    """Read reference tables, and give their answers. Raises GatewayError."""
    await session.read_tables(refs)
    for ref in refs:
        session.raise_table_error(ref)
    return [answer for ref in sorted(refs) for answer in session.source.tables[ref].answers]


async def _identity(
    rows: RecordRows, session: Session, resource: Resource, answers: Sequence[UpstreamAnswer]
) -> IdentityRows:
    """The rows as identity compares them: made once for the same answers, in steps."""
    seen = None if resource.row_rules is None else tuple(rows.indexed.native_ids)
    key = ("identity", session.source.name, id(resource), seen)
    # Holds the resource, so that no other one can get its `id()`.
    memo: list[tuple[IdentityRows, Resource]] = memoize_on(answers, key, list)
    if not memo:
        identity = await run_in_slices(identity_rows(session.source.name, resource, rows, session.tables))
        memo[:] = [(identity, resource)]
    return memo[0][0]


async def _visible(stream: BufferedStream, rows: RecordRows, part: SourceReading) -> RecordRows:
    """The rows that the caller may see."""
    if stream.resource.row_rules is None:
        return rows
    outcome = FilterOutcome()
    indices = await filter_rows(row_rule(stream.resource), rows, range(len(rows)), outcome)
    part.error = part.error or outcome.error
    return RecordRows.of(stream.session, stream.resource, rows.take(indices))


def _union(session: Session, resource: Resource, lists: Sequence[RecordRows]) -> RecordRows:
    if len(lists) == 1:
        return lists[0]
    records: dict[str, Record] = {}
    for rows in lists:
        for record in rows:
            records.setdefault(record.native_id, record)
    return RecordRows.of(session, resource, list(records.values()))
