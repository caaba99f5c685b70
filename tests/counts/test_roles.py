"""Counts and orders tell a caller with roles no more than the rows that it sees."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.sandbox import Company
from gateway.testing.harness import Gateway
from tests.support.gateway import sandbox
from tests.support.roles import ask_as, get_as, roles_file

ROLES = """
[roles.all]
sources = ["*"]
read = ["*"]
[roles.report]
sources = ["*"]
read = ["*"]
hide = ["Asset.purchaseDate", "Asset.manufacturer"]
[roles.desk]
sources = ["tether", "fiwit"]
read = ["Asset", "Location"]
[roles.desk.rows]
tether = { status = ["IN_USE"] }
fiwit = { organisation = ["nobody"] }
[roles.places]
sources = ["tether"]
read = ["Asset", "Location"]
[roles.unplaced]
sources = ["tether"]
read = ["Asset", "Location"]
rows = { tether = { status = ["IN_USE"] } }
[roles.mixed]
sources = ["*"]
read = ["Asset", "Location"]
rows = { tether = { name = ["Oslo"] } }
[roles.tickets]
sources = ["*"]
read = ["Ticket"]
"""
NAMES = ("all", "report", "desk", "places", "unplaced", "mixed", "tickets")
COUNTS = "{ assetCounts(by: [%s], from: %s) { total complete buckets { values labels count } } }"


@pytest.fixture
async def gateway(tmp_path: Path, company: Company) -> AsyncIterator[Gateway]:
    path = roles_file(tmp_path, ROLES, *((name, name) for name in NAMES))
    async with sandbox(company, only=("tether", "fiwit"), config=path) as opened:
        yield opened


async def test_what_a_caller_may_not_see_is_not_counted_live_or_kept(gateway: Gateway) -> None:
    for table in ("assets", "locations"):
        assert (await get_as(gateway, "all", f"/tables/{table}.csv")).status_code == 200
    query = "{ assets(first: 500) { nodes { status source { name } category location { id name } } } }"
    rows = (await ask_as(gateway, "desk", query)).whole["assets"]["nodes"]
    places = {
        row["location"]["id"]: row["location"]["name"]
        for row in (await ask_as(gateway, "places", query)).whole["assets"]["nodes"]
        if row["location"]
    }
    seen = Counter((row["source"]["name"], row["status"], row["category"]) for row in rows)
    assert {status for _, status, _ in seen} == {"IN_USE"}
    assert {row["location"] for row in rows} == {None}
    assert places
    for counts_from in ("LIVE", "KEPT"):
        answer = await ask_as(gateway, "desk", COUNTS % ("SOURCE, STATUS, CATEGORY", counts_from))
        buckets = answer.whole["assetCounts"]["buckets"]
        assert {tuple(bucket["values"]): bucket["count"] for bucket in buckets} == seen
        answer = await ask_as(gateway, "places", COUNTS % ("LOCATION", counts_from))
        named = {
            bucket["values"][0]: bucket["labels"][0] for bucket in answer.whole["assetCounts"]["buckets"]
        }
        assert named == places | {None: None}
    live = (await ask_as(gateway, "desk", COUNTS % ("LOCATION", "LIVE"))).whole["assetCounts"]
    assert [bucket["values"] for bucket in live["buckets"]] == [[None]]
    kept = await ask_as(gateway, "desk", COUNTS % ("LOCATION", "KEPT"))
    assert kept.codes == ["NOT_SUPPORTED"]


async def test_a_hidden_link_is_as_none_and_cannot_be_filtered_by(gateway: Gateway) -> None:
    query = "{ assets(first: 500, filter: {%s: {isNull: %s}}) { totalCount } }"
    assert (await ask_as(gateway, "desk", query % ("assignedToId", "true"))).codes == ["FORBIDDEN"]
    for is_null in ("true", "false"):
        assert (await ask_as(gateway, "desk", query % ("locationId", is_null))).codes == ["BAD_USER_INPUT"]
    of_source = '{ assets(filter: {source: {%s: "fiwit"}, or: [{locationId: {isNull: %s}}]}) { totalCount } }'
    for is_null in ("true", "false"):
        assert (await ask_as(gateway, "mixed", query % ("locationId", is_null))).codes == ["BAD_USER_INPUT"]
        answer = await ask_as(gateway, "mixed", of_source % ("ne", is_null))
        assert answer.codes == ["BAD_USER_INPUT"]
    assert gateway.calls == []
    counts = [
        (await ask_as(gateway, "mixed", of_source % ("eq", is_null))).whole["assets"]["totalCount"]
        for is_null in ("false", "true")
    ]
    every = await ask_as(gateway, "mixed", '{ assets(filter: {source: {eq: "fiwit"}}) { totalCount } }')
    assert counts[0] > 0
    assert sum(counts) == every.whole["assets"]["totalCount"]
    for name, has_links in (("places", True), ("unplaced", False)):
        linked = (await ask_as(gateway, name, query % ("locationId", "false"))).whole["assets"]
        unlinked = (await ask_as(gateway, name, query % ("locationId", "true"))).whole["assets"]
        assert (linked["totalCount"] > 0) is has_links
        assert unlinked["totalCount"] > 0


async def test_what_is_hidden_is_neither_counted_nor_ordered_by(gateway: Gateway) -> None:
    for name, group in (("report", "MANUFACTURER"), ("report", "PURCHASE_YEAR"), ("desk", "ASSIGNED_TO")):
        for counts_from in ("LIVE", "KEPT"):
            answer = await ask_as(gateway, name, COUNTS % (f"STATUS, {group}", counts_from))
            assert answer.codes == ["FORBIDDEN"]
            assert gateway.calls == []
    query = "{ assets(first: 3, orderBy: [{field: ASSIGNED_TO}]) { nodes { id } } }"
    assert (await ask_as(gateway, "desk", query)).codes == ["FORBIDDEN"]
    assert (await ask_as(gateway, "all", query)).whole["assets"]["nodes"]


async def test_who_reads_no_assets_counts_none(gateway: Gateway) -> None:
    for counts_from in ("LIVE", "KEPT"):
        answer = await ask_as(gateway, "tickets", COUNTS % ("STATUS", counts_from))
        assert answer.codes == ["FORBIDDEN"]
    counts = await ask_as(gateway, "tickets", "{ ticketCounts(by: [STATUS]) { total } }")
    assert counts.whole["ticketCounts"]["total"] > 0
