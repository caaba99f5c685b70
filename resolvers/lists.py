"""Lists over several sources: what is asked is checked, each source gets its lane, and the lanes are merged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.concurrency.gather import gather
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.lists import cursor
from gateway.connector.lists.buffered_stream import BufferedStream
from gateway.connector.lists.conditions import FALSE, FilterScope, parse_filter
from gateway.connector.lists.merge import MergedPage, merge_backwards, merge_forwards
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.paged_stream import PagedStream, UnsortedSource
from gateway.connector.lists.pushdown import SourcePlan, plan_source, without_hidden
from gateway.connector.lists.stream import SourceStream, StreamPosition
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError
from resolvers.context import RequestContext

_PAGE = 50
#: What is longer than this many bytes is worked out anew each time: some send thousands of ids.
_REMEMBERED = 2048

Args = Mapping[str, Any]


@dataclass(frozen=True)
class ParentRecords:
    """A parent's records that are at hand, and what kept them from being whole."""

    session: Session
    resource: Resource
    records: Sequence[Record]
    fault: GatewayError | None = None


@dataclass(frozen=True, eq=False)
class RootList:
    """The resolver of a root list: `first after last before filter orderBy source`."""

    type: str

    async def __call__(self, ctx: RequestContext, parents: Sequence[Any], args: Args) -> list[Any]:
        """The one page for the root."""
        return [await list_page(ctx, self.type, args)] * len(parents)


@dataclass(frozen=True, kw_only=True)
class ListRequest:
    """
    What is asked of a list, checked: `asked` is the caller's filter, `narrowed` the same within a parent. `key` tells
    it from other lists, for cursors.
    """

    filter_input: Mapping[str, Any]
    narrowed_filter: Mapping[str, Any]
    order: SortOrder
    key: Callable[[], str]
    first: int | None
    last: int | None
    after: Mapping[str, StreamPosition]
    before: tuple[str, Mapping[str, StreamPosition]] | None

    @property
    def from_end(self) -> bool:
        """Whether the page is counted from the list's end: its sources are read whole then."""
        return self.last is not None or self.before is not None

    @property
    def size(self) -> int:
        """How many records a page from the front has."""
        return _PAGE if self.first is None else self.first


def list_request(
    ctx: RequestContext, type_name: str, args: Args, within: Mapping[str, Any] | None = None
) -> ListRequest:
    """The arguments of a list as they are meant. Raises BadInput."""
    order = SortOrder.parse(type_name, args.get("orderBy"))
    asked = _both(args.get("filter"), {"source": {"eq": args["source"]}} if args.get("source") else None)
    narrowed = _both(asked, within)
    first, last = _size(ctx, args)

    def key() -> str:
        return cursor.list_key(type_name, narrowed, args.get("orderBy"))

    return ListRequest(
        filter_input=asked,
        narrowed_filter=narrowed,
        order=order,
        key=key,
        first=first,
        last=last,
        after=cursor.unpack(args["after"], key(), order)[1] if args.get("after") is not None else {},
        before=cursor.unpack(args["before"], key(), order) if args.get("before") is not None else None,
    )


async def list_page(
    ctx: RequestContext,
    type_name: str,
    args: Args,
    *,
    within: Mapping[str, Any] | None = None,
    parent_records: ParentRecords | None = None,
) -> MergedPage:
    """
    One page of a list.

    `within` narrows it to a parent, as a filter; `given` are that parent's records where they are at hand. Raises
    BadInput before any call. A source that fails is told of in the connection, and leaves the others' rows.
    """
    wanted = list_request(ctx, type_name, args, within)
    order, key, after = wanted.order, wanted.key, wanted.after
    whole = wanted.from_end
    broken: set[str] = set()
    while True:
        if parent_records is not None:
            lanes: list[SourceStream] = _given_lanes(ctx, parent_records, wanted.filter_input, order, after)
        else:
            lanes = streams_of(ctx, type_name, wanted.narrowed_filter, order, after, whole=whole)
            for lane in lanes:
                if lane.session.source.name in broken:
                    told = "it does not keep the order that earlier pages came in: rows may be missing"
                    lane.state.error = lane.session.invalid_response(told)
        if wanted.from_end:
            read_whole = [lane for lane in lanes if isinstance(lane, BufferedStream)]
            return await merge_backwards(
                read_whole,
                first=wanted.first,
                last=wanted.last,
                key=key,
                order=order,
                after=after,
                before=wanted.before,
            )
        try:
            if after:
                lanes = await gather([_resumed(lane) for lane in lanes])
            return await merge_forwards(lanes, wanted.size, key=key, order=order, after=after)
        except UnsortedSource as exc:
            # The vendor's order is not ours after all: read it whole and order it here.
            whole = True
            if after.get(exc.source) is not None and not exc.kept:
                broken.add(exc.source)


def check(ctx: RequestContext, type_name: str, args: Args) -> None:
    """Raise BadInput for arguments that no list of the type can have: before anything is asked of anybody."""
    SortOrder.parse(type_name, args.get("orderBy"))
    _size(ctx, args)
    for name in ("after", "before"):
        if args.get(name) is not None:
            cursor.check(args[name])
    streams_of(ctx, type_name, args.get("filter") or {}, SortOrder(type_name, ()), {}, whole=True)


async def whole_list(ctx: RequestContext, type_name: str, source: str | None) -> MergedPage:
    """All records of a type, of all sources or of one."""
    asked = {"source": {"eq": source}} if source else {}
    order = SortOrder(type_name, ())
    lanes = streams_of(ctx, type_name, asked, order, {}, whole=True)
    return await merge_forwards(lanes, 2**31, key=str, order=order, after={})


async def _resumed(lane: SourceStream) -> SourceStream:
    if isinstance(lane, PagedStream) and not await lane.resume():
        return BufferedStream(lane.session, lane.resource, lane.plan, lane.order, lane.start)
    return lane


def _size(ctx: RequestContext, args: Args) -> tuple[int | None, int | None]:
    first, last = args.get("first"), args.get("last")
    if first is not None and last is not None:
        raise BadInput("Give either `first` or `last`, not both.")
    for name, asked in (("first", first), ("last", last)):
        if asked is not None and not 0 <= asked <= ctx.max_page_size:
            raise BadInput(f"`{name}` must be from 0 to {ctx.max_page_size}, not {asked}.")
    return first, last


def _both(*parts: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {"and": [part for part in parts if part]}


def streams_of(
    ctx: RequestContext,
    type_name: str,
    filter_input: Mapping[str, Any],
    order: SortOrder,
    after: Mapping[str, StreamPosition],
    *,
    whole: bool,
) -> list[SourceStream]:
    """A lane for each source that can have such records. Every argument is checked before any call."""
    lanes: list[SourceStream] = []
    for source, resource, planned in _planned(ctx, type_name, filter_input, order):
        session = ctx.session(source)
        start = after.get(source.name)
        if _streams(resource, planned, order) and not whole:
            lanes.append(PagedStream(session, resource, planned, order, start))
        else:
            lanes.append(BufferedStream(session, resource, planned, order, start))
    return lanes


def _planned(
    ctx: RequestContext, type_name: str, asked: Mapping[str, Any], order: SortOrder
) -> Sequence[tuple[Source, Resource, SourcePlan]]:
    """How each source that can have such records is asked. Worked out once for what is asked again and again."""
    key = (type_name, cursor.identity(asked), order.terms)
    known: Sequence[tuple[Source, Resource, SourcePlan]] | None = ctx.plans.get(key)
    if known is not None:
        return known
    _check_sources(ctx, asked)
    # What is asked is checked even where no source has such records: a bad id is bad whoever could have it.
    checked = [
        (source, resource, parse_filter(asked, _reading(ctx, source, resource)))
        for source in ctx.sources.values()
        for resource in [source.resources.get(type_name) or Resource(type=type_name, fields={})]
    ]
    planned = [
        (source, resource, plan_source(resource, without_hidden(resource, condition), order))
        for source, resource, condition in checked
        if condition != FALSE
    ]
    found = [one for one in planned if one[1].list is not None or one[2].ids is not None]
    if len(key[1]) <= _REMEMBERED:
        ctx.plans[key] = found
    return found


def _streams(resource: Resource, planned: SourcePlan, order: SortOrder) -> bool:
    """Whether the list can be read page by page in the asked order, as far as it is wanted."""
    paged = resource.list is not None and resource.list.paging is not None
    one_list = planned.ids is None and len(planned.queries) == 1
    return paged and one_list and (not order or planned.ordered is not None)


def _given_lanes(
    ctx: RequestContext,
    given: ParentRecords,
    asked: Mapping[str, Any],
    order: SortOrder,
    after: Mapping[str, StreamPosition],
) -> list[SourceStream]:
    source = given.session.source
    _check_sources(ctx, asked)
    condition = parse_filter(asked, _reading(ctx, source, given.resource))
    if condition == FALSE:
        return []
    planned = SourcePlan(({},), without_hidden(given.resource, condition))
    lane = BufferedStream(
        given.session, given.resource, planned, order, after.get(source.name), given.records
    )
    lane.state.error = given.fault
    return [lane]


def _reading(ctx: RequestContext, source: Source, resource: Resource) -> FilterScope:
    return FilterScope(source=source.name, vendor=source.vendor, resource=resource, known=ctx.checked_id)


def _check_sources(ctx: RequestContext, asked: Mapping[str, Any]) -> None:
    """Raise BadInput where the filter names a source that there is not."""
    for name, wanted in asked.items():
        if name in {"and", "or"} and wanted:
            for one in wanted:
                _check_sources(ctx, one)
        elif name == "not" and wanted:
            _check_sources(ctx, wanted)
        elif name == "source" and wanted:
            for named in [wanted.get("eq"), *(wanted.get("in") or ())]:
                if named is not None:
                    ctx.source(named)
