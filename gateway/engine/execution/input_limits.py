"""Limits of what an operation's arguments hold: ids, terms of filters, and the length of their texts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    type_from_ast,
    value_from_ast_untyped,
)

from gateway.engine.execution.plan import PlannedField, Selection, Shape
from gateway.errors import BadInput
from gateway.settings import LimitSettings

#: Texts with a limit and a form of their own.
_CURSORS = frozenset({"after", "before"})
#: Levels of `and`, `or` and `not` in a filter.
_DEPTH = 50

TypedVariables = Sequence[tuple[str, Any]]
"""Names and types of the variables that can hold objects or lists."""


def typed_variables(schema: GraphQLSchema, operation: OperationDefinitionNode) -> TypedVariables:
    """The variables of an operation whose values are counted."""
    types = {
        definition.variable.name.value: type_from_ast(schema, definition.type)
        for definition in operation.variable_definitions or ()
    }
    return [(name, type_) for name, type_ in types.items() if _is_compound(type_)]


def check_variables(types: TypedVariables, raw: Mapping[str, Any], limits: LimitSettings) -> None:
    """Raise BadInput for a variable that exceeds a limit by itself. Values may be of any type still."""
    for name, type_ in types:
        if (value := raw.get(name)) is not None:
            _InputCount(limits).add_argument(type_, value)


def check_arguments(plan: Selection, variables: Mapping[str, Any], limits: LimitSettings) -> None:
    """Raise BadInput if the arguments of all fields together exceed a limit. A variable counts wherever it is used."""
    counted: Sequence[tuple[Any, ValueNode]] | None = plan.cache.get("counted_arguments")
    if counted is None:
        counted = plan.cache["counted_arguments"] = [
            argument for field in _fields(plan) for argument in _counted_arguments(field)
        ]
    if counted:
        count = _InputCount(limits)
        for type_, node in counted:
            # Most arguments are a variable and no more.
            value = (
                variables.get(node.name.value)
                if isinstance(node, VariableNode)
                else value_from_ast_untyped(node, dict(variables))
            )
            if value is not None:
                count.add_argument(type_, value)


class _InputCount:
    """Counts of one operation's arguments, with a refusal as soon as one exceeds its limit."""

    def __init__(self, limits: LimitSettings) -> None:
        self._limits = limits
        self._ids = 0
        self._terms = 0

    def add_argument(self, type_: Any, value: Any) -> None:
        """Count an argument's value. Raises BadInput."""
        self._terms = 0
        # The texts of inputs are the values of a mutation; those of filters are limited below.
        self._add(type_, value, is_text_limited=not _is_nested(type_), depth=0)

    def _add(self, type_: Any, value: Any, *, is_text_limited: bool, depth: int) -> None:
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            self._add_list(type_.of_type, value, is_text_limited=is_text_limited, depth=depth)
        elif isinstance(type_, GraphQLInputObjectType):
            self._add_object(type_, value, in_filter=is_text_limited, depth=depth)
        elif type_.name == "ID":
            self._add_ids(1)
            self._check_text(value)
        elif type_.name == "_Any":
            for item in value.values() if isinstance(value, Mapping) else ():
                self._check_text(item)
        elif type_.name == "JSON" and is_text_limited:
            self._add_json(value, depth=depth)
        elif is_text_limited:
            self._check_text(value)

    def _add_list(self, item_type: Any, value: Any, *, is_text_limited: bool, depth: int) -> None:
        items = value if isinstance(value, list | tuple) else [value]
        inner = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
        if is_text_limited and not isinstance(inner, GraphQLInputObjectType) and inner.name != "ID":
            self._add_ids(len(items))
        for item in items:
            if item is not None:
                self._add(inner, item, is_text_limited=is_text_limited, depth=depth)

    def _add_object(self, type_: GraphQLInputObjectType, value: Any, *, in_filter: bool, depth: int) -> None:
        if not isinstance(value, Mapping):
            return  # no value of the type: it is refused later
        if depth > _DEPTH:
            raise BadInput(f"A filter has more than {_DEPTH} levels of and, or and not: use fewer.")
        is_filter = in_filter or type_.name.endswith("Filter")
        terms_before = self._terms
        for name, item in value.items():
            field = type_.fields.get(name)
            if field is None or item is None:
                continue
            self._add(field.type, item, is_text_limited=is_filter, depth=depth + 1)
            if is_filter and not _is_nested(field.type):
                self._add_terms(1)
        if is_filter and self._terms == terms_before:
            self._add_terms(1)

    def _add_json(self, value: Any, *, depth: int) -> None:
        if depth > _DEPTH:
            raise BadInput(f"A filter has more than {_DEPTH} levels: use fewer.")
        if isinstance(value, Mapping):
            for key, item in value.items():
                self._check_text(key)
                self._add_json(item, depth=depth + 1)
        elif isinstance(value, list | tuple):
            for item in value:
                self._add_json(item, depth=depth + 1)
        else:
            self._add_terms(1)
            self._check_text(value)

    def _add_ids(self, count: int) -> None:
        self._ids += count
        if self._ids > self._limits.ids:
            raise BadInput(
                f"The operation has more than {self._limits.ids} ids, representations or listed values: ask for fewer "
                "at once, or raise GATEWAY_LIMITS__IDS."
            )

    def _add_terms(self, count: int) -> None:
        self._terms += count
        if self._terms > self._limits.filter_terms:
            raise BadInput(
                f"A filter has more than {self._limits.filter_terms} terms: use fewer, or raise "
                "GATEWAY_LIMITS__FILTER_TERMS."
            )

    def _check_text(self, value: Any) -> None:
        if isinstance(value, str) and len(value) > self._limits.text_characters:
            raise BadInput(
                f"A text in an id or a filter has more than {self._limits.text_characters} characters: shorten it, or "
                "raise GATEWAY_LIMITS__TEXT_CHARACTERS."
            )


def _is_nested(type_: Any) -> bool:
    """True for objects and lists of them."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    return isinstance(type_, GraphQLInputObjectType)


def _is_compound(type_: Any) -> bool:
    """True for objects and lists."""
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return isinstance(inner, GraphQLInputObjectType | GraphQLList)


def _fields(selection: Selection) -> Iterator[PlannedField]:
    for field in selection.fields:
        yield field
        shape: Shape | None = field.shape
        while shape is not None and shape.items is not None:
            shape = shape.items
        for nested in shape.selections.values() if shape is not None else ():
            yield from _fields(nested)


def _counted_arguments(field: PlannedField) -> Iterator[tuple[Any, ValueNode]]:
    """Types and nodes of the arguments that hold ids, filters or texts."""
    if field.definition is None:
        return
    for node in field.nodes[0].arguments or ():
        argument: GraphQLArgument = field.definition.args[node.name.value]
        inner = argument.type.of_type if isinstance(argument.type, GraphQLNonNull) else argument.type
        is_text = getattr(inner, "name", "") in {"String", "ID"} and node.name.value not in _CURSORS
        if is_text or _is_compound(inner):
            yield argument.type, node.value
