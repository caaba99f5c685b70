"""What one operation works with: its sources, its budget, and the loaders that gather what is asked for together."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, MutableMapping, Sequence
from functools import cached_property
from typing import Any

from aiodataloader import DataLoader

from gateway.connector.description import ids
from gateway.connector.description.ids import GlobalId
from gateway.connector.description.vocabulary import TYPES
from gateway.connector.fetching.by_id import RecordOrError, by_ids, is_reference_table
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.records.narrow_decoding import FieldUsage
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError, drop_traceback
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.dispatch.budget import Priority

#: A resolver: answers one field for all parents of a level at once, in their order. A failure stands in its place.
LevelResolver = Callable[["RequestContext", Sequence[Any], Mapping[str, Any]], Awaitable[Sequence[Any]]]


class RequestContext:
    """Everything that resolvers may use, made anew for each operation."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        *,
        calls: int,
        max_page_size: int,
        caching: bool,
        base_url: Callable[[], str],
        seconds: float = 30.0,
        priority: Priority = Priority.INTERACTIVE,
        plans: MutableMapping[Hashable, Any] | None = None,
    ) -> None:
        """
        `base_url` gives the gateway's own address, as the caller knows it. `plans` is where operations keep what they
        have worked out for the next one that asks the same.
        """
        self.sources = sources
        self.max_page_size = max_page_size
        self.address: str | None = None
        """The gateway's own address, where it was asked for: the answer is then one for who knows it by that."""
        self.reported: list[tuple[GatewayError, list[str | int]]] = []
        self.reads = OperationReads(calls=calls, seconds=seconds, priority=priority)
        self.asks_one = False
        """Whether the operation has one field only at its root, so that nothing else is asked for beside that."""
        self.plans: MutableMapping[Hashable, Any] = {} if plans is None else plans
        self.caching = caching
        self._base_url = base_url
        self._by_id: RecordById | None = None
        self._sessions: dict[str, Session] = {}
        self._looked: FieldUsage | None = None
        self._levels: dict[Hashable, DataLoader[Any, Any]] = {}

    @property
    def record_by_id(self) -> "RecordById":
        """Records by global id."""
        if self._by_id is None:
            self._by_id = RecordById(self)
        return self._by_id

    def base_url(self) -> str:
        """The gateway's own address, as the caller knows it."""
        if self.address is None:
            self.address = self._base_url()
        return self.address

    def used_answers(self) -> Sequence[UpstreamAnswer] | None:
        """All that the vendors have told; None where that was not all that was asked, or not as it should be."""
        return None if self.reported else self.reads.used_answers()

    def session(self, source: Source) -> Session:
        """The operation's dealings with one source."""
        found = self._sessions.get(source.name)
        if found is None:
            found = self._sessions[source.name] = Session(
                source, self.reads, caching=self.caching, field_usage=self._looked
            )
        return found

    def set_field_usage(self, field_usage: FieldUsage) -> None:
        """From now on lists are decoded only as far as the operation looks at them."""
        self._looked = field_usage

    def renew(self, source: Source) -> None:
        """Let everything of a source be read anew: it is being changed, or has been."""
        self.reads.invalidate_all()
        before = self._sessions.get(source.name)
        if before is not None:
            self._sessions[source.name] = before.renewed()
        self._by_id = None

    def source(self, name: str) -> Source:
        """A source by its name. Raises BadInput where there is none."""
        found = self.sources.get(name.strip().lower())
        if found is None:
            raise BadInput(
                f"There is no source named {ids.shown(name)}: there are {', '.join(self.sources)}."
            )
        return found

    def checked_id(self, written: str, *types: str) -> GlobalId:
        """A checked global id of one of the types (of any, where none is named). Raises BadInput before any call."""
        wanted = ids.parse(written)
        source = self.source(wanted.source)
        accepted = [one for name in types or TYPES for one in TYPES.get(name, (name,))]
        if wanted.type not in accepted:
            meant = f"of type {' or '.join(types)}" if types else "of this gateway"
            raise BadInput(f"{ids.shown(written)} is not an id {meant}.")
        source.check_id(wanted)
        return wanted

    def report(self, error: GatewayError, path: list[str | int]) -> None:
        """Tell of a failure that left part of the answer standing. Once for each source and place."""
        if not any(error is told and path == where for told, where in self.reported):
            self.reported.append((error, path))

    async def level(self, resolve: LevelResolver, parent: Any, args: Mapping[str, Any]) -> Any:
        """What a resolver gives for one parent: gathered with the other parents of the level into one call of it."""
        key = (resolve, repr(args))
        loader = self._levels.get(key)
        if loader is None:

            async def batch(parents: list[Any]) -> list[Any]:
                return list(await resolve(self, parents, args))

            loader = self._levels[key] = DataLoader(batch_load_fn=batch, cache=False)
        # The root has no parent, and a loader no key that is None.
        return await loader.load(self if parent is None else parent)

    async def close(self) -> None:
        """End what is still under way, and let go of what was read: records and sessions hold on to each other."""
        await self.reads.close()
        for error, _ in self.reported:
            drop_traceback(error)
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self._levels.clear()
        if self._by_id is not None:
            self._by_id.close()
            self._by_id = None


def _no_cancellation(found: Any) -> Any:
    """What is no answer of ours goes on as it is: an end from outside above all."""
    if isinstance(found, BaseException) and not isinstance(found, Exception):
        raise found
    return found


class RecordById:
    """Records by global id: one batch for each source and type."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._alone: dict[GlobalId, RecordOrError] = {}

    @cached_property
    def _loader(self) -> DataLoader[GlobalId, RecordOrError]:
        loader = DataLoader[GlobalId, RecordOrError](batch_load_fn=self._batch, cache=True)
        for wanted, found in self._alone.items():
            loader.prime(wanted, found)
        return loader

    def close(self) -> None:
        """Let go of what was read: a loader and who gathers for it hold on to each other."""
        self.__dict__.pop("_loader", None)

    async def load(self, global_id: GlobalId) -> Record | None:
        """The record, or None where there is none. Raises the GatewayError that kept it from being read."""
        return await self._begun(global_id)  # type: ignore[return-value]

    async def load_alone(self, global_id: GlobalId) -> Record | None:
        """The same where nothing else is asked for meanwhile: there are no others to be gathered with."""
        (found,) = await self._batch([global_id])
        if isinstance(found, GatewayError):
            raise found
        self._alone[global_id] = found  # for who asks later, with others
        return found

    def _begun(self, wanted: GlobalId) -> asyncio.Future[RecordOrError]:
        future = self._loader.load(wanted)
        # A cancelled first caller would leave a cancelled future behind for all later ones.
        future.add_done_callback(lambda done: self._loader.clear(wanted) if done.cancelled() else None)
        return future

    async def load_group(
        self, session: Session, type_name: str, natives: Sequence[str]
    ) -> list[RecordOrError]:
        """The same for several of one source and type: a failure stands in its record's place."""
        resource = session.source.resources.get(type_name)
        if resource is not None and len(natives) > 1 and is_reference_table(resource):
            # One list tells all of them, however many ask: there is nothing to wait for.
            told = await by_ids(session, resource, natives)
            return [told[native] for native in natives]
        ids = [GlobalId(session.source.name, type_name, native) for native in natives]
        found = await asyncio.gather(*map(self._begun, ids), return_exceptions=True)
        return [_no_cancellation(one) for one in found]

    async def _batch(self, wanted: list[GlobalId]) -> list[RecordOrError]:
        groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for one in wanted:
            groups[one.source, one.type].append(one.native)
        found: dict[GlobalId, RecordOrError] = {}
        for (name, type_name), natives in groups.items():
            source = self._context.sources[name]
            resource = source.resources.get(type_name)
            if resource is None:
                continue
            loaded = await by_ids(self._context.session(source), resource, natives)
            found |= {GlobalId(name, type_name, native): record for native, record in loaded.items()}
        return [found.get(one) for one in wanted]
