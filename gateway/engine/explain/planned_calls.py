"""Planned calls of the connector for a list, for ids and for details of records, by the connector's own decisions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from gateway.connector.description.paging import (
    CursorPages,
    LinkedPages,
    NextAddress,
    StreamedPages,
    UnpromisedPages,
)
from gateway.connector.description.resource import Detail, List, Resource
from gateway.connector.description.row_types import Params
from gateway.connector.fetching import by_id as lookup
from gateway.connector.fetching.source import Source
from gateway.connector.lists.buffered_stream import BufferedStream
from gateway.connector.lists.conditions import TRUE
from gateway.connector.lists.paged_stream import PagedStream
from gateway.connector.lists.pushdown import SourcePlan
from gateway.engine.explain.groups import RecordGroup
from gateway.engine.explain.steps import ONE_CALL, CallBounds, PlannedCall

# Stands for an unknown number of ids.
_MANY = 10**6


_Key = tuple[str, str, tuple[tuple[str, str], ...]]
"""A read: the source, the path, and the sorted query parameters."""


class PlannedCalls:
    """
    The calls of one operation so far: no page of a list and no record is read twice in it.

    `listed` are the lists that it reads somewhere, `ids` the native ids that its root fields ask for, by source and
    type.
    """

    def __init__(
        self, listed: Iterable[_Key] = (), ids: Mapping[tuple[str, str], set[str]] = MappingProxyType({})
    ) -> None:
        self._listed = set(listed)
        self._ids = defaultdict(set, ids)
        self._ids_read: set[tuple[str, str]] = set()
        self._pages: dict[_Key, CallBounds] = {}

    def restarted(self) -> "PlannedCalls":
        """No calls yet, for another walk through the same operation: its lists and ids are known."""
        return PlannedCalls(self._listed, self._ids)

    def request_ids(
        self, source: Source, resource: Resource, native_ids: Collection[str]
    ) -> tuple[int, bool]:
        """The number of ids of a resource that the operation's root fields ask for; true the first time."""
        key = (source.name, resource.type)
        self._ids[key].update(native_ids)
        is_first = key not in self._ids_read
        self._ids_read.add(key)
        return len(self._ids[key]), is_first

    def is_read(self, source: Source, resource: Resource) -> bool:
        """True if another field of the operation may have read the whole list of a resource."""
        if resource.list is None:
            return False
        return self._key(source, whole_list(resource.list, {}, "")[0]) in self._listed

    def whole(
        self, source: Source, resource: Resource, params: Params, reason: str, *, for_ids: bool = False
    ) -> list[PlannedCall]:
        """The calls for a whole list, beyond those planned before. `for_ids`: it may be read only for ids in it."""
        assert resource.list is not None
        further_calls: list[PlannedCall] = []
        for call in whole_list(resource.list, params, reason):
            if not for_ids:
                self._listed.add(self._key(source, call))
            earlier = self._pages.get(self._key(source, call))
            self._pages[self._key(source, call)] = _ALL_PAGES
            if earlier is None:
                further_calls.append(call)
            elif earlier is not _ALL_PAGES:
                further_calls.append(replace(call, calls=call.calls.perhaps()))
        return further_calls

    def pages(self, source: Source, call: PlannedCall) -> list[PlannedCall]:
        """The calls for pages of a list, beyond those planned before."""
        key = self._key(source, call)
        self._listed.add(key)
        earlier = self._pages.setdefault(key, call.calls)
        if earlier is call.calls:
            return [call]
        if earlier is _ALL_PAGES:
            return []
        if call.calls.most is None or earlier.most is None:
            return [replace(call, calls=call.calls.perhaps())]
        self._pages[key] = CallBounds(earlier.least, max(earlier.most, call.calls.most))
        additional = call.calls.most - earlier.most
        return [replace(call, calls=CallBounds(0, additional))] if additional > 0 else []

    def _key(self, source: Source, call: PlannedCall) -> _Key:
        return (source.name, call.path, tuple(sorted(call.params.items())))


#: Stands for all pages of a list. Compared by identity.
_ALL_PAGES = CallBounds(0, None)


def whole_list(spec: List, params: Params, reason: str) -> list[PlannedCall]:
    """The calls for all of a list."""
    query = {**spec.params, **params}
    if spec.pages is not None:
        description = f"{reason}, page by page to the end ({_rows(spec.pages)} a page)"
        return [PlannedCall(spec.path, {**query, **spec.pages.first_page}, description, CallBounds(1, None))]
    unpromised = spec.paging if isinstance(spec.paging, UnpromisedPages) else None
    has_next = isinstance(spec.paging, NextAddress)
    suffix = ", and every further page that it names" if has_next else ""
    if unpromised is not None and not unpromised.may_give_up:
        sizes = " or ".join(map(str, unpromised.default_sizes))
        suffix = f", and a further page after one of {sizes} rows"
    is_paged = bool(suffix)
    calls = CallBounds(1, None) if is_paged else CallBounds(1, 2 if spec.fallback_path is not None else 1)
    return [
        PlannedCall(spec.path, query, f"{reason}{suffix}", calls),
        *(
            PlannedCall(path, query, f"{reason}: these rows belong to it", ONE_CALL)
            for path in spec.extra_paths
        ),
    ]


def calls_of_stream(
    stream: PagedStream | BufferedStream, planned: PlannedCalls, *, count: int, alone: bool
) -> list[PlannedCall]:
    """The calls for one source's stream of a list, for a page of `count` records."""
    resource, plan, source = stream.resource, stream.plan, stream.session.source
    if isinstance(stream, PagedStream) and resource.list is not None and resource.list.pages is not None:
        paging = resource.list.pages
        params = {
            **resource.list.params,
            **plan.queries[0],
            **(plan.order_params or {}),
            **paging.first_page,
        }
        until = f"until {count} are found" if plan.residual is TRUE else f"until {count} pass the checks"
        description = f"page by page, {until} ({_rows(paging)} a page)"
        return planned.pages(
            source,
            PlannedCall(resource.list.path, params, description, _pages(paging, plan, count, alone=alone)),
        )
    if plan.ids is not None:
        return calls_of_ids(source, resource, len(plan.ids), planned, exactly=True)
    calls: list[PlannedCall] = []
    for query in plan.queries:
        calls += planned.whole(source, resource, query, "the whole list")
    return calls


def calls_of_ids(
    source: Source, resource: Resource, most: int | None, planned: PlannedCalls, *, exactly: bool = False
) -> list[PlannedCall]:
    """The calls for records by their ids: `most` of them if `exactly`, otherwise at most; None is any number."""
    if most == 0:
        return []
    exactly = exactly and resource.row_rules != ()  # records that the caller may not see need not be read
    # Which is read first, the list or the ids, depends on the vendors' response times.
    may_be_read = planned.is_read(source, resource)
    read_states, exactly = ((False, True), False) if may_be_read else ((False,), exactly)
    counts = [most] if exactly and most is not None else [1, most if most is not None else _MANY]
    calls: list[PlannedCall] = []
    for strategy in dict.fromkeys(
        lookup.choose_lookup(resource, count, is_read=is_read) for count in counts for is_read in read_states
    ):
        calls += _calls_of_lookup(source, resource, strategy, most, planned, exactly=exactly)
    return calls


def _calls_of_lookup(
    source: Source,
    resource: Resource,
    strategy: lookup.LookupStrategy,
    most: int | None,
    planned: PlannedCalls,
    *,
    exactly: bool,
) -> list[PlannedCall]:
    match strategy:
        case lookup.LookupStrategy.BATCH:
            assert resource.batch is not None
            assert resource.list is not None
            size = resource.batch.size
            needed = None if most is None else -(-most // size)
            in_list = {**resource.list.params, resource.batch.param: "{ids}"}
            description = f"by id, up to {size} in a call"
            return [
                PlannedCall(
                    resource.list.path,
                    in_list,
                    description,
                    CallBounds(needed or 0 if exactly else 0, needed),
                )
            ]
        case lookup.LookupStrategy.GET:
            assert resource.get is not None
            # If the list is cheaper above a few ids, there are no more single calls than that.
            limit = (
                most
                if lookup.choose_lookup(resource, most or _MANY, is_read=False) is strategy
                else lookup.MAX_SINGLE_GETS
            )
            calls = CallBounds(limit or 0, limit) if exactly else CallBounds(0, limit)
            calls_by_id = [
                PlannedCall(resource.get.path, resource.get.params, "by id: one call for each record", calls)
            ]
            if resource.get.also_known_as is not None and resource.list is not None:
                calls_by_id += _perhaps(
                    planned.whole(
                        source, resource, {}, "where an id is not found, the whole list", for_ids=True
                    )
                )
            return calls_by_id
        case lookup.LookupStrategy.LIST:
            return [
                call if exactly else replace(call, calls=call.calls.perhaps())
                for call in planned.whole(
                    source, resource, {}, "the whole list, for the ids in it", for_ids=True
                )
            ]
        case lookup.LookupStrategy.LIST_LOOKUP:
            assert resource.list_lookup is not None
            assert resource.list is not None
            params = resource.list_lookup.params("{id}")
            return [
                replace(call, calls=call.calls.times(most))
                for call in whole_list(resource.list, params, "by id: a list for each record")
            ]
        case lookup.LookupStrategy.EMBEDDED:
            return _calls_of_embedded(source, resource, most, planned)
        case lookup.LookupStrategy.NONE:
            return []


def _calls_of_embedded(
    source: Source, resource: Resource, most: int | None, planned: PlannedCalls
) -> list[PlannedCall]:
    """The calls for records that are embedded in others: the owner by its id, or the list of all owners."""
    assert resource.embedded_in is not None
    outer = source.readable(resource.embedded_in.type)
    if resource.embedded_in.owner is None:
        return _perhaps(planned.whole(source, outer, {}, f"the whole list of {outer.type}, which tells them"))
    return _perhaps(calls_of_ids(source, outer, 1, planned), times=most)


def calls_of_details(
    group: RecordGroup, details: Iterable[str], *, certain: Collection[str]
) -> list[PlannedCall]:
    """
    The calls for details that the group's rows lack: every row lacks the `certain` ones, any row may lack the others.

    Details that are included in one that is read for every row take no call of their own.
    """
    resource = group.resource
    missing = dict.fromkeys(detail for detail in details if detail not in group.loaded)
    certain_detail = next(
        (detail for detail in missing if detail in certain and _is_per_record(resource, detail)), None
    )
    included = resource.get.includes if certain_detail is not None and resource.get is not None else ()
    return [
        _call_of_detail(group, resource.details.get(detail, Detail()))
        for detail in missing
        if detail == certain_detail or detail not in included
    ]


def _is_per_record(resource: Resource, detail: str) -> bool:
    return resource.details.get(detail, Detail()).by is None


def _call_of_detail(group: RecordGroup, spec: Detail) -> PlannedCall:
    resource, most = group.resource, group.most
    assert resource.get is not None
    if spec.by is not None and spec.params is not None and resource.batch is not None and most != 1:
        assert resource.list is not None
        params = {**resource.list.params, **spec.params(f"{{{spec.by}}}"), resource.batch.param: "{ids}"}
        description = (
            f"what the row lacks: a call for the rows with the same {spec.by}, up to {resource.batch.size} ids;"
            " one for each row where that does not bring it"
        )
        # At worst the rows come in pairs, and no pair's call gives the detail.
        return PlannedCall(
            resource.list.path, params, description, CallBounds(0, None if most is None else most + most // 2)
        )
    description = "what the row lacks: one call for each row"
    return PlannedCall(resource.get.path, resource.get.params, description, CallBounds(0, most))


def _perhaps(calls: Sequence[PlannedCall], times: int | None = 1) -> list[PlannedCall]:
    return [replace(call, calls=call.calls.times(times)) for call in calls]


def _rows(paging: StreamedPages) -> str:
    least = _least_rows(paging)
    if least is None:
        return "as many rows as the vendor sends"
    return f"{paging.page_size} rows" if least == paging.page_size else f"{least} to {paging.page_size} rows"


def _least_rows(paging: StreamedPages) -> int | None:
    """The fewest rows of a full page: a vendor's suspect totals and default sizes are page sizes that it may use."""
    if isinstance(paging, CursorPages | LinkedPages):
        return paging.page_size
    return min((paging.page_size, *paging.suspect_totals, *paging.default_sizes))


def _pages(paging: StreamedPages, plan: SourcePlan, count: int, *, alone: bool) -> CallBounds:
    rows = _least_rows(paging)
    if plan.residual is not TRUE or plan.order_params or rows is None:
        return CallBounds(1, None)
    pages = max(1, -(-count // rows))
    # One more if only the next page shows that the list has ended, or if other sources' rows are merged in between.
    additional = 0 if alone and (paging.total_path is not None or count % rows) else 1
    return CallBounds(1, pages + additional)
