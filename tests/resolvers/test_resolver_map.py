"""The resolvers' table covers the schema: what is not a leaf has a resolver, and every resolver a field."""

from typing import Any

import graphql

from gateway.testing.selections import types
from resolvers.field_resolver import FieldResolver
from resolvers.resolver_map import RESOLVERS

#: Objects around records that are read off what a resolver gave, and no records.
READ_OFF = {
    "PageInfo",
    "SourceResult",
    "SourceError",
    "Source",
    "CustomField",
    "Warranty",
    "Support",
    "ServiceContract",
    "UnifiedAsset",
    "IdentityEvidence",
    "IdentityExplanation",
    "ComparedRecord",
    "PossibleMatch",
    "PossiblePair",
    "AssetConflict",
    "AssetCoverage",
    "SourceCoverage",
    "FieldConflict",
    "Counts",
}


def test_every_field_that_leads_to_a_record_has_a_resolver() -> None:
    lacking = []
    for name, kind in types().type_map.items():
        if not isinstance(kind, graphql.GraphQLObjectType) or name.startswith("__") or name == "Mutation":
            continue
        around = name.endswith(("Connection", "Edge", "Payload")) or name in READ_OFF
        for field, definition in kind.fields.items():
            inner = graphql.get_named_type(definition.type)
            leads = isinstance(inner, graphql.GraphQLObjectType | graphql.GraphQLInterfaceType)
            if (
                leads
                and not around
                and inner.name not in {"Source", "CustomField", "ChangedField"}
                and f"{name}.{field}" not in RESOLVERS
            ):
                lacking.append(f"{name}.{field}")
    assert lacking == []


def test_every_field_with_arguments_has_a_resolver() -> None:
    lacking = [
        f"{name}.{field}"
        for name, kind in types().type_map.items()
        if isinstance(kind, graphql.GraphQLObjectType) and not name.startswith("__") and name != "Mutation"
        for field, definition in kind.fields.items()
        if definition.args and f"{name}.{field}" not in RESOLVERS
    ]
    assert lacking == []


def test_every_resolver_has_a_field() -> None:
    for path in RESOLVERS:
        name, _, field = path.partition(".")
        kind = types().type_map[name]
        assert isinstance(kind, graphql.GraphQLObjectType), path
        assert field in kind.fields, path


def test_every_resolver_says_which_fields_it_uses_and_which_calls_it_makes() -> None:
    resolvers: Any = RESOLVERS  # mypy knows, and would call the check needless
    assert [path for path, resolver in resolvers.items() if not isinstance(resolver, FieldResolver)] == []
