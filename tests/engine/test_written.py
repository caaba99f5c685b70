"""Answers made of kept lists: what was written once is what would be written anew."""

from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from tests.support.gateway import Gateway, sandbox, sandbox_sources
from tests.support.samples import sample

QUERIES = (
    "{ assets(first: 200) { totalCount nodes { id nativeId name status serialNumber model purchaseCost createdAt } } }",
    "{ assets(first: 7) { nodes { t: __typename id name n: name assetType } pageInfo { endCursor } } }",
    "{ assets(first: 20, orderBy: [{field: NAME}]) { edges { cursor node { id serialNumber } } } }",
    "{ assets(first: 30) { nodes { name location { id name } assignedTo { id name email } warranty { endDate } } } }",
    "{ locations(first: 100) { nodes { id name code country } } people(first: 50) { nodes { id name email } } }",
    "{ tickets(first: 50) { nodes { id subject status priority ticketType createdAt } } }",
    "{ assets(first: 20) { nodes { id customFields { name value } } } }",
    '{ assets(first: 20, filter: {source: {eq: "halo"}}) { nodes { id macAddress notes purchaseCost } } }',
    "{ assetFields { id name type } assetTypes { id name } }",
)


@pytest.mark.parametrize("query", QUERIES)
async def test_the_same_again_is_the_same(query: str, company: Company) -> None:
    async with sandbox(company) as gateway:
        anew = (await gateway.ask(query)).whole
    async with sandbox(company, cached=True) as gateway:
        for _ in range(4):
            assert (await gateway.ask(query)).whole == anew


async def test_each_selection_has_its_own(company: Company) -> None:
    columns = ("id", "name", "nativeId", "serialNumber", "status", "model", "ipAddress", "organisation")
    async with sandbox(company, cached=True) as gateway:
        whole = (await gateway.ask(f"{{ assets(first: 60) {{ nodes {{ {' '.join(columns)} }} }} }}")).whole
        rows = whole["assets"]["nodes"]
        for _ in range(3):
            for at, column in enumerate(columns):
                asked = f"{{ assets(first: {60 - at}) {{ nodes {{ {column} x: {column} }} }} }}"
                told = (await gateway.ask(asked)).whole["assets"]["nodes"]
                assert told == [{column: row[column], "x": row[column]} for row in rows[: 60 - at]]


async def test_what_was_changed_is_told_anew() -> None:
    names = {"now": "first"}

    def tether(request: httpx.Request) -> httpx.Response:
        row: dict[str, Any] = {**sample("tether", "assets")[0], "id": 1, "name": names["now"]}
        if request.method == "PUT":
            names["now"] = "second"
            return httpx.Response(200, json={**row, "name": "second"})
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t", "token_type": "bearer"})
        return httpx.Response(200, json=[row] if request.url.path.endswith("/assets") else row)

    async with Gateway({"tether": sandbox_sources()["tether"]}, {"tether": tether}, cached=True) as gateway:
        asked = "{ assets { nodes { name } } }"
        for _ in range(3):
            assert (await gateway.ask(asked)).whole["assets"]["nodes"] == [{"name": "first"}]
        wanted = '{id: "tether:Asset:1", name: "second"}'
        change = f"mutation {{ updateAsset(input: {wanted}) {{ asset {{ name }} userErrors {{ code }} }} }}"
        assert (await gateway.ask(change)).whole["updateAsset"] == {
            "asset": {"name": "second"},
            "userErrors": [],
        }
        for _ in range(3):
            assert (await gateway.ask(asked)).whole["assets"]["nodes"] == [{"name": "second"}]
