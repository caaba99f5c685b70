"""The calls that the connector makes for a list, for ids and for parts of records, by the decisions that it takes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from gateway.connector.description.resource import Detail, List, Paging, Resource
from gateway.connector.description.row_types import Params
from gateway.connector.fetching import by_id as lookup
from gateway.connector.fetching.source import Source
from gateway.connector.lists.buffered_stream import BufferedStream
from gateway.connector.lists.conditions import TRUE
from gateway.connector.lists.paged_stream import PagedStream
from gateway.connector.lists.pushdown import SourcePlan
from gateway.engine.explain.groups import RecordGroup
from gateway.engine.explain.steps import ONE_CALL, CallBounds, PlannedCall

# Stands for a number of ids that is not known.
_MANY = 10**6


_Key = tuple[str, str, tuple[tuple[str, str], ...]]
"""A source, and what it is asked."""


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
        """Whether the whole list of a resource may have been read at some other place."""
        if resource.list is None:
            return False
        return self._key(source, whole_list(resource.list, {}, "")[0]) in self._listed

    def whole(
        self, source: Source, resource: Resource, params: Params, why: str, *, for_ids: bool = False
    ) -> list[PlannedCall]:
        """The calls for a whole list, beyond those told before. It may be read only `for_ids` that are in it."""
        assert resource.list is not None
        left: list[PlannedCall] = []
        for ask in whole_list(resource.list, params, why):
            if not for_ids:
                self._listed.add(self._key(source, ask))
            before = self._pages.get(self._key(source, ask))
            self._pages[self._key(source, ask)] = _WHOLE
            if before is None:
                left.append(ask)
            elif before is not _WHOLE:
                left.append(replace(ask, calls=ask.calls.perhaps()))
        return left

    def pages(self, source: Source, ask: PlannedCall) -> list[PlannedCall]:
        """The same for the pages of a list."""
        key = self._key(source, ask)
        self._listed.add(key)
        before = self._pages.setdefault(key, ask.calls)
        if before is ask.calls:
            return [ask]
        if before is _WHOLE:
            return []
        if ask.calls.most is None or before.most is None:
            return [replace(ask, calls=ask.calls.perhaps())]
        self._pages[key] = CallBounds(before.least, max(before.most, ask.calls.most))
        further = ask.calls.most - before.most
        return [replace(ask, calls=CallBounds(0, further))] if further > 0 else []

    def _key(self, source: Source, ask: PlannedCall) -> _Key:
        return (source.name, ask.path, tuple(sorted(ask.params.items())))


#: Stands for all pages that there are.
_WHOLE = CallBounds(0, None)


def whole_list(spec: List, params: Params, why: str) -> list[PlannedCall]:
    """All of a list."""
    asked = {**spec.params, **params}
    if spec.paging is not None:
        how = f"{why}, page by page to the end ({_rows(spec.paging)} a page)"
        return [PlannedCall(spec.path, {**asked, **_first_page(spec.paging)}, how, CallBounds(1, None))]
    more = spec.next_path is not None or spec.fallback_path is not None
    told = ", and every further page that it names" if spec.next_path is not None else ""
    calls = CallBounds(1, None) if spec.next_path is not None else CallBounds(1, 2) if more else ONE_CALL
    return [
        PlannedCall(spec.path, asked, f"{why}{told}", calls),
        *(PlannedCall(path, asked, f"{why}: these rows belong to it", ONE_CALL) for path in spec.extra_paths),
    ]


def calls_of_stream(
    stream: PagedStream | BufferedStream, planned: PlannedCalls, *, count: int, alone: bool
) -> list[PlannedCall]:
    """The calls for one source's part of a list of which so many records are wanted."""
    resource, plan, source = stream.resource, stream.plan, stream.session.source
    if isinstance(stream, PagedStream) and resource.list is not None and resource.list.paging is not None:
        paging = resource.list.paging
        params = {**resource.list.params, **plan.queries[0], **(plan.ordered or {}), **_first_page(paging)}
        until = f"until {count} are found" if plan.residual == TRUE else f"until {count} pass the checks"
        how = f"page by page, {until} ({_rows(paging)} a page)"
        return planned.pages(
            source, PlannedCall(resource.list.path, params, how, _pages(paging, plan, count, alone=alone))
        )
    if plan.ids is not None:
        return calls_of_ids(source, resource, len(plan.ids), planned, exactly=True)
    found: list[PlannedCall] = []
    for query in plan.queries:
        found += planned.whole(source, resource, query, "the whole list")
    return found


def calls_of_ids(
    source: Source, resource: Resource, most: int | None, planned: PlannedCalls, *, exactly: bool = False
) -> list[PlannedCall]:
    """The calls for records by their ids: just so many, or up to that."""
    if most == 0:
        return []
    # Whether the list is read before these ids are asked for is for the vendors' speed to say.
    may_be_read = planned.is_read(source, resource)
    read, exactly = ((False, True), False) if may_be_read else ((False,), exactly)
    numbers = [most] if exactly and most is not None else [1, most if most is not None else _MANY]
    found: list[PlannedCall] = []
    for way in dict.fromkeys(
        lookup.choose_lookup(resource, number, is_read=is_read) for number in numbers for is_read in read
    ):
        found += _by_ids(source, resource, way, most, planned, exactly=exactly)
    return found


def _by_ids(
    source: Source,
    resource: Resource,
    way: lookup.LookupStrategy,
    most: int | None,
    asked: PlannedCalls,
    *,
    exactly: bool,
) -> list[PlannedCall]:
    match way:
        case lookup.LookupStrategy.BATCH:
            assert resource.batch is not None
            assert resource.list is not None
            size = resource.batch.size
            needed = None if most is None else -(-most // size)
            in_list = {**resource.list.params, resource.batch.param: "{ids}"}
            how = f"by id, up to {size} in a call"
            return [
                PlannedCall(
                    resource.list.path, in_list, how, CallBounds(needed or 0 if exactly else 0, needed)
                )
            ]
        case lookup.LookupStrategy.GET:
            assert resource.get is not None
            # A list that is cheaper above a few ids bounds what single calls there are.
            few = most if lookup.choose_lookup(resource, most or _MANY, is_read=False) is way else lookup.FEW
            calls = CallBounds(few or 0, few) if exactly else CallBounds(0, few)
            found = [
                PlannedCall(resource.get.path, resource.get.params, "by id: one call for each record", calls)
            ]
            if resource.get.also_known_as is not None and resource.list is not None:
                found += _perhaps(
                    asked.whole(
                        source, resource, {}, "where an id is not found, the whole list", for_ids=True
                    )
                )
            return found
        case lookup.LookupStrategy.LIST:
            return [
                ask if exactly else replace(ask, calls=ask.calls.perhaps())
                for ask in asked.whole(
                    source, resource, {}, "the whole list, for the ids in it", for_ids=True
                )
            ]
        case lookup.LookupStrategy.FIND:
            assert resource.list_lookup is not None
            assert resource.list is not None
            params = resource.list_lookup.params("{id}")
            return [
                replace(ask, calls=ask.calls.times(most))
                for ask in whole_list(resource.list, params, "by id: a list for each record")
            ]
        case lookup.LookupStrategy.WITHIN:
            return _within(source, resource, most, asked)
        case lookup.LookupStrategy.NONE:
            return []


def _within(source: Source, resource: Resource, most: int | None, asked: PlannedCalls) -> list[PlannedCall]:
    """Records that are told only inside others: the owner by its id, or all that may be it."""
    assert resource.embedded_in is not None
    outer = source.resources[resource.embedded_in.type]
    if resource.embedded_in.owner is None:
        return _perhaps(asked.whole(source, outer, {}, f"the whole list of {outer.type}, which tells them"))
    return _perhaps(calls_of_ids(source, outer, 1, asked), times=most)


def calls_of_details(
    group: RecordGroup, parts: Iterable[str], *, certain: Collection[str]
) -> list[PlannedCall]:
    """
    The calls for parts that the rows at hand lack: all of them the `certain` ones, some perhaps the others.

    What comes with a detail that is got for every row is not asked for apart.
    """
    resource = group.resource
    needed = dict.fromkeys(part for part in parts if part not in group.loaded)
    detail = next((part for part in needed if part in certain and _comes_alone(resource, part)), None)
    brought = resource.get.includes if detail is not None and resource.get is not None else ()
    return [
        _part(group, resource.details.get(part, Detail()))
        for part in needed
        if part == detail or part not in brought
    ]


def _comes_alone(resource: Resource, part: str) -> bool:
    return resource.details.get(part, Detail()).by is None


def _part(group: RecordGroup, spec: Detail) -> PlannedCall:
    resource, most = group.resource, group.most
    assert resource.get is not None
    if spec.by is not None and spec.params is not None and resource.batch is not None and most != 1:
        assert resource.list is not None
        params = {**resource.list.params, **spec.params(f"{{{spec.by}}}"), resource.batch.param: "{ids}"}
        how = (
            f"what the row lacks: a call for the rows with the same {spec.by}, up to {resource.batch.size} ids;"
            " one for each row where that does not bring it"
        )
        # At worst the rows come in pairs, and no pair's call brings what is needed.
        return PlannedCall(
            resource.list.path, params, how, CallBounds(0, None if most is None else most + most // 2)
        )
    how = "what the row lacks: one call for each row"
    return PlannedCall(resource.get.path, resource.get.params, how, CallBounds(0, most))


def _perhaps(asks: Sequence[PlannedCall], times: int | None = 1) -> list[PlannedCall]:
    return [replace(ask, calls=ask.calls.times(times)) for ask in asks]


def _first_page(paging: Paging) -> Params:
    return {paging.page_param: "1", paging.size_param: str(paging.page_size)}


def _rows(paging: Paging) -> str:
    least = _least_rows(paging)
    return f"{paging.page_size} rows" if least == paging.page_size else f"{least} to {paging.page_size} rows"


def _least_rows(paging: Paging) -> int:
    """How few rows a full page may have: the sizes that the vendor's totals are confused with are those it uses."""
    return min(paging.page_size, *paging.suspect_totals) if paging.suspect_totals else paging.page_size


def _pages(paging: Paging, plan: SourcePlan, wanted: int, *, alone: bool) -> CallBounds:
    if plan.residual != TRUE or plan.ordered:
        return CallBounds(1, None)
    rows = _least_rows(paging)
    pages = max(1, -(-wanted // rows))
    # One more where it is not told otherwise whether there is more, or where other sources' rows stand between.
    further = 0 if alone and (paging.total_path is not None or wanted % rows) else 1
    return CallBounds(1, pages + further)
