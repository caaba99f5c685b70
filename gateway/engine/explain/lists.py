"""Lists in an explanation: the calls of each source's stream, its pushed-down conditions, and its residual ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import FILTERS
from gateway.connector.fetching.source import Source
from gateway.connector.lists.buffered_stream import BufferedStream
from gateway.connector.lists.conditions import FALSE, TRUE, Condition
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.paged_stream import PagedStream
from gateway.connector.lists.stream import SourceStream
from gateway.engine.explain.conditions import fields_of, in_words, members_of
from gateway.engine.explain.groups import ExplainContext, RecordGroup, any_id, known_through
from gateway.engine.explain.needs import needed
from gateway.engine.explain.planned_calls import PlannedCalls, calls_of_ids, calls_of_stream, whole_list
from gateway.engine.explain.step_table import StepTable
from gateway.engine.explain.steps import CallBounds, ExplainedStep, PlannedCall
from resolvers.children import ChildConnection, ParentStrategy, choose_strategy
from resolvers.lists import conditions_of, list_request, streams_of


@dataclass
class Listing:
    """The records of a page, and the calls that counting the whole list takes."""

    groups: list[RecordGroup] = field(default_factory=list)
    counting: list[tuple[RecordGroup, PlannedCall]] = field(default_factory=list)

    def add(self, other: "Listing") -> None:
        """Add the records of another listing."""
        self.groups += other.groups
        self.counting += other.counting


class ListExplainer:
    """Explainer of lists: adds their calls to `steps`."""

    def __init__(self, ctx: ExplainContext, planned: PlannedCalls, steps: StepTable) -> None:
        self._ctx = ctx
        self._planned = planned
        self._steps = steps

    def page(self, type_name: str, args: Mapping[str, Any], path: Sequence[str]) -> Listing:
        """A page over all sources."""
        request = list_request(self._ctx, type_name, args)
        streams = streams_of(
            self._ctx,
            type_name,
            request.narrowed_filter,
            request.order,
            request.after,
            buffered=request.from_end,
        )
        return self._explain_streams(streams, path, size=request.most)

    def whole(self, type_name: str, source: str | None, path: Sequence[str]) -> Listing:
        """All records of a type, of all sources or of one."""
        return self.all_of(type_name, {"source": {"eq": source}} if source else {}, path)

    def all_of(self, type_name: str, filter_input: Mapping[str, Any], path: Sequence[str]) -> Listing:
        """All records of a type that a filter finds."""
        streams = streams_of(self._ctx, type_name, filter_input, SortOrder(type_name, ()), {}, buffered=True)
        return self._explain_streams(streams, path, size=None)

    def conditions(self, type_name: str, filter_input: Mapping[str, Any], path: Sequence[str]) -> None:
        """A filter on the records of whole lists that are read anyway: it is applied here, and pushed to no vendor."""
        for source, resource, condition in conditions_of(self._ctx, type_name, filter_input):
            if condition in {TRUE, FALSE} or resource.list is None:
                continue
            step = self._steps.step(path, RecordGroup(source, resource, None))
            step.checked.append(f"{in_words(condition)}: all rows are read, and filtered here")
            step.asks += self._calls_of(source, resource, condition, ())

    def children(
        self,
        parent: RecordGroup,
        args: Mapping[str, Any],
        connection: ChildConnection,
        path: Sequence[str],
    ) -> Listing:
        """The records of a type that belong to each parent."""
        type_name, by, pairs = connection.type, connection.by, connection.pairs
        has_pairs = pairs is not None and pairs.is_listed(parent.source)
        resource = parent.source.resources[type_name]
        request = list_request(self._ctx, type_name, args, {by: {"eq": any_id(parent)}})
        most = None if parent.most is None or request.most is None else parent.most * request.most
        group = RecordGroup(parent.source, resource, most)
        # The strategy depends on the number of parents, and on the lists that are read before: all that are possible.
        counts = {1, _MANY if parent.most is None else parent.most}
        strategies = {
            choose_strategy(resource, by, count, is_read=is_read, has_pairs=has_pairs)
            for count in counts
            for is_read in (False, True)
        }
        step = self._steps.step(path, group)
        counting: list[tuple[RecordGroup, PlannedCall]] = []
        if ParentStrategy.PAIRS in strategies:
            assert pairs is not None
            listed = parent.source.readable(pairs.type)
            step.asks += _perhaps(
                self._planned.whole(parent.source, listed, {}, "for many of them, which is whose")
            )
            size = 1 if resource.batch is None else resource.batch.size
            step.notes.append(
                f"where that can be understood, they are read by id, {size} in a call, if this takes fewer than a list"
                " for each"
            )
        if ParentStrategy.WHOLE in strategies or ParentStrategy.CHEAPER in strategies:
            assert resource.list is not None
            reason = "the whole list for all of them together"
            if ParentStrategy.CHEAPER in strategies:
                reason = (
                    "the first page, and where that takes fewer calls than a list for each, the whole list"
                )
            step.asks += _perhaps(self._planned.whole(parent.source, resource, {}, reason))
            link = FILTERS[resource.type][by].name
            step.asks += _perhaps(needed(RecordGroup(parent.source, resource, None), [link], self._planned))
        streams = streams_of(
            self._ctx, type_name, request.narrowed_filter, request.order, {}, buffered=request.from_end
        )
        for stream in map(_narrowed, streams):
            step.asks += _perhaps(self._checks(stream))
            if strategies != {ParentStrategy.WHOLE}:
                calls = calls_of_stream(stream, PlannedCalls(), count=request.size, alone=True)
                is_alone = strategies == {ParentStrategy.EACH}
                prefix = "one list for each: " if is_alone else "else one list for each: "
                step.asks += [
                    PlannedCall(call.path, call.params, prefix + call.how, call.calls.times(parent.most))
                    for call in calls
                ]
                counting += [
                    (counted, replace(call, calls=call.calls.times(parent.most)))
                    for counted, call in _counting(stream)
                ]
                self._add_pushdown(step, stream)
        return Listing([group], counting)

    def _explain_streams(
        self, streams: Sequence[SourceStream], path: Sequence[str], *, size: int | None
    ) -> Listing:
        listing = Listing()
        sources = list(map(_narrowed, streams))
        for stream in sources:
            most = size if stream.plan.ids is None or size is None else min(size, len(stream.plan.ids))
            is_sample = (
                stream.plan.residual is TRUE
                and size != 0
                and (len(sources) == 1 or (not stream.order and (size or _MANY) >= len(sources)))
            )
            group = RecordGroup(stream.session.source, stream.resource, most, sample=is_sample)
            step = self._steps.step(path, group)
            calls = calls_of_stream(stream, self._planned, count=size or 0, alone=len(sources) == 1)
            # An empty page has only `hasNextPage`: one source that has records is enough for that. And a list of which
            # the caller may see no row need not be read.
            is_needed = size != 0 and stream.resource.row_rules != ()
            step.asks += calls if is_needed else _perhaps(calls)
            self._add_pushdown(step, stream)
            step.asks += self._checks(stream)
            listing.groups.append(group)
            listing.counting += _counting(stream)
        return listing

    def _add_pushdown(self, step: ExplainedStep, stream: PagedStream | BufferedStream) -> None:
        """Add the filters and orders that the vendor applies, and those that the gateway applies, with reasons."""
        for decision in stream.plan.decisions:
            text = in_words(decision.part)
            if decision.pushed:
                queries = " or ".join(
                    "&".join(f"{name}={value}" for name, value in query.items()) for query in decision.pushed
                )
                step.pushed.append(f"{text}, as {queries}")
            if decision.part is TRUE or not decision.rechecked:
                continue
            if decision.pushed:
                step.checked.append(f"{text}: what the vendor finds may be more, so it is inexact")
            elif stream.plan.ids is not None and set(fields_of(decision.part)) == {"native_id"}:
                step.pushed.append(f"{text}, by id")
            else:
                step.checked.append(f"{text}: the vendor is not asked to filter by it")
        if stream.order:
            names = ", ".join(
                f"{term.name}{' descending' if descending else ''}"
                for term, descending, _ in stream.order.terms
            )
            if isinstance(stream, PagedStream):
                step.pushed.append(f"order by {names}")
                step.notes.append("where the vendor's order turns out not to be ours, its list is read whole")
            else:
                step.checked.append(f"order by {names}: all rows are read, and ordered here")

    def _checks(self, stream: PagedStream | BufferedStream) -> list[PlannedCall]:
        """The calls that filtering and ordering in the gateway take."""
        source, resource, plan = stream.session.source, stream.resource, stream.plan
        most = None if plan.ids is None else len(plan.ids)
        calls = self._calls_of(source, resource, plan.residual, stream.order.fields, most=most)
        for term in stream.order.linked:
            calls += self.linked_names(RecordGroup(source, resource, most), term.name)
        return calls

    def linked_names(self, rows: RecordGroup, link_name: str) -> list[PlannedCall]:
        """The calls that reading the names of the rows' linked records takes."""
        link = rows.resource.links.get(link_name)
        resource = rows.source.resources.get(link.type) if link is not None else None
        if link is None or resource is None:
            return []
        if link.stub is None:
            calls = calls_of_ids(rows.source, resource, rows.most, self._planned)
        else:
            linked = RecordGroup(rows.source, resource, rows.most, stub=True, known_keys=known_through(link))
            calls = needed(linked, ("name",), self._planned)
        return _perhaps([replace(call, how=f"the names: {call.how}") for call in calls])

    def _calls_of(
        self,
        source: Source,
        resource: Resource,
        condition: Condition,
        order: Sequence[str],
        *,
        most: int | None = None,
    ) -> list[PlannedCall]:
        rows = RecordGroup(source, resource, most)
        names = [*fields_of(condition), *order]
        calls = [
            replace(call, how=f"to filter or order: {call.how}")
            for call in needed(rows, names, self._planned)
        ]
        for member in members_of(condition):
            for parent in member.parents:
                pushed = resource.filters[member.name].push("eq", parent)
                if pushed is not None:
                    calls += _perhaps(
                        self._planned.whole(source, resource, pushed, "to filter: the list that belongs")
                    )
        return calls


_MANY = 10**6


def _narrowed(stream: SourceStream) -> PagedStream | BufferedStream:
    assert isinstance(stream, PagedStream | BufferedStream)
    return stream


def _counting(stream: PagedStream | BufferedStream) -> list[tuple[RecordGroup, PlannedCall]]:
    """The calls that counting takes beyond the page: none if the vendor's total is that of the filtered list."""
    spec = stream.resource.list
    if not isinstance(stream, PagedStream) or spec is None or spec.pages is None:
        return []
    if stream.plan.residual is TRUE and spec.pages.total_path is not None:
        return []
    group = RecordGroup(stream.session.source, stream.resource, None)
    (call, *_) = whole_list(
        spec, stream.plan.queries[0], "to count the rows: the whole list, unless it is long"
    )
    return [(group, replace(call, calls=CallBounds(0, None)))]


def _perhaps(calls: Sequence[PlannedCall]) -> list[PlannedCall]:
    return [replace(call, calls=call.calls.perhaps()) for call in calls]
