"""The sandbox's Revnue behaves as Revnue is documented, its traps included."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.sandbox import Company, Device, make_company, written
from gateway.sandbox.vendors.revnue import create_app, settings

BASE = "http://revnue.test"
COMPANY = make_company(seed=3, assets=400)
KNOWN = [device for device in COMPANY.devices if "revnue" in device.vendors]
ONE = {"company": "1"}
SAMPLES = Path(__file__).parents[2] / "gateway" / "vendors" / "revnue" / "samples"
WRONG_DATE = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
WRONG_TEMPLATE = "Invalid template: an id and a list of fields are expected."


def client(company: Company = COMPANY, *, token: str | None = None, **options: Any) -> httpx.AsyncClient:
    token = settings(BASE)["TOKEN"] if token is None else token
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(company, **options)),
        base_url=f"{BASE}/api/v2",
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


@pytest_asyncio.fixture
async def revnue() -> AsyncIterator[httpx.AsyncClient]:
    async with client() as http:
        yield http


async def get(http: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await http.get(path, params=ONE | params)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- the door


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_without_the_token_everything_is_401_with_json(token: str) -> None:
    async with client(token=token) as http:
        refused = await http.get("/asset/", params=ONE)
        assert refused.status_code == 401
        assert refused.json()["detail"]
        assert (await http.post("/asset", json={"company": 1, "name": "x"})).status_code == 401


async def test_the_settings_fit_the_sandbox() -> None:
    given = settings(BASE)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(COMPANY))) as http:
        headers = {"Authorization": f"Bearer {given['TOKEN']}"}
        address = f"{given['BASE_URL']}/asset/?company={given['COMPANY']}"
        assert (await http.get(address, headers=headers)).status_code == 200


async def test_the_company_is_required(revnue: httpx.AsyncClient) -> None:
    for path in ("/asset/", "/asset?req=warranty", "/contract/", "/customer/", "/custom-form-template/"):
        refused = await revnue.get(path)
        assert (refused.status_code, refused.json()) == (400, {"detail": "company is required"})
    assert (await revnue.post("/asset", json={"name": "x"})).json() == {"detail": "company is required"}
    assert (await revnue.get("/asset/", params={"company": 2})).status_code == 401
    assert [row["id"] for row in (await revnue.get("/company/")).json()] == [1]


async def test_a_get_without_its_slash_is_redirected_but_asset_filters_are_not(
    revnue: httpx.AsyncClient,
) -> None:
    key = (await get(revnue, "/asset/"))[0]["id"]
    for path in (f"/asset/{key}", "/contract", "/customer", "/custom-form-template"):
        moved = await revnue.get(path, params=ONE)
        assert moved.status_code == 301
        assert moved.headers["location"] == f"{BASE}/api/v2{path}/?company=1"
        assert (await revnue.get(moved.headers["location"])).status_code == 200
    assert (await revnue.get("/asset", params=ONE)).status_code == 200


async def test_unknown_things_are_404_and_wrong_methods_405(revnue: httpx.AsyncClient) -> None:
    for path in ("/asset/1/", "/nothing/", "/asset/abc/"):
        missing = await revnue.get(path, params=ONE)
        assert (missing.status_code, missing.json()) == (404, {"detail": "Not found."})
    refused = await revnue.patch("/asset/1/", params=ONE)
    assert (refused.status_code, refused.json()["detail"]) == (405, 'Method "PATCH" not allowed.')


async def test_the_account_may_make_so_many_calls_a_minute() -> None:
    now = [100.0]
    async with client(per_minute=2, clock=lambda: now[0]) as http:
        assert [(await http.get("/company/")).status_code for _ in range(2)] == [200, 200]
        now[0] = 120.5
        refused = await http.get("/asset/", params=ONE)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "40"
        assert refused.json() == {"detail": "Request was throttled. Expected available in 40 seconds."}
        now[0] = 160.0
        assert (await http.get("/asset/", params=ONE)).status_code == 200


# --- envelopes


async def test_a_list_is_an_array_by_default(revnue: httpx.AsyncClient) -> None:
    rows = await get(revnue, "/asset/")
    assert [row["asset_tag"] for row in rows] == [device.asset_tag for device in KNOWN]


async def test_a_list_may_be_an_object() -> None:
    async with client(envelope="object") as http:
        rows = (await get(http, "/asset/"))["data"]
        assert len(rows) == len(KNOWN)
        unique = next(row for row in rows if sum(row["name"].lower() in r["name"].lower() for r in rows) == 1)
        assert await get(http, "/asset", name=unique["name"]) == unique
        assert await get(http, "/asset", name="no such name") == {"data": []}


async def test_a_list_may_come_in_pages() -> None:
    async with client(envelope="page", page_size=40) as http:
        body = await get(http, "/asset/")
        found = body["results"]
        assert body["previous"] is None
        while body["next"]:
            assert body["next"].startswith(f"{BASE}/api/v2/asset/?company=1&page=")
            body = (await http.get(body["next"])).json()
            assert len(body["results"]) <= 40
            found += body["results"]
        assert body["count"] == len(found) == len({row["id"] for row in found}) == len(KNOWN)


# --- reading


async def test_an_asset_reads_as_documented(revnue: httpx.AsyncClient) -> None:
    documented = {
        "id", "name", "contract", "category", "manufacturer", "serial_number", "address", "city",
        "country", "region", "location_description", "asset_owner", "business_unit", "warranty_status",
        "warranty_type", "warranty_provider", "end_of_life_date", "warranty_start_date",
        "warranty_end_date", "warranty_contact_phone", "warranty_contact_email", "warranty_notes",
        "support_status", "support_type", "support_provider", "attached_supplier", "end_of_support_date",
        "support_start_date", "support_end_date", "support_contact_phone", "support_contact_email",
        "support_notes", "usage_status", "asset_tag", "asset_notes", "original_cost",
        "service_start_date", "depreciation_schedule", "estimated_salvage_value", "financial_notes",
        "template",
    }  # fmt: skip
    rows = await get(revnue, "/asset/")
    assert all(row.keys() == documented for row in rows)
    for row, device in zip(rows, KNOWN, strict=True):
        assert row["serial_number"] == written(device.serial_number, "revnue", device.number)
        assert row["country"] == COMPANY.sites[device.site - 1].country
        assert (row["asset_owner"] is None) == (device.holder is None)
    assert await get(revnue, f"/asset/{rows[5]['id']}/") == rows[5]
    owned = next(row for row in rows if row["asset_owner"])
    assert owned["asset_owner"].keys() == {"id", "name", "email", "phone_number"}


async def test_values_have_the_oddities_of_the_real_thing(revnue: httpx.AsyncClient) -> None:
    rows = await get(revnue, "/asset/")
    assert {type(row["original_cost"]) for row in rows} == {float, str, type(None)}
    ends = [row["warranty_end_date"] for row in rows]
    assert {"", None} <= set(ends)
    assert {len(end) for end in ends if end} == {10, 20}
    assert {row["warranty_type"] for row in rows} > {"none"}
    assert {row["warranty_status"] for row in rows} == {"none", "within_warranty", "out_of_warranty"}
    assert {row["support_status"] for row in rows} == {"none", "within_support", "out_of_support"}
    assert {row["usage_status"]["name"] for row in rows} == {"production", "non_production", "other", "none"}
    for row in rows:
        if row["warranty_status"] == "within_warranty":
            assert row["warranty_end_date"][:10] >= "2026-06-30"


async def test_filters_find_parts_in_any_case(revnue: httpx.AsyncClient) -> None:
    rows = await get(revnue, "/asset/")
    sample = next(row for row in rows if len(row["serial_number"].strip()) > 6)
    for parameter, name, term in (
        ("name", "name", sample["name"][1:7].upper()),
        ("serial_number", "serial_number", sample["serial_number"].strip()[1:].swapcase()),
        ("manufacturer_name", "manufacturer", "dell"),
    ):
        found = await get(revnue, "/asset", **{parameter: term})
        assert found == [row for row in rows if term.lower() in row[name].lower()]
        assert 0 < len(found) < len(rows)


async def test_the_magic_serial_number_lists_serial_numbers(revnue: httpx.AsyncClient) -> None:
    rows = await get(revnue, "/asset/")
    assert await get(revnue, "/asset", serial_number="list") == [row["serial_number"] for row in rows]


async def test_assets_are_found_by_a_column_of_their_form(revnue: httpx.AsyncClient) -> None:
    rows = await get(revnue, "/asset/")
    forms = await get(revnue, "/custom-form-template/")
    sample = next(row for row in rows if row["template"] and row["template"]["fields"]["Rack unit"])
    value = sample["template"]["fields"]["Rack unit"]
    assert {field["name"] for field in forms[0]["fields"]} == sample["template"]["fields"].keys()
    asked = {"custom_form_id": forms[0]["id"], "custom_form_name": "Rack unit", "custom_form_value": value}
    found = await get(revnue, "/asset/", **asked)
    assert found == [
        row for row in rows if row["template"] and row["template"]["fields"]["Rack unit"] == value
    ]
    assert await get(revnue, "/asset/", **(asked | {"custom_form_id": 18})) == []
    assert await get(revnue, f"/custom-form-template/{forms[0]['id']}/") == forms[0]
    assert {form["is_active"] for form in forms} == {True, False}


@pytest.mark.parametrize("what", ["warranty", "support"])
async def test_req_gives_a_part(revnue: httpx.AsyncClient, what: str) -> None:
    whole = await get(revnue, "/asset/")
    rows = await get(revnue, "/asset", req=what)
    assert len(rows) == len(whole)
    for row, full in zip(rows, whole, strict=True):
        assert f"{what}_start_date" in row
        assert not any(name.startswith({"warranty": "support", "support": "warranty"}[what]) for name in row)
        assert row.items() <= full.items()
    assert await get(revnue, f"/asset/{rows[0]['id']}/", req=what) == rows[0]


def place(ordering: str, device: Device, row: dict[str, Any]) -> Any:
    """What an asset is ordered by: for some names, nothing that the answer shows."""
    shown = {
        "asset_id": row["id"],
        "asset_name": row["name"].casefold(),
        "created_date": device.created_at,
        "modified_date": device.updated_at,
    }
    return shown[ordering] if ordering in shown else (row[ordering] or "")[:10] or None


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    "ordering",
    [
        "asset_id", "asset_name", "created_date", "modified_date",
        "support_start_date", "support_end_date", "warranty_start_date", "warranty_end_date",
    ],
)  # fmt: skip
async def test_ordering_knows_eight_names(revnue: httpx.AsyncClient, ordering: str, sign: str) -> None:
    device = {device.asset_tag: device for device in KNOWN}
    rows = await get(revnue, "/asset", ordering=sign + ordering)
    values = [place(ordering, device[row["asset_tag"]], row) for row in rows]
    there = [value for value in values if value is not None]
    missing = len(values) - len(there)
    assert there == sorted(there, reverse=sign == "-")
    assert len(set(there)) > 1
    assert (values[:missing] if sign else values[len(there) :]) == [None] * missing


async def test_an_unknown_ordering_is_ignored(revnue: httpx.AsyncClient) -> None:
    assert await get(revnue, "/asset", ordering="serial_number") == await get(revnue, "/asset")


async def test_contracts_are_listed_found_and_named_by_assets(revnue: httpx.AsyncClient) -> None:
    rows = await get(revnue, "/contract/")
    assert {row["contract_type"] for row in rows} == {"buy_side", "sell_side"}
    assert any(row["parent_contract"] for row in rows)
    assert await get(revnue, f"/contract/{rows[0]['id']}/") == rows[0]
    assert await get(revnue, "/contract/", contract_no=rows[2]["number"]) == [rows[2]]
    named = await get(revnue, "/contract/", name=rows[2]["name"][:8].upper())
    assert rows[2] in named
    assert len(named) < len(rows)
    numbers = {row["id"]: row["number"] for row in rows}
    linked = [row["contract"] for row in await get(revnue, "/asset/") if row["contract"]]
    assert linked
    assert all(numbers[contract["id"]] == contract["number"] for contract in linked)
    customers = {row["id"]: row["name"] for row in await get(revnue, "/customer/")}
    assert {row["customer"]["id"] for row in rows if row["customer"]} <= customers.keys()


# --- writing


async def test_an_asset_is_made_read_and_deleted(revnue: httpx.AsyncClient) -> None:
    body = {
        "company": 1, "name": "New server", "contract": 5217, "category": {"id": 64, "subcategory": "Server"},
        "country": 2, "asset_owner": 7003, "warranty_type": "oem", "warranty_end_date": "2027-01-31",
        "original_cost": 1200.5, "usage_status": "production",
        "template": {"id": 12, "fields": [{"id": 303, "value": 7}]},
    }  # fmt: skip
    answer = await revnue.post("/asset", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert await get(revnue, f"/asset/{made['id']}/") == made
    assert made["contract"]["id"] == 5217
    assert made["category"] == {"id": 64, "name": "Data centre", "subcategory": "Server"}
    assert isinstance(made["country"], str)
    assert made["asset_owner"]["name"] == f"{COMPANY.people[2].first_name} {COMPANY.people[2].last_name}"
    assert made["warranty_status"] == "within_warranty"
    assert made["template"]["fields"]["Rack unit"] == 7
    assert made["serial_number"] is None
    assert (await revnue.delete(f"/asset/{made['id']}", params=ONE)).status_code == 204
    assert (await revnue.get(f"/asset/{made['id']}/", params=ONE)).status_code == 404
    assert (await revnue.delete(f"/asset/{made['id']}", params=ONE)).status_code == 404


async def test_put_nulls_what_is_left_out(revnue: httpx.AsyncClient) -> None:
    rows = await get(revnue, "/asset/")
    before = next(row for row in rows if row["contract"] and row["asset_owner"] and row["template"])
    answer = await revnue.put(f"/asset/{before['id']}", json={"company": 1, "name": before["name"]})
    assert answer.status_code == 200
    after = await get(revnue, f"/asset/{before['id']}/")
    kept = {
        name
        for name in before
        if before[name] not in ("", "none") and before[name] == after[name] is not None
    }
    assert kept == {"id", "name", "region"}
    assert (after["country"], after["contract"], after["template"], after["warranty_type"]) == (None,) * 4
    assert (await get(revnue, "/asset", ordering="-modified_date"))[0]["id"] == before["id"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("country", "Germany", "Incorrect type. Expected pk value, received str."),
        ("country", 999, 'Invalid pk "999" - object does not exist.'),
        ("contract", {"id": 5217, "number": "x"}, "Incorrect type. Expected pk value, received dict."),
        ("warranty_type", "lifetime", '"lifetime" is not a valid choice.'),
        ("warranty_end_date", "31/01/2027", WRONG_DATE),
        ("original_cost", "much", "A valid number is required."),
        ("template", {"id": 12, "fields": {"Rack unit": 7}}, WRONG_TEMPLATE),
        ("template", {"id": 12, "fields": [{"id": 1, "value": 7}]}, "Invalid template: unknown field."),
        ("category", {"name": "Data centre"}, "Invalid category - object does not exist."),
        ("name", "", "This field may not be blank."),
        ("name", None, "This field is required."),
    ],
)  # fmt: skip
async def test_what_is_read_cannot_simply_be_written_back(
    revnue: httpx.AsyncClient, field: str, value: object, message: str
) -> None:
    count = len(await get(revnue, "/asset/"))
    refused = await revnue.post("/asset", json={"company": 1, "name": "x", field: value})
    assert (refused.status_code, refused.json()) == (400, {field: [message]})
    assert len(await get(revnue, "/asset/")) == count


async def test_a_body_that_is_no_json_is_400(revnue: httpx.AsyncClient) -> None:
    refused = await revnue.post("/asset", params=ONE, content=b"{")
    assert (refused.status_code, refused.json()) == (400, {"detail": "JSON parse error"})
    assert (await revnue.post("/asset", params=ONE, json=[1])).status_code == 400


@pytest.mark.parametrize("body", [{"usage_status": "other"}, {"usage_status": 3}, {"asset_usage_status": 3}])
async def test_the_usage_status_is_taken_in_three_ways(
    revnue: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    made = (await revnue.post("/asset", json={"company": 1, "name": "x", **body})).json()
    assert made["usage_status"] == {"id": 3, "name": "other"}


async def test_contracts_are_made_and_keep_their_type(revnue: httpx.AsyncClient) -> None:
    body = {
        "company": 1,
        "contract_type": "buy_side",
        "name": "Lease",
        "number": "L-1",
        "mrc": "10.5",
        "supplier": 404,
    }
    answer = await revnue.post("/contract", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert made["supplier"] == {"id": 404, "name": "Pennine IT Supplies Ltd"}
    changed = {"company": 1, "contract_type": "sell_side", "name": "Lease 2"}
    after = (await revnue.put(f"/contract/{made['id']}", json=changed)).json()
    assert (after["contract_type"], after["name"], after["number"]) == ("buy_side", "Lease 2", None)
    assert (await revnue.post("/contract", json={"company": 1, "name": "x"})).status_code == 400


@pytest.mark.parametrize("path", ["asset", "contract", "custom-form-template"])
async def test_rows_have_what_the_samples_have(revnue: httpx.AsyncClient, path: str) -> None:
    sample = json.loads((SAMPLES / f"{path.replace('-', '_')}s.json").read_bytes())[0]
    rows = await get(revnue, f"/{path}/")
    assert sample.keys() == rows[0].keys()


async def test_the_sample_of_a_new_asset_is_taken_whole(revnue: httpx.AsyncClient) -> None:
    body = json.loads((SAMPLES / "asset_create.json").read_bytes())
    owner = next(row["asset_owner"] for row in await get(revnue, "/asset/") if row["asset_owner"])
    answer = await revnue.post("/asset", json=body | {"asset_owner": owner["id"]})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["asset_owner"] == owner
    assert made["template"]["fields"]["MAC address"] == body["template"]["fields"][0]["value"]
    same = {"name", "manufacturer", "serial_number", "address", "city", "asset_tag", "depreciation_schedule"}
    assert {name: made[name] for name in same} == {name: body[name] for name in same}


async def test_equal_seeds_give_equal_answers_and_apps_share_no_state() -> None:
    texts = []
    for _ in range(2):
        async with client(make_company(seed=5, assets=60)) as http:
            texts.append((await http.get("/asset/", params=ONE)).content)
            assert (await http.post("/asset", json={"company": 1, "name": "x"})).status_code == 201
    assert texts[0] == texts[1]
