"""
SDL of the subgraph, as Federation 2.9 has it: with directives for keys, costs and sizes of lists.

`@cost` counts calls to vendors, so that types weigh 0. Subscriptions are left out, and so are `node` and `nodes`: in a
federated graph they are for a subgraph of their own, which knows the types of all. Routers know `_entities` and
`_service` by themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import strawberry
from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    NamedTypeNode,
    NameNode,
    Node,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    parse,
    print_ast,
)
from graphql.language import Visitor, visit

from schema.federation.keys import KEYS
from schema.federation.names import ROOTS, Prefix

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@shareable", "@cost", "@listSize"])\n\n'
)
#: Rows of a page if neither `first` nor `last` is given.
_PAGE = 50
#: Root fields that are no part of the subgraph's schema.
LEFT_OUT = frozenset({"node", "nodes", "_entities", "_service"})
_SLICING = ("first", "last")
_SIZED = ("edges", "nodes")


def subgraph_sdl(
    schema: strawberry.Schema, weights: Mapping[str, int], prefix: Prefix, *, read_only: bool = False
) -> str:
    """The subgraph's SDL. `weights` are calls to vendors by the coordinates of fields: `Query.assets`."""
    types = {
        definition.name.value: _without_left_out(definition)
        for definition in parse(schema.as_str()).definitions
        if isinstance(definition, TypeDefinitionNode)
    }
    for root in ROOTS[1:] if read_only else ROOTS[2:]:
        types.pop(root, None)
    reachable = _reachable(types)
    definitions = tuple(
        _with_directives(definition, types, weights)
        for name, definition in types.items()
        if name in reachable
    )
    return _LINK + print_ast(_renamed(definitions, prefix)) + "\n"


def _without_left_out(definition: TypeDefinitionNode) -> TypeDefinitionNode:
    if not isinstance(definition, ObjectTypeDefinitionNode) or definition.name.value != "Query":
        return definition
    fields = tuple(field for field in definition.fields or () if field.name.value not in LEFT_OUT)
    return replace(definition, fields=fields)


def _reachable(types: Mapping[str, TypeDefinitionNode]) -> set[str]:
    """Names of the types that the roots and the entities lead to."""
    names: set[str] = set()
    new = [name for name, definition in types.items() if name in ROOTS or _keys(definition)]
    while new:
        name = new.pop()
        if name in types and name not in names:
            names.add(name)
            new += _references(types[name])
    return names


def _references(node: Node) -> list[str]:
    """Names of the types that a node names."""
    names: list[str] = []

    class _ReferencedNames(Visitor):
        def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
            names.append(node.name.value)

    visit(node, _ReferencedNames())
    return names


def _keys(definition: DefinitionNode) -> tuple[str, ...]:
    """The keys of an entity; none for any other type."""
    if not isinstance(definition, ObjectTypeDefinitionNode):
        return ()
    is_node = any(interface.name.value == "Node" for interface in definition.interfaces or ())
    return KEYS.get(definition.name.value, ("id",) if is_node else ())


def _with_directives(
    definition: TypeDefinitionNode, types: Mapping[str, TypeDefinitionNode], weights: Mapping[str, int]
) -> TypeDefinitionNode:
    if not isinstance(definition, ObjectTypeDefinitionNode):
        return definition
    name = definition.name.value
    texts = [f'@key(fields: "{key}")' for key in _keys(definition)]
    if name == "PageInfo":
        texts.append("@shareable")
    if name not in ROOTS:
        texts.append("@cost(weight: 0)")
    fields = tuple(
        _field_with_directives(field, types, weights.get(f"{name}.{field.name.value}", 0))
        for field in definition.fields or ()
    )
    return replace(
        definition, directives=(*(definition.directives or ()), *_directives(texts)), fields=fields
    )


def _field_with_directives(
    field: FieldDefinitionNode, types: Mapping[str, TypeDefinitionNode], weight: int
) -> FieldDefinitionNode:
    texts = [f"@cost(weight: {weight})"] if weight else []
    sized = _names_among(_SIZED, types.get(_references(field.type)[0]))
    slicing = [argument.name.value for argument in field.arguments or () if argument.name.value in _SLICING]
    if sized and slicing:
        texts.append(
            f"@listSize(assumedSize: {_PAGE}, slicingArguments: {_strings(slicing)}, "
            f"sizedFields: {_strings(sized)}, requireOneSlicingArgument: false)"
        )
    return replace(field, directives=(*(field.directives or ()), *_directives(texts)))


def _names_among(names: Sequence[str], definition: DefinitionNode | None) -> list[str]:
    """Those of the names that are fields of a connection."""
    if not isinstance(definition, ObjectTypeDefinitionNode):
        return []
    fields = {field.name.value for field in definition.fields or ()}
    return [name for name in names if name in fields] if "pageInfo" in fields else []


def _strings(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _directives(texts: Sequence[str]) -> tuple[ConstDirectiveNode, ...]:
    (definition,) = parse(f"scalar X {' '.join(texts)}").definitions
    assert isinstance(definition, ScalarTypeDefinitionNode)
    return definition.directives or ()


def _renamed(definitions: Sequence[TypeDefinitionNode], prefix: Prefix) -> DocumentNode:
    """The definitions with prefixed names of types and root fields. Scalars keep theirs."""
    scalars = {
        definition.name.value
        for definition in definitions
        if isinstance(definition, ScalarTypeDefinitionNode)
    }

    def type_name(name: NameNode) -> NameNode:
        return name if name.value in scalars else replace(name, value=prefix.type_name(name.value))

    class _PrefixedNames(Visitor):
        def leave_named_type(self, node: NamedTypeNode, *_: object) -> NamedTypeNode:
            return replace(node, name=type_name(node.name))

    renamed: list[DefinitionNode] = []
    for definition in definitions:
        typed = visit(replace(definition, name=type_name(definition.name)), _PrefixedNames())
        if isinstance(typed, ObjectTypeDefinitionNode) and typed.name.value in ROOTS:
            typed = replace(typed, fields=tuple(_root_field(field, prefix) for field in typed.fields or ()))
        renamed.append(typed)
    return DocumentNode(definitions=tuple(renamed))


def _root_field(field: FieldDefinitionNode, prefix: Prefix) -> FieldDefinitionNode:
    return replace(field, name=replace(field.name, value=prefix.root_field(field.name.value)))
