"""Selections of everything that a type has by itself: its leaves, and the objects inside it."""

from functools import cache

import graphql

from gateway import vendors
from schema.build import build_schema, sdl


@cache
def types() -> graphql.GraphQLSchema:
    """The schema, as its SDL says it."""
    return graphql.build_schema(sdl(build_schema(vendors.load().values())))


def fields(type_name: str) -> dict[str, graphql.GraphQLField]:
    """The fields of an object type, of an interface or of an input, by name."""
    type_ = types().type_map[type_name]
    assert isinstance(
        type_, graphql.GraphQLObjectType | graphql.GraphQLInterfaceType | graphql.GraphQLInputObjectType
    )
    return dict(type_.fields)


#: Objects that are a part of a record, and no records themselves.
_PARTS = frozenset(
    {"Warranty", "Support", "CustomField", "ServiceContract", "ChecklistItem", "CheckoutEvent"}
)


def leaves(type_name: str, *, but: frozenset[str] = frozenset()) -> str:
    """`{ ... }` with all leaves of a type, and its source's name."""
    return f"{{ {' '.join(_leaves(type_name, but))} }}"


def _leaves(type_name: str, but: frozenset[str]) -> list[str]:
    selection: list[str] = []
    for name, field in fields(type_name).items():
        inner = graphql.get_named_type(field.type)
        if name in but:
            continue
        if graphql.is_leaf_type(inner):
            selection.append(name)
        elif inner.name in _PARTS:
            selection.append(f"{name} {leaves(inner.name)}")
        elif inner.name == "Source":
            selection.append("source { name }")
    return selection


def node_types() -> list[str]:
    """The names of all types that have a global id, but `Source`: of records, and of things."""
    node = types().type_map["Node"]
    assert isinstance(node, graphql.GraphQLInterfaceType)
    return sorted({type_.name for type_ in types().get_possible_types(node)} - {"Source"})


def connections() -> dict[str, str]:
    """The root fields that give connections and need no argument, each with the type of its nodes."""
    types_by_field: dict[str, str] = {}
    for name, field in fields("Query").items():
        inner = graphql.get_named_type(field.type)
        if inner.name.endswith("Connection") and not any(
            map(graphql.is_required_argument, field.args.values())
        ):
            types_by_field[name] = graphql.get_named_type(fields(inner.name)["nodes"].type).name
    return types_by_field
