"""Request context of one operation: its sources, its budget of calls, and the data loaders that batch its reads."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from aiodataloader import DataLoader

from gateway.access.audit import OperationAudit
from gateway.access.caller import OPERATOR, Caller
from gateway.access.fair_shares import Charge
from gateway.access.rights import Rights
from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.description import ids
from gateway.connector.description.ids import GlobalId
from gateway.connector.description.vocabulary import TYPES
from gateway.connector.fetching.by_id import RecordOrError, by_id, is_reference_table
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.lists.filtering import visible_by_ids
from gateway.connector.records.narrow_decoding import FieldUsage
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError, drop_traceback
from gateway.identity.catalog import MatchingCatalog
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.operation_cost import OperationCost
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.dispatch.budget import Priority
from resolvers.record_budget import RecordBudget
from resolvers.subgraph import Subgraph

if TYPE_CHECKING:
    from resolvers.asset_changes import ChangeFeed
    from resolvers.counts.request import CountRequest
    from resolvers.counts.tally import Tally

#: Objects beside its records that an answer may have for each of them.
_ENTRIES_PER_RECORD = 8
#: Field by field (mutations, and queries with introspection beside) a record takes that much longer than by levels.
_SLOWER_BY_FIELDS = 20

_UNAUDITED = OperationAudit()
#: Level resolver: the values of one field for all parents of a level, in their order. A failure is an exception in its
#: parent's place.
LevelResolver = Callable[["RequestContext", Sequence[Any], Mapping[str, Any]], Awaitable[Sequence[Any]]]


#: Counts records out of the kept tables.
CountKept = Callable[["RequestContext", "CountRequest"], Awaitable["Tally"]]


class RequestContext:
    """Request context that resolvers are given. Made for each operation, and closed at its end."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        *,
        calls: int,
        max_page_size: int,
        caching: bool,
        base_url: Callable[[], str],
        records: int = 20_000,
        seconds: float = 30.0,
        time_slice: TimeSlice | None = None,
        priority: Priority = Priority.INTERACTIVE,
        plans: MutableMapping[Hashable, Any] | None = None,
        catalog: MatchingCatalog | None = None,
        changes: "ChangeFeed | None" = None,
        only_renews: bool = False,
        count_kept: "CountKept | None" = None,
        caller: Caller = OPERATOR,
        rights: Rights | None = None,
        audit: OperationAudit | None = None,
        subgraph: Subgraph | None = None,
        charge: Charge | None = None,
    ) -> None:
        """
        `base_url` gives the gateway's own address, as the caller knows it. `plans` is a cache of list plans that all
        operations share, `time_slice` their share of the processor. `calls` is the operation's limit of upstream calls,
        `records` that of the records in its answer, `seconds` its deadline. With `rights`, the sources are those that
        they show; None is a caller who may do all. `changes` is the feed of changes of assets, `only_renews` is as in
        `OperationReads`.
        """
        self.caller = caller
        self.audit = audit or _UNAUDITED
        self._charge = charge
        self.sources = sources
        self.rights = rights
        self.visibility_digest = "" if rights is None else rights.digest
        """A part of every key under which something is kept that depends on the caller's rights and accounts."""
        self.max_page_size = max_page_size
        self.address: str | None = None
        """The gateway's own address if a field has read it: the answer is then valid only for callers who use that."""
        self.reported: list[tuple[GatewayError, list[str | int]]] = []
        self._reported_at: set[tuple[GatewayError, tuple[str | int, ...]]] = set()
        self._records = records
        self.listed = RecordBudget(records, records)
        """The records of the operation's lists."""
        self.built = RecordBudget(records, records)
        """The records in its answer: one that occurs twice is built twice."""
        self.entries = RecordBudget(records * _ENTRIES_PER_RECORD, records)
        """The objects in its answer that are no records: edges, custom fields, nested objects."""
        self.time_slice = TimeSlice() if time_slice is None else time_slice
        self.reads = OperationReads(
            calls=calls, seconds=seconds, priority=priority, caller=caller.digest, only_renews=only_renews
        )
        self.has_single_root_field = False
        """True if the operation has a single root field: nothing else is read beside that."""
        self.plans: MutableMapping[Hashable, Any] = {} if plans is None else plans
        self.caching = caching
        self.freshness: tuple[float, float] | None = None
        """When the response was made, and until when all that it was made of is fresh; None if it may not be kept."""
        self.is_response_cached = False
        """True if the response comes from the response cache."""
        self.count_kept = count_kept
        """Counts records out of the kept tables; None if there are no such."""
        self.uses_tables = False
        """True if a field has read the kept tables: the answer then depends on more than upstream answers."""
        self.catalog = catalog or MatchingCatalog()
        """The matching of all sources' assets, kept between operations."""
        self.changes = changes
        self.event: Any = None
        """The event of a subscription that its operation is run for."""
        self.shared: dict[str, Any] = {}
        """Values that several fields of the operation share, by name; futures among them are ended by `close`."""
        self._base_url = base_url
        self.subgraph = subgraph or Subgraph()
        """The subgraph that the operation is sent to."""
        self._by_id: RecordById | None = None
        self._sessions: dict[str, Session] = {}
        self._field_usage: FieldUsage | None = None
        self._seen: set[GlobalId] = set()
        self._levels: dict[Hashable, DataLoader[Any, Any]] = {}

    def use_own_accounts(self, sources: Mapping[str, Source], digest: str, catalog: MatchingCatalog) -> None:
        """
        Read some sources by accounts of the caller's own, which `digest` identifies. Nothing is used that the gateway's
        own accounts have read: plans, kept tables, changes, the matching of assets.
        """
        self.sources = {**self.sources, **sources}
        self.visibility_digest += digest
        self.plans = {}
        self.changes = self.count_kept = None
        self.catalog = catalog
        self.audit = replace(self.audit, own_accounts=frozenset(sources))

    @property
    def has_row_rules(self) -> bool:
        """True if the caller may not see some rows, depending on their values."""
        return self.rights is not None and self.rights.has_row_rules

    def has_seen(self, global_id: GlobalId) -> bool:
        """True if a record may be named in a filter: no row rule hides it, or it was looked up."""
        if self.rights is None:
            return True
        resource = self.sources[global_id.source].resources.get(global_id.type)
        return resource is not None and (resource.row_rules is None or global_id in self._seen)

    def see_parents(self, within: Mapping[str, Any] | None) -> None:
        """Records that were shown may be named in filters: those that a list is narrowed to, as a filter has them."""
        for name, operand in (within or {}).items():
            if name == "or":
                for nested in operand:
                    self.see_parents(nested)
            else:
                self._seen.update(map(ids.parse, operand["in"] if "in" in operand else [operand["eq"]]))

    async def look_up(self, global_id: GlobalId) -> None:
        """Look up a record that row rules may hide."""
        resource = self.sources[global_id.source].resources.get(global_id.type)
        if resource is None or resource.row_rules is None or global_id in self._seen:
            return
        if await self.record_by_id.load(global_id) is not None:
            self._seen.add(global_id)

    def own_key(self, key: str) -> str:
        """A key of the caller's own choice as this caller's alone: another's is another, whatever it says."""
        return f"{self.caller.digest} {key}"

    @property
    def record_by_id(self) -> "RecordById":
        """The operation's data loader of records."""
        if self._by_id is None:
            self._by_id = RecordById(self)
        return self._by_id

    def base_url(self) -> str:
        """The gateway's own address, as the caller knows it."""
        if self.address is None:
            self.address = self._base_url()
        return self.address

    def measure_cost(self) -> None:
        """Measure what the operation takes of each source, for `measured_cost`."""
        self.reads.cost = OperationCost()

    def measured_cost(self) -> Mapping[str, Any]:
        """The operation's cost by source, as JSON has it, and the records in its answer."""
        sources = {} if self.reads.cost is None else self.reads.cost.sources
        return {
            "calls": sum(cost.calls for cost in sources.values()),
            "cached": sum(cost.cached for cost in sources.values()),
            "joined": sum(cost.joined for cost in sources.values()),
            "records": self.built.taken,
            "cachedResponse": self.is_response_cached,
            "sources": {
                name: {
                    "calls": cost.calls,
                    "cached": cost.cached,
                    "joined": cost.joined,
                    "milliseconds": round(cost.seconds * 1000, 1),
                }
                for name, cost in sorted(sources.items())
            },
        }

    def costs(self) -> Mapping[str, int]:
        """Calls to vendors, GETs served from the cache, records in the answer, and 1 for a cached response."""
        return {
            "calls": self.reads.spent,
            "cached_reads": self.reads.cache_hits,
            "records": self.built.taken,
            "cached_response": int(self.is_response_cached),
        }

    def used_answers(self) -> Sequence[UpstreamAnswer] | None:
        """All upstream answers that the operation has used; None if any was missing or an error was reported."""
        return None if self.reported or self.uses_tables else self.reads.used_answers()

    def session(self, source: Source) -> Session:
        """The operation's session with a source, opened at the first call."""
        session = self._sessions.get(source.name)
        if session is None:
            session = self._sessions[source.name] = Session(
                source,
                self.reads,
                caching=self.caching,
                field_usage=self._field_usage,
                time_slice=self.time_slice,
            )
        return session

    def set_field_usage(self, field_usage: FieldUsage) -> None:
        """Decode lists from now on only as far as the operation uses their fields."""
        self._field_usage = field_usage

    def renew(self, source: Source) -> None:
        """Discard all that was read of a source, which is being changed or has been: later reads go upstream again."""
        self.shared.clear()
        self.reads.invalidate_all()
        session = self._sessions.get(source.name)
        if session is not None:
            self._sessions[source.name] = session.after_write()
        self._by_id = None

    def source(self, name: str) -> Source:
        """A source by its name. Raises BadInput if there is none."""
        source = self.sources.get(name.strip().lower())
        if source is None:
            raise BadInput(
                f"There is no source named {ids.excerpt(name)}: there are {', '.join(self.sources)}."
            )
        return source

    def checked_id(self, written: str, *types: str) -> GlobalId:
        """A checked global id of one of the types (of any, if none is named). Raises BadInput before any call."""
        global_id = ids.parse(written)
        source = self.source(global_id.source)
        accepted = [id_type for name in types or TYPES for id_type in TYPES.get(name, (name,))]
        if global_id.type not in accepted:
            expected = f"of type {' or '.join(types)}" if types else "of this gateway"
            raise BadInput(f"{ids.excerpt(written)} is not an id {expected}.")
        source.check_id(global_id)
        return global_id

    def visible_id(self, written: str, *types: str) -> GlobalId | None:
        """
        The same; None if it is of a source that the caller may not see, or that is not there: a caller with limited
        rights cannot tell these apart.
        """
        if self.rights is not None and ids.parse(written).source not in self.sources:
            return None
        return self.checked_id(written, *types)

    def report(self, error: GatewayError, path: list[str | int]) -> None:
        """Add an error beside a partial answer. The same error at the same path is added once."""
        if (error, tuple(path)) not in self._reported_at:
            self._reported_at.add((error, tuple(path)))
            self.reported.append((error, path))

    async def level(self, resolve: LevelResolver, parent: Any, args: Mapping[str, Any]) -> Any:
        """A resolver's value for one parent, batched with the other parents of the level into one call of it."""
        key = (resolve, repr(args))
        loader = self._levels.get(key)
        if loader is None:
            if not self._levels:
                self.listed.narrow(self._records // _SLOWER_BY_FIELDS)

            async def batch(parents: list[Any]) -> list[Any]:
                if self.built.take(len(parents)) < len(parents):
                    raise self.built.error
                return list(await resolve(self, parents, args))

            loader = self._levels[key] = DataLoader(batch_load_fn=batch, cache=False)
        # The root has no parent, and a loader no key that is None.
        return await loader.load(self if parent is None else parent)

    async def close(self) -> None:
        """Cancel reads that are under way, and break the reference cycles of sessions, records and loaders."""
        for shared in self.shared.values():
            if isinstance(shared, asyncio.Future):
                shared.cancel()
        self.shared.clear()
        await self.reads.close()
        if self._charge is not None:
            charge, self._charge = self._charge, None
            await charge(calls=self.reads.spent, records=self.built.taken)
        for error, _ in self.reported:
            drop_traceback(error)
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self._levels.clear()
        if self._by_id is not None:
            self._by_id.close()
            self._by_id = None


def _reraise_cancellation(result: Any) -> Any:
    """The result, unless it is a BaseException that is no Exception, a cancellation above all: that is raised."""
    if isinstance(result, BaseException) and not isinstance(result, Exception):
        raise result
    return result


class RecordById:
    """Data loader of records by global id: one batch for each source and type."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._preloaded: dict[GlobalId, RecordOrError] = {}

    @cached_property
    def _loader(self) -> DataLoader[GlobalId, RecordOrError]:
        loader = DataLoader[GlobalId, RecordOrError](batch_load_fn=self._load_batch, cache=True)
        for global_id, record in self._preloaded.items():
            loader.prime(global_id, record)
        return loader

    def close(self) -> None:
        """Break the reference cycle of the loader and its batch function."""
        self.__dict__.pop("_loader", None)

    async def load(self, global_id: GlobalId) -> Record | None:
        """The record, or None if there is none. Raises the GatewayError that it could not be read for."""
        return await self._start_load(global_id)  # type: ignore[return-value]

    async def load_alone(self, global_id: GlobalId) -> Record | None:
        """The same without batching, if nothing else is read meanwhile."""
        source = self._context.sources[global_id.source]
        resource = source.resources.get(global_id.type)
        if resource is None or resource.row_rules is not None:
            (record,) = await self._load_batch([global_id])
        else:
            record = await by_id(self._context.session(source), resource, global_id.native_id)
        if isinstance(record, GatewayError):
            raise record
        self._preloaded[global_id] = record  # for later batched loads
        return record

    def _start_load(self, global_id: GlobalId) -> asyncio.Future[RecordOrError]:
        future = self._loader.load(global_id)
        # A cancelled first caller would leave a cancelled future behind for all later ones.
        future.add_done_callback(lambda done: self._loader.clear(global_id) if done.cancelled() else None)
        return future

    async def load_group(
        self, session: Session, type_name: str, native_ids: Sequence[str]
    ) -> list[RecordOrError]:
        """Records of one source and type, in the order of the ids: each a record, None or a GatewayError."""
        resource = session.source.resources.get(type_name)
        if resource is not None and len(native_ids) > 1 and is_reference_table(resource):
            # One list has all of them: there is nothing to batch with.
            loaded = await visible_by_ids(session, resource, native_ids)
            return [loaded[native_id] for native_id in native_ids]
        global_ids = [GlobalId(session.source.name, type_name, native_id) for native_id in native_ids]
        results = await asyncio.gather(*map(self._start_load, global_ids), return_exceptions=True)
        return [_reraise_cancellation(result) for result in results]

    async def _load_batch(self, global_ids: list[GlobalId]) -> list[RecordOrError]:
        groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for global_id in global_ids:
            groups[global_id.source, global_id.type].append(global_id.native_id)
        records: dict[GlobalId, RecordOrError] = {}
        for (name, type_name), native_ids in groups.items():
            source = self._context.sources[name]
            resource = source.resources.get(type_name)
            if resource is None:
                continue
            loaded = await visible_by_ids(self._context.session(source), resource, native_ids)
            records |= {GlobalId(name, type_name, native_id): record for native_id, record in loaded.items()}
        return [records.get(global_id) for global_id in global_ids]
