"""
Field weights for routers that limit the cost of a query, in calls to vendors, of the same declarations as `explain`.

A root field weighs the fewest calls that it takes. A field of a record weighs the calls that each record takes by
itself for certain, at the vendor where these are most; what is read for all records together, such as a reference
table, weighs nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
)

from gateway.connector.description.vocabulary import TYPES
from gateway.connector.fetching.source import Source
from gateway.engine.explain.field_explanation import ExplainedRecords, FieldExplanation
from gateway.engine.explain.groups import ExplainContext, RecordGroup, any_id
from gateway.engine.explain.lists import ListExplainer
from gateway.engine.explain.needs import needed
from gateway.engine.explain.planned_calls import PlannedCalls
from gateway.engine.explain.step_table import StepTable
from gateway.engine.explain.steps import PlannedCall
from gateway.engine.explain.walk import names_read
from gateway.errors import GatewayError
from schema.bind import type_name_of
from schema.binding import Binding

#: Two numbers of records: the difference of their calls is that of each record.
_FEWER, _MORE = 100, 200
_TEXT = "SN-20260427"
_PAGE = 50


def field_weights(schema: GraphQLSchema, sources: Mapping[str, Source]) -> Mapping[str, int]:
    """The weights above zero for these sources, by the coordinates of the fields: `Query.assets`."""
    weigher = _FieldWeigher(schema, sources)
    return {coordinate: weight for coordinate, weight in weigher.weights() if weight > 0}


class _FieldWeigher:
    """Weighs each field by itself, in an operation of its own."""

    def __init__(self, schema: GraphQLSchema, sources: Mapping[str, Source]) -> None:
        self._schema = schema
        self._sources = sources
        self._groups = [
            RecordGroup(source, resource, None)
            for source in sources.values()
            for resource in source.resources.values()
        ]

    def weights(self) -> Iterator[tuple[str, int]]:
        """The weight of every field of the root, and of the types of records with the objects inside them."""
        query = self._schema.query_type
        assert query is not None
        for name, field in query.fields.items():
            yield f"{query.name}.{name}", self._root_weight(field)
        for name in (*TYPES, "UnifiedAsset"):
            type_ = self._schema.type_map.get(name)
            record_type = "Asset" if name == "UnifiedAsset" else name
            groups = [group for group in self._groups if type_name_of(group) == record_type]
            if isinstance(type_, GraphQLObjectType):
                yield from self._type_weights(type_, groups)

    def _root_weight(self, field: GraphQLField) -> int:
        """The fewest calls of the field; of several examples of its arguments, of the one that takes most."""
        weights = [0]
        for args in self._examples(field):
            calls, _ = self._calls(field, ExplainedRecords(), args)
            weights.append(sum(call.calls.least for call in calls))
        return max(weights)

    def _type_weights(
        self, type_: GraphQLObjectType, groups: Sequence[RecordGroup], inside: str = ""
    ) -> Iterator[tuple[str, int]]:
        """The weights of the fields of records, or of the object `inside` each of them."""
        for name, field in type_.fields.items():
            weights = [0]
            objects: set[str] = set()
            for group in groups:
                counts = []
                for most in (_FEWER, _MORE):
                    parents = ExplainedRecords((replace(group, most=most),), inside=inside)
                    calls, records = self._calls(field, parents, {})
                    counts.append(sum(call.calls.most or 0 for call in calls))
                    objects.add(records.inside)
                weights.append((counts[1] - counts[0]) // (_MORE - _FEWER))
            yield f"{type_.name}.{name}", max(weights)
            nested = get_named_type(field.type)
            for nested_name in objects - {"", inside}:
                assert isinstance(nested, GraphQLObjectType)
                yield from self._type_weights(nested, groups, nested_name)

    def _calls(
        self, field: GraphQLField, parents: ExplainedRecords, args: Mapping[str, Any]
    ) -> tuple[list[PlannedCall], ExplainedRecords]:
        """The calls of a field, and the records that it leads to; none for arguments that are refused."""
        ctx = ExplainContext(self._sources, calls=0, max_page_size=_PAGE, caching=False, base_url=str)
        planned, steps = PlannedCalls(), StepTable()
        binding = Binding.of(field)
        for group in parents.groups:
            names = [name for name in names_read(binding, parents.inside) if _is_certain(group, name)]
            steps.add((), group, needed(group, names, planned))
        records = ExplainedRecords()
        if binding.level is not None:
            explanation = FieldExplanation(
                ctx=ctx,
                planned=planned,
                steps=steps,
                lists=ListExplainer(ctx, planned, steps),
                parents=parents,
                path=(),
            )
            with suppress(GatewayError):
                records = binding.level.explain(explanation, args)
        return [call for step in steps.all() for call in step.asks], records

    def _examples(self, field: GraphQLField) -> Iterator[Mapping[str, Any]]:
        """Arguments with a value for each required text, id and enum: of every source and every kind of its records."""
        names = [name for name, arg in field.args.items() if is_required_argument(arg)]
        result = get_named_type(field.type)
        for group in self._groups if names else ():
            if result.name in TYPES and result.name != type_name_of(group):
                continue
            yield {name: _example(name, field.args[name].type, group) for name in names}
        if not names:
            yield {"serialNumber": _TEXT} if "serialNumber" in field.args else {}


def _example(name: str, type_: Any, group: RecordGroup) -> Any:
    """A value for an argument that is about a group's records."""
    named = get_named_type(type_)
    if name == "source":
        value: Any = group.source.name
    elif isinstance(named, GraphQLEnumType):
        value = next(iter(named.values))
    else:
        value = any_id(group) if named.name == "ID" else _TEXT
    return [value] if is_list_type(get_nullable_type(type_)) else value


def _is_certain(group: RecordGroup, name: str) -> bool:
    """False if only some of the group's rows lack the field."""
    return not any(callable(declaration.detail) for declaration in group.declarations(name))
