"""Lists in an explanation: each source's lane, what it is asked, and what is checked here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.connector.description.vocabulary import FILTERS
from gateway.connector.lists.buffered_stream import BufferedStream
from gateway.connector.lists.conditions import TRUE
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.paged_stream import PagedStream
from gateway.connector.lists.stream import SourceStream
from gateway.engine.explain.asks import PlannedCalls, calls_of_stream, whole_list
from gateway.engine.explain.conditions import fields_of, in_words, members_of
from gateway.engine.explain.groups import AssumedIds, RecordGroup, any_id
from gateway.engine.explain.needs import needed
from gateway.engine.explain.step_table import StepTable
from gateway.engine.explain.steps import CallBounds, ExplainedStep, PlannedCall
from resolvers.children import ParentStrategy, choose_strategy
from resolvers.lists import list_request, streams_of


@dataclass
class Listing:
    """The records of a page, and what it takes to count the list."""

    groups: list[RecordGroup] = field(default_factory=list)
    counting: list[tuple[RecordGroup, PlannedCall]] = field(default_factory=list)

    def add(self, other: "Listing") -> None:
        """Take over another one's."""
        self.groups += other.groups
        self.counting += other.counting


class ListExplainer:
    """Explains lists, and adds their calls to `steps`."""

    def __init__(self, ctx: AssumedIds, planned: PlannedCalls, steps: StepTable) -> None:
        self._ctx = ctx
        self._asked = planned
        self._steps = steps

    def page(self, type_name: str, args: Mapping[str, Any], path: Sequence[str]) -> Listing:
        """A list over all sources."""
        wanted = list_request(self._ctx, type_name, args)
        lanes = streams_of(
            self._ctx, type_name, wanted.narrowed_filter, wanted.order, wanted.after, whole=wanted.from_end
        )
        size = (
            max(one for one in (wanted.first, wanted.last) if one is not None)
            if wanted.from_end
            else wanted.size
        )
        return self._told(lanes, path, size=size)

    def whole(self, type_name: str, source: str | None, path: Sequence[str]) -> Listing:
        """A list that is given as a whole."""
        asked = {"source": {"eq": source}} if source else {}
        lanes = streams_of(self._ctx, type_name, asked, SortOrder(type_name, ()), {}, whole=True)
        return self._told(lanes, path, size=None)

    def children(
        self, parent: RecordGroup, args: Mapping[str, Any], path: Sequence[str], *, type_name: str, by: str
    ) -> Listing:
        """The records of a type that belong to each parent."""
        resource = parent.source.resources[type_name]
        wanted = list_request(self._ctx, type_name, args, {by: {"eq": any_id(parent)}})
        most = None if parent.most is None else parent.most * wanted.size
        group = RecordGroup(parent.source, resource, most)
        # How many parents there will be decides, and at times what is read before: each way that it may be is told.
        numbers = {1, _MANY if parent.most is None else parent.most}
        ways = {
            choose_strategy(resource, by, number, is_read=read)
            for number in numbers
            for read in (False, True)
        }
        step = self._steps.step(path, group)
        counting: list[tuple[RecordGroup, PlannedCall]] = []
        if ParentStrategy.WHOLE in ways or ParentStrategy.CHEAPER in ways:
            assert resource.list is not None
            why = "the whole list for all of them together"
            if ParentStrategy.CHEAPER in ways:
                why = "the first page, and where that takes fewer calls than a list for each, the whole list"
            step.asks += _perhaps(self._asked.whole(parent.source, resource, {}, why))
            link = FILTERS[resource.type][by].name
            step.asks += _perhaps(needed(RecordGroup(parent.source, resource, None), [link], self._asked))
        lanes = streams_of(
            self._ctx, type_name, wanted.narrowed_filter, wanted.order, {}, whole=wanted.from_end
        )
        for lane in map(_known, lanes):
            step.asks += _perhaps(self._checks(lane))
            if ways != {ParentStrategy.WHOLE}:
                asks = calls_of_stream(lane, PlannedCalls(), count=wanted.size, alone=True)
                told = "else one list for each: " if ParentStrategy.CHEAPER in ways else "one list for each: "
                step.asks += [
                    PlannedCall(ask.path, ask.params, told + ask.how, ask.calls.times(parent.most))
                    for ask in asks
                ]
                counting += [
                    (one, replace(ask, calls=ask.calls.times(parent.most))) for one, ask in _counting(lane)
                ]
                self._tell(step, lane)
        return Listing([group], counting)

    def _told(self, lanes: Sequence[SourceStream], path: Sequence[str], *, size: int | None) -> Listing:
        found = Listing()
        known = [_known(lane) for lane in lanes]
        for lane in known:
            most = size if lane.plan.ids is None or size is None else min(size, len(lane.plan.ids))
            some = (
                lane.plan.residual == TRUE
                and size != 0
                and (len(known) == 1 or (not lane.order and (size or _MANY) >= len(known)))
            )
            group = RecordGroup(lane.session.source, lane.resource, most, sample=some)
            step = self._steps.step(path, group)
            asks = calls_of_stream(lane, self._asked, count=size or 0, alone=len(known) == 1)
            # Of an empty page only whether there is more is told: for that one source is enough.
            step.asks += _perhaps(asks) if size == 0 else asks
            self._tell(step, lane)
            step.asks += self._checks(lane)
            found.groups.append(group)
            found.counting += _counting(lane)
        return found

    def _tell(self, step: ExplainedStep, lane: PagedStream | BufferedStream) -> None:
        """Which filters and orders the vendor applies, and which are applied here, and why."""
        for one in lane.plan.decisions:
            words = in_words(one.part)
            if one.pushed:
                shown = " or ".join(
                    "&".join(f"{name}={value}" for name, value in query.items()) for query in one.pushed
                )
                step.pushed.append(f"{words}, as {shown}")
            if one.part == TRUE or not one.rechecked:
                continue
            if one.pushed:
                step.checked.append(f"{words}: what the vendor finds may be more, so it is inexact")
            elif lane.plan.ids is not None and set(fields_of(one.part)) == {"native_id"}:
                step.pushed.append(f"{words}, by id")
            else:
                step.checked.append(f"{words}: the vendor is not asked to filter by it")
        if lane.order:
            names = ", ".join(
                f"{term.name}{' descending' if down else ''}" for term, down in lane.order.terms
            )
            if isinstance(lane, PagedStream):
                step.pushed.append(f"order by {names}")
                step.notes.append("where the vendor's order turns out not to be ours, its list is read whole")
            else:
                step.checked.append(f"order by {names}: all rows are read, and ordered here")

    def _checks(self, lane: PagedStream | BufferedStream) -> list[PlannedCall]:
        """The calls that checking and ordering take."""
        source, resource, plan = lane.session.source, lane.resource, lane.plan
        rows = RecordGroup(source, resource, None if plan.ids is None else len(plan.ids))
        names = [*fields_of(plan.residual), *lane.order.fields]
        asks = [
            replace(ask, how=f"to filter or order: {ask.how}") for ask in needed(rows, names, self._asked)
        ]
        for member in members_of(plan.residual):
            for parent in member.parents:
                pushed = resource.filters[member.name].push("eq", parent)
                if pushed is not None:
                    asks += _perhaps(
                        self._asked.whole(source, resource, pushed, "to filter: the list that belongs")
                    )
        return asks


_MANY = 10**6


def _known(lane: SourceStream) -> PagedStream | BufferedStream:
    assert isinstance(lane, PagedStream | BufferedStream)
    return lane


def _counting(lane: PagedStream | BufferedStream) -> list[tuple[RecordGroup, PlannedCall]]:
    """What counting takes beyond reading the page: nothing where the vendor tells the total of what it was asked."""
    spec = lane.resource.list
    if not isinstance(lane, PagedStream) or spec is None or spec.paging is None:
        return []
    if lane.plan.residual == TRUE and spec.paging.total_path is not None:
        return []
    group = RecordGroup(lane.session.source, lane.resource, None)
    (ask, *_) = whole_list(spec, lane.plan.queries[0], "to count the rows: the whole list, unless it is long")
    return [(group, replace(ask, calls=CallBounds(0, None)))]


def _perhaps(asks: Sequence[PlannedCall]) -> list[PlannedCall]:
    return [replace(ask, calls=ask.calls.perhaps()) for ask in asks]
