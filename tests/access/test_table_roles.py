"""Tables and OData by roles: a caller's files have its rows and columns, and no query tells of others."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import make_company
from gateway.testing.harness import Gateway
from tests.support.gateway import sandbox
from tests.support.roles import get_as, roles_file

CLIENT = "Brambling Analytics"
ROLES = f"""
[roles.all]
sources = ["*"]
read = ["*"]
[roles.report]
sources = ["*"]
read = ["*"]
hide = ["Asset.purchaseCost", "Asset.tickets", "Warranty.endDate"]
[roles.desk]
sources = ["halo", "fiwit"]
read = ["Asset", "Ticket", "Location"]
[roles.desk.rows]
halo = {{ organisation = ["{CLIENT}"] }}
"""


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    path = roles_file(tmp_path, ROLES, *((name, name) for name in ("all", "report", "desk")))
    environ = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
    async with sandbox(make_company(seed=3, assets=12), config=path, environ=environ) as opened:
        yield opened


async def rows(gateway: Gateway, name: str, path: str) -> list[dict[str, Any]]:
    answer = await get_as(gateway, name, path)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def names(gateway: Gateway, name: str) -> set[str]:
    listed = (await get_as(gateway, name, "/tables", accept="application/json")).json()
    return {table["name"] for table in listed["tables"]}


async def test_a_hidden_column_is_not_there(gateway: Gateway) -> None:
    whole = await rows(gateway, "all", "/tables/assets.ndjson")
    shown = await rows(gateway, "report", "/tables/assets.ndjson")
    hidden = {"purchase_cost", "warranty_end_date"}
    assert hidden <= whole[0].keys()
    assert shown == [{key: value for key, value in row.items() if key not in hidden} for row in whole]
    assert (await get_as(gateway, "report", "/tables/assets.csv?columns=purchase_cost")).status_code == 400
    metadata = (await get_as(gateway, "report", "/odata/$metadata")).text
    assert "purchase_cost" not in metadata
    for query in ("$filter=purchase_cost gt 1", "$orderby=purchase_cost", "$select=purchase_cost",
                  "$apply=aggregate(purchase_cost with max as m)"):  # fmt: skip
        assert (await get_as(gateway, "report", f"/odata/assets?{query}")).status_code == 400
    assert "asset_tickets" not in await names(gateway, "report")
    assert (await get_as(gateway, "report", "/tables/asset_tickets.csv")).status_code == 404
    assert "purchase_cost" not in (await get_as(gateway, "report", "/tables/sources.yml")).text


async def test_rows_are_those_of_the_rule_in_every_format(gateway: Gateway) -> None:
    whole = await rows(gateway, "all", "/tables/assets.ndjson")
    shown = await rows(gateway, "desk", "/tables/assets.ndjson")
    seen = [row for row in whole if row["source"] == "fiwit" or row["organisation"] == CLIENT]
    assert [row["id"] for row in shown] == [row["id"] for row in seen if row["source"] in {"halo", "fiwit"}]
    assert {row["source"] for row in shown} == {"fiwit", "halo"}
    for ending in ("csv", "parquet", "arrow"):
        answer = await get_as(gateway, "desk", f"/tables/assets.{ending}")
        assert answer.status_code == 200
        assert b"tether" not in answer.content
    count = await get_as(gateway, "desk", "/odata/assets/$count")
    assert int(count.text) == len(shown)
    live = await rows(gateway, "desk", "/tables/assets.ndjson?live=true")
    assert [row["id"] for row in live] == [row["id"] for row in shown]
    refused = await get_as(gateway, "desk", "/tables/assets.csv?source=tether")
    assert (refused.status_code, "fiwit, halo" in refused.text) == (400, True)


async def test_relations_and_links_lead_to_seen_rows_only(gateway: Gateway) -> None:
    assets = {row["id"] for row in await rows(gateway, "desk", "/tables/assets.ndjson")}
    tickets = {row["id"] for row in await rows(gateway, "desk", "/tables/tickets.ndjson")}
    pairs = await rows(gateway, "desk", "/tables/asset_tickets.ndjson")
    whole = await rows(gateway, "all", "/tables/asset_tickets.ndjson")
    expected = [row for row in whole if row["asset_id"] in assets and row["ticket_id"] in tickets]
    assert [row["id"] for row in pairs] == [row["id"] for row in expected]
    places = {row["id"] for row in await rows(gateway, "desk", "/tables/locations.ndjson")}
    linked = {row["location_id"] for row in await rows(gateway, "desk", "/tables/assets.ndjson")}
    assert linked - {None} <= places
    assert "assigned_to_id" not in (await rows(gateway, "desk", "/tables/assets.ndjson"))[0]
    joined = (await get_as(gateway, "desk", "/odata/assets?$expand=location($select=id)")).json()["value"]
    assert {row["location"] and row["location"]["id"] for row in joined} - {None} <= places


async def test_what_the_index_tells_is_of_seen_rows(gateway: Gateway) -> None:
    await rows(gateway, "all", "/tables/assets.ndjson")
    index = (await get_as(gateway, "desk", "/tables", accept="application/json")).text
    assert "tether" not in index
    assert await names(gateway, "desk") <= {"assets", "tickets", "locations", "asset_tickets", "custom_field_values",
                                            "checkout_events", "deleted_rows", "sources"}  # fmt: skip
    sources = await rows(gateway, "desk", "/tables/sources.ndjson")
    assert [(row["name"], "rows" in row) for row in sources] == [("fiwit", False), ("halo", False)]
    page = await get_as(gateway, "desk", "/tables", accept="text/html")
    assert (page.status_code, "tether" in page.text) == (200, False)
    assert "people" not in (await get_as(gateway, "desk", "/odata")).text
