"""Execution plan of an operation: for each selection on an object type, its fields in order, each with its shape."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLDeferDirective,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.values import VariableValues, get_argument_values, get_directive_values
from graphql.language import Visitor, visit

from gateway.engine.execution.argument_template import ArgumentTemplate
from schema.binding import Binding


@dataclass(frozen=True)
class Shape:
    """Shape of a value in the response: its lists and non-nulls, and the selections on its objects by type name."""

    required: bool
    items: "Shape | None" = None
    serialize: Any = None
    selections: Mapping[str, "Selection"] = field(default_factory=dict)
    abstract: bool = False


@dataclass(frozen=True)
class PlannedField:
    """
    One response key of a selection. `nodes` are the document's fields with this key, merged. `template` are its
    arguments, None if they cannot be coerced without the variables. `refusal` is why the caller's rights refuse it: it
    is not resolved then.
    """

    key: str
    nodes: tuple[FieldNode, ...]
    definition: GraphQLField | None  # None is __typename, or introspection, which is not planned
    binding: Binding | None
    shape: Shape | None
    template: ArgumentTemplate | None = None
    refusal: str | None = None

    @property
    def fixed_args(self) -> Mapping[str, Any] | None:
        """The arguments, None if they depend on variables."""
        if self.template is None or self.template.variables:
            return None
        return self.template.arguments

    def args(self, variables: VariableValues) -> Mapping[str, Any]:
        """The arguments. Raises GraphQLError if one is not of its type."""
        if self.definition is None:
            return {}
        args = None if self.template is None else self.template.fill(variables.coerced)
        return get_argument_values(self.definition, self.nodes[0], variables) if args is None else args


@dataclass(frozen=True)
class Selection:
    """
    The fields that are selected on an object type, whose name in answers is `typename`. `size` counts them with all
    below, `cache` holds values that are derived from them. `deferred` are the fragments that are answered later.
    """

    type: GraphQLObjectType
    fields: tuple[PlannedField, ...]
    size: int = 0
    typename: str = ""
    deferred: "tuple[DeferredFragment, ...]" = ()
    cache: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def keys(self) -> Sequence[str]:
        """The response keys, in order."""
        return [field.key for field in self.fields]

    @cached_property
    def resolved(self) -> Sequence[PlannedField]:
        """The fields with a resolver."""
        return [
            field for field in self.fields if field.binding is not None and field.binding.level is not None
        ]


@dataclass(frozen=True)
class DeferredFragment:
    """A fragment with `@defer`, whose fields are all in a selection of its own: also those that others ask for."""

    label: str | None
    selection: Selection


class FieldGuard(Protocol):
    """The rights of a caller, as far as a plan depends on them."""

    @property
    def digest(self) -> str:
        """The same for equal rights."""
        ...

    def guarded(self, type_: GraphQLObjectType, name: str, binding: Binding) -> tuple[Binding, str | None]:
        """A field's binding for this caller, and why the field is refused, if it is."""
        ...


class _DeferredNode(NamedTuple):
    label: str | None
    name: str | None
    selection_set: SelectionSetNode


class Planner:
    """Planner of one operation, for one set of values of the variables in its directives."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        guard: FieldGuard | None = None,
        typename: Callable[[str], str] = str,
        *,
        in_parts: bool = False,
    ) -> None:
        """`typename` gives the name that a type has in answers. Without `in_parts` no fragment is deferred."""
        self._in_parts = in_parts
        self._guard = guard
        self._typename = typename
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._size = 0

    def plan(self, operation: OperationDefinitionNode) -> Selection:
        """The plan of a whole operation."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None  # validated
        return self._selection(root, [operation.selection_set])

    def _selection(self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Selection:
        grouped: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        deferred: list[_DeferredNode] = []
        for selection_set in sets:
            for node in self._collect(type_, selection_set, visited, deferred):
                grouped.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        size_before = self._size
        fields = tuple(self._field(type_, key, nodes) for key, nodes in grouped.items())
        self._size += len(fields)
        fragments = self._deferred(type_, deferred, visited) if deferred else ()
        return Selection(type_, fields, self._size - size_before, self._typename(type_.name), fragments)

    def _deferred(
        self, type_: GraphQLObjectType, nodes: "Sequence[_DeferredNode]", visited: AbstractSet[str]
    ) -> tuple[DeferredFragment, ...]:
        """The deferred fragments, without those that are `visited` undeferred. They defer nothing themselves."""
        self._in_parts = False
        fragments = tuple(
            DeferredFragment(label, self._selection(type_, [selection_set]))
            for label, name, selection_set in nodes
            if name not in visited
        )
        self._in_parts = True
        return fragments

    def _collect(
        self,
        type_: GraphQLObjectType,
        selections: SelectionSetNode,
        visited: set[str],
        deferred: "list[_DeferredNode]",
    ) -> Iterator[FieldNode]:
        for node in selections.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif self._in_parts and (values := self._defer(node)) is not None:
                fragment, name = self._fragment(node)
                condition = fragment.type_condition
                if self._applies(type_, None if condition is None else condition.name.value):
                    deferred.append(_DeferredNode(values.get("label"), name, fragment.selection_set))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                if self._applies(type_, condition):
                    yield from self._collect(type_, node.selection_set, visited, deferred)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(type_, fragment.type_condition.name.value):
                    yield from self._collect(type_, fragment.selection_set, visited, deferred)

    def _defer(self, node: Any) -> Mapping[str, Any] | None:
        """The arguments of a fragment's `@defer`; None if it is not deferred."""
        values = (
            get_directive_values(GraphQLDeferDirective, node, self._variables) if node.directives else None
        )
        return values if values is not None and values["if"] else None

    def _fragment(self, node: Any) -> tuple[Any, str | None]:
        """The fragment of a node, and its name if it has one."""
        if isinstance(node, FragmentSpreadNode):
            return self._fragments[node.name.value], node.name.value
        return node, None

    def _included(self, node: Any) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _applies(self, type_: GraphQLObjectType, condition: str | None) -> bool:
        if condition is None or condition == type_.name:
            return True
        conditional = self._schema.type_map[condition]
        return is_abstract_type(conditional) and self._schema.is_sub_type(conditional, type_)

    def _field(self, type_: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> PlannedField:
        name = nodes[0].name.value
        if name.startswith("__"):
            return PlannedField(key, tuple(nodes), None, None, None)
        definition = type_.fields[name]
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        template = ArgumentTemplate.of(definition, nodes[0])
        binding, guard, refusal = Binding.of(definition), self._guard, None
        if guard is not None:
            binding, refusal = guard.guarded(type_, name, binding)
        if refusal is not None:
            self._guard = None  # what is below it is refused with it
        shape = self._shape(definition.type, sets)
        self._guard = guard
        return PlannedField(key, tuple(nodes), definition, binding, shape, template, refusal)

    def _shape(self, type_: Any, sets: Sequence[SelectionSetNode]) -> Shape:
        required = isinstance(type_, GraphQLNonNull)
        inner = type_.of_type if required else type_
        if isinstance(inner, GraphQLList):
            return Shape(required, items=self._shape(inner.of_type, sets))
        if is_leaf_type(inner):
            return Shape(required, serialize=inner.coerce_output_value)
        return Shape(required, selections=self._selections(inner, sets), abstract=is_abstract_type(inner))

    def _selections(
        self, type_: GraphQLObjectType | GraphQLAbstractType, sets: Sequence[SelectionSetNode]
    ) -> dict[str, Selection]:
        """The selection on each possible object type, by type name."""
        possible = [type_] if isinstance(type_, GraphQLObjectType) else self._schema.get_possible_types(type_)
        return {object_type.name: self._selection(object_type, sets) for object_type in possible}


def fields_with_paths(
    selection: Selection, before: tuple[str, ...] = ()
) -> Iterator[tuple[list[str | int], PlannedField]]:
    """The fields of a plan, each with its path of response keys; nothing below one that is refused."""
    for planned in selection.fields:
        path = (*before, planned.key)
        yield list(path), planned
        shape = planned.shape if planned.refusal is None else None
        while shape is not None and shape.items is not None:
            shape = shape.items
        for nested in shape.selections.values() if shape is not None else ():
            yield from fields_with_paths(nested, path)


def directive_variables(operation: OperationDefinitionNode, fragments: Sequence[Any]) -> tuple[str, ...]:
    """Sorted names of the variables in directives: they decide which fields are selected."""
    names: set[str] = set()

    class _Directives(Visitor):
        def enter_directive(self, node: Any, *_: Any) -> None:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    names.add(argument.value.name.value)

    for node in (operation, *fragments):
        visit(node, _Directives())
    return tuple(sorted(names))
