"""
Field usage: the fields that a plan reads in the records of each type, so that lists are decoded no further than that.

Resolvers say for themselves what they read (`FieldResolver.fields_used`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.connector.description.vocabulary import (
    FILTERS,
    GROUPS,
    ORDERS,
    SEARCH_FIELDS,
    TYPES,
    FilterKind,
    FilterTerm,
    GroupKind,
)
from gateway.connector.records.narrow_decoding import FieldUsage
from gateway.engine.execution.plan import PlannedField, Selection, Shape
from resolvers.field_resolver import FieldsUsed
from schema.binding import Binding


def used_fields(plan: Selection) -> FieldUsage:
    """The names of fields, links and nested records by the records' type; None is all of it. Computed once a plan."""
    usage: FieldUsage | None = plan.cache.get("field_usage")
    if usage is None:
        collector = _UsageCollector()
        collector.add_selection(plan)
        usage = plan.cache["field_usage"] = collector.usage()
    return usage


def used_by(binding: Binding) -> FieldsUsed:
    """The fields of records that one field of the schema reads by itself."""
    return FieldsUsed(parent=(binding.name,)) if binding.level is None else binding.level.fields_used()


class _UsageCollector:
    """Collects by the schema's types: names of fields, and the types of which all fields may be read."""

    def __init__(self) -> None:
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
        names = self._names[_schema_type(type_name)]
        names.update(used.list_fields)
        self._add_groups(field, type_name)
        if field.fixed_args is not None:
            names.update(_in_filter(type_name, field.fixed_args.get("filter") or {}))
            orders = ORDERS.get(type_name, {})
            for level in field.fixed_args.get("orderBy") or ():
                if (term := orders.get(str(level["field"]))) is not None:
                    self._add_order(type_name, term)
        elif field.definition is not None and {"filter", "orderBy"} & _argument_names(field):
            # The variables are not known here: any term may be in them.
            names.update(_of_terms(type_name, *FILTERS[type_name].values()))
            for term in ORDERS.get(type_name, {}).values():
                self._add_order(type_name, term)

    def _add_groups(self, field: PlannedField, type_name: str) -> None:
        """Add the fields that records are counted by, and the names of linked records: the buckets' labels."""
        terms = GROUPS.get(type_name, {})
        if "by" not in _argument_names(field):
            return
        names = terms if field.fixed_args is None else map(str, field.fixed_args["by"])
        for term in (terms[name] for name in names if name in terms):
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


def _argument_names(field: PlannedField) -> set[str]:
    if field.definition is None:
        return set()
    return {argument.name.value for argument in field.nodes[0].arguments or ()}


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
