"""
Field usage: the fields that a plan reads in the records of each type, so that lists are decoded no further than that.

Resolvers say for themselves what they read (`FieldResolver.fields_used`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.connector.description.vocabulary import (
    FILTERS,
    GROUPS,
    ORDERS,
    SEARCH_FIELDS,
    TYPES,
    FilterKind,
    FilterTerm,
    GroupKind,
    GroupTerm,
)
from gateway.connector.records.narrow_decoding import FieldUsage
from gateway.engine.execution.argument_values import ArgumentValues
from gateway.engine.execution.plan import PlannedField, Selection, Shape
from resolvers.field_resolver import FieldsUsed
from schema.binding import Binding

#: Cached usages of one plan: they differ by the terms that are in variables.
_MAX_USAGES = 64


def used_fields(plan: Selection, arguments: ArgumentValues) -> FieldUsage:
    """The names of fields, links and nested records by the records' type; None is all of it."""
    if arguments.field_usage is None:
        arguments.field_usage = _collect(plan, arguments)
    return arguments.field_usage


def _collect(plan: Selection, arguments: ArgumentValues) -> FieldUsage:
    """The same, cached by the terms that are in variables: equal usages share their decoders."""
    lists: Sequence[tuple[PlannedField, str]] | None = plan.cache.get("variable_lists")
    if lists is None:
        lists = plan.cache["variable_lists"] = list(_variable_lists(plan))
    terms = [_list_terms(type_name, arguments.valid_of(field)) for field, type_name in lists]
    usages: dict[Sequence[_ListTerms], FieldUsage] = plan.cache.setdefault("field_usage", {})
    usage = usages.get(key := tuple(terms))
    if usage is None:
        collector = _UsageCollector({id(field): term for (field, _), term in zip(lists, terms, strict=True)})
        collector.add_selection(plan)
        usage = collector.usage()
        if len(usages) < _MAX_USAGES:
            usages[key] = usage
    return usage


def used_by(binding: Binding) -> FieldsUsed:
    """The fields of records that one field of the schema reads by itself."""
    return FieldsUsed(parent=(binding.name,)) if binding.level is None else binding.level.fields_used()


class _ListTerms(NamedTuple):
    """Terms in a list's arguments: the fields that its filter reads, and the names of its orders and groups."""

    filtered: frozenset[str]
    orders: frozenset[str]
    groups: frozenset[str]


class _UsageCollector:
    """Collects by the schema's types: names of fields, and the types of which all fields may be read."""

    def __init__(self, list_terms: Mapping[int, _ListTerms]) -> None:
        """`list_terms` has the terms of the fields whose arguments have variables, by `id`."""
        self._list_terms = list_terms
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        self._unbounded: set[str] = set()

    def usage(self) -> FieldUsage:
        """The collected names, by the connector's types."""
        return {
            id_type: None if type_name in self._unbounded else frozenset(names)
            for type_name, names in self._names.items()
            for id_type in TYPES[type_name]
        }

    def add_selection(self, selection: Selection) -> None:
        """Add a selection and all below it."""
        type_name = selection.type.name
        if type_name in TYPES:
            # There may be such records, even if none of their fields is read.
            self._names.setdefault(type_name, set())
        for field in selection.fields:
            if field.binding is None or field.shape is None:
                continue
            used = used_by(field.binding)
            if type_name in TYPES:
                self._names[type_name].update(used.parent)
            if used.asset_fields:
                self._names["Asset"].update(used.asset_fields)
            if used.list_type:
                self._add_list(field, used)
            if used.unbounded:
                self._unbounded.update(
                    nested.type.name for nested in _below(field.shape) if nested.type.name in TYPES
                )
            for nested in _selections(field.shape):
                self.add_selection(nested)

    def _add_list(self, field: PlannedField, used: FieldsUsed) -> None:
        """Add the fields by which a list finds and orders its records."""
        type_name = used.list_type
        terms = self._list_terms.get(id(field)) or _list_terms(type_name, field.fixed_args or {})
        self._names[_schema_type(type_name)].update(used.list_fields, terms.filtered)
        orders, groups = ORDERS.get(type_name, {}), GROUPS.get(type_name, {})
        for order in terms.orders & orders.keys():
            self._add_order(type_name, orders[order])
        for group in terms.groups & groups.keys():
            self._add_group(type_name, groups[group])

    def _add_group(self, type_name: str, term: GroupTerm) -> None:
        """Add the field that records are counted by, and the name of linked records: the bucket's label."""
        self._names[_schema_type(type_name)].add(term.name)
        if term.kind is GroupKind.LINK:
            self._names[term.type].add("name")

    def _add_order(self, type_name: str, term: FilterTerm) -> None:
        """Add the field that a list is ordered by. By a link it is ordered by the name of the linked records."""
        self._names[_schema_type(type_name)].add(term.name)
        if term.kind is FilterKind.LINKED_NAME:
            self._names[term.type].add("name")


def _schema_type(id_type: str) -> str:
    """The schema's type for one of the connector's."""
    return next(name for name, id_types in TYPES.items() if id_type in id_types)


def _variable_lists(selection: Selection) -> Iterator[tuple[PlannedField, str]]:
    """The lists below a selection whose arguments have variables, each with the type of its records."""
    for field in selection.fields:
        if field.binding is None or field.shape is None:
            continue
        if field.fixed_args is None and (type_name := used_by(field.binding).list_type):
            yield field, type_name
        for nested in _selections(field.shape):
            yield from _variable_lists(nested)


def _list_terms(type_name: str, args: Mapping[str, Any]) -> _ListTerms:
    return _ListTerms(
        frozenset(_in_filter(type_name, args.get("filter") or {})),
        frozenset([str(level["field"]) for level in args.get("orderBy") or ()]),
        frozenset(map(str, args.get("by") or ())),
    )


def _in_filter(type_name: str, filter_input: Mapping[str, Any]) -> Iterator[str]:
    """The fields that a filter reads."""
    for name, operand in filter_input.items():
        if name in {"and", "or"}:
            for nested in operand or ():
                yield from _in_filter(type_name, nested)
        elif name == "not":
            yield from _in_filter(type_name, operand or {})
        else:
            yield from _of_terms(type_name, FILTERS[type_name][name])


def _of_terms(type_name: str, *terms: FilterTerm) -> Iterator[str]:
    for term in terms:
        if term.kind is FilterKind.SEARCH:
            yield from SEARCH_FIELDS.get(type_name, ())
        elif term.name:
            yield term.name


def _selections(shape: Shape) -> Iterator[Selection]:
    while shape.items is not None:
        shape = shape.items
    yield from shape.selections.values()


def _below(shape: Shape | None) -> Iterator[Selection]:
    for selection in _selections(shape) if shape is not None else ():
        yield selection
        for field in selection.fields:
            yield from _below(field.shape)
