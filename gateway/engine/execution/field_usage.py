"""What a plan looks at in the records of each type, so that no more of them is decoded."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.connector.description.vocabulary import FILTERS, ORDERS, SEARCHED, TYPES, FilterKind, FilterTerm
from gateway.connector.records.narrow_decoding import FieldUsage
from gateway.engine.execution.plan import PlannedField, Selection, Shape
from resolvers.checklists import checked_count, item_count, items
from resolvers.children import ChildConnection, ChildList
from resolvers.links import LinkResolver, NestedObjectResolver
from resolvers.lists import RootList
from resolvers.nodes import NodeResolver, by_serial_number, nodes
from resolvers.sources import PerRecordCall, qr_code_url

_SERIALS = ("serial_number", "secondary_serial_number")


def used_fields(plan: Selection) -> FieldUsage:
    """The names of fields, links and nested records by the records' type; None is all of it."""
    found: FieldUsage | None = plan.cache.get("looked")
    if found is None:
        look = _UsageCollector()
        look.selection(plan)
        found = plan.cache["looked"] = look.usage()
    return found


class _UsageCollector:
    def __init__(self) -> None:
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._whole: set[str] = set()

    def usage(self) -> FieldUsage:
        """What was found, by the connector's types."""
        return {
            one: None if name in self._whole else frozenset(names)
            for name, names in self._names.items()
            for one in TYPES[name]
        }

    def selection(self, selection: Selection) -> None:
        """Take in a selection and what is below it."""
        name = selection.type.name
        if name in TYPES:
            # There may be such records, even where nothing of theirs is looked at.
            self._names.setdefault(name, set())
        for one in selection.fields:
            if one.binding is None or one.shape is None:
                continue
            if name in TYPES:
                self._names[name].update(self._own(name, one))
            self._asked(one)
            for inner in _selections(one.shape):
                self.selection(inner)

    def _own(self, name: str, one: PlannedField) -> Sequence[str]:
        """What a field of a record looks at."""
        assert one.binding is not None
        match one.binding.level:
            case None:
                return (one.binding.name,)
            case LinkResolver(name=link):
                return (link,)
            case NestedObjectResolver(name=facet):
                return (f"{facet}.",)
            case ChildConnection(inside=inside) | ChildList(pages=ChildConnection(inside=inside)):
                return (inside,) if inside else ()
            case PerRecordCall():
                return ()
            case level if level == qr_code_url:
                return ()
            case level if level in {items, checked_count, item_count}:
                return ("items",)
            case _:
                self._whole.add(name)
                return ()

    def _asked(self, one: PlannedField) -> None:
        """What a list looks at in its records to find and to order them."""
        assert one.binding is not None
        match one.binding.level:
            case RootList(type=type_name):
                self._arguments(type_name, one)
            case (
                ChildConnection(type=type_name, by=by)
                | ChildList(pages=ChildConnection(type=type_name, by=by))
            ):
                self._names[_named(type_name)].add(FILTERS[type_name][by].name)
                self._arguments(type_name, one)
            case level if level == by_serial_number:
                self._names["Asset"].update(_SERIALS)
            case None | NodeResolver() | LinkResolver() | NestedObjectResolver() | PerRecordCall():
                pass
            case level if level == nodes:
                pass
            case _:
                # What is not known to look at nothing may look at anything.
                self._whole.update(inner.type.name for inner in _below(one.shape) if inner.type.name in TYPES)

    def _arguments(self, type_name: str, one: PlannedField) -> None:
        names = self._names[_named(type_name)]
        if one.fixed_args is not None:
            names.update(_filtered(type_name, one.fixed_args.get("filter") or {}))
            for order in one.fixed_args.get("orderBy") or ():
                names.add(ORDERS[type_name][str(order["field"])].name)
        elif one.definition is not None and {"filter", "orderBy"} & _given(one):
            names.update(
                _looked(type_name, *FILTERS[type_name].values(), *ORDERS.get(type_name, {}).values())
            )


def _named(type_name: str) -> str:
    """The schema's type for one of the connector's."""
    return next(name for name, types in TYPES.items() if type_name in types)


def _given(one: PlannedField) -> set[str]:
    return {argument.name.value for argument in one.nodes[0].arguments or ()}


def _filtered(type_name: str, asked: Mapping[str, Any]) -> Iterator[str]:
    """What a filter looks at."""
    for name, wanted in asked.items():
        if name in {"and", "or"}:
            for part in wanted or ():
                yield from _filtered(type_name, part)
        elif name == "not":
            yield from _filtered(type_name, wanted or {})
        else:
            yield from _looked(type_name, FILTERS[type_name][name])


def _looked(type_name: str, *terms: FilterTerm) -> Iterator[str]:
    for term in terms:
        if term.kind is FilterKind.SEARCH:
            yield from SEARCHED.get(type_name, ())
        elif term.name:
            yield term.name


def _selections(shape: Shape) -> Iterator[Selection]:
    while shape.items is not None:
        shape = shape.items
    yield from shape.selections.values()


def _below(shape: Shape | None) -> Iterator[Selection]:
    for selection in _selections(shape) if shape is not None else ():
        yield selection
        for one in selection.fields:
            yield from _below(one.shape)
