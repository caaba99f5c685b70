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
from gateway.engine.execution.projection import needs_of, projection_of
from gateway.engine.explain.asks import Asked, ids_asks
from gateway.engine.explain.groups import Group, Supposed, told_by
from gateway.engine.explain.lists import Listing, Lists
from gateway.engine.explain.needs import needed
from gateway.engine.explain.steps import ONE_CALL, Ask, Calls, Explanation, Projected, Step, total
from gateway.engine.graphql_errors import Refused, from_execution
from resolvers import nodes, sources
from resolvers.children import AllBelonging, Belonging
from resolvers.links import Inside, Linked
from resolvers.lists import Listed
from schema.bind import type_name_of

T = TypeVar("T")


@dataclass(frozen=True)
class Records:
    """
    Records at one place, or what stands around them: a page, its edges.

    `inside` names an object in each of them; `counting` is what it takes to count their whole list.
    """

    groups: tuple[Group, ...] = ()
    inside: str = ""
    counting: tuple[tuple[Group, Ask], ...] = ()


def explained(plan: Selection, ctx: Supposed, variables: VariableValues) -> Explanation:
    """What the plan would ask. Raises Refused with what is wrong with its arguments."""
    # Which lists are read says at which places ids may be found without asking for them.
    before = _Walk(ctx, variables, Asked())
    before.root(plan)
    walk = _Walk(ctx, variables, Asked(before.asked.listed))
    walk.root(plan)
    steps = tuple(step for step in walk.steps.values() if step.asks or step.notes)
    by_source = {name: total(one.calls for one in steps if one.source == name) for name in ctx.sources}
    return Explanation(
        steps=steps,
        projections=tuple(walk.projections.values()),
        sources=by_source,
        calls=total(by_source.values()),
        limit=ctx.budget.limit,
    )


class _Walk:
    def __init__(self, ctx: Supposed, variables: VariableValues, asked: Asked) -> None:
        self._ctx = ctx
        self._variables = variables
        self.asked = asked
        self.steps: dict[tuple[str, str, str], Step] = {}
        self.projections: dict[tuple[str, str, str], Projected] = {}
        self._lists = Lists(ctx, self.asked, self._step)
        # What all fields without a parent ask for, by source and type; and what has been told of that.
        self._ids: dict[tuple[str, str], set[str]] = {}
        self._got: set[tuple[str, str]] = set()

    def root(self, selection: Selection) -> None:
        """The whole operation."""
        wanted = [each for one in selection.fields for each in self._wanted(one)]
        self._ids = _by_type(wanted)
        self.objects(selection, Records(), ())

    def _wanted(self, one: PlannedField) -> Sequence[GlobalId]:
        """The ids that a field without a parent asks for."""
        match one.binding.level if one.binding else None:
            case nodes.One(types=types):
                return self._checked(one, (one.key,), lambda args: [self._ctx.known(args["id"], *types)])
            case nodes.many:
                return self._checked(
                    one, (one.key,), lambda args: [self._ctx.known(written) for written in args["ids"]]
                )
            case _:
                return ()

    def _step(self, path: Sequence[str], group: Group) -> Step:
        key = (".".join(path), group.source.name, group.resource.type)
        return self.steps.setdefault(key, Step(*key))

    def objects(self, selection: Selection, value: Records, path: tuple[str, ...]) -> None:
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
            case Linked(name=name):
                yield name
            case Belonging(inside=name) | AllBelonging(pages=Belonging(inside=name)) if name:
                yield name
            case None if one.binding is not None:
                yield f"{inside}.{one.binding.name}" if inside else one.binding.name

    def _ask(self, path: Sequence[str], group: Group, asks: Sequence[Ask]) -> None:
        if asks:
            self._step(path, group).asks += asks

    def _project(self, path: Sequence[str], group: Group, selection: Selection) -> None:
        without = needs_of(selection, group.resource).names if group.stub else frozenset()
        made = projection_of(selection, group.resource, without=without)
        key = (".".join(path), group.source.name, group.resource.type)
        left = tuple(one.key for one in made.left)
        self.projections.setdefault(key, Projected(*key, code=made.text, left=left))

    def _value(self, one: PlannedField, parents: Records, path: tuple[str, ...]) -> Records:
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
        except Refused:
            raise
        except Exception as exc:
            raise Refused(from_execution([located_error(exc, list(one.nodes), list(path))])) from exc

    def _plain(self, name: str, parents: Records, path: tuple[str, ...]) -> Records:
        if name in {"total_count", "total_is_exact"}:
            for group, ask in parents.counting:
                self._ask(path, group, [ask])
        return parents if name in {"nodes", "edges", "node"} else Records()

    def _resolved(
        self, level: Any, args: Mapping[str, Any], parents: Records, path: tuple[str, ...]
    ) -> Records:
        """As the resolver of the same field would find it. A resolver that asks nobody finds nothing to tell."""
        match level:
            case Inside(name=name):
                return replace(parents, inside=name)
            case Linked(name=name):
                return Records(tuple(self._linked(parents.groups, name, path)))
            case AllBelonging(pages=pages):
                every = {**args, "first": self._ctx.max_page_size}
                return _page(self._belonging(pages, parents.groups, every, path))
            case Belonging():
                return _page(self._belonging(level, parents.groups, args, path))
            case sources.Told(call=name):
                self._told(parents.groups, name, path)
                return Records()
            case _:
                return self._root(level, args, path)

    def _root(self, level: Any, args: Mapping[str, Any], path: tuple[str, ...]) -> Records:
        """The same for fields without a parent."""
        match level:
            case Listed(type=type_name):
                return _page(self._lists.root(type_name, args, path))
            case nodes.by_serial_number:
                return _page(self._lists.root("Asset", nodes.carrying(self._ctx, args["serialNumber"]), path))
            case sources.Definitions(type=type_name):
                return _page(self._lists.everything(type_name, args.get("source"), path))
            case nodes.One(types=types):
                return self._by_ids([self._ctx.known(args["id"], *types)], path)
            case nodes.many:
                return self._by_ids([self._ctx.known(written) for written in args["ids"]], path)
            case sources.Asked(call=name):
                source, _ = level.meant(self._ctx, args)
                call = source.calls[name]
                key = (".".join(path), source.name, "")
                self.steps.setdefault(key, Step(*key)).asks.append(_further(call, ONE_CALL))
                return Records()
            case _:
                return Records()

    def _told(self, parents: Sequence[Group], name: str, path: tuple[str, ...]) -> None:
        for group in parents:
            if (call := group.source.calls.get(name)) is not None:
                self._ask(path, group, [_further(call, Calls(0, group.most))])

    def _by_ids(self, wanted: Sequence[GlobalId], path: tuple[str, ...]) -> Records:
        """Records by their ids. Those of all fields without a parent are asked for together."""
        groups: list[Group] = []
        for (name, type_name), natives in _by_type(wanted).items():
            source = self._ctx.sources[name]
            resource = source.resources.get(type_name)
            if resource is None:
                continue
            together = self._ids[name, type_name]
            group = Group(source, resource, len(natives), loaded=_brought(resource, len(together)))
            if (name, type_name) not in self._got:
                self._got.add((name, type_name))
                self._ask(path, group, ids_asks(source, resource, len(together), self.asked, exactly=True))
            groups.append(group)
        return Records(tuple(groups))

    def _linked(self, parents: Sequence[Group], name: str, path: tuple[str, ...]) -> Iterable[Group]:
        for parent in parents:
            link = parent.resource.links.get(name)
            resource = parent.source.resources.get(link.type) if link is not None else None
            if link is None or resource is None:
                continue
            group = Group(parent.source, resource, parent.most)
            if link.stub is None:
                self._ask(
                    path, group, _each_perhaps(ids_asks(group.source, resource, group.most, self.asked))
                )
                yield group
            else:
                yield replace(group, stub=True, tells=told_by(link))

    def _belonging(
        self, level: Belonging, parents: Sequence[Group], args: Mapping[str, Any], path: tuple[str, ...]
    ) -> Listing:
        found = Listing()
        for parent in parents:
            resource = parent.resource
            if (nested := resource.nested.get(level.inside)) is not None:
                inner = parent.source.resources[nested.type]
                found.groups.append(Group(parent.source, inner, None, stub=nested.stub))
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


def _further(call: Call, calls: Calls) -> Ask:
    each = "" if calls is ONE_CALL else ": one call for each record"
    return Ask(call.path, call.params, f"a read of its own{each}", calls)


def _page(listing: Listing) -> Records:
    return Records(tuple(listing.groups), counting=tuple(listing.counting))


def _brought(resource: Resource, wanted: int) -> frozenset[str]:
    """The parts that come with a record that is asked for alone."""
    return frozenset(resource.get.has) if wanted == 1 and resource.get is not None else frozenset()


def _each_perhaps(asks: Sequence[Ask]) -> list[Ask]:
    return [replace(ask, calls=ask.calls.perhaps()) for ask in asks]
