"""`X-Gateway-Explain: 1`: the calls that an operation would make, in the place of its data."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company, make_company
from gateway.testing.harness import Gateway
from tests.support.gateway import sandbox

QUERY = """query One($of: String) { assets(first: 5, filter: {source: {eq: $of}}) { nodes { id notes } } }
           query Two { hello: __typename }"""


@pytest.fixture(scope="module")
def small() -> Company:
    return make_company(seed=6, assets=10)


@pytest.fixture
async def gateway(small: Company) -> AsyncIterator[Gateway]:
    environ = {"GATEWAY_FEDERATION__PREFIX": "IT"}
    async with sandbox(small, only=("halo", "tether"), cached=True, environ=environ) as opened:
        yield opened


async def explained(
    gateway: Gateway, query: str, path: str = "/graphql", **parameters: Any
) -> httpx.Response:
    return await gateway.client.post(
        path, json={"query": query, **parameters}, headers={"x-gateway-explain": "1"}
    )


async def test_the_calls_by_level_and_source_and_none_of_them_is_made(gateway: Gateway) -> None:
    answer = await explained(gateway, QUERY, operationName="One", variables={"of": "halo"})
    assert gateway.calls == []
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"], body["data"]) == (200, "no-store", None)
    explain = body["extensions"]["explain"]
    assert explain["sources"] == {"halo": {"least": 1, "most": 6}, "tether": {"least": 0, "most": 0}}
    assert explain["calls"] == {"least": 1, "most": 6}
    assert explain["verdict"] == f"within the {explain['limit']} that an operation may make"
    assert [(step["path"], step["source"], step["type"]) for step in explain["steps"]] == [
        ("assets", "halo", "Asset"),
        ("assets.nodes", "halo", "Asset"),
    ]
    (detail,) = explain["steps"][1]["asks"]
    assert (detail["path"], detail["calls"]) == ("/Asset/{id}", {"least": 0, "most": 5})
    assert "projections" not in explain


async def test_by_get_and_at_the_subgraph_as_well(gateway: Gateway) -> None:
    query = "{ itAssets(first: 3) { nodes { name } } }"
    at_subgraph = (await explained(gateway, query, "/subgraph")).json()["extensions"]["explain"]
    assert at_subgraph["steps"][0]["path"] == "itAssets"
    by_get = await gateway.client.get(
        "/graphql", params={"query": "{ sources { name } }"}, headers={"x-gateway-explain": "1"}
    )
    assert by_get.json()["extensions"]["explain"]["calls"] == {"least": 0, "most": 0}
    assert gateway.calls == []


async def test_an_answer_that_may_be_kept_says_that_the_header_matters(gateway: Gateway) -> None:
    kept = await gateway.client.get("/graphql", params={"query": "{ assets(first: 1) { nodes { id } } }"})
    assert "max-age" in kept.headers["cache-control"]
    assert "x-gateway-explain" in kept.headers["vary"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nobody }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ assets(first: 501) { complete } }", "BAD_USER_INPUT"),
        ('mutation { deleteAsset(input: {id: "halo:Asset:3"}) { deletedId } }', "BAD_REQUEST"),
        ("subscription { assetChanged { kind } }", "BAD_REQUEST"),
        ("{ __schema { description } }", "BAD_REQUEST"),
    ],
)
async def test_a_refusal_is_that_of_a_run(gateway: Gateway, query: str, code: str) -> None:
    body = (await explained(gateway, query)).json()
    assert body.keys() == {"errors"}
    assert [error["extensions"]["code"] for error in body["errors"]] == [code]
    assert gateway.calls == []


async def test_too_many_ids_are_refused_before_anything_is_explained(gateway: Gateway) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    body = (await explained(gateway, query, variables={"ids": ["halo:Asset:1"] * 501})).json()
    assert body.keys() == {"errors"}


async def test_no_plan_of_an_explanation_is_used_for_a_run(gateway: Gateway) -> None:
    nested = "{ locations(first: 1) { nodes { assets(first: 1) { nodes { id } } } } }"
    assert (await explained(gateway, nested)).json()["extensions"]["explain"]["steps"]
    query = '{ assets(first: 1, filter: {locationId: {eq: "halo:Location:{id}"}}) { nodes { id } } }'
    answer = await gateway.client.post("/graphql", json={"query": query})
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BAD_USER_INPUT"]


async def test_another_value_of_the_header_runs_the_operation(gateway: Gateway) -> None:
    answer = await gateway.client.post(
        "/graphql", json={"query": "{ sources { name } }"}, headers={"x-gateway-explain": "0"}
    )
    assert answer.json().keys() == {"data"}
