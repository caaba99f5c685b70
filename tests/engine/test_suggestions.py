"""Suggestions ("Did you mean"): they help whoever may know the schema, and tell it to nobody else."""

from typing import Any

import pytest

from gateway.sandbox import Company
from tests.support.gateway import sandbox

#: A misspelt name of each kind that graphql-core makes a suggestion for, and the variables.
MISSPELT: dict[str, tuple[str, dict[str, Any]]] = {
    "field": ("{ asset(id: 1) { nam } }", {}),
    "root field": ("{ asets { totalCount } }", {}),
    "argument": ("{ assets(frst: 1) { totalCount } }", {}),
    "type": ("query ($f: AssetFiltr) { assets(filter: $f) { totalCount } }", {}),
    "fragment": ("{ assets { ... on AssetConnectio { totalCount } } }", {}),
    "type that has the field": ("query ($id: ID!) { node(id: $id) { serialNumber } }", {"id": "fiwit:Asset:1"}),
    "selection": ("{ assets }", {}),
    "input field": ("{ assets(filter: {nme: {eq: 1}}) { totalCount } }", {}),
    "enum value": ("{ assets(filter: {status: {eq: IN_USED}}) { totalCount } }", {}),
    "enum value as text": ('{ assets(filter: {status: {eq: "IN_USE"}}) { totalCount } }', {}),
    "variable's field": (
        "query ($f: AssetFilter) { assets(filter: $f) { totalCount } }", {"f": {"nme": {"eq": "x"}}},
    ),
    "variable's enum value": (
        "query ($f: AssetFilter) { assets(filter: $f) { totalCount } }", {"f": {"status": {"eq": "IN_USED"}}},
    ),
    "mutation's variable": (
        "mutation ($i: CreateAssetInput!) { createAsset(input: $i) { asset { id } } }", {"i": {"sorce": "fiwit"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("introspection", [True, False])
async def test_only_who_may_know_the_schema_gets_suggestions(
    company: Company, *, introspection: bool
) -> None:
    environ = {"GATEWAY_INTROSPECTION": str(introspection)}
    async with sandbox(company, only=("fiwit",), environ=environ) as gateway:
        for kind, (query, variables) in MISSPELT.items():
            errors = (await gateway.ask(query, **variables)).errors
            messages = [error["message"] for error in errors]
            assert messages, kind
            assert all(messages), kind
            assert ("did you mean" in " ".join(messages).lower()) is introspection, (kind, messages)
