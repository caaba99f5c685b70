"""One source within one operation: what has been asked of it, and the reference tables read."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from gateway.concurrency.gather import gather
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

#: How vendors say that there is no such record.
GONE = frozenset({404, 410})
#: What reading an answer of another shape than promised comes to: it costs that record, and no other.
_UNFIT = (ValueError, TypeError, AttributeError, LookupError)


class Session:
    """Asks one source on behalf of one operation. Nothing is asked twice."""

    def __init__(
        self, source: Source, reads: OperationReads, *, caching: bool, field_usage: FieldUsage | None = None
    ) -> None:
        self.source = source
        self.reads = reads
        self.tables: dict[str, Table] = {}
        self.definitions: dict[Hashable, Any] = {}
        self._caching = caching
        self._looked = field_usage
        self._unread: dict[str, GatewayError] = {}
        self._lists: dict[tuple[str, tuple[tuple[str, str], ...]], Pager] = {}

    def renewed(self) -> "Session":
        """Dealings that begin anew, where records may have changed: what the vendor defines is still known."""
        other = Session(self.source, self.reads, caching=self._caching)
        other.definitions = self.definitions
        for name, known in self.tables.items():
            listed = self.source.resources[name].list
            if listed is not None and listed.ttl is Ttl.DEFINITION:
                other.tables[name] = known
        return other

    def close(self) -> None:
        """Let go of what was read."""
        self._lists.clear()
        self.tables.clear()

    # asking

    async def get(
        self, path: str, params: Params, *, ttl: Ttl, decode: Callable[[bytes], Any] | None = None
    ) -> UpstreamAnswer:
        """The answer to a GET. Raises UpstreamError, or TooComplex where the operation asks for too much."""
        kept = ttl.value if self._caching or ttl is Ttl.DEFINITION else 0.0
        return await self.source.upstream.get(path, params, reads=self.reads, ttl_seconds=kept, decode=decode)

    async def follow(self, address: str, *, ttl: Ttl) -> UpstreamAnswer:
        """The answer at a further address that the vendor named: only below the source's own."""
        base = urlsplit(self.source.upstream.target.base_url)
        told = urlsplit(address)
        if (told.netloc and told.netloc != base.netloc) or not told.path.startswith(base.path + "/"):
            raise self.invalid_response("the next page is at another address")
        return await self.get(told.path[len(base.path) :], dict(parse_qsl(told.query)), ttl=ttl)

    def rows(self, answer: UpstreamAnswer, spec: List) -> list[Any]:
        """The rows of a list's answer. Raises UpstreamGarbled where there is no list in it."""
        try:
            return envelope.find_rows(answer.answer, spec.envelope_keys, single=spec.allows_single)
        except envelope.UnknownEnvelope as exc:
            self.source.upstream.invalidate(answer)
            raise self.invalid_response("a list was promised, something else came") from exc

    def is_read(self, resource: Resource) -> bool:
        """Whether the whole list of the resource has been read already."""
        pager = self._lists.get((resource.type, ()))
        return pager is not None and 1 in pager.pages

    def record(
        self, resource: Resource, row: Any, *, loaded: Iterable[str] = (), stub: bool = False
    ) -> Record | None:
        """A row as a record, or None where it has no id of the vendor's form."""
        if not isinstance(row, Mapping):
            return None
        native = resource.fields["native_id"].value(row, self.tables)
        if native is None or resource.id_form.fullmatch(native) is None:
            return None
        return Record(self, resource, row, native, loaded=frozenset(loaded), stub=stub)

    @property
    def stale(self) -> bool:
        """Whether an answer from before a fault of the source was used."""
        return self.source.name in self.reads.stale

    def invalid_response(self, reason: str) -> UpstreamGarbled:
        """An answer of this source that cannot be understood."""
        return self.source.upstream.invalid_response(reason)

    # lists

    def decoder(self, resource: Resource) -> Decode | None:
        """How the resource's list is decoded, for what this operation looks at."""
        return None if self._looked is None else self.source.decoders.decoder(resource, self._looked)

    def pager(self, resource: Resource, params: Params, *, loaded: frozenset[str] = frozenset()) -> Pager:
        """The pages of a list; the same ones wherever the operation asks for them."""
        key = (resource.type, tuple(sorted(params.items())))
        found = self._lists.get(key)
        if found is None:
            found = self._lists[key] = Pager(self, resource, params, loaded)
        return found

    # reference tables

    def unread(self, refs: Iterable[str]) -> frozenset[str]:
        """Which of these tables have not been read."""
        return frozenset(ref for ref in refs if ref not in self.tables and ref not in self._unread)

    def raise_unread(self, ref: str) -> None:
        """Raise why a table could not be read, where it could not."""
        if ref in self._unread:
            raise self._unread[ref]

    async def read_tables(self, refs: Iterable[str]) -> None:
        """Read whole reference tables. A failure is kept, and told by each field that needs the table."""
        unread = self.unread(refs)
        if not unread:
            return
        for ref in unread:
            known = self.source.tables.get(ref)
            if known is not None and all(map(self.source.upstream.is_current, known.answers)):
                self.reads.use(known.answers)
                self.tables[ref] = known.table

        async def one(ref: str) -> None:
            resource = self.source.resources[ref]
            pager = self.pager(resource, {})
            try:
                rows, fault = await pager.read_all()
            except GatewayError as exc:
                self._unread[ref] = exc
                return
            if fault is not None:
                self._unread[ref] = fault
            else:
                made = self.source.tables[ref] = LoadedTable(pager.answers, index_rows(rows, pager.answers))
                self.tables[ref] = made.table

        await gather([one(ref) for ref in sorted(unread - self.tables.keys())])

    # links

    def stub(self, record: Record, name: str) -> Record | None:
        """What a record's row tells of the record that it links to, as far as it does."""
        link = record.resource.links[name]
        resource = self.source.resources.get(link.type)
        row = link.stub(record.row) if link.stub is not None else None
        if resource is None or row is None:
            return None
        return self.record(resource, row, stub=True)

    def nested_records(self, record: Record, name: str) -> list[Record]:
        """The records that another one's row holds."""
        nested = record.resource.nested[name]
        resource = self.source.resources[nested.type]
        try:
            rows = list(record.nested(name))
        except _UNFIT as exc:
            raise self.invalid_response("not what its API promises") from exc
        found = (self.record(resource, row, stub=nested.stub) for row in rows)
        return [one for one in found if one is not None]

    # further reads

    async def call(self, name: str, native_id: str = "") -> Any:
        """What a further read of the vendor gives; None where it has none for this record. Raises GatewayError."""
        call = self.source.calls[name]
        path = call.path.replace("{id}", quote(native_id, safe=""))
        try:
            return call.read((await self.get(path, call.params, ttl=Ttl.ROWS)).answer)
        except UpstreamRejected as exc:
            if native_id and exc.status in GONE:
                return None
            raise
        except _UNFIT as exc:
            raise self.invalid_response("not what its API promises") from exc


def session_of(origin: Origin) -> Session:
    """The session that records were read in: every origin is one."""
    assert isinstance(origin, Session)
    return origin
