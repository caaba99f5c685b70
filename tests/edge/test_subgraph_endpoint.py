"""`/subgraph`: the schema with names of its own, for routers of federated graphs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.sandbox import Company
from gateway.testing.harness import Gateway
from tests.support.gateway import sandbox


@pytest.fixture
async def gateway(company: Company) -> AsyncIterator[Gateway]:
    environ = {"GATEWAY_FEDERATION__PREFIX": "IT", "GATEWAY_FEDERATION__READ_ONLY": "true"}
    async with sandbox(company, environ=environ) as opened:
        yield opened


@pytest.fixture
async def writable(company: Company) -> AsyncIterator[Gateway]:
    async with sandbox(company, environ={"GATEWAY_FEDERATION__PREFIX": "IT"}) as opened:
        yield opened


async def ask(gateway: Gateway, query: str, **variables: Any) -> Any:
    response = await gateway._client.post("/subgraph", json={"query": query, "variables": variables})
    return response.json()


async def test_types_and_root_fields_have_the_prefix(gateway: Gateway) -> None:
    query = """query ($filter: ITAssetFilter) {
      itAssets(first: 3, filter: $filter) { ...page }
      again: itPeople(first: 1) { __typename nodes { __typename ... on Node { id } } pageInfo { __typename } }
      __typename
    }
    fragment page on ITAssetConnection { kind: __typename nodes { __typename name source { __typename } } }"""
    data = (await ask(gateway, query, filter={"source": {"eq": "halo"}}))["data"]
    assert data["__typename"] == "Query"
    assert data["itAssets"]["kind"] == "ITAssetConnection"
    assert len(data["itAssets"]["nodes"]) == 3
    assert {node["__typename"] for node in data["itAssets"]["nodes"]} == {"ITAsset"}
    assert {node["source"]["__typename"] for node in data["itAssets"]["nodes"]} == {"ITSource"}
    assert data["again"]["pageInfo"]["__typename"] == "PageInfo"
    assert data["again"]["nodes"][0]["__typename"] == "ITPerson"


async def test_entities_have_the_prefix_too(gateway: Gateway) -> None:
    (asset,) = (await ask(gateway, "{ itAssets(first: 1) { nodes { id name } } }"))["data"]["itAssets"][
        "nodes"
    ]
    query = """query ($r: [_Any!]!) {
      _entities(representations: $r) { __typename ... on ITAsset { name } }
    }"""
    answer = await ask(
        gateway,
        query,
        r=[{"__typename": "ITAsset", "id": asset["id"]}, {"__typename": "Asset", "id": asset["id"]}],
    )
    assert answer["data"]["_entities"] == [{"__typename": "ITAsset", "name": asset["name"]}, None]
    (error,) = answer["errors"]
    assert (error["path"], error["message"]) == (["_entities", 1], "There is no entity of the type 'Asset'.")


async def test_the_service_says_what_is_served(gateway: Gateway) -> None:
    text = (await ask(gateway, "{ _service { sdl } }"))["data"]["_service"]["sdl"]
    assert "type ITAsset implements Node" in text
    assert "type Mutation" not in text
    assert (
        "type Asset implements Node" in (await gateway.ask("{ _service { sdl } }")).whole["_service"]["sdl"]
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ assets { totalCount } }", "Cannot query field 'assets' on the root of the subgraph."),
        ('{ itNode(id: "halo:Asset:1") { id } }', "Cannot query field 'itNode' on the root of the subgraph."),
        (
            "{ ... on Query { ... { tickets { totalCount } } } }",
            "Cannot query field 'tickets' on the root of the subgraph.",
        ),
        (
            "{ ...q } fragment q on Query { tickets { totalCount } }",
            "Cannot query field 'tickets' on the root of the subgraph.",
        ),
        ("query ($f: AssetFilter) { itAssets(filter: $f) { totalCount } }", "Unknown type 'AssetFilter'."),
        ("mutation { itDeleteAsset(input: {id: 1}) { deletedId } }", "The subgraph has no mutations."),
        ("subscription { itAssetChanged { kind } }", "The subgraph has no subscriptions."),
    ],
)
async def test_what_the_subgraph_does_not_have_is_refused(gateway: Gateway, query: str, message: str) -> None:
    answer = await ask(gateway, query)
    assert "data" not in answer
    assert [error["message"] for error in answer["errors"]] == [message]
    assert gateway.calls == []


async def test_a_mutation_names_its_types_with_the_prefix(writable: Gateway) -> None:
    query = '{ itAssets(first: 1, filter: {source: {eq: "tether"}}) { nodes { id } } }'
    (asset,) = (await ask(writable, query))["data"]["itAssets"]["nodes"]
    mutation = """mutation ($input: ITUpdateAssetInput!) {
      done: itUpdateAsset(input: $input) {
        __typename
        ...payload
      }
    }
    fragment payload on ITAssetPayload { asset { __typename id } userErrors { __typename } }"""
    answer = await ask(writable, mutation, input={"id": asset["id"], "notes": "seen"})
    assert "errors" not in answer
    assert answer["data"]["done"]["__typename"] == "ITAssetPayload"
    assert answer["data"]["done"]["asset"] == {"__typename": "ITAsset", "id": asset["id"]}


async def test_deep_nesting_is_an_answer(gateway: Gateway) -> None:
    query = "{" + "... {" * 600 + "itAssets { totalCount }" + "}" * 601
    assert "errors" in await ask(gateway, query)


async def test_without_these_settings_there_is_no_such_path(company: Company) -> None:
    async with sandbox(company) as plain:
        assert (await plain.get("/subgraph?query={__typename}")).status_code == 404
        assert "Subgraph" not in (await plain.get("/")).text


async def test_the_landing_page_names_it(gateway: Gateway) -> None:
    assert "Subgraph" in (await gateway.get("/")).text
