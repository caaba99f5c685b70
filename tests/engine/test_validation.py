"""The rules in one visit find the same errors as graphql-core's `validate`."""

import pytest
from graphql import parse, validate

from gateway import vendors
from gateway.edge.graphiql.examples import TABS
from gateway.engine.documents.validation import Validation
from gateway.engine.documents.validation_rules import rules
from schema.build import build_schema

WRONG = [
    "{ nothing } query { assets { nodes { id } } }",
    "query A { assets { nodes { id } } } query A { assets { nodes { id } } }",
    "query ($a: Int, $a: Int) { assets(first: $b) { nodes { id } } }",
    "query ($a: String) { assets(first: $a, first: 1, filter: {nothing: 1, not: {status: {eq: X}}}) { nodes { id } } }",
    "{ assets(filter: {status: {eq: AVAILABLE, eq: [1, {a: $b}]}}) { nodes { id @skip id @nobody @include(if: 1) } } }",
    "{ assets { nodes { ...A ...B } } } fragment A on Asset { ...B } fragment B on Asset { ...A }",
    "{ assets { nodes { ...A } } } fragment A on Ticket { id } fragment A on Asset { id } fragment C on Nothing { id }",
    "{ assets { nodes { a: id a: name location { ... on Asset { id } } name { x } tickets } } }",
    "{ node { id } nodes(ids: null) { ... on Asset { id nothing } } __schema { nothing } }",
    "type A { b: Int } directive @c on FIELD",
    "mutation { deleteAsset(input: {nothing: 1}) { deletedId } createAsset }",
    "subscription { a }",
    "query ($unused: Int) { assets { nodes { id } } }",
    "{ assets { nodes { id } } } fragment A on Asset { id } fragment A on Nothing { id }",
    "{ assets { nodes { ... on Ticket { id } ... on String { id } ... { nothing } } } }",
    "{ assets(first: 1) @once @once { nodes @include { id @skip(if: 1, unless: 2) } } }",
    "{ assets(filter: null, first: null, orderBy: [null]) { nodes(x: null) { id } } }",
    '{ assets(filter: {name: {eq: "$ @ ... null fragment"}}) { nodes { nothing } } }',
    "{ asset(id: 1.5) { id } ticket(id: {}) { id } }",
    "{ __type(name: 1) { fields { type { fields { type { fields { name } } } } } } }",
]


@pytest.mark.parametrize("introspection", [True, False])
@pytest.mark.parametrize("most", [1, 5, 50])
def test_the_same_errors_in_the_same_order(*, introspection: bool, most: int) -> None:
    schema = build_schema(vendors.load().values())._schema
    all_rules = rules(introspection=introspection)
    validation = Validation(all_rules)
    count = 0
    for text in (*WRONG, *(tab.query for tab in TABS)):
        document = parse(text)
        expected = validate(schema, document, all_rules, max_errors=most)
        errors = validation.errors(schema, document, most=most)
        assert [(error.message, error.locations) for error in errors] == [
            (error.message, error.locations) for error in expected
        ]
        count += len(errors)
    assert count > len(WRONG)
