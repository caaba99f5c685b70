"""Tables that are read along with others, stubs, ids that join, and details that cost a call for each record."""

import asyncio
import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.upstreams import Handler, served
from tests.support.gateway import Gateway, sandbox
from tests.tables.test_snapshots import EAGER, refilled

DETAILS = {"GATEWAY_TABLES__DETAILS": "true", "GATEWAY_LIMITS__DEADLINE_SECONDS": "100"}
MANY = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "100000"}


def read(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


async def index(gateway: Gateway) -> Mapping[str, Any]:
    return {table["name"]: table for table in (await gateway.get("/tables")).json()["tables"]}


def changed(company: Company, vendor: str, change: Any) -> Handler:
    """A vendor's sandbox whose JSON answers go through `change(path, body)`."""
    handler = served(create_apps(company)[vendor])

    async def answer(request: httpx.Request) -> httpx.Response:
        response = handler(request)
        answered = response if isinstance(response, httpx.Response) else await response
        await answered.aread()
        body = change(request.url.path, answered)
        return answered if body is None else body

    return answer


@pytest.mark.parametrize("environ", [{}, DETAILS], ids=["lists", "details"])
@pytest.mark.parametrize("is_reversed", [False, True], ids=["forwards", "backwards"])
async def test_every_id_has_its_row(
    company: Company, environ: Mapping[str, str], *, is_reversed: bool
) -> None:
    """In whichever order tables are asked for. No exceptions."""
    async with sandbox(company, environ=environ) as gateway:
        described = await index(gateway)
        names = sorted(described, reverse=is_reversed)
        rows = {name: read(await gateway.get(f"/tables/{name}.csv?exact=true")) for name in names}
    ids = {
        name: {row["id"] for row in table}
        for name, table in rows.items()
        if name not in {"sources", "deleted_rows"}
    }
    everywhere = set().union(*ids.values())
    checked = set()
    for name in ids:
        for column in described[name]["columns"]:
            if not column["name"].endswith("_id") or column["name"] == "native_id":
                continue
            target = ids[column["references"]] if column["references"] else everywhere
            dangling = {row[column["name"]] for row in rows[name]} - target - {""}
            assert not dangling, (name, column["name"], sorted(dangling)[:3])
            checked.add((name, column["name"]))
    assert len(checked) > 20
    assert all(len(table) == len({row["id"] for row in table}) for name, table in rows.items() if name in ids)


async def test_stubs_have_what_their_link_knows(company: Company) -> None:
    query = """{ assets(first: 500) { nodes { location { id name } contract { id number name }
        assignedTo { id name email } } } tickets(first: 500) { nodes { assignee { id name email } } } }"""
    async with sandbox(company) as gateway:
        tables = {
            name: {row["id"]: row for row in read(await gateway.get(f"/tables/{name}.csv?exact=true"))}
            for name in ("locations", "people", "contracts")
        }
        whole = (await gateway.ask(query)).data
    seen = {"locations": 0, "people": 0, "contracts": 0}
    links = [("location", "locations", ("name",)), ("contract", "contracts", ("number",))]
    for node in whole["assets"]["nodes"]:
        for link, table, columns in links:
            if node[link] is not None:
                row = tables[table][node[link]["id"]]
                seen[table] += row["is_stub"] == "true"
                assert all((row[name] or None) == node[link][name] for name in columns), (row, node)
    for node in whole["tickets"]["nodes"]:
        if node["assignee"] is not None:
            row = tables["people"][node["assignee"]["id"]]
            seen["people"] += row["is_stub"] == "true"
            assert (row["name"], row["email"] or None) == (
                node["assignee"]["name"],
                node["assignee"]["email"],
            )
    assert all(seen.values()), seen
    assert {row["is_stub"] for row in tables["people"].values()} == {"true", "false"}


async def test_pairs_values_items_and_events_are_those_of_graphql(company: Company) -> None:
    query = """{
      assets(first: 500) { nodes { id source { name } customFields { id name type value displayValue }
        checkoutHistory { action employeeName at } } }
      tickets(first: 500) { nodes { id assets(first: 50) { nodes { id } } customFields { name displayValue } } }
      licences(first: 500) { nodes { id assets(first: 500) { nodes { id } } } }
      checklists(first: 500) { nodes { id items { id name checked } } } }"""
    async with sandbox(company, environ={**DETAILS, **MANY}) as gateway:
        rows = {
            name: read(await gateway.get(f"/tables/{name}.csv?exact=true"))
            for name in (
                "asset_tickets",
                "asset_licences",
                "custom_field_values",
                "checklist_items",
                "checkout_events",
            )
        }
        data = {name: page["nodes"] for name, page in (await gateway.ask(query)).whole.items()}
    assert {(row["ticket_id"], row["asset_id"]) for row in rows["asset_tickets"]} == {
        (ticket["id"], asset["id"]) for ticket in data["tickets"] for asset in ticket["assets"]["nodes"]
    }
    assert {(row["licence_id"], row["asset_id"]) for row in rows["asset_licences"]} == {
        (licence["id"], asset["id"]) for licence in data["licences"] for asset in licence["assets"]["nodes"]
    }
    assert {(row["record_id"], row["field_name"], row["text"]) for row in rows["custom_field_values"]} == {
        (record["id"], value["name"], value["displayValue"] or "")
        for name in ("assets", "tickets")
        for record in data[name]
        for value in record["customFields"]
    }
    assert {(row["checklist_id"], row["id"], row["checked"]) for row in rows["checklist_items"]} == {
        (checklist["id"], item["id"], "" if item["checked"] is None else str(item["checked"]).lower())
        for checklist in data["checklists"]
        for item in checklist["items"]
    }
    assert [(row["asset_id"], row["action"], row["employee_name"]) for row in rows["checkout_events"]] == [
        (asset["id"], event["action"], event["employeeName"] or "")
        for asset in sorted(data["assets"], key=lambda asset: (asset["source"]["name"], asset["id"]))
        for event in asset["checkoutHistory"]
    ] or len(rows["checkout_events"]) == sum(len(asset["checkoutHistory"]) for asset in data["assets"])
    assert all(rows.values()), {name: len(table) for name, table in rows.items()}


async def test_pairs_are_read_by_licence_where_the_list_of_all_cannot_be_understood(company: Company) -> None:
    def strange(path: str, _: httpx.Response) -> httpx.Response | None:
        if not path.endswith("/DeviceLicence"):
            return None
        return httpx.Response(200, json={"devicelicences": [{"id": 1, "a": 2, "b": 3}]})

    async with sandbox(company, only=("halo",)) as gateway:
        at_once = await gateway.get("/tables/asset_licences.csv")
        calls = [call for call in gateway.calls if "licence_id" in str(call)]
    handlers = {"halo": changed(company, "halo", strange)}
    async with sandbox(company, only=("halo",), handlers=handlers) as gateway:
        by_licence = await gateway.get("/tables/asset_licences.csv")
    assert not calls
    pairs = [
        {(row["licence_id"], row["asset_id"]) for row in read(answer)} for answer in (at_once, by_licence)
    ]
    assert pairs[0] == pairs[1] != set()


async def test_what_costs_a_call_for_each_record_is_said(company: Company) -> None:
    async with sandbox(company) as gateway:
        events = await gateway.get("/tables/checkout_events.csv")
        pairs = await gateway.get("/tables/asset_tickets.csv")
    assert read(events) == []
    assert events.headers["not-read"].startswith('tether;columns="asset_id action')
    assert pairs.headers["not-read"] == 'halo;columns="ticket_id asset_id"'
    assert {row["source"] for row in read(pairs)} == {"fiwit"}


async def test_a_table_is_ready_though_none_of_its_rows_was_read_later(company: Company) -> None:
    """Values of custom fields, after assets: only the tickets are still to be read."""
    environ = {"GATEWAY_LIMITS__DEADLINE_SECONDS": "10"}
    async with sandbox(company, only=("halo",), environ=environ) as gateway:
        read(await gateway.get("/tables/assets.csv"))
        read(await gateway.get("/tables/custom_field_values.csv"))


async def test_the_second_fill_reads_the_details_of_new_and_changed_rows_only(
    company: Company, tmp_path: Path
) -> None:
    renamed, read_first = False, {"id": 0}

    def rename(path: str, answer: httpx.Response) -> httpx.Response | None:
        if not renamed or not path.endswith("/api/Asset"):
            return None
        body = answer.json()
        for row in body["assets"]:
            row["key_field"] = "renamed" if row["id"] == read_first["id"] else row["key_field"]
        return httpx.Response(200, json=body)

    environ = {**DETAILS, **EAGER, "GATEWAY_TABLES__DIR": str(tmp_path)}
    handlers = {"halo": changed(company, "halo", rename)}
    async with sandbox(company, only=("halo",), environ=environ, handlers=handlers) as gateway:
        path = "/tables/assets.csv"
        before = await gateway.get(path)
        values = read(await gateway.get("/tables/custom_field_values.csv"))
        people = read(await gateway.get("/tables/people.csv"))
        renamed, read_first["id"] = True, int(read(before)[0]["native_id"])
        gateway.upstreams.forget()
        await asyncio.sleep(0.7)
        after = await refilled(gateway, path, after=before)
        single = {call.path for call in gateway.calls if call.path.rpartition("/")[0].endswith("/Asset")}
        values_after = read(await gateway.get("/tables/custom_field_values.csv"))
        people_after = read(await gateway.get("/tables/people.csv"))
    rows, rows_after = read(before), read(after)
    assert "not-read" not in before.headers
    assert "not-read" not in after.headers
    assert any(row["notes"] for row in rows)
    # An only one of its type is read for its serial number, whatever the settings.
    assert f"/Asset/{read_first['id']}" in single
    assert len(single) < 4 < len(rows)
    assert [row["notes"] for row in rows] == [row["notes"] for row in rows_after]
    moments = [
        (row["row_changed_at"], later["row_changed_at"]) for row, later in zip(rows, rows_after, strict=True)
    ]
    assert sum(first != second for first, second in moments) == 1
    assert values == values_after != []
    assert {row["id"] for row in people} == {row["id"] for row in people_after}


async def test_unfinished_details_go_on_in_the_next_fill(company: Company, tmp_path: Path) -> None:
    is_down, answers = True, 0

    def fails(path: str, _: httpx.Response) -> httpx.Response | None:
        nonlocal answers
        if not path.rpartition("/")[0].endswith("/Asset"):
            return None
        answers += 1
        return httpx.Response(503) if is_down and answers > 25 else None

    environ = {**DETAILS, **EAGER, "GATEWAY_TABLES__DIR": str(tmp_path)}
    handlers = {"halo": changed(company, "halo", fails)}
    async with sandbox(company, only=("halo",), environ=environ, handlers=handlers) as gateway:
        first = await gateway.get("/tables/assets.csv")
        is_down = False
        gateway.upstreams.forget()
        await asyncio.sleep(0.7)
        for _ in range(100):
            last = await gateway.get("/tables/assets.csv")
            if "not-read" not in last.headers:
                break
            await asyncio.sleep(0.1)
        again = [call for call in gateway.calls if call.path.rpartition("/")[0].endswith("/Asset")]
    assert first.status_code == 200
    assert "notes" in first.headers["not-read"]
    assert "stale-sources" not in first.headers
    assert "not-read" not in last.headers
    assert 0 < len({call.path for call in again}) < len(read(first))


async def test_qr_codes_are_at_the_public_address_or_nowhere(company: Company) -> None:
    async with sandbox(company, only=("tether",)) as gateway:
        unknown = read(await gateway.get("/tables/assets.csv"))
    environ = {"GATEWAY_PUBLIC_URL": "https://gateway.example.com"}
    async with sandbox(company, only=("tether",), environ=environ) as gateway:
        known = read(await gateway.get("/tables/assets.csv"))
    assert {row["qr_code_url"] for row in unknown} == {""}
    assert all(row["qr_code_url"].startswith("https://gateway.example.com/assets/tether:") for row in known)


async def test_an_id_whose_record_is_gone_becomes_null(company: Company) -> None:
    """A change of a device that is not there any more: assets are no stubs."""

    def drop(path: str, answer: httpx.Response) -> httpx.Response | None:
        if not path.endswith("/api/Asset"):
            return None
        body = answer.json()
        body["assets"] = body["assets"][5:]
        body["record_count"] -= 5
        return httpx.Response(200, json=body)

    async with sandbox(company, only=("halo",)) as gateway:
        whole = read(await gateway.get("/tables/asset_changes.csv"))
    handlers = {"halo": changed(company, "halo", drop)}
    async with sandbox(company, only=("halo",), handlers=handlers) as gateway:
        # The changes are kept before the assets are known.
        read(await gateway.get("/tables/asset_changes.csv"))
        assets = {row["id"] for row in read(await gateway.get("/tables/assets.csv"))}
        changes = read(await gateway.get("/tables/asset_changes.csv"))
        pairs = read(await gateway.get("/tables/asset_licences.csv"))
    assert len(changes) == len(whole)
    assert {row["asset_id"] for row in changes} - {""} <= assets
    assert sum(not row["asset_id"] for row in changes) > sum(not row["asset_id"] for row in whole)
    assert {row["asset_id"] for row in pairs} <= assets
    assert pairs
