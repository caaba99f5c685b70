"""Live tallies: each source's list is read as for a list without pages, and counted column by column."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gateway.concurrency.gather import gather
from gateway.connector.description.ids import GlobalId, parse
from gateway.connector.description.resource import Field, Link
from gateway.connector.description.vocabulary import GroupKind, GroupTerm
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.lists.buffered_stream import BufferedStream
from gateway.connector.lists.linked_names import read_linked, read_names
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError, TooComplex
from resolvers.context import RequestContext
from resolvers.counts.request import CountRequest
from resolvers.counts.tally import BucketKey, SourceTally, Tally, bucket_values
from resolvers.lists import streams_of

if TYPE_CHECKING:
    from gateway.connector.fetching.session import Session
    from gateway.connector.records.record import Record

_TOO_MANY_CALLS = (
    "{source}: counting its records takes more calls than an operation may make. `from: KEPT` counts the kept tables "
    "without a call; or raise GATEWAY_LIMITS__UPSTREAM_CALLS."
)


async def live_tally(ctx: RequestContext, request: CountRequest) -> Tally:
    """The tally of all records that the sources' lists have now. A source that fails is an error of its part."""
    streams = streams_of(
        ctx, request.type, request.filter_input, SortOrder(request.type, ()), {}, buffered=True
    )
    readers = [_TallyReader(stream, request) for stream in streams if isinstance(stream, BufferedStream)]
    parts = await gather([reader.read() for reader in readers])

    async def names(term: GroupTerm, record_ids: Sequence[str]) -> Mapping[str, str | None]:
        parts_names = await gather([reader.names(term, record_ids) for reader in readers])
        return {
            record_id: name for names_of_source in parts_names for record_id, name in names_of_source.items()
        }

    return Tally(parts, names)


class _TallyReader:
    """Reads the tally of one source, and then the names of records that it identifies."""

    def __init__(self, stream: BufferedStream, request: CountRequest) -> None:
        self._stream = stream
        self._request = request
        self._session: Session = stream.session
        self._resource = stream.resource
        self._tally = SourceTally(stream.session.source)
        self._linking: dict[str, dict[str, Record]] = {}
        """A record that links to each, by link, by native id."""
        self._with_details: set[str] = set()
        """The fields and links that some row lacks: they are read off records."""

    async def read(self) -> SourceTally:
        tally, session = self._tally, self._session
        try:
            rows, indices = await self._stream.select()
        except GatewayError as exc:
            tally.error = self._shown(exc)
            return tally
        tally.error = self._shown(self._stream.state.error)
        tally.stale = session.stale
        tally.read_at = self._read_at()
        await self._prepare(rows, indices)
        async for chunk in session.time_slice.chunks(indices):
            columns = [self._column(term, rows, chunk) for term in self._request.terms]
            tally.counts.update(zip(*columns, strict=True))
        for index, term in enumerate(self._request.terms):
            await self._hide_links(index, term)
        return tally

    async def _hide_links(self, index: int, term: GroupTerm) -> None:
        """Count records whose linked record the caller may not see as records that link to none."""
        link = self._resource.links.get(term.name)
        target = None if link is None else self._session.source.resources.get(link.type)
        linking = self._linking.get(term.name, {})
        if link is None or target is None or target.row_rules is None or not linking:
            return
        linked = await read_linked(self._session, link.type, linking, term.name)
        visible = {
            self._global_id(link, native_id)
            for native_id, record in linked.items()
            if record is not None and not isinstance(record, GatewayError)
        }
        counts: Counter[BucketKey] = Counter()
        for key, count in self._tally.counts.items():
            value = key[index] if key[index] in visible else None
            counts[(*key[:index], value, *key[index + 1 :])] += count
        self._tally.counts = counts

    async def names(self, term: GroupTerm, record_ids: Sequence[str]) -> Mapping[str, str | None]:
        """The names of those of these records that are its source's. One that cannot be read is none."""
        linking = self._linking.get(term.name, {})
        link = self._resource.links.get(term.name)
        by_native_id = {
            native_id: record_id
            for record_id in record_ids
            if (native_id := parse(record_id).native_id) in linking and link is not None
            if record_id == self._global_id(link, native_id)
        }
        if link is None or not by_native_id:
            return {}
        records = {native_id: linking[native_id] for native_id in by_native_id}
        names = await read_names(self._session, link.type, records, term.name)
        return {
            by_native_id[native_id]: None if isinstance(name, GatewayError) else name
            for native_id, name in names.items()
        }

    async def _prepare(self, rows: RecordRows, indices: Sequence[int]) -> None:
        """Load what the terms' values need beyond the rows."""
        for term in self._request.terms:
            declared = self._resource.declared(term.name)
            if isinstance(declared, Field | Link):
                await self._session.read_tables(declared.refs)
                if await self._lacks_detail(declared, rows, indices):
                    self._with_details.add(term.name)
        if self._with_details:
            await hydrate(self._session, rows.take(indices), sorted(self._with_details))

    async def _lacks_detail(self, declared: Field | Link, rows: RecordRows, indices: Sequence[int]) -> bool:
        """True if a row lacks a part of its record that the value is in."""
        detail, tables = declared.detail, self._session.tables
        if detail is None or not indices:
            return False
        if not callable(detail):
            return detail not in rows.loaded
        if not set(declared.refs) <= tables.keys():
            return False  # the value cannot be read at all
        async for chunk in self._session.time_slice.chunks(indices):
            if any(detail(rows.indexed.rows[index], tables) is not None for index in chunk):
                return True
        return False

    def _column(self, term: GroupTerm, rows: RecordRows, indices: Sequence[int]) -> Sequence[str | None]:
        """The values of one term in the rows at these indices, as buckets have them."""
        source = self._session.source
        match term.kind:
            case GroupKind.SOURCE:
                return [source.name] * len(indices)
            case GroupKind.VENDOR:
                return [source.vendor] * len(indices)
            case GroupKind.LINK:
                return self._linked_ids(term, rows, indices)
            case _:
                values = self._read(self._resource.fields.get(term.name), term.name, rows, indices)
                return bucket_values(self._request.type, term, values)

    def _linked_ids(self, term: GroupTerm, rows: RecordRows, indices: Sequence[int]) -> list[str | None]:
        link = self._resource.links.get(term.name)
        target = None if link is None else self._session.source.resources.get(link.type)
        if link is None or target is None:
            return [None] * len(indices)
        linking = self._linking.setdefault(term.name, {})
        values: list[str | None] = []
        for index, native_id in zip(indices, self._read(link, f"{term.name}.id", rows, indices), strict=True):
            if native_id is not None and native_id not in linking:
                is_malformed = target.id_form.fullmatch(native_id) is None
                native_id = None if is_malformed else native_id  # noqa: PLW2901
            if native_id is not None and native_id not in linking:
                (linking[native_id],) = rows.take((index,))
            values.append(None if native_id is None else self._global_id(link, native_id))
        return values

    def _read(
        self, declared: Field | Link | None, name: str, rows: RecordRows, indices: Sequence[int]
    ) -> Sequence[Any]:
        """The values of a field or of a link's ids; None in the place of one that cannot be read, which is an error."""
        tables = self._session.tables
        if declared is None:
            return [None] * len(indices)
        if name.removesuffix(".id") in self._with_details or not set(declared.refs) <= tables.keys():
            values = RecordColumns(rows.take(indices)).get(name)
            errors = [value for value in values if isinstance(value, GatewayError)]
            if errors:
                self._tally.error = self._tally.error or self._shown(errors[0])
                return [None if isinstance(value, GatewayError) else value for value in values]
            return values
        raw_rows = rows.indexed.rows
        chunk = [raw_rows[index] for index in indices]
        if isinstance(declared, Field):
            return declared.values(chunk, tables)
        return [declared.id(row, tables) for row in chunk]

    def _global_id(self, link: Link, native_id: str) -> str:
        return str(GlobalId(self._session.source.name, link.type, native_id))

    def _read_at(self) -> datetime | None:
        if self._stream.plan.ids is not None:
            return None
        pagers = [self._session.pager(self._resource, query) for query in self._stream.plan.queries]
        times = [answer.stored_at for pager in pagers for answer in pager.answers]
        return datetime.fromtimestamp(min(times), UTC) if times else None

    def _shown(self, error: GatewayError | None) -> GatewayError | None:
        """The error; for too many calls with what to do instead."""
        if not isinstance(error, TooComplex):
            return error
        return TooComplex(_TOO_MANY_CALLS.format(source=self._session.source.name))
