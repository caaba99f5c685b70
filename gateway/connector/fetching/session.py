"""Session: one source within one operation, with the lists and reference tables that were read."""

from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from gateway.concurrency.gather import gather
from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.description import envelope
from gateway.connector.description.resource import List, Resource, Ttl
from gateway.connector.description.row_types import Params
from gateway.connector.fetching.pager import Pager
from gateway.connector.fetching.source import Source
from gateway.connector.records.narrow_decoding import FieldUsage
from gateway.connector.records.origin import Origin
from gateway.connector.records.record import Record
from gateway.connector.records.reference_tables import LoadedTable, Table, index_rows
from gateway.errors import GatewayError, UpstreamGarbled, UpstreamRejected
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.http.decode import Decode

#: Statuses with which vendors say that there is no such record.
NOT_FOUND_STATUSES = frozenset({404, 410})
#: Errors of reading an answer that is not as documented: only its record fails.
_READ_ERRORS = (ValueError, TypeError, AttributeError, LookupError)


class Session:
    """Session at one source on behalf of one operation. No page, record or table is requested twice."""

    def __init__(
        self,
        source: Source,
        reads: OperationReads,
        *,
        caching: bool,
        field_usage: FieldUsage | None = None,
        time_slice: TimeSlice | None = None,
    ) -> None:
        self.source = source
        self.reads = reads
        self.time_slice = TimeSlice() if time_slice is None else time_slice
        self.tables: dict[str, Table] = {}
        self.definitions: dict[Hashable, Any] = {}
        self._caching = caching
        self._field_usage = field_usage
        self._table_errors: dict[str, GatewayError] = {}
        self._lists: dict[tuple[str, tuple[tuple[str, str], ...]], Pager] = {}

    def after_write(self) -> "Session":
        """A new session for reads after a write: records may have changed, the vendor's definitions have not."""
        session = Session(self.source, self.reads, caching=self._caching, time_slice=self.time_slice)
        session.definitions = self.definitions
        for name, table in self.tables.items():
            list_spec = self.source.readable(name).list
            if list_spec is not None and list_spec.ttl is Ttl.DEFINITION:
                session.tables[name] = table
        return session

    def close(self) -> None:
        """Release the lists and tables that were read."""
        self._lists.clear()
        self.tables.clear()

    # requests

    def get(
        self, path: str, params: Params, *, ttl: Ttl, decode: Decode | None = None
    ) -> Coroutine[Any, Any, UpstreamAnswer]:
        """The answer to a GET. Raises UpstreamError, or TooComplex if the operation exceeds its limits."""
        seconds = ttl.value if self._caching or ttl is Ttl.DEFINITION else 0.0
        return self.source.upstream.get(path, params, reads=self.reads, ttl_seconds=seconds, decode=decode)

    async def follow(
        self, address: str, *, path: str, ttl: Ttl, decode: Callable[[bytes], Any] | None = None
    ) -> UpstreamAnswer:
        """
        The answer at an address from the answer of `path`, relative to that or absolute.

        Raises UpstreamGarbled if it is not below the source's base URL, else as `get`.
        """
        base_url = self.source.upstream.target.base_url
        base, url = urlsplit(base_url), urlsplit(urljoin(base_url + path, address))
        if url.netloc != base.netloc or not url.path.startswith(base.path + "/"):
            raise self.invalid_response("the next page is at another address")
        params = dict(parse_qsl(url.query))
        return await self.get(url.path[len(base.path) :], params, ttl=ttl, decode=decode)

    def rows(self, answer: UpstreamAnswer, spec: List) -> list[Any]:
        """The rows of a list's answer. Raises UpstreamGarbled if there is no list in it."""
        try:
            return envelope.find_rows(answer.decoded, spec.envelope_keys, single=spec.allows_single)
        except envelope.UnknownEnvelope as exc:
            self.invalidate(answer)
            raise self.invalid_response("a list was promised, something else came") from exc

    def invalidate(self, answer: UpstreamAnswer) -> None:
        """Drop an answer from the cache."""
        self.source.upstream.invalidate(answer)

    def is_read(self, resource: Resource) -> bool:
        """True if the full list of the resource has been read already."""
        pager = self._lists.get((resource.type, ()))
        return pager is not None and 1 in pager.pages

    def record(
        self, resource: Resource, row: Any, *, loaded: Iterable[str] = (), stub: bool = False
    ) -> Record | None:
        """The row as a record, or None if it has no id of the vendor's form."""
        if not isinstance(row, Mapping):
            return None
        native_id = resource.fields["native_id"].value(row, self.tables)
        if native_id is None or resource.id_form.fullmatch(native_id) is None:
            return None
        return Record(self, resource, row, native_id, loaded=frozenset(loaded), stub=stub)

    @property
    def stale(self) -> bool:
        """True if a stale answer was used because the source failed (stale-if-error)."""
        return self.source.name in self.reads.stale

    def invalid_response(self, reason: str) -> UpstreamGarbled:
        """The error for an answer of this source that is not as documented."""
        return self.source.upstream.invalid_response(reason)

    # lists

    def decoder(self, resource: Resource) -> Decode | None:
        """The decoder of the resource's list for the operation's field usage, or None to decode all keys."""
        return (
            None if self._field_usage is None else self.source.decoders.decoder(resource, self._field_usage)
        )

    def pager(self, resource: Resource, params: Params, *, loaded: frozenset[str] = frozenset()) -> Pager:
        """The pager of a list; the same one for equal parameters throughout the operation."""
        key = (resource.type, tuple(sorted(params.items())))
        pager = self._lists.get(key)
        if pager is None or pager.resource is not resource:
            pager = self._lists[key] = Pager(self, resource, params, loaded)
        return pager

    # reference tables

    def unread(self, refs: Iterable[str]) -> frozenset[str]:
        """The reference tables among `refs` that no attempt was made to read."""
        return frozenset([ref for ref in refs if ref not in self.tables and ref not in self._table_errors])

    def raise_table_error(self, ref: str) -> None:
        """Raise the error of a reference table's read, if it failed."""
        if ref in self._table_errors:
            raise self._table_errors[ref]

    async def read_tables(self, refs: Iterable[str]) -> None:
        """Read full reference tables. Never raises: each field that needs a table raises the error of its read."""
        unread = self.unread(refs)
        for ref in unread:
            loaded = self.source.tables.get(ref)
            if loaded is not None and all(map(self.source.upstream.is_current, loaded.answers)):
                self.reads.use(loaded.answers)
                self.tables[ref] = loaded.table

        async def read_table(ref: str) -> None:
            pager = self.pager(self.source.readable(ref), {})
            try:
                rows, error = await pager.read_all()
            except GatewayError as exc:
                self._table_errors[ref] = exc
                return
            if error is not None:
                self._table_errors[ref] = error
                return
            table = index_rows(rows, pager.answers)
            self.source.tables[ref] = LoadedTable(pager.answers, table)
            self.tables[ref] = table

        if remaining := sorted(unread - self.tables.keys()):
            await gather([read_table(ref) for ref in remaining])

    def count_unread(self, type_name: str, field: str, count: int) -> None:
        """Count values of a field that are null because they could not be read."""
        self.source.upstream.count_unread(type_name, field, count)

    # links

    def stub(self, record: Record, name: str) -> Record | None:
        """The linked record as a stub: with the fields that the record's own row has of it, or None."""
        link = record.resource.links[name]
        resource = self.source.resources.get(link.type)
        row = link.stub(record.row) if link.stub is not None else None
        if resource is None or row is None:
            return None
        return self.record(resource, row, stub=True)

    def nested_records(self, record: Record, name: str) -> tuple[Sequence[Record], UpstreamGarbled | None]:
        """The records nested in a record's row, each once, and the error if rows were left out. Raises GatewayError."""
        nested = record.resource.nested[name]
        resource = self.source.resources[nested.type]
        try:
            rows = list(record.nested(name))
        except _READ_ERRORS as exc:
            raise self.invalid_response("not what its API promises") from exc
        by_native_id: dict[str, Record] = {}
        is_whole = True
        for row in rows:
            nested_record = self.record(resource, row, stub=nested.stub)
            if (
                nested_record is None
                or by_native_id.setdefault(nested_record.native_id, nested_record).row != row
            ):
                is_whole = False
        error = None if is_whole else self.invalid_response("rows without an id of their own were left out")
        return list(by_native_id.values()), error

    # calls

    async def call(self, name: str, native_id: str = "") -> Any:
        """The result of one of the vendor's calls, None if it has none for this record. Raises GatewayError."""
        call = self.source.calls[name]
        path = call.path.replace("{id}", quote(native_id, safe=""))
        try:
            return call.read((await self.get(path, call.params, ttl=Ttl.ROWS)).decoded)
        except UpstreamRejected as exc:
            if native_id and exc.status in NOT_FOUND_STATUSES:
                return None
            raise
        except _READ_ERRORS as exc:
            raise self.invalid_response("not what its API promises") from exc


def session_of(origin: Origin) -> Session:
    """The session that records were read in: every origin is a session."""
    assert isinstance(origin, Session)
    return origin
