"""The words that roles are written with, from the schema and its resolvers."""

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from gateway.access.role_check import RoleVocabulary
from gateway.connector.description.vocabulary import TYPES
from resolvers.resolver_map import RESOLVERS

#: Fields that every record is known by.
_ALWAYS = frozenset({"id", "source", "nativeId"})


def role_words(schema: GraphQLSchema) -> RoleVocabulary:
    """All of them."""
    objects = {
        name: type_
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }
    return RoleVocabulary(
        types=frozenset(TYPES),
        parts=objects.keys() - TYPES.keys(),
        fields={name: frozenset(type_.fields) for name, type_ in objects.items()},
        always=_ALWAYS,
        operations=frozenset(
            filter(None, (getattr(resolver, "operation", "") for resolver in RESOLVERS.values()))
        ),
        rule_fields=frozenset(
            name
            for type_name in TYPES
            for name, field in objects[type_name].fields.items()
            if is_leaf_type(get_named_type(field.type)) and name not in _ALWAYS
        ),
    )
