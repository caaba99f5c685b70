"""Lists over all sources: arguments are checked, each source gets a stream, and the streams are merged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.concurrency.gather import gather
from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import FILTERS, FilterKind
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.lists import cursor
from gateway.connector.lists.buffered_stream import BufferedStream
from gateway.connector.lists.conditions import (
    FALSE,
    TRUE,
    Condition,
    FilterScope,
    conjunction,
    parse_filter,
    row_rule,
)
from gateway.connector.lists.merge import MergedPage, merge_backwards, merge_forwards
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.paged_stream import PagedStream, UnsortedSource
from gateway.connector.lists.pushdown import SourcePlan, plan_source, without_hidden
from gateway.connector.lists.stream import SourceStream, StreamPosition
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T

_DEFAULT_PAGE_SIZE = 50
#: Bytes of the longest key that a plan is cached by: callers may send thousands of ids.
_MAX_CACHED_KEY = 2048
_LEAST_WEIGHT = 100
#: A list without rows takes about as long as the work of this many rows.
_ROWS_OF_A_LIST = 50

Args = Mapping[str, Any]


@dataclass(frozen=True)
class ParentRecords:
    """A parent's records that are loaded, and the error that left them incomplete."""

    session: Session
    resource: Resource
    records: Sequence[Record]
    error: GatewayError | None = None


@dataclass(frozen=True, eq=False)
class RootList:
    """Resolver of a root list: `first after last before filter orderBy source`."""

    type: str

    async def __call__(self, ctx: RequestContext, parents: Sequence[Any], args: Args) -> list[Any]:
        """The page, for the root."""
        return [await list_page(ctx, self.type, args)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """The fields that its arguments name."""
        return FieldsUsed(list_type=self.type)

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:
        """One page."""
        return explainer.list_page(self.type, args)


@dataclass(frozen=True, kw_only=True)
class ListRequest:
    """
    Checked arguments of a list: `filter_input` is the caller's filter, `narrowed_filter` the same within a parent.
    `key` identifies the list in cursors.
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
        """True if the page is counted from the list's end: its sources are read whole then."""
        return self.last is not None or self.before is not None

    @property
    def size(self) -> int:
        """The largest number of records of a page from the front."""
        return _DEFAULT_PAGE_SIZE if self.first is None else self.first

    @property
    def most(self) -> int | None:
        """The largest number of records of the page; None if that is only known once the list is read."""
        if not self.from_end:
            return self.size
        return self.first if self.last is None else self.last


def list_request(
    ctx: RequestContext, type_name: str, args: Args, within: Mapping[str, Any] | None = None
) -> ListRequest:
    """The parsed arguments of a list. Raises BadInput."""
    order = SortOrder.parse(type_name, args.get("orderBy"))
    filter_input = _conjunction(
        args.get("filter"), {"source": {"eq": args["source"]}} if args.get("source") else None
    )
    narrowed = _conjunction(filter_input, within)
    first, last = page_limits(ctx, args)

    def key() -> str:
        return cursor.list_key(type_name, narrowed, args.get("orderBy"))

    return ListRequest(
        filter_input=filter_input,
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
    parent_records: Sequence[ParentRecords] | None = None,
    list_others: bool = False,
) -> MergedPage:
    """
    One page of a list.

    `within` narrows it to a parent, as a filter; `parent_records` are that parent's records if they are loaded, one
    entry for each source, and with `list_others` the records of further sources are listed beside them. Raises BadInput
    before any call. A source that fails is an error of the page, which keeps the others' rows; a
    page that exceeds the operation's records has none, and the error for each source.
    """
    await ctx.time_slice.pause(_ROWS_OF_A_LIST)
    if ctx.has_row_rules:
        await look_up_ids(ctx, type_name, args.get("filter"))
        ctx.see_parents(within)
    request = list_request(ctx, type_name, args, within)
    if ctx.listed.is_spent and request.size:
        return _refused_page(ctx, type_name, request)
    page = await _read_page(ctx, type_name, request, parent_records, list_others=list_others)
    return page if ctx.listed.take(page.size) == page.size else _refused_page(ctx, type_name, request)


async def _read_page(
    ctx: RequestContext,
    type_name: str,
    request: ListRequest,
    parent_records: Sequence[ParentRecords] | None,
    *,
    list_others: bool,
) -> MergedPage:
    order, key, after = request.order, request.key, request.after
    buffered = request.from_end
    broken: set[str] = set()
    while True:
        streams: list[SourceStream] = [
            stream
            for records in parent_records or ()
            for stream in _parent_streams(ctx, records, request.filter_input, order, after)
        ]
        if parent_records is None or list_others:
            others = streams_of(ctx, type_name, request.narrowed_filter, order, after, buffered=buffered)
            if streams:
                loaded = {stream.session.source.name for stream in streams}
                others = [stream for stream in others if stream.session.source.name not in loaded]
            streams += others
            for stream in streams if broken else ():
                if stream.session.source.name in broken:
                    message = "it does not keep the order that earlier pages came in: rows may be missing"
                    stream.state.error = stream.session.invalid_response(message)
        if request.from_end:
            buffered_streams = [stream for stream in streams if isinstance(stream, BufferedStream)]
            return await merge_backwards(
                buffered_streams,
                first=request.first,
                last=request.last,
                key=key,
                order=order,
                after=after,
                before=request.before,
            )
        try:
            if after:
                streams = await gather([_resume(stream) for stream in streams])
            return await merge_forwards(streams, request.size, key=key, order=order, after=after)
        except UnsortedSource as exc:
            # The vendor's order is not the requested one after all: buffer the whole list and sort it here.
            buffered = True
            if after.get(exc.source) is not None and not exc.missing_values:
                broken.add(exc.source)


def _refused_page(ctx: RequestContext, type_name: str, request: ListRequest) -> MergedPage:
    """A page without records, because the operation has no more: each source says so."""
    streams = streams_of(ctx, type_name, request.narrowed_filter, request.order, request.after, buffered=True)
    for stream in streams:
        stream.state.error = ctx.listed.error
        stream.state.done = True
    return MergedPage(
        request.key, request.order, streams, (), request.after, has_next_page=True, has_previous_page=False
    )


def check(ctx: RequestContext, type_name: str, args: Args) -> None:
    """Raise BadInput for arguments that no list of the type can have, before any call."""
    SortOrder.parse(type_name, args.get("orderBy"))
    page_limits(ctx, args)
    for name in ("after", "before"):
        if args.get(name) is not None:
            cursor.check(args[name])
    streams_of(ctx, type_name, args.get("filter") or {}, SortOrder(type_name, ()), {}, buffered=True)


async def whole_list(ctx: RequestContext, type_name: str, source: str | None) -> MergedPage:
    """All records of a type, of all sources or of one, as a page."""
    filter_input = {"source": {"eq": source}} if source else {}
    order = SortOrder(type_name, ())
    streams = streams_of(ctx, type_name, filter_input, order, {}, buffered=True)
    return await merge_forwards(streams, 2**31, key=str, order=order, after={})


async def _resume(stream: SourceStream) -> SourceStream:
    if isinstance(stream, PagedStream) and not await stream.resume():
        return BufferedStream(stream.session, stream.resource, stream.plan, stream.order, stream.start)
    return stream


def page_limits(ctx: RequestContext, args: Args) -> tuple[int | None, int | None]:
    """
    The arguments `first` and `last`, the latter by default with `before`. Raises BadInput if they are given both, or
    are out of bounds.
    """
    first, last = args.get("first"), args.get("last")
    if first is not None and last is not None:
        raise BadInput("Give either `first` or `last`, not both.")
    for name, count in (("first", first), ("last", last)):
        if count is not None and not 0 <= count <= ctx.max_page_size:
            raise BadInput(f"`{name}` must be from 0 to {ctx.max_page_size}, not {count}.")
    if first is None and last is None and args.get("before") is not None:
        last = min(_DEFAULT_PAGE_SIZE, ctx.max_page_size)
    return first, last


def _conjunction(*parts: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {"and": list(filter(None, parts))}


def streams_of(
    ctx: RequestContext,
    type_name: str,
    filter_input: Mapping[str, Any],
    order: SortOrder,
    after: Mapping[str, StreamPosition],
    *,
    buffered: bool,
) -> list[SourceStream]:
    """A stream for each source that can have such records. Every argument is checked before any call."""
    streams: list[SourceStream] = []
    for source, resource, plan in _plan_sources(ctx, type_name, filter_input, order):
        session = ctx.session(source)
        start = after.get(source.name)
        if _is_pageable(resource, plan, order) and not buffered:
            streams.append(PagedStream(session, resource, plan, order, start))
        else:
            streams.append(BufferedStream(session, resource, plan, order, start))
    return streams


def _plan_sources(
    ctx: RequestContext, type_name: str, filter_input: Mapping[str, Any], order: SortOrder
) -> Sequence[tuple[Source, Resource, SourcePlan]]:
    """A query plan for each source that can have such records. Cached by type, filter and order."""
    key = (type_name, cursor.identity(filter_input), order.terms, ctx.visibility_digest)
    if key in ctx.plans:
        cached_plans: ListPlans = ctx.plans[key]
        return cached_plans.plans
    planned = [
        (source, resource, plan_source(resource, without_hidden(resource, condition), order))
        for source, resource, condition in conditions_of(ctx, type_name, filter_input)
        if condition is not FALSE
    ]
    plans = [plan for plan in planned if plan[1].list is not None or plan[2].ids is not None]
    if len(key[1]) <= _MAX_CACHED_KEY and not ctx.has_row_rules:
        ctx.plans[key] = ListPlans(plans, max(_LEAST_WEIGHT, len(key[1])))
    return plans


class ListPlans(NamedTuple):
    """The plans of a list for its sources. They weigh what the filter does that they were made of."""

    plans: Sequence[tuple[Source, Resource, SourcePlan]]
    weight: int


def conditions_of(
    ctx: RequestContext, type_name: str, filter_input: Mapping[str, Any]
) -> list[tuple[Source, Resource, Condition]]:
    """
    The condition that a filter is for each source. It is checked even if no source has such records: a bad id is bad
    for every source. Raises BadInput.
    """
    _check_sources(ctx, filter_input)
    return [
        (source, resource, _condition(ctx, source, resource, filter_input))
        for source in ctx.sources.values()
        for resource in [source.resources.get(type_name) or Resource(type=type_name, fields={})]
    ]


def _is_pageable(resource: Resource, plan: SourcePlan, order: SortOrder) -> bool:
    """True if the list can be read page by page in the requested order, and no further than needed."""
    paged = resource.list is not None and resource.list.pages is not None
    one_list = plan.ids is None and len(plan.queries) == 1
    # A cursor has the vendor's page and total: of a list of which some rows are hidden, they would tell how many.
    all_seen = resource.row_rules is None or plan.residual is TRUE
    return paged and one_list and all_seen and (not order or plan.order_params is not None)


def _parent_streams(
    ctx: RequestContext,
    parent_records: ParentRecords,
    filter_input: Mapping[str, Any],
    order: SortOrder,
    after: Mapping[str, StreamPosition],
) -> list[SourceStream]:
    source = parent_records.session.source
    _check_sources(ctx, filter_input)
    condition = _condition(ctx, source, parent_records.resource, filter_input)
    if condition is FALSE:
        return []
    plan = SourcePlan(({},), without_hidden(parent_records.resource, condition))
    stream = BufferedStream(
        parent_records.session,
        parent_records.resource,
        plan,
        order,
        after.get(source.name),
        parent_records.records,
    )
    stream.state.error = parent_records.error
    return [stream]


def _condition(
    ctx: RequestContext, source: Source, resource: Resource, filter_input: Mapping[str, Any]
) -> Condition:
    """A filter's condition for one source, of the rows that the caller may see. Raises BadInput."""
    scope = FilterScope(
        source=source.name,
        vendor=source.vendor,
        resource=resource,
        check_id=ctx.checked_id,
        linked=source.resources,
        is_seen=ctx.has_seen,
    )
    return conjunction([row_rule(resource), parse_filter(filter_input, scope)])


async def look_up_ids(ctx: RequestContext, type_name: str, filter_input: Mapping[str, Any] | None) -> None:
    """
    Look up the records that a filter names and that row rules may hide: one that was not looked up counts as hidden.
    Raises BadInput for what is no id.
    """
    for name, operand in (filter_input or {}).items():
        if name in {"and", "or", "not"}:
            for nested in operand if isinstance(operand, list) else [operand]:
                await look_up_ids(ctx, type_name, nested)
            continue
        term = FILTERS[type_name][name]
        if term.kind is not FilterKind.LINK or not operand:
            continue
        for written in (operand.get("eq"), *(operand.get("in") or ())):
            if written is not None:
                await ctx.look_up(ctx.checked_id(written, term.type))


def _check_sources(ctx: RequestContext, filter_input: Mapping[str, Any]) -> None:
    """Raise BadInput if the filter names a source that is not configured."""
    for name, value in filter_input.items():
        if name in {"and", "or"} and value:
            for operand in value:
                _check_sources(ctx, operand)
        elif name == "not" and value:
            _check_sources(ctx, value)
        elif name == "source" and value:
            for source_name in [value.get("eq"), *(value.get("in") or ())]:
                if source_name is not None:
                    ctx.source(source_name)
