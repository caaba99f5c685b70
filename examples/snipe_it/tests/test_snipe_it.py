"""Snipe-IT through the gateway: over its samples, and over its sandbox."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import pytest
from asset_gateway_snipe_it import sandbox

from gateway.cli import main as cli
from gateway.testing import Gateway, answered, paths, served
from gateway.testing.sandbox import make_company

SOURCES = {"snipe_it": sandbox.settings("http://snipe-it.test")}
COMPANY = make_company(seed=3, assets=250)


def sample(name: str) -> Any:
    return json.loads((files("asset_gateway_snipe_it") / "samples" / f"{name}.json").read_text("utf-8"))


@pytest.fixture
async def installation() -> AsyncIterator[Gateway]:
    async with Gateway(SOURCES, {"snipe_it": served(sandbox.create_app(COMPANY))}) as gateway:
        yield gateway


def of_samples(**replaced: Any) -> Gateway:
    answers = {f"/{name}": sample(name) for name in ("hardware", "locations", "users")}
    answers |= {"/locations/5": sample("location_5"), "/users/9": sample("user_9")}
    return Gateway(SOURCES, {"snipe_it": paths({**answers, **replaced}, base="/api/v1")})


async def test_an_asset_is_read_as_documented() -> None:
    async with of_samples() as gateway:
        data = await gateway.ask(
            """{ assets { nodes { id name serialNumber status statusRaw model supplier purchaseDate purchaseCost
                 createdAt warranty { endDate } location { name city } assignedTo { name email role } } } }"""
        )
    assert data.whole["assets"]["nodes"] == [
        {
            "id": "snipe_it:Asset:42",
            "name": "Anna's MacBook Pro",
            "serialNumber": "C02X12345678",
            "status": "IN_USE",
            "statusRaw": "Ready to Deploy",
            "model": "MacBook Pro 14",
            "supplier": "Smith & Sons",
            "purchaseDate": "2024-01-15",
            "purchaseCost": "2499.00",
            "createdAt": "2024-01-16T09:30:00Z",
            "warranty": {"endDate": "2027-01-15"},
            "location": {"name": "Antwerp", "city": "Antwerp"},
            "assignedTo": {"name": "Anna Peeters", "email": "anna@acme.example", "role": "Engineer"},
        }
    ]


async def test_every_row_comes_once_though_the_limit_is_lower_than_requested(installation: Gateway) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = (
            await installation.ask(
                "query ($after: String) { assets(first: 70, after: $after) { totalCount complete "
                "nodes { nativeId } pageInfo { hasNextPage endCursor } } }",
                after=after,
            )
        ).whole["assets"]
        assert (page["totalCount"], page["complete"]) == (250, True)
        seen += [node["nativeId"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [str(number) for number in range(1, 251)]
    assert {call.params["offset"] for call in installation.calls} == {"0", "100", "200"}


async def test_the_vendor_is_a_value_of_the_enum_like_all_others(installation: Gateway) -> None:
    data = (
        await installation.ask(
            """{ sources { name vendor operations } __type(name: "Vendor") { enumValues { name } }
                 mine: assets(first: 1, filter: {vendor: {eq: SNIPE_IT}}) { totalCount }
                 others: assets(first: 1, filter: {vendor: {in: [HALO]}}) { totalCount } }"""
        )
    ).whole
    assert (data["sources"][0]["name"], data["sources"][0]["vendor"]) == ("snipe_it", "SNIPE_IT")
    assert {"asset.list", "asset.checkout", "location.get", "person.list"} <= set(
        data["sources"][0]["operations"]
    )
    assert {value["name"] for value in data["__type"]["enumValues"]} > {"SNIPE_IT", "HALO"}
    assert (data["mine"]["totalCount"], data["others"]["totalCount"]) == (250, 0)


async def test_the_vendor_is_in_the_tables(installation: Gateway) -> None:
    response = await installation.get("/tables/assets.csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["id"] for row in rows] == [f"snipe_it:Asset:{number}" for number in range(1, 251)]


@pytest.mark.parametrize("native", ["99999", "0"])
async def test_an_asset_that_does_not_exist_is_null(installation: Gateway, native: str) -> None:
    result = await installation.ask(f'{{ asset(id: "snipe_it:Asset:{native}") {{ id }} }}')
    assert result.whole == {"asset": None}


CHECKOUT = """mutation ($id: ID!, $person: ID!) {
  checkoutAsset(input: {id: $id, employeeId: $person, note: "for the fair"}) {
    asset { status assignedTo { id } } userErrors { code field } } }"""
CHECKIN = """mutation ($id: ID!) {
  checkinAsset(input: {id: $id}) { asset { status assignedTo { id } } userErrors { code } } }"""


async def test_checkout_and_checkin(installation: Gateway) -> None:
    free = next(device for device in COMPANY.devices if device.state == "available" and device.holder is None)
    asset, person = f"snipe_it:Asset:{free.number}", "snipe_it:Person:2"
    done = (await installation.ask(CHECKOUT, id=asset, person=person)).whole["checkoutAsset"]
    assert done == {"asset": {"status": "IN_USE", "assignedTo": {"id": person}}, "userErrors": []}
    again = (await installation.ask(CHECKOUT, id=asset, person=person)).whole["checkoutAsset"]
    assert again["userErrors"] == [{"code": "CONFLICT", "field": ["id"]}]
    back = (await installation.ask(CHECKIN, id=asset)).whole["checkinAsset"]
    assert back == {"asset": {"status": "AVAILABLE", "assignedTo": None}, "userErrors": []}
    again = (await installation.ask(CHECKIN, id=asset)).whole["checkinAsset"]
    assert again["userErrors"] == [{"code": "CONFLICT"}]
    missing = (await installation.ask(CHECKIN, id="snipe_it:Asset:99999")).whole["checkinAsset"]
    assert missing["userErrors"] == [{"code": "NOT_FOUND"}]


async def test_an_amount_in_another_form_is_null_and_counted() -> None:
    rows = [sample("hardware_42") | {"id": 1, "purchase_cost": "2.499,00"}, sample("hardware_42")]
    async with of_samples(**{"/hardware": answered({"total": 2, "rows": rows})}) as gateway:
        data = (await gateway.ask("{ assets { nodes { purchaseCost } } }")).whole
        metrics = (await gateway.get("/metrics")).text
    assert [node["purchaseCost"] for node in data["assets"]["nodes"]] == [None, "2499.00"]
    counter = r'gateway_values_unread_total\{field="purchase_cost",source="snipe_it",type="Asset"\} 1\.0'
    assert re.search(counter, metrics)


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in SOURCES["snipe_it"].items():
        monkeypatch.setenv(f"GATEWAY_SOURCES__SNIPE_IT__{name}", value)
    return monkeypatch


def test_check_knows_its_settings(environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check"]) == 0
    assert "snipe_it (snipe_it): ok" in capsys.readouterr().out
    environ.setenv("GATEWAY_SOURCES__SNIPE_IT__NUMBER_FORM", "many")
    assert cli.main(["check"]) == 1
    assert "GATEWAY_SOURCES__SNIPE_IT: 'many' is no example of a number" in capsys.readouterr().out


@pytest.mark.usefixtures("environ")
def test_explain_tells_its_calls(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "{ assets(first: 10) { nodes { name location { city } } } }"]) == 0
    shown = capsys.readouterr().out
    assert "/hardware" in shown
    assert "offset=0" in shown
