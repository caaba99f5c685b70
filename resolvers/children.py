"""One-to-many relations: an asset's tickets, a location's assets, a licence's roles."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from gateway.connector.description.ids import native_key
from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import FILTERS
from gateway.connector.fetching.by_id import RecordOrError
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.page_walk import PageWalk
from gateway.connector.fetching.session import Session, session_of
from gateway.connector.records.record import Record
from gateway.errors import GatewayError, drop_traceback
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.links import LinkResolver
from resolvers.lists import Args, ParentRecords, check, list_page
from resolvers.pairs import PairList

#: For up to this many parents, a call each; for more, reading the whole list may take fewer calls.
_MAX_SEPARATE_PARENTS = 3


@dataclass(frozen=True)
class ChildConnection:
    """
    Resolver of a connection from each parent to its records of a type.

    `by` is the filter that names the parent; `inside` is the parent's field or link that has them, if the vendor
    embeds them in the parent's row; `pairs` are the list that says for all parents which records are theirs.
    """

    type: str
    by: str
    inside: str = ""
    pairs: PairList | None = None

    async def __call__(self, ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[Any]:
        """Each parent's page, or the exception that it failed with, in the order of the parents."""
        records_by_parent = await children_of(ctx, parents, self)
        pages: list[Any] = []
        async for chunk in ctx.time_slice.chunks(list(zip(parents, records_by_parent, strict=True))):
            pages += await asyncio.gather(
                *(
                    list_page(
                        ctx,
                        self.type,
                        args,
                        within={self.by: {"eq": parent.id}},
                        parent_records=None if records is None else (records,),
                    )
                    for parent, records in chunk
                ),
                return_exceptions=True,
            )
        return pages

    def fields_used(self) -> FieldsUsed:
        """The parent's field that has the records, and their field that names the parent."""
        return FieldsUsed(
            parent=(self.inside,) if self.inside else (),
            list_type=self.type,
            list_fields=(FILTERS[self.type][self.by].name,),
        )

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:
        """Each parent's records of the type."""
        return explainer.children(args, self)

    def check(self, ctx: RequestContext, args: Args) -> None:
        """Raise BadInput for arguments that cannot be answered, before there is a parent."""
        check(ctx, self.type, args)


@dataclass(frozen=True)
class ChildList:
    """Resolver of a plain list of all of each parent's records, up to the largest page."""

    pages: ChildConnection

    async def __call__(self, ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[Any]:
        """Each parent's records; in place of incomplete ones the page with its errors, or the exception."""
        pages = await self.pages(ctx, parents, {**args, "first": ctx.max_page_size})
        return [page if isinstance(page, BaseException) or page.errors else page.nodes for page in pages]

    def fields_used(self) -> FieldsUsed:
        """The connection's."""
        return self.pages.fields_used()

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:
        """The connection's, with the largest page."""
        return self.pages.explain(explainer, {**args, "first": explainer.ctx.max_page_size})


class ParentStrategy(Enum):
    """
    Access path to the records of a set of parents: a filtered read for each parent (EACH), one read of the whole list
    for all (WHOLE), or whichever of these takes fewer calls (CHEAPER); or the list of all pairs and the records by id,
    if that takes fewer calls than EACH (PAIRS).
    """

    EACH = "each"
    PAIRS = "pairs"
    WHOLE = "whole"
    CHEAPER = "cheaper"


def choose_strategy(
    resource: Resource, by: str, parents: int, *, is_read: bool, has_pairs: bool
) -> ParentStrategy:
    """
    The strategy for this number of parents; `is_read` if the whole list has been read already, `has_pairs` if the
    source lists all pairs.
    """
    if has_pairs and parents > _MAX_SEPARATE_PARENTS:
        return ParentStrategy.PAIRS
    rule = resource.filters.get(by)
    link_name = FILTERS[resource.type][by].name
    if link_name not in resource.links or resource.list is None or (rule is not None and rule.membership):
        return ParentStrategy.EACH
    if rule is None:
        return ParentStrategy.WHOLE
    return ParentStrategy.EACH if parents <= _MAX_SEPARATE_PARENTS and not is_read else ParentStrategy.CHEAPER


async def children_of(
    ctx: RequestContext, parents: Sequence[Record], connection: ChildConnection
) -> list[ParentRecords | None]:
    """Each parent's records, if they are loaded or cheaper to read for all parents together; None for the others."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for index, parent in enumerate(parents):
        groups[parent.source.name].append(index)
    results: list[ParentRecords | None] = [None] * len(parents)

    async def load_source(indices: list[int]) -> None:
        source_parents = [parents[index] for index in indices]
        session = session_of(source_parents[0].origin)
        inside = connection.inside
        if inside in source_parents[0].resource.nested:
            source_records: Sequence[ParentRecords | None] = await _nested_records(
                session, source_parents, inside
            )
        elif inside in source_parents[0].resource.links:
            source_records = await _linked_records(ctx, session, source_parents, inside)
        elif (resource := session.source.resources.get(connection.type)) is not None:
            source_records = await _from_lists(ctx, session, resource, connection, source_parents)
        else:
            return
        for index, records in zip(indices, source_records, strict=True):
            results[index] = records

    await asyncio.gather(*(load_source(indices) for indices in groups.values()))
    return results


async def _nested_records(
    session: Session, parents: Sequence[Record], name: str
) -> Sequence[ParentRecords | None]:
    await hydrate(session, parents, (name,))
    resource = session.source.resources[parents[0].resource.nested[name].type]
    results: list[ParentRecords | None] = []
    for parent in parents:
        try:
            results.append(ParentRecords(session, resource, *session.nested_records(parent, name)))
        except GatewayError as exc:
            results.append(ParentRecords(session, resource, (), exc))
    return results


async def _linked_records(
    ctx: RequestContext, session: Session, parents: Sequence[Record], name: str
) -> Sequence[ParentRecords | None]:
    """Each parent's only record, which its row links to."""
    resource = session.source.resources[parents[0].resource.links[name].type]
    results: list[ParentRecords | None] = []
    for target in await LinkResolver(name)(ctx, parents, {}):
        if isinstance(target, Record):
            results.append(ParentRecords(session, resource, [target]))
        else:
            results.append(
                ParentRecords(session, resource, (), target if isinstance(target, GatewayError) else None)
            )
    return results


async def _from_lists(
    ctx: RequestContext,
    session: Session,
    resource: Resource,
    connection: ChildConnection,
    parents: Sequence[Record],
) -> Sequence[ParentRecords | None]:
    """The parents' records out of lists for all, if that takes fewer calls than a read for each parent; else None."""
    pairs = connection.pairs
    strategy = choose_strategy(
        resource,
        connection.by,
        len(parents),
        is_read=session.is_read(resource),
        has_pairs=pairs is not None and pairs.is_listed(session.source),
    )
    if strategy is ParentStrategy.PAIRS:
        assert pairs is not None
        return await _from_pairs(ctx, session, resource, pairs, parents)
    if strategy is ParentStrategy.EACH:
        return [None] * len(parents)
    return await _from_whole_list(session, resource, connection.by, strategy, parents)


async def _from_pairs(
    ctx: RequestContext,
    session: Session,
    resource: Resource,
    pairs: PairList,
    parents: Sequence[Record],
) -> Sequence[ParentRecords | None]:
    """
    The parents' records by the list of pairs. None if that cannot be used, or has nothing of these parents: of a list
    whose form is not documented that may be a misunderstanding.
    """
    undecided = [None] * len(parents)
    try:
        by_parent = await pairs.read(session)
    except GatewayError as exc:
        drop_traceback(exc)
        return undecided
    if by_parent is None or not any(parent.native_id in by_parent for parent in parents):
        return undecided
    # A vendor's own lists come in this order.
    ids = {
        parent.native_id: sorted({*by_parent.get(parent.native_id, ())}, key=native_key) for parent in parents
    }
    all_ids = sorted({child for children in ids.values() for child in children}, key=native_key)
    if -(-len(all_ids) // (1 if resource.batch is None else resource.batch.size)) > len(parents):
        return undecided
    loaded = dict(
        zip(all_ids, await ctx.record_by_id.load_group(session, resource.type, all_ids), strict=True)
    )
    return [
        _records_among(session, resource, [loaded[child] for child in ids[parent.native_id]])
        for parent in parents
    ]


def _records_among(session: Session, resource: Resource, loaded: Sequence[RecordOrError]) -> ParentRecords:
    records = [record for record in loaded if isinstance(record, Record)]
    error = next((error for error in loaded if isinstance(error, GatewayError)), None)
    return ParentRecords(session, resource, records, error)


async def _from_whole_list(
    session: Session, resource: Resource, by: str, strategy: ParentStrategy, parents: Sequence[Record]
) -> Sequence[ParentRecords | None]:
    """The parents' records out of the whole list; None if a read for each parent takes fewer calls."""
    undecided = [None] * len(parents)
    try:
        if strategy is ParentStrategy.CHEAPER and not await _is_cheaper(session, resource, len(parents)):
            return undecided
        records, error = await session.pager(resource, {}).read_all()
        by_parent = await _group_by_parent(session, records, FILTERS[resource.type][by].name)
    except GatewayError as exc:
        return [ParentRecords(session, resource, (), exc) for _ in parents]
    return [
        ParentRecords(session, resource, by_parent.get(parent.native_id, ()), error) for parent in parents
    ]


async def _is_cheaper(session: Session, resource: Resource, parents: int) -> bool:
    """True if the rest of the list takes no more pages than there are parents. Reads its first page for the total."""
    pager = session.pager(resource, {})
    walk = PageWalk(pager)
    walk.take(await pager.page(1))
    if walk.is_last(1):
        return True
    return bool(pager.total and pager.size) and -(-(pager.total or 0) // (pager.size or 1)) - 1 <= parents


async def _group_by_parent(
    session: Session, records: Sequence[Record], name: str
) -> Mapping[str, list[Record]]:
    await hydrate(session, records, (name,))
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    async for chunk in session.time_slice.chunks(records):
        for record in chunk:
            parent_id = record.linked_id(name)
            if parent_id is not None:
                groups[parent_id].append(record)
    return groups
