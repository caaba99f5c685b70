"""Template of a field's arguments: coerced once, with holes that the variables' values are put into at each run."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, get_argument_values


class Hole(NamedTuple):
    """The place of a variable's value."""

    variable: str


class ArgumentTemplate(NamedTuple):
    """
    The arguments with a `Hole` for each variable, and the names of the variables. A variable's value is coerced as its
    type already, and put in as it is (section 6.4.1 of the specification).
    """

    arguments: Mapping[str, Any]
    variables: frozenset[str]

    @classmethod
    def of(cls, definition: GraphQLField, node: FieldNode) -> "ArgumentTemplate | None":
        """The template of a field's arguments; None if a scalar reads a variable as a part of it."""
        used = list(_variables(node))
        names = frozenset(used)
        holes = VariableValues(sources={}, coerced={name: Hole(name) for name in names})
        try:
            arguments = get_argument_values(definition, node, holes)
        except GraphQLError:
            return None
        return cls(arguments, names) if sorted(_holes(arguments)) == sorted(used) else None

    def fill(self, variables: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The arguments; None if a variable is null or not given: it may stand for a default, or for an error."""
        if not self.variables:
            return self.arguments
        for name in self.variables:
            if variables.get(name) is None:
                return None
        return _filled_object(self.arguments, variables)


def _filled_object(template: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: variables[value.variable]
        if type(value) is Hole
        else value
        if type(value) not in _NESTED
        else _filled(value, variables)
        for key, value in template.items()
    }


def _filled(template: Any, variables: Mapping[str, Any]) -> Any:
    if type(template) is dict:
        return _filled_object(template, variables)
    if type(template) is list:
        return [_filled(item, variables) for item in template]
    return variables[template.variable] if type(template) is Hole else template


def _holes(arguments: Any) -> Iterator[str]:
    """The variables of the holes, as often as they are there."""
    if type(arguments) is Hole:
        yield arguments.variable
    elif type(arguments) is dict:
        for value in arguments.values():
            yield from _holes(value)
    elif type(arguments) is list:
        for value in arguments:
            yield from _holes(value)


def _variables(node: FieldNode) -> Iterator[str]:
    """The variables in a field's arguments, as often as they are there."""
    values: list[ValueNode] = [argument.value for argument in node.arguments or ()]
    while values:
        value = values.pop()
        if isinstance(value, VariableNode):
            yield value.name.value
        elif isinstance(value, ListValueNode):
            values += value.values
        elif isinstance(value, ObjectValueNode):
            values += [field.value for field in value.fields]


_NESTED = frozenset({dict, list})
