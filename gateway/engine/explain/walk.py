"""Goes through a plan level by level, as a run does, with groups of records in the place of records."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from graphql import located_error
from graphql.execution.values import VariableValues

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.resource import Call, Resource
from gateway.connector.description.vocabulary import TYPES
from gateway.engine.execution.plan import PlannedField, Selection
from gateway.engine.execution.projection import projection_of, requirements_of
from gateway.engine.explain.asks import PlannedCalls, calls_of_ids
from gateway.engine.explain.groups import AssumedIds, RecordGroup, known_through
from gateway.engine.explain.lists import ListExplainer, Listing
from gateway.engine.explain.needs import needed
from gateway.engine.explain.steps import (
    ONE_CALL,
    CallBounds,
    ExplainedProjection,
    ExplainedStep,
    Explanation,
    PlannedCall,
    total,
)
from gateway.engine.graphql_errors import RequestRefused, from_execution
from resolvers import nodes, sources
from resolvers.children import ChildConnection, ChildList
from resolvers.links import LinkResolver, NestedObjectResolver
from resolvers.lists import RootList
from schema.bind import type_name_of

T = TypeVar("T")


@dataclass(frozen=True)
class ExplainedRecords:
    """
    Records at one place, or what stands around them: a page, its edges.

    `inside` names an object in each of them; `counting` is what it takes to count their whole list.
    """

    groups: tuple[RecordGroup, ...] = ()
    inside: str = ""
    counting: tuple[tuple[RecordGroup, PlannedCall], ...] = ()


def walk_plan(plan: Selection, ctx: AssumedIds, variables: VariableValues) -> Explanation:
    """What the plan would ask. Raises Refused with what is wrong with its arguments."""
    # Which lists are read says at which places ids may be found without asking for them.
    before = _PlanWalk(ctx, variables, PlannedCalls())
    before.root(plan)
    walk = _PlanWalk(ctx, variables, PlannedCalls(before.asked.listed))
    walk.root(plan)
    steps = tuple(step for step in walk.steps.values() if step.asks or step.notes)
    by_source = {name: total(one.calls for one in steps if one.source == name) for name in ctx.sources}
    return Explanation(
        steps=steps,
        projections=tuple(walk.projections.values()),
        sources=by_source,
        calls=total(by_source.values()),
        limit=ctx.reads.limit,
    )


class _PlanWalk:
    def __init__(self, ctx: AssumedIds, variables: VariableValues, planned: PlannedCalls) -> None:
        self._ctx = ctx
        self._variables = variables
        self.asked = planned
        self.steps: dict[tuple[str, str, str], ExplainedStep] = {}
        self.projections: dict[tuple[str, str, str], ExplainedProjection] = {}
        self._lists = ListExplainer(ctx, self.asked, self._step)
        # What all fields without a parent ask for, by source and type; and what has been told of that.
        self._ids: dict[tuple[str, str], set[str]] = {}
        self._got: set[tuple[str, str]] = set()

    def root(self, selection: Selection) -> None:
        """The whole operation."""
        wanted = [each for one in selection.fields for each in self._wanted(one)]
        self._ids = _by_type(wanted)
        self.objects(selection, ExplainedRecords(), ())

    def _wanted(self, one: PlannedField) -> Sequence[GlobalId]:
        """The ids that a field without a parent asks for."""
        match one.binding.level if one.binding else None:
            case nodes.NodeResolver(types=types):
                return self._checked(one, (one.key,), lambda args: [self._ctx.checked_id(args["id"], *types)])
            case nodes.nodes:
                return self._checked(
                    one, (one.key,), lambda args: [self._ctx.checked_id(written) for written in args["ids"]]
                )
            case _:
                return ()

    def _step(self, path: Sequence[str], group: RecordGroup) -> ExplainedStep:
        key = (".".join(path), group.source.name, group.resource.type)
        return self.steps.setdefault(key, ExplainedStep(*key))

    def objects(self, selection: Selection, value: ExplainedRecords, path: tuple[str, ...]) -> None:
        """All that a selection on these objects takes."""
        records = [one for one in value.groups if value.inside or type_name_of(one) == selection.type.name]
        if selection.type.name in TYPES and not records:
            return  # the records there are of another type
        for group in records:
            names = [name for one in selection.fields for name in self._names(one, value.inside)]
            self._ask(path, group, needed(group, names, self.asked))
            if not value.inside:
                self._project(path, group, selection)
        for one in selection.fields:
            if one.binding is None or one.shape is None:
                continue
            below = (*path, one.key)
            found = self._value(one, replace(value, groups=tuple(records)) if records else value, below)
            shape = one.shape
            while shape.items is not None:
                shape = shape.items
            for inner in shape.selections.values():
                self.objects(inner, found, below)

    def _names(self, one: PlannedField, inside: str) -> Iterable[str]:
        """The records' names for what a field looks at: its own, the link that it follows, the place of its records."""
        match one.binding.level if one.binding else None:
            case LinkResolver(name=name):
                yield name
            case ChildConnection(inside=name) | ChildList(pages=ChildConnection(inside=name)) if name:
                yield name
            case None if one.binding is not None:
                yield f"{inside}.{one.binding.name}" if inside else one.binding.name

    def _ask(self, path: Sequence[str], group: RecordGroup, asks: Sequence[PlannedCall]) -> None:
        if asks:
            self._step(path, group).asks += asks

    def _project(self, path: Sequence[str], group: RecordGroup, selection: Selection) -> None:
        without = requirements_of(selection, group.resource).names if group.stub else frozenset()
        made = projection_of(selection, group.resource, without=without)
        key = (".".join(path), group.source.name, group.resource.type)
        left = tuple(one.key for one in made.missing_fields)
        self.projections.setdefault(key, ExplainedProjection(*key, code=made.text, missing_fields=left))

    def _value(self, one: PlannedField, parents: ExplainedRecords, path: tuple[str, ...]) -> ExplainedRecords:
        """What stands for a field's value."""
        assert one.binding is not None
        if one.binding.level is None:
            return self._plain(one.binding.name, parents, path)
        level = one.binding.level
        return self._checked(one, path, lambda args: self._resolved(level, args, parents, path))

    def _checked(self, one: PlannedField, path: Sequence[str], find: Callable[[Mapping[str, Any]], T]) -> T:
        """What is found with a field's arguments. Raises Refused where these are wrong, as the server tells it."""
        try:
            return find(one.args(self._variables))
        except RequestRefused:
            raise
        except Exception as exc:
            raise RequestRefused(from_execution([located_error(exc, list(one.nodes), list(path))])) from exc

    def _plain(self, name: str, parents: ExplainedRecords, path: tuple[str, ...]) -> ExplainedRecords:
        if name in {"total_count", "total_is_exact"}:
            for group, ask in parents.counting:
                self._ask(path, group, [ask])
        return parents if name in {"nodes", "edges", "node"} else ExplainedRecords()

    def _resolved(
        self, level: Any, args: Mapping[str, Any], parents: ExplainedRecords, path: tuple[str, ...]
    ) -> ExplainedRecords:
        """As the resolver of the same field would find it. A resolver that asks nobody finds nothing to tell."""
        match level:
            case NestedObjectResolver(name=name):
                return replace(parents, inside=name)
            case LinkResolver(name=name):
                return ExplainedRecords(tuple(self._linked(parents.groups, name, path)))
            case ChildList(pages=pages):
                every = {**args, "first": self._ctx.max_page_size}
                return _page(self._belonging(pages, parents.groups, every, path))
            case ChildConnection():
                return _page(self._belonging(level, parents.groups, args, path))
            case sources.PerRecordCall(call=name):
                self._told(parents.groups, name, path)
                return ExplainedRecords()
            case _:
                return self._root(level, args, path)

    def _root(self, level: Any, args: Mapping[str, Any], path: tuple[str, ...]) -> ExplainedRecords:
        """The same for fields without a parent."""
        match level:
            case RootList(type=type_name):
                return _page(self._lists.root(type_name, args, path))
            case nodes.by_serial_number:
                return _page(self._lists.root("Asset", nodes.carrying(self._ctx, args["serialNumber"]), path))
            case sources.DefinitionList(type=type_name):
                return _page(self._lists.everything(type_name, args.get("source"), path))
            case nodes.NodeResolver(types=types):
                return self._by_ids([self._ctx.checked_id(args["id"], *types)], path)
            case nodes.nodes:
                return self._by_ids([self._ctx.checked_id(written) for written in args["ids"]], path)
            case sources.SourceCall(call=name):
                source, _ = level.meant(self._ctx, args)
                call = source.calls[name]
                key = (".".join(path), source.name, "")
                self.steps.setdefault(key, ExplainedStep(*key)).asks.append(_further(call, ONE_CALL))
                return ExplainedRecords()
            case _:
                return ExplainedRecords()

    def _told(self, parents: Sequence[RecordGroup], name: str, path: tuple[str, ...]) -> None:
        for group in parents:
            if (call := group.source.calls.get(name)) is not None:
                self._ask(path, group, [_further(call, CallBounds(0, group.most))])

    def _by_ids(self, wanted: Sequence[GlobalId], path: tuple[str, ...]) -> ExplainedRecords:
        """Records by their ids. Those of all fields without a parent are asked for together."""
        groups: list[RecordGroup] = []
        for (name, type_name), natives in _by_type(wanted).items():
            source = self._ctx.sources[name]
            resource = source.resources.get(type_name)
            if resource is None:
                continue
            together = self._ids[name, type_name]
            group = RecordGroup(source, resource, len(natives), loaded=_brought(resource, len(together)))
            if (name, type_name) not in self._got:
                self._got.add((name, type_name))
                self._ask(
                    path, group, calls_of_ids(source, resource, len(together), self.asked, exactly=True)
                )
            groups.append(group)
        return ExplainedRecords(tuple(groups))

    def _linked(
        self, parents: Sequence[RecordGroup], name: str, path: tuple[str, ...]
    ) -> Iterable[RecordGroup]:
        for parent in parents:
            link = parent.resource.links.get(name)
            resource = parent.source.resources.get(link.type) if link is not None else None
            if link is None or resource is None:
                continue
            group = RecordGroup(parent.source, resource, parent.most)
            if link.stub is None:
                self._ask(
                    path, group, _each_perhaps(calls_of_ids(group.source, resource, group.most, self.asked))
                )
                yield group
            else:
                yield replace(group, stub=True, tells=known_through(link))

    def _belonging(
        self,
        level: ChildConnection,
        parents: Sequence[RecordGroup],
        args: Mapping[str, Any],
        path: tuple[str, ...],
    ) -> Listing:
        found = Listing()
        for parent in parents:
            resource = parent.resource
            if (nested := resource.nested.get(level.inside)) is not None:
                inner = parent.source.resources[nested.type]
                found.groups.append(RecordGroup(parent.source, inner, None, stub=nested.stub))
            elif level.inside in resource.links:
                found.groups += self._linked([parent], level.inside, path)
            elif level.type in parent.source.resources:
                found.add(self._lists.belonging(level, parent, args, path))
        return found


def _by_type(wanted: Iterable[GlobalId]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for one in wanted:
        found.setdefault((one.source, one.type), set()).add(one.native)
    return found


def _further(call: Call, calls: CallBounds) -> PlannedCall:
    each = "" if calls is ONE_CALL else ": one call for each record"
    return PlannedCall(call.path, call.params, f"a read of its own{each}", calls)


def _page(listing: Listing) -> ExplainedRecords:
    return ExplainedRecords(tuple(listing.groups), counting=tuple(listing.counting))


def _brought(resource: Resource, wanted: int) -> frozenset[str]:
    """The parts that come with a record that is asked for alone."""
    return frozenset(resource.get.includes) if wanted == 1 and resource.get is not None else frozenset()


def _each_perhaps(asks: Sequence[PlannedCall]) -> list[PlannedCall]:
    return [replace(ask, calls=ask.calls.perhaps()) for ask in asks]
