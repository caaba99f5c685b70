"""Explanation of one field: the reads of its resolver as calls of the sources."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.resource import Call, Resource
from gateway.connector.description.vocabulary import GroupKind, GroupTerm
from gateway.connector.fetching.source import Source
from gateway.engine.explain.groups import ExplainContext, RecordGroup, known_through
from gateway.engine.explain.lists import ListExplainer, Listing
from gateway.engine.explain.needs import needed, needed_tables
from gateway.engine.explain.planned_calls import PlannedCalls, calls_of_ids
from gateway.engine.explain.step_table import StepTable
from gateway.engine.explain.steps import ONE_CALL, CallBounds, PlannedCall
from resolvers.children import ChildConnection


@dataclass(frozen=True)
class ExplainedRecords:
    """
    Records at one path of the operation, or an object around them: a page, its edges.

    `inside` names an object in each of them; `counting` are the calls that counting their whole list takes. With
    `is_single` they make up single things, of which also values are read that take a call for each record.
    """

    groups: tuple[RecordGroup, ...] = ()
    inside: str = ""
    counting: tuple[tuple[RecordGroup, PlannedCall], ...] = ()
    is_single: bool = False


#: The fields of a person or a place that are compared.
_LINKED = ("name", "email", "country")
_NO_RECORDS = ExplainedRecords()


@dataclass(frozen=True, kw_only=True)
class FieldExplanation:
    """The explainer (`resolvers.field_resolver.FieldExplainer`) of the field at `path` of these parents."""

    ctx: ExplainContext
    planned: PlannedCalls
    steps: StepTable
    lists: ListExplainer
    parents: ExplainedRecords
    path: tuple[str, ...]

    def no_calls(self) -> ExplainedRecords:
        """No record."""
        return _NO_RECORDS

    def nested_object(self, name: str) -> ExplainedRecords:
        """The parents, for an object in each."""
        return replace(self.parents, inside=name)

    def link(self, name: str) -> ExplainedRecords:
        """The linked records: read by id, or stubs."""
        return ExplainedRecords(self._visible(self._linked(self.parents.groups, name)))

    def children(
        self,
        args: Mapping[str, Any],
        connection: ChildConnection,
        *,
        of: ExplainedRecords | None = None,
    ) -> ExplainedRecords:
        """The parents' records of a type: nested in their rows, linked from them, or of lists."""
        listing = Listing()
        for parent in (of or self.parents).groups:
            resource = parent.resource
            if (nested := resource.nested.get(connection.inside)) is not None:
                nested_resource = parent.source.resources[nested.type]
                listing.groups.append(RecordGroup(parent.source, nested_resource, None, stub=nested.stub))
            elif connection.inside in resource.links:
                listing.groups += self._linked([parent], connection.inside)
            elif connection.type in parent.source.resources:
                listing.add(self.lists.children(parent, args, connection, self.path))
        self._visible(listing.groups)
        return _records(listing)

    def list_page(self, type_name: str, args: Mapping[str, Any]) -> ExplainedRecords:
        """A page of the records of all sources."""
        return _records(self.lists.page(type_name, args, self.path))

    def whole_list(self, type_name: str, source: str | None) -> ExplainedRecords:
        """All of them."""
        return _records(self.lists.whole(type_name, source, self.path))

    def whole_assets(
        self, names: Sequence[str], filter_input: Mapping[str, Any] | None, *, is_single: bool = False
    ) -> ExplainedRecords:
        """All assets, read once; of them some."""
        listing = self.lists.whole("Asset", None, self.path)
        for group in listing.groups:
            self.steps.add(self.path, group, needed_tables(group, names, self.planned))
            self.steps.step(self.path, group).notes.append(
                "one reading answers all that is asked of things; none is made while the lists are fresh"
            )
        if filter_input:
            self.lists.conditions("Asset", filter_input, self.path)
        records = replace(self.subset(_records(listing)), is_single=is_single)
        self._add_links(records, names)
        return records

    def counts(
        self, type_name: str, filter_input: Mapping[str, Any], terms: Sequence[GroupTerm]
    ) -> ExplainedRecords:
        """The whole lists, and what the terms' values need; no record is built."""
        for group in self.lists.all_of(type_name, filter_input, self.path).groups:
            names = [term.name for term in terms]
            self.steps.add(self.path, group, needed(group, names, self.planned))
            for term in terms:
                if term.kind is GroupKind.LINK:
                    self.steps.add(self.path, group, self.lists.linked_names(group, term.name))
        return _NO_RECORDS

    def members(self, names: Sequence[str], *, of: ExplainedRecords | None = None) -> ExplainedRecords:
        """The assets at hand."""
        assets = of or self.parents
        for group in assets.groups:
            read = needed if assets.is_single else needed_tables
            self.steps.add(self.path, group, read(group, _without_dots(group, names), self.planned))
        self._add_links(assets, names)
        return assets

    def subset(self, *records: ExplainedRecords) -> ExplainedRecords:
        """All of their groups; of none of them a record is certain."""
        groups = [replace(group, sample=False) for part in records for group in part.groups]
        return ExplainedRecords(
            tuple(groups), counting=tuple(call for part in records for call in part.counting)
        )

    def _add_links(self, records: ExplainedRecords, names: Sequence[str]) -> None:
        """Add the records that links among these fields point at, with all that they tell of a person or a place."""
        for group in records.groups:
            for name in names:
                for target in self._linked([group], name):
                    self.steps.add(self.path, target, needed(target, _LINKED, self.planned))

    def records_by_id(self, ids: Sequence[GlobalId]) -> ExplainedRecords:
        """Records by id. The ids of all root fields are read together, in the step of the first of these fields."""
        grouped: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for global_id in ids:
            grouped[global_id.source, global_id.type].add(global_id.native_id)
        groups: list[RecordGroup] = []
        for (source_name, type_name), native_ids in grouped.items():
            source = self.ctx.sources[source_name]
            resource = source.resources.get(type_name)
            if resource is None:
                continue
            count, is_first = self.planned.request_ids(source, resource, native_ids)
            group = RecordGroup(source, resource, len(native_ids), loaded=_loaded(resource, count))
            if is_first:
                calls = calls_of_ids(source, resource, count, self.planned, exactly=True)
                self.steps.add(self.path, group, calls)
            groups.append(group)
        return ExplainedRecords(self._visible(groups))

    def source_call(self, source: Source, call: str) -> ExplainedRecords:
        """One call, and no record."""
        self.steps.add_source_call(self.path, source.name, _planned_call(source.calls[call], ONE_CALL))
        return _NO_RECORDS

    def record_call(self, call: str) -> ExplainedRecords:
        """A call for each parent whose source has it, and no record."""
        for group in self.parents.groups:
            if (declared := group.source.calls.get(call)) is not None:
                self.steps.add(self.path, group, [_planned_call(declared, CallBounds(0, group.most))])
        return _NO_RECORDS

    def _visible(self, groups: Iterable[RecordGroup]) -> tuple[RecordGroup, ...]:
        """The groups. If rules decide which of their records a caller sees, these are read whatever is selected."""
        groups = tuple(groups)
        for group in groups:
            if group.resource.row_rules:
                self.steps.add(self.path, group, needed(group, (), self.planned))
        return groups

    def _linked(self, parents: Sequence[RecordGroup], name: str) -> Iterable[RecordGroup]:
        for parent in parents:
            link = parent.resource.links.get(name)
            resource = parent.source.resources.get(link.type) if link is not None else None
            if link is None or resource is None:
                continue
            group = RecordGroup(parent.source, resource, parent.most)
            if link.stub is None:
                calls = calls_of_ids(group.source, resource, group.most, self.planned)
                self.steps.add(
                    self.path, group, [replace(call, calls=call.calls.perhaps()) for call in calls]
                )
                yield group
            else:
                yield replace(group, stub=True, known_keys=known_through(link))


def _without_dots(group: RecordGroup, names: Sequence[str]) -> list[str]:
    """The names with those of all fields of a nested object in the place of `warranty.`."""
    return [
        full
        for name in names
        for full in (
            [known for known in group.resource.fields if known.startswith(name)]
            if name.endswith(".")
            else [name]
        )
    ]


def _records(listing: Listing) -> ExplainedRecords:
    return ExplainedRecords(tuple(listing.groups), counting=tuple(listing.counting))


def _planned_call(call: Call, calls: CallBounds) -> PlannedCall:
    each = "" if calls is ONE_CALL else ": one call for each record"
    return PlannedCall(call.path, call.params, f"a read of its own{each}", calls)


def _loaded(resource: Resource, count: int) -> frozenset[str]:
    """The parts that come with a record that is the only one read by id."""
    return frozenset(resource.get.includes) if count == 1 and resource.get is not None else frozenset()
