"""
Narrow arguments: a field's definition without the arguments, and the fields of input objects, that a document leaves
out. A filter has dozens of fields, and a document names a few: only these are coerced at each run.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
)


def narrow_arguments(definition: GraphQLField, node: FieldNode) -> GraphQLField:
    """The definition with the arguments that the node sets, that are required, or that have a default."""
    values = {argument.name.value: [argument.value] for argument in node.arguments or ()}
    return GraphQLField(definition.type, _narrow_inputs(GraphQLArgument, definition.args, values))


def _narrow_inputs(
    input_class: type[Any],
    inputs: Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField],
    values: Mapping[str, Sequence[ValueNode]],
) -> dict[str, Any]:
    return {
        name: input_class(**{**value.to_kwargs(), "type_": _narrow_type(value.type, values.get(name, ()))})
        for name, value in inputs.items()
        if name in values or isinstance(value.type, GraphQLNonNull) or _has_default(value)
    }


def _has_default(value: GraphQLArgument | GraphQLInputField) -> bool:
    return value.default is not None or value.default_value is not Undefined


def _narrow_type(type_: Any, values: Sequence[ValueNode]) -> Any:
    """The type with those fields only that one of these literals sets. A variable's value is coerced already."""
    if isinstance(type_, GraphQLNonNull):
        return GraphQLNonNull(_narrow_type(type_.of_type, values))
    if isinstance(type_, GraphQLList):
        items = [
            item
            for value in values
            for item in (value.values if isinstance(value, ListValueNode) else (value,))
        ]
        return GraphQLList(_narrow_type(type_.of_type, items))
    if not isinstance(type_, GraphQLInputObjectType):
        return type_
    fields: defaultdict[str, list[ValueNode]] = defaultdict(list)
    for value in values:
        for field in value.fields if isinstance(value, ObjectValueNode) else ():
            fields[field.name.value].append(field.value)
    return GraphQLInputObjectType(
        type_.name,
        _narrow_inputs(GraphQLInputField, type_.fields, fields),
        out_type=type_.out_type,
        is_one_of=type_.is_one_of,
    )
