"""
Names of the subgraph: documents that are written with prefixed names of types and root fields are translated to the
schema's names before they are validated, and the type names in answers back. What is not part of the subgraph is
refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDeferDirective,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from graphql.language import Visitor, visit

from gateway.engine.graphql_errors import RequestRefused, request_error
from schema.federation.names import ROOTS, Prefix
from schema.federation.subgraph_sdl import LEFT_OUT

_OF_ROUTERS = frozenset({"_entities", "_service", "__typename"})
_TYPENAME = "__typename"

_Definition = TypeVar("_Definition", OperationDefinitionNode, FragmentDefinitionNode, InlineFragmentNode)


class SubgraphNames:
    """The names of one schema with a prefix, and without mutations if it is `read_only`."""

    def __init__(self, schema: GraphQLSchema, prefix: Prefix, *, read_only: bool) -> None:
        self._read_only = read_only
        self._types = {name: name for name in schema.type_map if name.startswith("__")}
        self._types |= {
            name if isinstance(type_, GraphQLScalarType) else prefix.type_name(name): name
            for name, type_ in schema.type_map.items()
        }
        self._prefixed = {name: subgraph_name for subgraph_name, name in self._types.items()}
        roots = [schema.query_type, *(() if read_only else (schema.mutation_type,))]
        self._root_fields = {
            prefix.root_field(name): name
            for root in roots
            if isinstance(root, GraphQLObjectType)
            for name in root.fields
            if name not in LEFT_OUT
        } | {name: name for name in _OF_ROUTERS}

    def type_name(self, name: str) -> str:
        """The subgraph's name of a type of the schema."""
        return self._prefixed[name]

    def translate(self, document: DocumentNode) -> DocumentNode:
        """The document in the schema's names. Raises RequestRefused for names that the subgraph does not have."""
        names = self._types

        class _SchemaNames(Visitor):
            def enter_named_type(self, node: NamedTypeNode, *_: object) -> NamedTypeNode:
                if node.name.value not in names:
                    raise _refused(f"Unknown type '{node.name.value}'.")
                return replace(node, name=replace(node.name, value=names[node.name.value]))

            def enter_directive(self, node: DirectiveNode, *_: object) -> None:
                if node.name.value == GraphQLDeferDirective.name:
                    raise _refused("Unknown directive '@defer'.")

        definitions: list[DefinitionNode] = []
        for definition in visit(document, _SchemaNames()).definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._check_operation(definition.operation)
                definitions.append(self._translate_root(definition))
            elif (
                isinstance(definition, FragmentDefinitionNode)
                and definition.type_condition.name.value in ROOTS
            ):
                definitions.append(self._translate_root(definition))
            else:
                definitions.append(definition)
        return replace(document, definitions=tuple(definitions))

    def rename_answer(self, data: Any, operation: OperationDefinitionNode, document: DocumentNode) -> Any:
        """The data of an operation with the subgraph's names of types, in place."""
        fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._rename(data, [operation.selection_set], fragments)
        return data

    def _check_operation(self, operation: OperationType) -> None:
        if operation is OperationType.SUBSCRIPTION or (
            operation is OperationType.MUTATION and self._read_only
        ):
            raise _refused(f"The subgraph has no {operation.value}s.")

    def _translate_root(self, node: _Definition) -> _Definition:
        selections = [
            self._translate_field(selection)
            if isinstance(selection, FieldNode)
            else self._translate_root(selection)
            if isinstance(selection, InlineFragmentNode)
            else selection
            for selection in node.selection_set.selections
        ]
        return replace(node, selection_set=replace(node.selection_set, selections=tuple(selections)))

    def _translate_field(self, node: FieldNode) -> FieldNode:
        name = self._root_fields.get(node.name.value)
        if name is None:
            raise _refused(f"Cannot query field '{node.name.value}' on the root of the subgraph.")
        if name == node.name.value:
            return node
        return replace(node, name=replace(node.name, value=name), alias=node.alias or node.name)

    def _rename(
        self, value: Any, sets: Sequence[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        if isinstance(value, list):
            for item in value:
                self._rename(item, sets, fragments)
        if not isinstance(value, dict):
            return
        nested: dict[str, list[SelectionSetNode]] = {}
        for node in _fields(sets, fragments):
            key = node.alias.value if node.alias else node.name.value
            if node.name.value == _TYPENAME and key in value:
                value[key] = self._prefixed.get(value[key], value[key])
            elif node.selection_set is not None:
                nested.setdefault(key, []).append(node.selection_set)
        for key, nested_sets in nested.items():
            self._rename(value.get(key), nested_sets, fragments)


def _fields(
    sets: Sequence[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterable[FieldNode]:
    """The fields of selection sets, those of their fragments included."""
    for selection_set in sets:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from _fields([node.selection_set], fragments)
            elif isinstance(node, FragmentSpreadNode):
                yield from _fields([fragments[node.name.value].selection_set], fragments)


def _refused(message: str) -> RequestRefused:
    return RequestRefused([request_error("GRAPHQL_VALIDATION_FAILED", message)])
