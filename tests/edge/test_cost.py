"""`extensions.cost`: what an operation took of each source, where it is asked for."""

from typing import Any

from gateway.sandbox import make_company
from gateway.testing.harness import Gateway
from tests.support.gateway import sandbox

QUERY = "{ assets(first: 20) { nodes { name assetType } } again: assets(first: 20) { nodes { id } } }"


async def cost(gateway: Gateway, query: str = QUERY) -> Any:
    answer = await gateway.client.post("/graphql", json={"query": query}, headers={"x-gateway-cost": "1"})
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["extensions"]["cost"]


async def test_the_cost_of_an_operation() -> None:
    async with sandbox(make_company(seed=6, assets=10), only=("fiwit", "tether"), cached=True) as gateway:
        first = await cost(gateway)
        assert first["calls"] == len(gateway.calls) > 2
        assert first["sources"].keys() == {"fiwit", "tether"}
        assert first["calls"] == sum(of["calls"] for of in first["sources"].values())
        assert all(of["milliseconds"] > 0 for of in first["sources"].values())
        assert (first["cached"], first["joined"], first["cachedResponse"]) == (0, 0, False)
        assert first["records"] >= 20
        second = await cost(gateway)
        assert (second["calls"], second["records"]) == (0, first["records"])
        assert 0 < second["cached"] <= first["calls"]  # reference tables are taken as they were read
        third = await cost(gateway)
        assert (third["calls"], third["cached"], third["cachedResponse"]) == (0, 0, True)


async def test_a_write_costs_a_call() -> None:
    async with sandbox(make_company(seed=6, assets=10), only=("fiwit",), cached=True) as gateway:
        mutation = 'mutation { createAsset(input: {source: "fiwit", name: "new"}) { asset { name } } }'
        assert (await cost(gateway, mutation))["calls"] == len(gateway.calls)


async def test_nothing_is_told_unasked() -> None:
    async with sandbox(make_company(seed=6, assets=10), only=("fiwit",)) as gateway:
        for headers in ({}, {"x-gateway-cost": "0"}):
            answer = await gateway.client.post("/graphql", json={"query": QUERY}, headers=headers)
            assert answer.json().keys() == {"data"}
        refused = await gateway.client.post(
            "/graphql", json={"query": "{ nothing }"}, headers={"x-gateway-cost": "1"}
        )
        assert refused.json().keys() == {"errors"}
