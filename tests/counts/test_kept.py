"""Counts out of the kept tables: those of the sources when they were read, without a call."""

import asyncio
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.testing.upstreams import Handler
from tests.support.gateway import Gateway, sandbox

COUNTS = """query ($by: [AssetGroup!]!, $filter: AssetFilter, $first: Int, $from: CountsFrom!) {
  assetCounts(by: $by, filter: $filter, first: $first, from: $from) {
    total others complete asOf buckets { values labels count }
    sources { source { name } count complete stale error { code message } } } }"""
TICKETS = COUNTS.replace("Asset", "Ticket").replace("asset", "ticket")
MANY_CALLS = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "3000"}


async def fill(gateway: Gateway, *names: str) -> None:
    """The first read of a table fills it."""
    for name in names:
        assert (await gateway.get(f"/tables/{name}.csv")).status_code == 200


async def both(gateway: Gateway, query: str, **arguments: Any) -> tuple[Any, Any, list[str]]:
    """Live and kept counts, and the calls of the latter."""
    root = "assetCounts" if "assetCounts" in query else "ticketCounts"
    live = (await gateway.ask(query, **arguments, **{"from": "LIVE"})).whole[root]
    gateway.upstreams.forget()
    kept = (await gateway.ask(query, **arguments, **{"from": "KEPT"})).whole[root]
    return live, kept, gateway.upstreams.lines()


FILTERS: list[dict[str, Any] | None] = [
    {"status": {"in": ["IN_USE", "AVAILABLE"]}, "name": {"contains": "a"}},
    {"not": {"source": {"eq": "fiwit"}}, "purchaseDate": {"gte": "2021-01-01"}},
    {"or": [{"serialNumber": {"startsWith": "P"}}, {"purchaseCost": {"gt": "900"}}, {"search": "dell"}]},
    {"createdAt": {"lt": "2026-01-01T00:00:00Z"}, "vendor": {"in": ["S3S", "FIWIT"]}},
    {"locationId": {"in": ["tether:Location:11", "tether:Location:12", "fiwit:Location:1"]}},
    {"warrantyStatus": {"ne": "OUT_OF_WARRANTY"}, "manufacturer": {"isNull": False}},
    {"locationId": {"isNull": True}},
    {"assignedToId": {"isNull": False}},
    {"or": []},
]


async def test_they_are_those_of_the_sources_and_take_no_call(company: Company) -> None:
    groups = ["STATUS", "LOCATION", "MODEL", "CATEGORY", "ASSIGNED_TO", "WARRANTY_STATUS", "PURCHASE_YEAR"]
    cases: list[tuple[list[str], dict[str, Any] | None]] = [([name], None) for name in groups]
    cases += [(["SOURCE", "MANUFACTURER", "PURCHASE_YEAR"], filter_input) for filter_input in FILTERS]
    async with sandbox(company, only=("tether", "fiwit", "s3s"), cached=True) as gateway:
        await fill(gateway, "assets", "locations", "people")
        for by, filter_input in cases:
            live, kept, calls = await both(gateway, COUNTS, by=by, filter=filter_input, first=40)
            assert kept["buckets"] == live["buckets"], (by, filter_input)
            assert (kept["total"], kept["others"], kept["complete"]) == (live["total"], live["others"], True)
            assert (kept["asOf"] is not None, calls) == (filter_input != {"or": []}, [])


async def test_tickets_of_each_group(company: Company) -> None:
    async with sandbox(company, environ=MANY_CALLS, only=("fiwit", "halo"), cached=True) as gateway:
        await fill(gateway, "tickets", "people")
        for by in (["CREATED_MONTH"], ["TYPE", "PRIORITY"], ["STATUS", "VENDOR", "SOURCE"], ["ASSIGNEE"]):
            live, kept, calls = await both(gateway, TICKETS, by=by, first=200)
            values = [(bucket["values"], bucket["count"]) for bucket in live["buckets"]]
            assert [(bucket["values"], bucket["count"]) for bucket in kept["buckets"]] == values
            assert calls == []


async def test_nothing_is_kept_yet_is_said_and_begins_the_fill(company: Company) -> None:
    query = "{ assetCounts(by: [STATUS], from: KEPT) { total buckets { count } } }"
    async with sandbox(company, only=("tether",)) as gateway:
        answer = await gateway.ask(query)
        assert answer.data is None
        assert answer.codes == ["NOT_SUPPORTED"]
        assert "from: LIVE" in answer.errors[0]["message"]
        for _ in range(200):
            await asyncio.sleep(0.02)
            answer = await gateway.ask(query)
            if not answer.errors:
                break
        assert answer.whole["assetCounts"]["total"] > 0


async def test_an_answer_is_never_that_of_an_earlier_version(company: Company) -> None:
    """Kept counts depend on no call: they are not remembered as if they could not change."""
    query = "{ assetCounts(by: [STATUS], from: KEPT) { total } }"
    create = """mutation { createAsset(input: {source: "tether", assetTag: "N-1", name: "New", serialNumber: "N-1"}) {
      asset { id } userErrors { message } } }"""
    async with sandbox(company, only=("tether",), cached=True) as gateway:
        await fill(gateway, "assets")
        before = (await gateway.ask(query)).whole["assetCounts"]["total"]
        assert (await gateway.ask(query)).whole["assetCounts"]["total"] == before
        assert (await gateway.ask(create)).whole["createAsset"]["asset"]
        for _ in range(200):
            total = (await gateway.ask(query)).whole["assetCounts"]["total"]
            if total != before:
                break
            await asyncio.sleep(0.02)
    assert total == before + 1


async def test_what_is_not_kept_is_told_of(company: Company) -> None:
    """At Halo a price takes a call for each asset: without details the column is empty, and not shown as the truth."""
    async with sandbox(company, only=("halo", "tether")) as gateway:
        await fill(gateway, "assets")
        filter_input = {"purchaseCost": {"isNull": True}}
        answer = await gateway.ask(COUNTS, by=["STATUS"], filter=filter_input, **{"from": "KEPT"})
    counts = answer.data["assetCounts"]
    parts = {part["source"]["name"]: part for part in counts["sources"]}
    assert (counts["complete"], parts["halo"]["complete"], parts["tether"]["complete"]) == (
        False,
        False,
        True,
    )
    assert answer.codes == ["NOT_SUPPORTED"]
    assert "GATEWAY_TABLES__DETAILS" in parts["halo"]["error"]["message"]
    assert parts["halo"]["count"] > 0


def down(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(503)


@pytest.mark.parametrize("fault", [down])
async def test_a_source_that_was_never_read_is_missing_and_told_of(company: Company, fault: Handler) -> None:
    async with sandbox(company, only=("fiwit", "tether"), handlers={"tether": fault}) as gateway:
        await gateway.get("/tables/assets.csv")
        answer = await gateway.ask(COUNTS, by=["SOURCE"], **{"from": "KEPT"})
    counts = answer.data["assetCounts"]
    assert [bucket["values"] for bucket in counts["buckets"]] == [["fiwit"]]
    assert counts["complete"] is False
    assert answer.codes == ["UPSTREAM_UNAVAILABLE"]
    assert answer.errors[0]["extensions"]["source"] == "tether"


async def test_a_filter_that_the_tables_cannot_answer_is_refused(company: Company) -> None:
    refused = [
        {"customField": {"name": "Rack", "value": {"eq": "B1"}}},
        {"ticketId": {"eq": "halo:Ticket:1"}},
        {"vendorParameters": {"vendor": "TETHER", "parameters": {"q": "x"}}},
    ]
    async with sandbox(company, only=("halo", "tether")) as gateway:
        for filter_input in refused:
            answer = await gateway.ask(COUNTS, by=["SOURCE"], filter=filter_input, **{"from": "KEPT"})
            assert answer.codes == ["BAD_USER_INPUT"]
            assert "from: LIVE" in answer.errors[0]["message"]
        assert gateway.calls == []
