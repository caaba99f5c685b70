"""The records that belong to a record: an asset's tickets, a location's assets, a licence's roles."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import FILTERS
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import Session, session_of
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from resolvers.context import RequestContext
from resolvers.links import LinkResolver
from resolvers.lists import Args, ParentRecords, check, list_page

#: Up to so many parents are asked for one by one; for more, reading the whole list may be cheaper.
_FEW = 3


@dataclass(frozen=True)
class ChildConnection:
    """
    The resolver of a connection from each parent to its records of a type.

    `by` is the filter that names the parent; `inside` is the parent's field or link, where a vendor tells them there.
    """

    type: str
    by: str
    inside: str = ""

    async def __call__(self, ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[Any]:
        """Each parent's connection."""
        given = await children_of(ctx, parents, self.type, self.by, self.inside)
        return await asyncio.gather(
            *(
                list_page(ctx, self.type, args, within={self.by: {"eq": parent.id}}, parent_records=one)
                for parent, one in zip(parents, given, strict=True)
            ),
            return_exceptions=True,
        )

    def check(self, ctx: RequestContext, args: Args) -> None:
        """Raise BadInput for arguments that cannot be answered, before there is a parent."""
        check(ctx, self.type, args)


@dataclass(frozen=True)
class ChildList:
    """The same as a plain list of all of them."""

    pages: ChildConnection

    async def __call__(self, ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[Any]:
        """Each parent's records."""
        found = await self.pages(ctx, parents, {**args, "first": ctx.max_page_size})
        return [one if isinstance(one, BaseException) or one.errors else one.nodes for one in found]


class ParentStrategy(Enum):
    """
    How the records of several parents are had: for each parent, out of the whole list for all, or whichever of these
    takes fewer calls.
    """

    EACH = "each"
    WHOLE = "whole"
    CHEAPER = "cheaper"


def choose_strategy(resource: Resource, by: str, parents: int, *, is_read: bool) -> ParentStrategy:
    """The way for so many parents; `is_read` says that the whole list has been read already."""
    rule = resource.filters.get(by)
    link_name = FILTERS[resource.type][by].name
    if link_name not in resource.links or resource.list is None or (rule is not None and rule.membership):
        return ParentStrategy.EACH
    if rule is None:
        return ParentStrategy.WHOLE
    return ParentStrategy.EACH if parents <= _FEW and not is_read else ParentStrategy.CHEAPER


async def children_of(
    ctx: RequestContext, parents: Sequence[Record], type_name: str, by: str, inside: str
) -> list[ParentRecords | None]:
    """Each parent's records where they are at hand or cheaper to read for all parents together; else None."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for at, parent in enumerate(parents):
        groups[parent.source.name].append(at)
    found: list[ParentRecords | None] = [None] * len(parents)

    async def one_source(places: list[int]) -> None:
        some = [parents[at] for at in places]
        session = session_of(some[0].origin)
        if inside in some[0].resource.nested:
            given: Sequence[ParentRecords | None] = await _inside(session, some, inside)
        elif inside in some[0].resource.links:
            given = await _pointed_at(ctx, session, some, inside)
        elif (resource := session.source.resources.get(type_name)) is not None:
            given = await _together(session, resource, by, some)
        else:
            return
        for at, one in zip(places, given, strict=True):
            found[at] = one

    await asyncio.gather(*(one_source(places) for places in groups.values()))
    return found


async def _inside(session: Session, parents: Sequence[Record], name: str) -> Sequence[ParentRecords | None]:
    await hydrate(session, parents, (name,))
    resource = session.source.resources[parents[0].resource.nested[name].type]
    found: list[ParentRecords | None] = []
    for parent in parents:
        try:
            found.append(ParentRecords(session, resource, session.nested_records(parent, name)))
        except GatewayError as exc:
            found.append(ParentRecords(session, resource, (), exc))
    return found


async def _pointed_at(
    ctx: RequestContext, session: Session, parents: Sequence[Record], name: str
) -> Sequence[ParentRecords | None]:
    """Where the parent's row names the one record that belongs to it."""
    resource = session.source.resources[parents[0].resource.links[name].type]
    found: list[ParentRecords | None] = []
    for one in await LinkResolver(name)(ctx, parents, {}):
        if isinstance(one, Record):
            found.append(ParentRecords(session, resource, [one]))
        else:
            found.append(ParentRecords(session, resource, (), one if isinstance(one, GatewayError) else None))
    return found


async def _together(
    session: Session, resource: Resource, by: str, parents: Sequence[Record]
) -> Sequence[ParentRecords | None]:
    """The parents' records out of the whole list, where that takes fewer calls than asking for each parent's."""
    nothing = [None] * len(parents)
    chosen = choose_strategy(resource, by, len(parents), is_read=session.is_read(resource))
    if chosen is ParentStrategy.EACH:
        return nothing
    try:
        if chosen is ParentStrategy.CHEAPER and not await _is_cheaper(session, resource, len(parents)):
            return nothing
        records, fault = await session.pager(resource, {}).read_all()
        by_parent = await _by_parent(session, records, FILTERS[resource.type][by].name)
    except GatewayError as exc:
        return [ParentRecords(session, resource, (), exc) for _ in parents]
    return [
        ParentRecords(session, resource, by_parent.get(parent.native_id, ()), fault) for parent in parents
    ]


async def _is_cheaper(session: Session, resource: Resource, parents: int) -> bool:
    """Whether the rest of the list takes fewer pages than there are parents; its first page tells."""
    pager = session.pager(resource, {})
    await pager.page(1)
    if pager.is_last(1):
        return True
    return bool(pager.total and pager.size) and -(-(pager.total or 0) // (pager.size or 1)) - 1 <= parents


async def _by_parent(session: Session, records: Sequence[Record], name: str) -> Mapping[str, list[Record]]:
    await hydrate(session, records, (name,))
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        native = record.linked_id(name)
        if native is not None:
            groups[native].append(record)
    return groups
