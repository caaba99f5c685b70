"""The sandbox's Halo behaves as Halo is documented and observed, its traps included."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.sandbox import Company, make_company, written
from gateway.sandbox.vendors.halo import CANARIES, create_app, settings
from gateway.sandbox.vendors.halo.values import asset_id

BASE = "http://halo.test"
COMPANY = make_company(seed=3, assets=420)
PAGED = {"pageinate": "true", "page_no": "1"}
SAMPLES = Path(__file__).parents[2] / "gateway" / "vendors" / "halo" / "samples"


def client(company: Company = COMPANY, **options: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(company, **options))
    return httpx.AsyncClient(transport=transport, base_url=BASE)


async def sign_in(http: httpx.AsyncClient, scope: str | None = "all") -> httpx.AsyncClient:
    form = {
        "grant_type": "client_credentials",
        "client_id": settings(BASE)["CLIENT_ID"],
        "client_secret": settings(BASE)["CLIENT_SECRET"],
    }
    answer = await http.post("/auth/token", data=form if scope is None else form | {"scope": scope})
    assert answer.status_code == 200
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return http


@pytest_asyncio.fixture
async def halo() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as http:
        yield await sign_in(http)


async def get(http: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await http.get(f"/api{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def every(http: httpx.AsyncClient, path: str, key: str, **params: Any) -> list[Any]:
    rows: list[Any] = []
    while True:
        body = await get(http, path, **params, pageinate="true", page_no=len(rows) // 50 + 1, page_size=50)
        rows += body[key]
        if len(rows) >= body["record_count"] or not body[key]:
            return rows


def known(kind: str | None = None) -> list[Any]:
    return [d for d in COMPANY.devices if "halo" in d.vendors and kind in {None, d.kind}]


# --- signing in


async def test_authinfo_needs_no_token_and_leads_to_the_token_endpoint() -> None:
    async with client() as http:
        info = (await http.get("/api/AuthInfo")).json()
        assert info["tenant_id"]
        assert info["auth_url"] == f"{BASE}/auth"


async def test_a_wrong_secret_is_401_with_json_and_a_wrong_tenant_an_html_500() -> None:
    async with client() as http:
        form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y", "scope": "all"}
        refused = await http.post("/auth/token", data=form)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        assert (await http.post("/auth/token", json=form)).status_code == 400
        broken = await http.post("/auth/token?tenant=other", data=form)
        assert (broken.status_code, broken.headers["content-type"][:9]) == (500, "text/html")


async def test_a_token_without_a_scope_is_given_and_then_refused_everywhere() -> None:
    async with client() as http:
        await sign_in(http, scope=None)
        for path in ("/api/Asset", "/api/Status", "/api/Site"):
            assert (await http.get(path)).status_code == 401


async def test_a_missing_permission_is_403_without_a_body() -> None:
    async with client() as http:
        await sign_in(http, scope="read:assets")
        assert (await http.get("/api/Asset")).status_code == 200
        refused = await http.get("/api/Tickets")
        assert (refused.status_code, refused.content) == (403, b"")
        assert (await http.post("/api/Asset", json=[])).status_code == 403
        await sign_in(http, scope="all:standard")
        assert (await http.get("/api/Tickets")).status_code == 200
        assert (await http.get("/api/Certificate")).status_code == 403


async def test_tokens_end_after_an_hour() -> None:
    now = [0.0]
    async with client(clock=lambda: now[0]) as http:
        await sign_in(http)
        now[0] = 3599.0
        assert (await http.get("/api/Status")).status_code == 200
        now[0] = 3600.0
        assert (await http.get("/api/Status")).status_code == 401
        await sign_in(http)
        assert (await http.get("/api/Status")).status_code == 200


@pytest.mark.parametrize("retry_after", [True, False])
async def test_more_calls_than_allowed_are_429_with_or_without_a_wait(retry_after: bool) -> None:  # noqa: FBT001
    now = [0.0]
    async with client(per_minute=2, retry_after=retry_after, clock=lambda: now[0]) as http:
        await sign_in(http)
        now[0] = 10.0
        assert [(await http.get("/api/Status")).status_code for _ in range(3)] == [200, 200, 429]
        now[0] = 30.5
        refused = await http.get("/api/Status")
        assert refused.headers.get("retry-after") == ("40" if retry_after else None)
        now[0] = 70.0
        assert (await http.get("/api/Status")).status_code == 200


async def test_paths_have_no_case_and_unknown_ones_are_an_empty_404(halo: httpx.AsyncClient) -> None:
    assert (await halo.get("/API/aSsEt/")).status_code == 200
    for path in ("/api/Nonsense", "/api/Asset/99999999", "/api/Asset/abc"):
        missing = await halo.get(path)
        assert (missing.status_code, missing.content) == (404, b"")
    assert (await halo.put("/api/Asset", json=[])).status_code == 405


# --- paging and ordering


@pytest.mark.parametrize(
    "params", [{}, {"page_size": 100, "page_no": 2}, {"pageinate": "true", "page_size": 100}]
)
async def test_without_both_paging_parameters_the_first_50_rows_come_and_count_themselves(
    halo: httpx.AsyncClient, params: dict[str, Any]
) -> None:
    first = (await get(halo, "/Asset", **PAGED))["assets"]
    body = await get(halo, "/Asset", **params)
    assert body["record_count"] == len(body["assets"]) == 50
    assert [row["id"] for row in body["assets"]] == [row["id"] for row in first]


async def test_assets_come_50_to_a_page_whatever_is_asked(halo: httpx.AsyncClient) -> None:
    active = [asset_id(device.number) for device in known() if device.state != "retired"]
    for size in (10, 50, 1000):
        body = await get(halo, "/Asset", pageinate="true", page_no=2, page_size=size)
        assert body["record_count"] == len(active)
        assert [row["id"] for row in body["assets"]] == active[50:100]
        assert {"columns", "columns_id", "xtypeunamecancreatenew", "page_no", "page_size"} <= body.keys()
    assert (await get(halo, "/Asset", pageinate="true", page_no=99))["assets"] == []


async def test_other_lists_give_up_to_100_rows_a_page(halo: httpx.AsyncClient) -> None:
    sizes = [len((await get(halo, "/Users", **PAGED, page_size=size))["users"]) for size in (7, 100, 500)]
    assert sizes == [7, 100, 100]
    assert len((await get(halo, "/Users", count=70))["users"]) == 70


@pytest.mark.parametrize("path", ["/Agent", "/AssetType", "/Status", "/Priority", "/TicketType"])
async def test_small_lists_are_bare_arrays_that_ignore_paging(halo: httpx.AsyncClient, path: str) -> None:
    everything = await get(halo, path)
    assert isinstance(everything, list)
    assert len(everything) > 1
    assert await get(halo, path, **PAGED, page_size=1) == everything


async def test_asset_groups_count_none_of_their_rows(halo: httpx.AsyncClient) -> None:
    body = await get(halo, "/AssetGroup")
    assert body["record_count"] == 0
    assert body["assetgroups"]


async def test_order_ignores_case_and_puts_nulls_first_on_several_levels(halo: httpx.AsyncClient) -> None:
    rows = await every(halo, "/Asset", "assets", order="status_name", order2="key_field", orderdesc2="true")
    places = [(row["status_name"] is not None, (row["status_name"] or "").lower()) for row in rows]
    assert places == sorted(places)
    assert places[0] == (False, "")
    in_use = [row["key_field"].lower() for row in rows if row["status_name"] == "Active"]
    assert in_use == sorted(in_use, reverse=True)
    assert in_use != sorted(in_use)
    backwards = await every(halo, "/Asset", "assets", order="id", orderdesc="true")
    assert [row["id"] for row in backwards] == sorted((row["id"] for row in rows), reverse=True)


async def test_a_parameter_that_does_not_convert_is_400(halo: httpx.AsyncClient) -> None:
    refused = await halo.get("/api/Asset", params={"pageinate": "true", "page_no": "two"})
    assert refused.status_code == 400
    assert "page_no" in refused.json()["Message"]


async def test_idonly_gives_ids(halo: httpx.AsyncClient) -> None:
    body = await get(halo, "/Asset", idonly="true", count=1000)
    assert all(row.keys() == {"id"} for row in body["assets"])
    assert len(body["assets"]) == len([device for device in known() if device.state != "retired"])


# --- assets


async def test_retired_assets_are_hidden_unless_asked_for(halo: httpx.AsyncClient) -> None:
    retired = {asset_id(device.number) for device in known() if device.state == "retired"}
    everything = {asset_id(device.number) for device in known()}
    for params, expected in (
        ({}, everything - retired),
        ({"includeinactive": "true"}, everything),
        ({"includeactive": "true", "includeinactive": "true"}, everything),
        ({"includeactive": "false", "includeinactive": "true"}, retired),
        ({"activeinactive": "false,true"}, retired),
        ({"activeinactive": "true,true"}, everything),
    ):
        rows = await every(halo, "/Asset", "assets", **params)
        assert {row["id"] for row in rows} == expected
        assert all(row["inactive"] == (row["id"] in retired) for row in rows)


async def test_asset_filters_keep_exactly_what_they_say(halo: httpx.AsyncClient) -> None:
    rows = await every(halo, "/Asset", "assets", includeinactive="true")
    one, other = rows[3], rows[7]
    groups = {kind["id"]: kind["assetgroup_id"] for kind in await get(halo, "/AssetType")}
    user = next(row for row in rows if row["username"])
    for params, keep in (
        ({"assets": f"{one['id']},{other['id']}"}, lambda row: row["id"] in {one["id"], other["id"]}),
        ({"site_id": one["site_id"]}, lambda row: row["site_id"] == one["site_id"]),
        ({"client_id": 17}, lambda row: row["client_id"] == 17),
        ({"client_ids": "12,17"}, lambda row: row["client_id"] in {12, 17}),
        ({"assettype_id": 14}, lambda row: row["assettype_id"] == 14),
        ({"assettypes": "14,21"}, lambda row: row["assettype_id"] in {14, 21}),
        ({"assetstatuses": "31,33"}, lambda row: row["status_id"] in {31, 33}),
        ({"assetgroup_id": 6}, lambda row: groups[row["assettype_id"]] == 6),
        ({"assetgroups": "6,7"}, lambda row: groups[row["assettype_id"]] in {6, 7}),
        ({"contract_id": 71}, lambda row: row["contract_id"] == 71),
        ({"supplier_id": 9}, lambda row: row["supplier_id"] == 9),
        ({"inventory_number": one["inventory_number"].lower()}, lambda row: row["id"] == one["id"]),
        ({"username": user["username"]}, lambda row: row["username"] == user["username"]),
        ({"excludethese": str(one["id"])}, lambda row: row["id"] != one["id"]),
        ({"search": one["key_field"][1:6].swapcase()}, lambda row: holds(row, one["key_field"][1:6])),
        (
            {"search": "srv", "search_inventory_number_only": "true"},
            lambda row: "SRV" in row["inventory_number"],
        ),
        (
            {"advanced_search": '[{"filter_name":"inventory_number","filter_type":4,"filter_value":"srv"}]'},
            lambda row: "SRV" in row["inventory_number"],
        ),
    ):
        found = await every(halo, "/Asset", "assets", includeinactive="true", **params)
        expected = [row["id"] for row in rows if keep(row)]
        assert [row["id"] for row in found] == expected, params
        assert expected, params


def holds(row: dict[str, Any], term: str) -> bool:
    names = (
        "inventory_number",
        "key_field",
        "key_field2",
        "key_field3",
        "username",
        "site_name",
        "client_name",
    )
    return any(term.lower() in str(row[name] or "").lower() for name in names)


async def test_serial_numbers_stand_where_each_type_has_them(halo: httpx.AsyncClient) -> None:
    types = {kind["id"]: kind for kind in await get(halo, "/AssetType")}
    rows = {row["id"]: row for row in await every(halo, "/Asset", "assets", includeinactive="true")}
    for device in known():
        row, serial = rows[asset_id(device.number)], written(device.serial_number, "halo", device.number)
        names = [types[row["assettype_id"]][f"keyfield{place}_name"] for place in ("", "2", "3")]
        shown = [row["key_field"], row["key_field2"], row["key_field3"]]
        if device.kind == "Printer":
            assert "Serial Number" not in names
            assert serial not in shown
        else:
            assert shown[names.index("Serial Number")] == serial
        assert row["fields"] == []
    printer = known("Printer")[0]
    alone = await get(halo, f"/Asset/{asset_id(printer.number)}")
    serials = [field["value"] for field in alone["fields"] if field["name"] == "Serial Number"]
    assert serials == [written(printer.serial_number, "halo", printer.number)]


async def test_fields_come_with_lists_only_together_with_the_type(halo: httpx.AsyncClient) -> None:
    with_type = await get(halo, "/Asset", includeassetfields="true", assettype_id=14)
    without = await get(halo, "/Asset", includeassetfields="true")
    assert all(row["fields"] for row in with_type["assets"])
    assert not any(row["fields"] for row in without["assets"])
    maker = next(field for field in with_type["assets"][0]["fields"] if field["name"] == "Manufacturer")
    assert isinstance(maker["value"], int)
    assert maker["display"] == with_type["assets"][0]["manufacturer_name"]


async def test_details_stand_in_the_detail_only(halo: httpx.AsyncClient) -> None:
    device = next(d for d in known("Laptop") if d.holder and d.purchase_cost and d.mac_address)
    key = asset_id(device.number)
    listed = (await get(halo, "/Asset", assets=key))["assets"][0]
    plain = await get(halo, f"/Asset/{key}")
    full = await get(halo, f"/Asset/{key}", includedetails="true")
    alone = {"notes", "ethernetMacAddress", "item_cost", "last_modified", "teamviewerpassword"}
    assert not alone & listed.keys()
    assert alone <= plain.keys()
    assert not {"users", "licences", "software"} & plain.keys()
    assert [user["name"] for user in full["users"]] == [listed["username"]]
    assert {row["did"] for row in full["software"]} == {key}
    assert plain["item_cost"] == float(device.purchase_cost)
    assert plain["teamviewerpassword"] in CANARIES


async def test_values_have_the_oddities_of_the_real_thing(halo: httpx.AsyncClient) -> None:
    rows = await every(halo, "/Asset", "assets", includeinactive="true")
    assert {row["business_owner_id"] for row in rows} == {-99}
    assert {row["sla_id"] for row in rows} == {-1}
    assert any(row["warranty_end"].startswith("1900-01-01") for row in rows)
    assert any(row["status_id"] == 0 and row["status_name"] is None for row in rows)
    stamps = [(await get(halo, f"/Asset/{row['id']}"))["last_modified"] for row in rows[:12]]
    shapes = {(len(stamp), stamp[-1] == "Z", "+" in stamp) for stamp in stamps}
    assert shapes == {(19, False, False), (23, False, False), (33, False, True), (20, True, False)}
    for stamp in stamps:
        datetime.fromisoformat(stamp)
    assert b'"client_id":12.0' in (await halo.get("/api/Site")).content
    assert b'"site_id":23.0' in (await halo.get("/api/Users")).content


async def test_the_next_tag_is_free(halo: httpx.AsyncClient) -> None:
    tag = (await get(halo, "/Asset/NextTag"))["tag"]
    assert (await get(halo, "/Asset", inventory_number=tag, includeinactive="true"))["assets"] == []


# --- what hangs on


async def test_side_resources_come_in_their_own_envelopes(halo: httpx.AsyncClient) -> None:
    assert isinstance(await get(halo, "/AssetSoftware"), list)
    assert isinstance(await get(halo, "/Certificate"), list)
    assert isinstance(await get(halo, "/SoftwareLicenceRole"), list)
    for path, key in (
        ("/AssetChange", "changes"), ("/MeterReading", "meterreadings"), ("/DeviceLicence", "devicelicences"),
        ("/LicenceChange", "licence_history"), ("/LicenseInfo", "licenseinfo"),
        ("/SoftwareLicence", "licences"),
        ("/Site", "sites"), ("/Client", "clients"), ("/ClientContract", "contracts"),
        ("/Supplier", "suppliers"),
    ):  # fmt: skip
        body = await get(halo, path)
        assert body.keys() == {"record_count", key}
        assert body["record_count"] == len(body[key]) > 0
    row = (await get(halo, "/ClientContract"))["contracts"][0]
    assert {"id", "ref", "client_id", "start_date", "end_date"} <= row.keys()


async def test_software_is_found_by_device_licence_and_user_alone(halo: httpx.AsyncClient) -> None:
    rows = await get(halo, "/AssetSoftware")
    one = next(row for row in rows if row["licence_id"] > 0 and row["user_id"])
    for parameter, name in (("device_id", "did"), ("licence_id", "licence_id"), ("user_id", "user_id")):
        found = await get(halo, "/AssetSoftware", **{parameter: one[name]})
        assert found == [row for row in rows if row[name] == one[name]]
    assert await get(halo, "/AssetSoftware", asset_id=one["did"]) == rows
    versions = await get(halo, "/Asset/GetAllSoftwareVersions")
    assert sum(version["count"] for version in versions) == len(rows)


async def test_ids_of_changes_repeat_across_assets(halo: httpx.AsyncClient) -> None:
    rows = await every(halo, "/AssetChange", "changes")
    assert len({row["id"] for row in rows}) < len(rows)
    assert len({(row["asset_id"], row["id"]) for row in rows}) == len(rows)
    one = rows[0]["asset_id"]
    assert (await get(halo, "/AssetChange", asset_id=one))["changes"] == [
        r for r in rows if r["asset_id"] == one
    ]


async def test_meters_count_up_month_by_month(halo: httpx.AsyncClient) -> None:
    rows = await every(halo, "/MeterReading", "meterreadings")
    printers = {asset_id(device.number) for device in known("Printer")}
    assert {row["asset_id"] for row in rows} == printers
    one = min(printers)
    mono = [row for row in rows if row["asset_id"] == one and row["meter_name"] == "Mono"]
    assert len(mono) == 12
    assert all(isinstance(row["reading"], int) for row in mono)
    assert [row["reading"] for row in mono[:-1]] == [row["previous_reading"] for row in mono[1:]]
    assert await get(halo, f"/MeterReading/{mono[0]['id']}") == mono[0]
    by_asset = await get(halo, "/MeterReading", asset_id=one, **PAGED, page_size=100)
    assert by_asset["record_count"] == 24


async def test_licences_tell_their_use_only_when_asked(halo: httpx.AsyncClient) -> None:
    usage = {"licences_in_use", "licences_in_use_user", "licences_available"}
    plain = (await get(halo, "/SoftwareLicence"))["licences"]
    assert not any(usage & row.keys() for row in plain)
    told = (await get(halo, "/SoftwareLicence", include_licence_usage="true"))["licences"]
    pairs = (await get(halo, "/DeviceLicence"))["devicelicences"]
    for row in told:
        assert row["licences_in_use"] == len([pair for pair in pairs if pair["licence_id"] == row["id"]])
        assert row["licences_available"] == row["count"] - row["licences_in_use"]
    assert any(row["licences_in_use"] for row in told)
    more = (await get(halo, "/SoftwareLicence", includeinactive="true"))["licences"]
    assert len(more) > len(plain)
    assert all(row["is_active"] and not row["deleted"] for row in plain)
    assert any(row["deleted"] for row in more)
    assert -1 in {row["site_id"] for row in plain}
    used = next(row for row in told if row["licences_in_use"])
    full = await get(
        halo, f"/SoftwareLicence/{used['id']}", includedetails="true", include_licence_usage="true"
    )
    on = await every(halo, "/Asset", "assets", licence_id=used["id"], includeinactive="true")
    assert [row["id"] for row in full["configuration_items"]] == [row["id"] for row in on]
    assert len(on) == full["licences_in_use"]
    users = await every(halo, "/Users", "users", licence_id=used["id"])
    assert len(users) == full["licences_in_use_user"]


async def test_licence_changes_are_found_by_licence_and_day(halo: httpx.AsyncClient) -> None:
    rows = (await get(halo, "/LicenceChange"))["licence_history"]
    one = rows[0]
    found = (await get(halo, "/LicenceChange", licence_id=one["licence_id"]))["licence_history"]
    assert found == [row for row in rows if row["licence_id"] == one["licence_id"]]
    day = (await get(halo, "/LicenceChange", change_date=one["datetime"][:10]))["licence_history"]
    assert {row["datetime"][:10] for row in day} == {one["datetime"][:10]}
    assert len(day) < len(rows)


async def test_the_licence_password_is_a_canary(halo: httpx.AsyncClient) -> None:
    assert (await halo.get("/api/LicenseInfo/password")).json()["password"] in CANARIES


# --- tickets and places


async def test_ticket_lists_leave_out_what_real_lists_leave_out(halo: httpx.AsyncClient) -> None:
    rows = await every(halo, "/Tickets", "tickets")
    assert {row["agent_name"] for row in rows} == {None}
    assert not any("datecreated" in row for row in rows)
    assert -1 in {row["priority_id"] for row in rows}
    unset = [row for row in rows if row["targetdate"].startswith("1900")]
    assert len(unset) > len(rows) * 0.9
    assigned = next(row for row in rows if row["agent_id"] > 1)
    alone = await get(halo, f"/Tickets/{assigned['id']}")
    agents = {agent["id"]: agent["name"] for agent in await get(halo, "/Agent")}
    assert alone["agent_name"] == agents[assigned["agent_id"]]
    assert alone["datecreated"] > "1900-01-02"


async def test_ticket_filters_keep_exactly_what_they_say(halo: httpx.AsyncClient) -> None:
    rows = await every(halo, "/Tickets", "tickets")
    one, other = rows[3], rows[8]
    for params, keep in (
        ({"ticketids": f"{one['id']},{other['id']}"}, lambda row: row["id"] in {one["id"], other["id"]}),
        ({"requesttype_id": one["tickettype_id"]}, lambda row: row["tickettype_id"] == one["tickettype_id"]),
        ({"open_only": "true"}, lambda row: row["status_id"] not in {8, 9}),
        ({"closed_only": "true"}, lambda row: row["status_id"] in {8, 9}),
        ({"search_summary": one["summary"][:9].upper()}, lambda row: one["summary"][:9] in row["summary"]),
    ):
        found = await every(halo, "/Tickets", "tickets", **params)
        assert [row["id"] for row in found] == [row["id"] for row in rows if keep(row)], params
        assert found, params
    for name in ("agent_id", "user_id", "client_id", "site_id", "status_id"):
        found = await every(halo, "/Tickets", "tickets", **{name: one[name]})
        assert [row["id"] for row in found] == [row["id"] for row in rows if row[name] == one[name]]
        assert len(found) < len(rows)


async def test_tickets_and_assets_know_each_other(halo: httpx.AsyncClient) -> None:
    ticket = next(t for t in COMPANY.tickets if t.device and "halo" in COMPANY.devices[t.device - 1].vendors)
    assert ticket.device
    key = asset_id(ticket.device)
    found = await every(halo, "/Tickets", "tickets", asset_id=key)
    assert 0 < len(found) < 20
    for row in found:
        linked = await every(halo, "/Asset", "assets", ticket_id=row["id"], includeinactive="true")
        assert [asset["id"] for asset in linked] == [key]
        full = await get(halo, f"/Tickets/{row['id']}", includedetails="true", includelinkedobjects="true")
        assert [asset["id"] for asset in full["assets"]] == [key]
        assert "assets" not in await get(halo, f"/Tickets/{row['id']}", includedetails="true")


async def test_side_arrays_of_tickets_are_sometimes_filled(halo: httpx.AsyncClient) -> None:
    assert (await get(halo, "/Tickets"))["statuses"] == []
    assert (await get(halo, "/Tickets", includecolumns="true"))["statuses"]


async def test_addresses_come_where_they_are_asked_for(halo: httpx.AsyncClient) -> None:
    plain = (await get(halo, "/Site"))["sites"][0]
    long = (await get(halo, "/Site", includeaddress="true"))["sites"][0]
    alone = await get(halo, f"/Site/{plain['id']}")
    assert "delivery_address_line1" not in plain
    assert long["delivery_address_line1"] == alone["delivery_address"]["line1"] == COMPANY.sites[0].address


async def test_statuses_and_priorities(halo: httpx.AsyncClient) -> None:
    tickets = {row["name"] for row in await get(halo, "/Status", type="ticket")}
    assets = {row["name"] for row in await get(halo, "/Status", type="asset")}
    assert "In Progress" in tickets - assets
    assert "Decommissioned" in assets - tickets
    levels = await get(halo, "/Priority")
    assert len({row["priorityid"] for row in levels}) < len(levels) == len({row["id"] for row in levels})


# --- writing


async def post(http: httpx.AsyncClient, path: str, *bodies: dict[str, Any]) -> Any:
    answer = await http.post(f"/api{path}", json=list(bodies))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_array_creates_and_one_object_comes_back(halo: httpx.AsyncClient) -> None:
    body = {
        "assettype_id": 13,
        "site_id": 23,
        "inventory_number": "NEW-1",
        "fields": [{"id": "51", "value": "SN1"}],
    }
    made = await post(halo, "/Asset", body)
    assert isinstance(made, dict)
    assert (made["key_field"], made["site_name"], made["status_name"]) == (
        "SN1",
        COMPANY.sites[0].name,
        "Active",
    )
    assert (await get(halo, "/Asset", inventory_number="new-1"))["assets"][0]["id"] == made["id"]
    assert (await halo.post("/api/Asset", json=body)).status_code == 400


async def test_an_update_is_partial_but_fields_are_replaced_as_a_whole(halo: httpx.AsyncClient) -> None:
    key = asset_id(known("Laptop")[0].number)
    before = await get(halo, f"/Asset/{key}", includedetails="true")
    after = await post(halo, "/Asset", {"id": key, "notes": "moved", "key_field": "not written"})
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"notes", "last_modified", "dlastupdate"}
    emptied = await post(halo, "/Asset", {"id": key, "fields": [{"id": 117, "value": "Other"}]})
    values = {field["name"]: field["value"] for field in emptied["fields"]}
    assert (values["Model"], values["Serial Number"], emptied["key_field"]) == ("Other", "", "")
    assert emptied["customfields"] == before["customfields"]
    custom = await post(halo, "/Asset", {"id": key, "customfields": [{"id": 256, "value": "CC-1"}]})
    assert [field["value"] for field in custom["customfields"]] == [None, "CC-1"]


async def test_changes_leave_a_trail_and_mixed_arrays_do_both(halo: httpx.AsyncClient) -> None:
    key = asset_id(known()[0].number)
    await post(
        halo,
        "/Asset",
        {"id": key, "status_id": 33, "users": [{"id": 312}]},
        {"assettype_id": 31, "client_id": 12},
    )
    row = (await get(halo, "/Asset", assets=key, includeinactive="true"))["assets"][0]
    assert (row["status_name"], bool(row["username"])) == ("In Repair", True)
    assert [
        r["id"]
        for r in await every(halo, "/Asset", "assets", user_id=312, assets=key, includeinactive="true")
    ] == [key]
    last = (await get(halo, "/AssetChange", asset_id=key))["changes"][-1]
    assert (last["field_name"], last["new_value"]) == ("status_id", "33")


async def test_refusals_have_several_shapes_and_change_nothing(halo: httpx.AsyncClient) -> None:
    count = (await get(halo, "/Asset", **PAGED))["record_count"]
    good = {"assettype_id": 31, "client_id": 12}
    shapes = []
    for bad in ({"client_id": 12}, {"assettype_id": 31}, {"id": 5, "notes": "x"}, {**good, "site_id": "x"}):
        refused = await halo.post("/api/Asset", json=[good, bad])
        assert refused.status_code == 400
        shapes.append(refused.json() if isinstance(refused.json(), str) else frozenset(refused.json()))
    assert len(set(shapes)) == 4
    assert (await get(halo, "/Asset", **PAGED))["record_count"] == count
    assert (
        await halo.post("/api/Asset", content=b"[", headers={"content-type": "application/json"})
    ).status_code == 400
    assert (
        await halo.post("/api/Asset", content=b"[]", headers={"content-type": "text/plain"})
    ).status_code == 415


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/Asset", {"assettype_id": 31, "client_id": 12}),
        ("/Tickets", {"summary": "Broken"}),
        ("/SoftwareLicence", {"name": "New licence", "count": 4}),
        ("/Certificate", {"name": "New", "new_password": "secret"}),
    ],
)
async def test_what_is_made_can_be_read_and_deleted(
    halo: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    made = await post(halo, path, body)
    address = f"/api{path}/{made['id']}"
    assert "new_password" not in made
    assert (await halo.get(address)).status_code == 200
    assert (await halo.delete(address)).status_code == 200
    assert (await halo.get(address)).status_code == 404
    assert (await halo.delete(address)).status_code == 404


async def test_a_ticket_is_made_with_its_asset_and_closed(halo: httpx.AsyncClient) -> None:
    key = asset_id(known()[0].number)
    made = await post(halo, "/Tickets", {"summary": "Broken", "user_id": 312, "assets": [{"id": key}]})
    assert [asset["id"] for asset in made["assets"]] == [key]
    assert (made["status_name"], made["dateclosed"][:4], bool(made["site_name"])) == ("New", "1900", True)
    closed = await post(halo, "/Tickets", {"id": made["id"], "status_id": 9})
    assert (closed["status_name"], closed["dateclosed"][:4], closed["summary"]) == (
        "Closed",
        "2026",
        "Broken",
    )
    assert (await halo.post("/api/Tickets", json=[{"details": "no summary"}])).status_code == 400


async def test_a_changed_count_of_a_licence_is_noted(halo: httpx.AsyncClient) -> None:
    await post(halo, "/SoftwareLicence", {"id": 207, "count": 140})
    assert (await get(halo, "/SoftwareLicence/207"))["name"] == "Microsoft 365 Business Premium"
    last = (await get(halo, "/LicenceChange", licence_id=207))["licence_history"][-1]
    assert (last["old_value"], last["new_value"]) == ("130", "140")


async def test_a_lower_reading_is_questioned_until_it_is_confirmed(halo: httpx.AsyncClient) -> None:
    key = asset_id(known("Printer")[0].number)
    body = {"asset_id": key, "meter_name": "Mono", "reading": 5}
    questioned = await post(halo, "/MeterReading", body)
    assert questioned["_warning"]
    assert questioned["id"] == 0
    kept = await post(halo, "/MeterReading", body | {"_newreadingconfirmation_ok": True})
    assert kept["previous_reading"] > kept["reading"] == 5
    assert (await get(halo, f"/MeterReading/{kept['id']}"))["reading"] == 5
    assert (await halo.post("/api/MeterReading", json=[body | {"reading": 5.5}])).status_code == 400
    assert (await halo.delete(f"/api/MeterReading/{kept['id']}")).status_code == 405


async def test_a_posted_change_is_numbered_within_its_asset(halo: httpx.AsyncClient) -> None:
    key = asset_id(known()[0].number)
    before = (await get(halo, "/AssetChange", asset_id=key))["changes"]
    made = await post(halo, "/AssetChange", {"asset_id": key, "field_name": "RAM", "new_value": "32 GB"})
    assert made["id"] == before[-1]["id"] + 1
    assert (await get(halo, "/AssetChange", asset_id=key))["changes"] == [*before, made]


@pytest.mark.parametrize(
    ("sample", "path", "key"),
    [
        ("assets", "/Asset", "assets"),
        ("tickets", "/Tickets", "tickets"),
        ("sites", "/Site?includeaddress=true", "sites"),
        ("users", "/Users", "users"),
        ("licences", "/SoftwareLicence?include_licence_usage=true", "licences"),
        ("meter_readings", "/MeterReading", "meterreadings"),
        ("asset_changes", "/AssetChange", "changes"),
        ("device_licences", "/DeviceLicence", "devicelicences"),
        ("licence_changes", "/LicenceChange", "licence_history"),
        ("licence_infos", "/LicenseInfo", "licenseinfo"),
        ("clients", "/Client", "clients"),
        ("client_contracts", "/ClientContract", "contracts"),
        ("asset_software", "/AssetSoftware", None),
        ("certificates", "/Certificate", None),
        ("licence_roles", "/SoftwareLicenceRole", None),
        ("asset_types", "/AssetType", None),
        ("statuses", "/Status", None),
        ("priorities", "/Priority", None),
        ("ticket_types", "/TicketType", None),
    ],
)
async def test_rows_have_what_the_samples_have(
    halo: httpx.AsyncClient, sample: str, path: str, key: str | None
) -> None:
    shown = json.loads((SAMPLES / f"{sample}.json").read_bytes())
    answer = (await halo.get(f"/api{path}")).json()
    expected, rows = (shown, answer) if key is None else (shown[key], answer[key])
    assert rows
    assert expected[0].keys() <= rows[0].keys()
    if key is not None:
        assert shown.keys() <= answer.keys() | {"page_no", "page_size"}


async def test_equal_seeds_give_equal_answers_and_apps_share_no_state() -> None:
    texts = []
    for _ in range(2):
        async with client(make_company(seed=5, assets=60)) as http:
            await sign_in(http)
            texts.append(
                [(await http.get(f"/api/{path}")).content for path in ("Asset", "Tickets", "AssetChange")]
            )
            await post(http, "/Asset", {"assettype_id": 31, "client_id": 12})
    assert texts[0] == texts[1]
