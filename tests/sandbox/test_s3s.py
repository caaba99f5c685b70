"""The sandbox's S3S: what its page says, and the oddities that clients meet."""

import json
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gateway.sandbox import make_company
from gateway.sandbox.vendors.s3s import API_KEY, create_app, settings

COMPANY = make_company(assets=400)
KEY = {"Authorization": f"Bearer {API_KEY}", "Accept": "application/json"}


@pytest.fixture
async def s3s() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(COMPANY))
    async with httpx.AsyncClient(transport=transport, base_url="http://s3s/api/v2", headers=KEY) as client:
        yield client


def sample(name: str) -> Any:
    return json.loads(files("gateway.vendors.s3s").joinpath("samples").joinpath(name).read_text("utf-8"))


async def rows(s3s: httpx.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    body = (await s3s.get(f"/assets/checklists{query}")).json()
    assert body.keys() == {"data"}
    found: list[dict[str, Any]] = body["data"]
    return found


async def every(s3s: httpx.AsyncClient) -> list[dict[str, Any]]:
    pages = [await rows(s3s, f"?page={page}&page_size=50") for page in (1, 2, 3)]
    return [row for page in pages for row in page]


async def test_discovery_is_the_documented_answer(s3s: httpx.AsyncClient) -> None:
    assert (await s3s.get("/assets")).json() == sample("assets.json")


async def test_rows_have_the_keys_of_the_documented_one(s3s: httpx.AsyncClient) -> None:
    documented = sample("checklist.json")["data"][0]
    for row in await every(s3s):
        assert row.keys() == documented.keys()
        assert row["created_at"].keys() == documented["created_at"].keys()
        assert row["items"]["data"][0].keys() == documented["items"]["data"][0].keys()
        if row["service_contract"]:
            assert row["service_contract"]["data"].keys() == documented["service_contract"]["data"].keys()


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 15), ("?page_size=7", 7), ("?page_size=50", 50), ("?page_size=51", 50), ("?page_size=x", 15)],
)
async def test_page_sizes(s3s: httpx.AsyncClient, query: str, count: int) -> None:
    assert len(await rows(s3s, query)) == count


async def test_pages_hold_every_server_once_newest_first(s3s: httpx.AsyncClient) -> None:
    found = await every(s3s)
    ids = [row["id"] for row in found]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == sum("s3s" in device.vendors for device in COMPANY.devices)
    assert await rows(s3s, "?page=9&page_size=50") == []


async def test_one_is_a_list_of_one_by_id_and_by_both_serial_numbers(s3s: httpx.AsyncClient) -> None:
    row = next(row for row in await rows(s3s) if row["chassis_serial_number"].strip())
    for key in (row["id"], row["assembly_serial_number"], row["chassis_serial_number"]):
        quoted = str(key).replace(".", "%2E").replace(" ", "%20")
        assert (await s3s.get(f"/assets/checklists/{quoted}")).json() == {"data": [row]}


async def test_what_is_not_there(s3s: httpx.AsyncClient) -> None:
    for path in (
        "/assets/checklists/99",
        "/assets/checklists/US.1999.1",
        "/assets/test_results",
        "/assets/orders/x",
    ):
        answer = await s3s.get(path)
        assert (answer.status_code, answer.json()["status_code"]) == (404, 404)


async def test_dates_have_several_zones_of_all_three_kinds(s3s: httpx.AsyncClient) -> None:
    dates = [row["created_at"] for row in await every(s3s)]
    assert {date["timezone_type"] for date in dates} == {1, 2, 3}
    named = {date["timezone"] for date in dates if date["timezone_type"] == 3}
    assert len([ZoneInfo(name) for name in named]) == 3
    assert all(date["date"].endswith(".000000") for date in dates)


async def test_item_ids_are_those_of_the_template(s3s: httpx.AsyncClient) -> None:
    first, second = (await every(s3s))[:2]
    ids = [{item["id"] for item in row["items"]["data"]} for row in (first, second)]
    assert len(ids[0] & ids[1]) >= 7


async def test_values_other_than_checkboxes_and_builds_that_are_not_finished(s3s: httpx.AsyncClient) -> None:
    found = await every(s3s)
    assert {row["status"] for row in found} == {"finished", "in_progress"}
    kinds = {
        (item["option"]["data"]["type"], type(item["value"]))
        for row in found
        for item in row["items"]["data"]
    }
    assert kinds == {("checkbox", bool), ("text", str)}
    assert any(row["service_contract"] is None for row in found)
    assert any(row["server_reference"] is None for row in found)


async def test_orders_statistics_and_test_results(s3s: httpx.AsyncClient) -> None:
    found = await every(s3s)
    orders = (await s3s.get("/assets/orders?page_size=50")).json()["data"]
    assert [line["checklist_id"] for order in orders for line in order["lines"]["data"]] == [
        row["id"] for row in found
    ]
    assert (await s3s.get(f"/assets/orders/{orders[0]['id']}")).json() == {"data": orders[:1]}
    assert (await s3s.get("/assets/statistics")).json()["data"]["checklists"]["total"] == len(found)
    results = (await s3s.get(f"/assets/test_results/{found[0]['id']}")).json()["data"]
    assert {result["checklist_id"] for result in results} == {found[0]["id"]}
    by_serial = await s3s.get(f"/assets/test_results/{found[0]['assembly_serial_number']}")
    assert by_serial.json()["data"] == results


@pytest.mark.parametrize("key", ["", API_KEY, "Bearer ", f"Basic {API_KEY}", "Bearer wrong", "Bearer ü"])
async def test_401_without_the_key(s3s: httpx.AsyncClient, key: str) -> None:
    answer = await s3s.get("/assets", headers={b"Authorization": key.encode()})
    assert answer.status_code == 401


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_written(s3s: httpx.AsyncClient, verb: str) -> None:
    answer = await s3s.request(verb, "/assets/checklists", json={})
    assert (answer.status_code, answer.json()["status_code"]) == (405, 405)


async def test_the_same_bytes_for_the_same_seed(s3s: httpx.AsyncClient) -> None:
    transport = httpx.ASGITransport(create_app(make_company(assets=400)))
    async with httpx.AsyncClient(transport=transport, base_url="http://s3s/api/v2", headers=KEY) as again:
        for path in ("/assets/checklists?page_size=50", "/assets/orders", "/assets/statistics"):
            assert (await s3s.get(path)).content == (await again.get(path)).content


def test_settings_of_a_source() -> None:
    assert settings("http://x:1") == {"VENDOR": "s3s", "BASE_URL": "http://x:1/api/v2", "API_KEY": API_KEY}
