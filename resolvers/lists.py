"""Lists over several sources: what is asked is checked, each source gets its lane, and the lanes are merged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.concurrency.gather import together
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.lists import cursor
from gateway.connector.lists.buffered_stream import WholeLane
from gateway.connector.lists.conditions import NOTHING, Reading, read
from gateway.connector.lists.merge import Connection, backwards, forwards
from gateway.connector.lists.ordering import Order
from gateway.connector.lists.paged_stream import OutOfOrder, PagedLane
from gateway.connector.lists.pushdown import Plan, plan, without_hidden
from gateway.connector.lists.stream import Lane, Position
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError
from resolvers.context import Context

_PAGE = 50
#: What is longer than this many bytes is worked out anew each time: some send thousands of ids.
_REMEMBERED = 2048

Args = Mapping[str, Any]


@dataclass(frozen=True)
class Given:
    """A parent's records that are at hand, and what kept them from being whole."""

    session: Session
    resource: Resource
    records: Sequence[Record]
    fault: GatewayError | None = None


@dataclass(frozen=True, eq=False)
class Listed:
    """The resolver of a root list: `first after last before filter orderBy source`."""

    type: str

    async def __call__(self, ctx: Context, parents: Sequence[Any], args: Args) -> list[Any]:
        """The one page for the root."""
        return [await connection(ctx, self.type, args)] * len(parents)


@dataclass(frozen=True, kw_only=True)
class Question:
    """
    What is asked of a list, checked: `asked` is the caller's filter, `narrowed` the same within a parent. `key` tells
    it from other lists, for cursors.
    """

    asked: Mapping[str, Any]
    narrowed: Mapping[str, Any]
    order: Order
    key: Callable[[], str]
    first: int | None
    last: int | None
    after: Mapping[str, Position]
    before: tuple[str, Mapping[str, Position]] | None

    @property
    def from_end(self) -> bool:
        """Whether the page is counted from the list's end: its sources are read whole then."""
        return self.last is not None or self.before is not None

    @property
    def size(self) -> int:
        """How many records a page from the front has."""
        return _PAGE if self.first is None else self.first


def question(ctx: Context, type_name: str, args: Args, within: Mapping[str, Any] | None = None) -> Question:
    """The arguments of a list as they are meant. Raises BadInput."""
    order = Order.read(type_name, args.get("orderBy"))
    asked = _both(args.get("filter"), {"source": {"eq": args["source"]}} if args.get("source") else None)
    narrowed = _both(asked, within)
    first, last = _size(ctx, args)

    def key() -> str:
        return cursor.list_key(type_name, narrowed, args.get("orderBy"))

    return Question(
        asked=asked,
        narrowed=narrowed,
        order=order,
        key=key,
        first=first,
        last=last,
        after=cursor.unpack(args["after"], key(), order)[1] if args.get("after") is not None else {},
        before=cursor.unpack(args["before"], key(), order) if args.get("before") is not None else None,
    )


async def connection(
    ctx: Context,
    type_name: str,
    args: Args,
    *,
    within: Mapping[str, Any] | None = None,
    given: Given | None = None,
) -> Connection:
    """
    One page of a list.

    `within` narrows it to a parent, as a filter; `given` are that parent's records where they are at hand. Raises
    BadInput before any call. A source that fails is told of in the connection, and leaves the others' rows.
    """
    wanted = question(ctx, type_name, args, within)
    order, key, after = wanted.order, wanted.key, wanted.after
    whole = wanted.from_end
    broken: set[str] = set()
    while True:
        if given is not None:
            lanes: list[Lane] = _given_lanes(ctx, given, wanted.asked, order, after)
        else:
            lanes = lanes_of(ctx, type_name, wanted.narrowed, order, after, whole=whole)
            for lane in lanes:
                if lane.session.source.name in broken:
                    told = "it does not keep the order that earlier pages came in: rows may be missing"
                    lane.state.error = lane.session.garbled(told)
        if wanted.from_end:
            read_whole = [lane for lane in lanes if isinstance(lane, WholeLane)]
            return await backwards(
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
                lanes = await together([_resumed(lane) for lane in lanes])
            return await forwards(lanes, wanted.size, key=key, order=order, after=after)
        except OutOfOrder as exc:
            # The vendor's order is not ours after all: read it whole and order it here.
            whole = True
            if after.get(exc.source) is not None and not exc.kept:
                broken.add(exc.source)


def check(ctx: Context, type_name: str, args: Args) -> None:
    """Raise BadInput for arguments that no list of the type can have: before anything is asked of anybody."""
    Order.read(type_name, args.get("orderBy"))
    _size(ctx, args)
    for name in ("after", "before"):
        if args.get(name) is not None:
            cursor.check(args[name])
    lanes_of(ctx, type_name, args.get("filter") or {}, Order(type_name, ()), {}, whole=True)


async def everything(ctx: Context, type_name: str, source: str | None) -> Connection:
    """All records of a type, of all sources or of one."""
    asked = {"source": {"eq": source}} if source else {}
    order = Order(type_name, ())
    lanes = lanes_of(ctx, type_name, asked, order, {}, whole=True)
    return await forwards(lanes, 2**31, key=str, order=order, after={})


async def _resumed(lane: Lane) -> Lane:
    if isinstance(lane, PagedLane) and not await lane.resume():
        return WholeLane(lane.session, lane.resource, lane.plan, lane.order, lane.start)
    return lane


def _size(ctx: Context, args: Args) -> tuple[int | None, int | None]:
    first, last = args.get("first"), args.get("last")
    if first is not None and last is not None:
        raise BadInput("Give either `first` or `last`, not both.")
    for name, asked in (("first", first), ("last", last)):
        if asked is not None and not 0 <= asked <= ctx.max_page_size:
            raise BadInput(f"`{name}` must be from 0 to {ctx.max_page_size}, not {asked}.")
    return first, last


def _both(*parts: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {"and": [part for part in parts if part]}


def lanes_of(
    ctx: Context,
    type_name: str,
    asked: Mapping[str, Any],
    order: Order,
    after: Mapping[str, Position],
    *,
    whole: bool,
) -> list[Lane]:
    """A lane for each source that can have such records. Every argument is checked before any call."""
    lanes: list[Lane] = []
    for source, resource, planned in _planned(ctx, type_name, asked, order):
        session = ctx.session(source)
        start = after.get(source.name)
        if _streams(resource, planned, order) and not whole:
            lanes.append(PagedLane(session, resource, planned, order, start))
        else:
            lanes.append(WholeLane(session, resource, planned, order, start))
    return lanes


def _planned(
    ctx: Context, type_name: str, asked: Mapping[str, Any], order: Order
) -> Sequence[tuple[Source, Resource, Plan]]:
    """How each source that can have such records is asked. Worked out once for what is asked again and again."""
    key = (type_name, cursor.identity(asked), order.terms)
    known: Sequence[tuple[Source, Resource, Plan]] | None = ctx.plans.get(key)
    if known is not None:
        return known
    _check_sources(ctx, asked)
    # What is asked is checked even where no source has such records: a bad id is bad whoever could have it.
    checked = [
        (source, resource, read(asked, _reading(ctx, source, resource)))
        for source in ctx.sources.values()
        for resource in [source.resources.get(type_name) or Resource(type=type_name, fields={})]
    ]
    planned = [
        (source, resource, plan(resource, without_hidden(resource, condition), order))
        for source, resource, condition in checked
        if condition != NOTHING
    ]
    found = [one for one in planned if one[1].list is not None or one[2].ids is not None]
    if len(key[1]) <= _REMEMBERED:
        ctx.plans[key] = found
    return found


def _streams(resource: Resource, planned: Plan, order: Order) -> bool:
    """Whether the list can be read page by page in the asked order, as far as it is wanted."""
    paged = resource.list is not None and resource.list.paging is not None
    one_list = planned.ids is None and len(planned.queries) == 1
    return paged and one_list and (not order or planned.ordered is not None)


def _given_lanes(
    ctx: Context, given: Given, asked: Mapping[str, Any], order: Order, after: Mapping[str, Position]
) -> list[Lane]:
    source = given.session.source
    _check_sources(ctx, asked)
    condition = read(asked, _reading(ctx, source, given.resource))
    if condition == NOTHING:
        return []
    planned = Plan(({},), without_hidden(given.resource, condition))
    lane = WholeLane(given.session, given.resource, planned, order, after.get(source.name), given.records)
    lane.state.error = given.fault
    return [lane]


def _reading(ctx: Context, source: Source, resource: Resource) -> Reading:
    return Reading(source=source.name, vendor=source.vendor, resource=resource, known=ctx.known)


def _check_sources(ctx: Context, asked: Mapping[str, Any]) -> None:
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
