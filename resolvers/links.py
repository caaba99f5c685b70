"""Going from records to what they point at, and to what is inside them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gateway.concurrency.gather import gather
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import session_of
from gateway.connector.records.column_reader import RecordColumns, RecordGroups
from gateway.connector.records.record import NestedObject, Record, group_by_resource
from gateway.errors import GatewayError
from resolvers.context import LevelResolver, RequestContext

if TYPE_CHECKING:
    from gateway.connector.description.resource import Resource
    from gateway.connector.fetching.session import Session

_ORIGIN = attrgetter("origin")


@dataclass(frozen=True, eq=False)
class LinkResolver:
    """
    The resolver of a link to one record: None where there is none.

    What the row tells of the linked record is enough until a field is asked for that it does not tell.
    """

    name: str

    async def __call__(
        self,
        ctx: RequestContext,
        parents: Sequence[Record],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """The record that each parent points at."""
        await hydrated(parents, (self.name,))
        found: list[Any] = [None] * len(parents)
        await gather([self._follow(ctx, parents, places, found) for places in group_by_resource(parents)])
        return found

    async def _follow(
        self, ctx: RequestContext, parents: Sequence[Record], places: Sequence[int], found: list[Any]
    ) -> None:
        """Put what the parents at these places point at into `found`. They are of one source and type."""
        first = parents[places[0]]
        link = first.resource.links.get(self.name)
        if link is None:
            return
        other = first.source.resources.get(link.type)
        wanted: defaultdict[str, list[int]] = defaultdict(list)
        for at in places:
            try:
                native = parents[at].link_target(link, other)
            except GatewayError as exc:
                found[at] = exc
                continue
            if native is not None:
                found[at] = (
                    session_of(first.origin).stub(parents[at], self.name) if link.stub is not None else None
                )
                if found[at] is None:
                    wanted[native].append(at)
        records = await ctx.record_by_id.load_group(session_of(first.origin), link.type, list(wanted))
        for some, record in zip(wanted.values(), records, strict=True):
            for at in some:
                found[at] = record


async def hydrated(records: Sequence[Record], names: Sequence[str]) -> None:
    """Load what these fields of these records need, for each source at once."""
    if len(set(map(_ORIGIN, records))) == 1:
        await hydrate(session_of(records[0].origin), records, names)
        return
    groups: defaultdict[Session, list[Record]] = defaultdict(list)
    for record in records:
        groups[session_of(record.origin)].append(record)
    await gather([hydrate(session, some, names) for session, some in groups.items()])


def field(name: str) -> LevelResolver:
    """The resolver of a field that may have to be loaded first."""

    async def resolve(ctx: RequestContext, parents: Sequence[Record], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
        await hydrated(parents, (name,))
        return RecordGroups(parents).read(lambda some: some.get(name))

    return resolve


@dataclass(frozen=True, eq=False)
class NestedObjectResolver:
    """The resolver of an object inside the record: None where the vendor tells nothing of it."""

    name: str

    async def __call__(
        self,
        ctx: RequestContext,  # noqa: ARG002
        parents: Sequence[Record],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """Each parent's object."""
        # What one vendor's rows tell may cost a call for each record of another's.
        groups = RecordGroups(parents)
        await gather(
            [hydrated(some.records, _told(some.records[0].resource, self.name)) for _, some in groups.parts]
        )
        return groups.read(lambda some: _facets(some, self.name))


def _told(resource: "Resource", name: str) -> list[str]:
    """The fields inside that every row tells. The status says nothing by itself."""
    return [
        field
        for field in _inside(resource, name)
        if resource.fields[field].detail is None and field != f"{name}.status"
    ]


def _inside(resource: "Resource", name: str) -> list[str]:
    return [field for field in resource.fields if field.startswith(f"{name}.")]


def _facets(some: RecordColumns, name: str) -> list[NestedObject | None]:
    """
    None where all is known to be empty. What costs a call for each record is not asked for that: where a vendor has
    such a field, there is an object. What could not be had is told by its own fields.
    """
    resource = some.records[0].resource
    inside, told = _inside(resource, name), _told(resource, name)
    if not inside or inside == [f"{name}.status"]:
        return [None] * len(some.records)
    whole: list[NestedObject | None] = [NestedObject(record, name) for record in some.records]
    if len(told) < sum(field != f"{name}.status" for field in inside):
        return whole
    empty = zip(*([one is None for one in some.get(field)] for field in told), strict=True)
    return [None if all(nothing) else facet for facet, nothing in zip(whole, empty, strict=True)]
