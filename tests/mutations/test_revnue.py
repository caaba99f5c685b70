"""Revnue: what a PUT leaves out is emptied, and some of what is read cannot be written back as it is."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.sandbox.vendors.revnue.account import Account
from tests.mutations.house import ASSET, House, changed_fields, codes

Opened = Callable[..., House]


def countries(firm: Company) -> str:
    """The sandbox's countries by their ids, as an operator would set them."""
    account = Account(firm)
    return ",".join(f"{name}={native}" for native, name in account.countries.items())


@pytest.fixture
def knowing(house: Opened, firm: Company) -> Callable[[], House]:
    """A gateway that knows the ids of countries."""
    return lambda: house("revnue", environ={"GATEWAY_SOURCES__REVNUE__COUNTRY_IDS": countries(firm)})


async def full(house: House) -> dict[str, Any]:
    """An asset of which much is told."""
    assets: list[dict[str, Any]] = await house.assets()
    return max(
        assets, key=lambda asset: sum(bool(value) for value in asset.values()) + bool(asset["contract"]) * 5
    )


async def test_what_would_be_lost_is_refused_unless_it_is_given(house: Opened) -> None:
    async with house("revnue") as gateway:
        asset = await full(gateway)
        refused = await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "notes": "n"})
        assert codes(refused) == [("WOULD_LOSE_DATA", "vendorFields.country")]
        assert gateway.vendor.writes == []
        input_values = {"id": asset["id"], "notes": "n", "vendorFields": {"country": 2}}
        assert codes(await gateway.do("updateAsset", "asset { id }", input_values)) == []
        assert gateway.vendor.writes[0][2]["country"] == 2


@pytest.mark.parametrize(
    ("input_values", "shown"),
    [
        ({"name": "Renamed"}, {"name": "Renamed"}),
        ({"assetTag": "T"}, {"assetTag": "T"}),
        ({"assetTag": None}, {"assetTag": None}),
        ({"serialNumber": "S"}, {"serialNumber": "S"}),
        ({"manufacturer": None}, {"manufacturer": None}),
        ({"notes": "n"}, {"notes": "n"}),
        ({"purchaseCost": None}, {"purchaseCost": None}),
        ({"categoryId": None}, {"category": None}),
        ({"assignedToId": None}, {"assignedTo": None, "owner": None}),
        ({"status": None}, {"status": "UNKNOWN", "statusRaw": None}),
        ({"status": "IN_USE"}, {"status": "IN_USE", "statusRaw": "production"}),
    ],
)
async def test_an_update_changes_what_is_given_and_nothing_else(
    knowing: Callable[[], House], input_values: dict[str, Any], shown: dict[str, Any]
) -> None:
    async with knowing() as gateway:
        for before in (await gateway.assets())[:6]:
            payload = await gateway.do(
                "updateAsset", f"asset {{ {ASSET} }}", {"id": before["id"], **input_values}
            )
            assert codes(payload) == []
            assert gateway.vendor.writes[-1][:2] == ("PUT", f"/api/v2/asset/{before['nativeId']}?company=1")
            after = await gateway.asset(before["id"])
            assert changed_fields(before, after).items() <= shown.items()
            assert after.items() >= shown.items()
            assert payload["asset"] == after


async def test_one_usage_status_is_sent_whichever_name_it_is_given_by(knowing: Callable[[], House]) -> None:
    async with knowing() as gateway:
        asset = next(
            candidate for candidate in await gateway.assets() if candidate["statusRaw"] == "production"
        )
        native = (await gateway.vendor.tells(f"/api/v2/asset/{asset['nativeId']}/?company=1"))[
            "usage_status"
        ]["id"]
        input_values = {"id": asset["id"], "notes": "n", "vendorFields": {"asset_usage_status": native}}
        gateway.vendor.lose = "after"
        assert codes(await gateway.do("updateAsset", "asset { id }", input_values)) == []
        body = gateway.vendor.writes[0][2]
        assert (body.get("usage_status", "absent"), body["asset_usage_status"]) == ("absent", native)
        assert changed_fields(asset, await gateway.asset(asset["id"])) == {"notes": "n"}


async def test_every_key_goes_back_as_it_is_written(knowing: Callable[[], House]) -> None:
    async with knowing() as gateway:
        asset = await full(gateway)
        await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "name": asset["name"]})
        body = gateway.vendor.writes[0][2]
        assert isinstance(body["country"], int)
        assert body["asset_owner"] == int(asset["assignedTo"]["id"].split(":")[2])
        assert set(body["category"]) == {"id", "subcategory"}
        assert body["original_cost"] == Decimal(asset["purchaseCost"])
        assert body["usage_status"] == asset["statusRaw"]
        assert all(set(value) == {"id", "value"} for value in body["template"]["fields"])
        assert len(body["warranty_end_date"] or "2026-01-01") == 10
        assert "region" not in body
        assert changed_fields(asset, await gateway.asset(asset["id"])) == {}


async def test_an_asset_is_created(house: Opened) -> None:
    async with house("revnue") as gateway:
        owner = (await full(gateway))["assignedTo"]["id"]
        input_values = {
            "source": "revnue", "name": "Fresh", "assetTag": "F-1", "serialNumber": "FS", "manufacturer": "Dell",
            "status": "IN_USE", "categoryId": "61", "assignedToId": owner, "purchaseCost": "12.50",
            "warrantyEndDate": "2030-01-02", "notes": "n", "vendorFields": {"city": "Gent", "country": 2},
            "customFields": [{"name": "mac address", "value": "AA"}, {"id": "303", "value": 7}],
        }  # fmt: skip
        created = (await gateway.do("createAsset", f"asset {{ {ASSET} }}", input_values))["asset"]
        assert gateway.vendor.writes == [
            (
                "POST",
                "/api/v2/asset?company=1",
                {
                    "name": "Fresh", "asset_tag": "F-1", "serial_number": "FS", "manufacturer": "Dell",
                    "usage_status": "production", "category": {"id": 61, "subcategory": None},
                    "asset_owner": int(owner.split(":")[2]), "original_cost": Decimal("12.50"),
                    "warranty_end_date": "2030-01-02", "asset_notes": "n", "city": "Gent", "country": 2,
                    "template": {"id": 12, "fields": [{"id": 301, "value": "AA"}, {"id": 303, "value": 7}]},
                },
            )
        ]  # fmt: skip
        assert created["status"] == "IN_USE"
        assert {"name": "Rack unit", "value": 7, "id": None} in created["customFields"]
        assert [asset["id"] for asset in await gateway.assets(assetTag={"eq": "F-1"})] == [created["id"]]


async def test_usage_statuses_by_id_where_the_account_takes_ids(house: Opened, firm: Company) -> None:
    environ = {
        "GATEWAY_SOURCES__REVNUE__COUNTRY_IDS": countries(firm),
        "GATEWAY_SOURCES__REVNUE__USAGE_STATUS_IDS": "production=1,non_production=2",
        "GATEWAY_SOURCES__REVNUE__USAGE_STATUS_MAP": "non_production=AVAILABLE,other=MAINTENANCE",
    }
    async with house("revnue", environ=environ) as gateway:
        asset = await full(gateway)
        payload = await gateway.do(
            "updateAsset", "asset { status }", {"id": asset["id"], "status": "AVAILABLE"}
        )
        assert payload["asset"] == {"status": "AVAILABLE"}
        assert gateway.vendor.writes[0][2]["asset_usage_status"] == 2
        assert "usage_status" not in gateway.vendor.writes[0][2]
        refused = await gateway.do(
            "updateAsset", "asset { id }", {"id": asset["id"], "status": "MAINTENANCE"}
        )
        assert codes(refused) == [("INVALID", "status")]


@pytest.mark.parametrize(
    ("input_values", "refused"),
    [
        ({"model": "m"}, ("INVALID", "model")),
        ({"purchaseDate": "2020-01-01"}, ("INVALID", "purchaseDate")),
        ({"locationId": "revnue:Location:asset-1"}, ("INVALID", "locationId")),
        ({"assetTypeId": "1"}, ("INVALID", "assetTypeId")),
        ({"ipAddress": "x"}, ("INVALID", "ipAddress")),
        ({"status": "RETIRED"}, ("INVALID", "status")),
        ({"name": None}, ("INVALID", "name")),
        ({"categoryId": "Laptop"}, ("INVALID", "categoryId")),
        ({"vendorFields": {"region": "x"}}, ("INVALID", "vendorFields.region")),
        (
            {"status": "IN_USE", "vendorFields": {"usage_status": "other"}},
            ("INVALID", "vendorFields.usage_status"),
        ),
        (
            {"status": "IN_USE", "vendorFields": {"asset_usage_status": 1}},
            ("INVALID", "vendorFields.asset_usage_status"),
        ),
        (
            {"vendorFields": {"usage_status": "other", "asset_usage_status": 1}},
            ("INVALID", "vendorFields.asset_usage_status"),
        ),
        ({"customFields": [{"name": "Rack unit", "value": [1]}]}, ("INVALID", "customFields.0.value")),
        ({"customFields": [{"name": "Rack unit", "value": {"a": 1}}]}, ("INVALID", "customFields.0.value")),
        ({"customFields": [{"name": "Rack unit", "value": False}]}, ("INVALID", "customFields.0.value")),
        ({"ifUnchangedSince": "2026-01-01T00:00:00Z"}, ("NOT_SUPPORTED", "ifUnchangedSince")),
    ],
)
async def test_what_cannot_be_taken_is_refused_unasked(
    house: Opened, input_values: dict[str, Any], refused: tuple[str, str]
) -> None:
    async with house("revnue") as gateway:
        assert codes(
            await gateway.do("updateAsset", "asset { id }", {"id": "revnue:Asset:88173", **input_values})
        ) == [refused]
        assert gateway.vendor.calls == []


async def test_the_vendors_own_refusals(house: Opened) -> None:
    async with house("revnue") as gateway:
        asset = await full(gateway)
        for input_values, refused in (
            ({"categoryId": "99"}, ("INVALID", "categoryId")),
            ({"assignedToId": "revnue:Person:1"}, ("INVALID", "assignedToId")),
            ({"vendorFields": {"country": 999}}, ("INVALID", "vendorFields.country")),
        ):
            payload = await gateway.do(
                "createAsset", "asset { id }", {"source": "revnue", "name": "x", **input_values}
            )
            assert codes(payload) == [refused]
        gone = await gateway.do("updateAsset", "asset { id }", {"id": "revnue:Asset:1", "name": "x"})
        assert codes(gone) == [("NOT_FOUND", "id")]
        assert codes(await gateway.do("deleteAsset", "deletedId", {"id": asset["id"]})) == [
            ("NOT_SUPPORTED", "")
        ]
        none = [{"name": "no such", "value": 1}]
        missing = await gateway.do(
            "createAsset", "asset { id }", {"source": "revnue", "name": "x", "customFields": none}
        )
        assert codes(missing) == [("INVALID", "customFields")]


async def test_a_form_that_cannot_be_translated_is_not_emptied(knowing: Callable[[], House]) -> None:
    async with knowing() as gateway:
        asset = await full(gateway)
        ask = gateway.vendor._ask

        async def renamed(request: Any) -> Any:
            answer: Any = ask(request)
            answer = await answer
            if request.url.path.endswith("/custom-form-template/"):
                await answer.aread()
                return httpx.Response(200, content=answer.content.replace(b"Rack unit", b"Rack place"))
            return answer

        gateway.vendor._ask = renamed
        has_rack = next(
            candidate
            for candidate in [asset, *await gateway.assets()]
            if any(field["name"] == "Rack unit" and field["value"] for field in candidate["customFields"])
        )
        refused = await gateway.do("updateAsset", "asset { id }", {"id": has_rack["id"], "notes": "x"})
        assert codes(refused) == [("WOULD_LOSE_DATA", "customFields")]
        assert gateway.vendor.writes == []


@pytest.mark.parametrize(
    "key", ["manufacturer", "contract", "warranty_end_date", "original_cost", "template"]
)
async def test_what_a_row_does_not_tell_is_not_emptied(knowing: Callable[[], House], key: str) -> None:
    async with knowing() as gateway:
        asset = await full(gateway)
        ask = gateway.vendor._ask

        async def silent(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method != "GET" or f"/asset/{asset['nativeId']}/" not in request.url.path:
                return got
            row = json.loads(await got.aread())
            return httpx.Response(200, json={name: value for name, value in row.items() if name != key})

        gateway.vendor._ask = silent
        refused = await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "notes": "x"})
        assert [code for code, _ in codes(refused)] == ["WOULD_LOSE_DATA"]
        assert gateway.vendor.writes == []


@pytest.mark.parametrize("failure", ["before", "after"])
@pytest.mark.parametrize(
    "input_values",
    [
        {"notes": "L", "purchaseCost": "7.70", "assignedToId": None},
        {"categoryId": None, "status": "IN_USE", "warrantyEndDate": "2031-01-01"},
        {"status": None, "manufacturer": None},
    ],
    ids=" ".join,
)
async def test_a_look_settles_whatever_was_changed(
    knowing: Callable[[], House], input_values: dict[str, Any], failure: str
) -> None:
    async with knowing() as gateway:
        before = await full(gateway)
        gateway.vendor.lose = failure
        answer = await gateway.attempt(
            "updateAsset", f"asset {{ {ASSET} }}", {"id": before["id"], **input_values}
        )
        after = await gateway.asset(before["id"])
        assert len(gateway.vendor.writes) == 1
        if failure == "before":
            assert (answer.codes, after) == (["OUTCOME_UNKNOWN"], before)
        else:
            assert answer.whole["updateAsset"]["asset"] == after
            assert changed_fields(before, after)


@pytest.mark.parametrize(
    ("key", "value", "where"),
    [
        ("warranty_end_date", "soon", "vendorFields.warranty_end_date"),
        ("original_cost", "a lot", "vendorFields.original_cost"),
        ("contract", {"number": "C-1"}, "vendorFields.contract"),
        ("category", {"name": "Laptop"}, "vendorFields.category"),
        ("country", "Atlantis", "vendorFields.country"),
        ("template", "form", "vendorFields.template"),
        ("template", {"id": None, "fields": {}}, "vendorFields.template"),
        ("template", {"id": 12, "fields": "x"}, "vendorFields.template"),
        ("template", {"id": 12, "fields": [{"value": "x"}]}, "vendorFields.template"),
    ],
)
async def test_what_is_told_oddly_is_not_emptied(
    knowing: Callable[[], House], key: str, value: Any, where: str
) -> None:
    async with knowing() as gateway:
        asset = await full(gateway)
        gateway.vendor._ask = oddly(gateway, asset, {key: value})
        refused = await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "notes": "x"})
        assert codes(refused) == [("WOULD_LOSE_DATA", where)]
        assert gateway.vendor.writes == []


async def test_what_is_told_in_its_other_form_goes_back(knowing: Callable[[], House]) -> None:
    async with knowing() as gateway:
        asset = await full(gateway)
        values = {
            "country": 2,
            "contract": None,
            "category": None,
            "street": "Dorpstraat 1",
            "template": {"id": 12, "fields": [{"id": "301", "value": "AA"}]},
        }
        gateway.vendor._ask = oddly(gateway, asset, values)
        assert codes(await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "notes": "x"})) == []
        body = gateway.vendor.writes[0][2]
        assert {key: body[key] for key in values} == {
            **values,
            "template": {"id": 12, "fields": [{"id": 301, "value": "AA"}]},
        }


def oddly(gateway: House, asset: dict[str, Any], values: dict[str, Any]) -> Any:
    """A vendor that tells some of an asset otherwise."""
    ask = gateway.vendor._ask

    async def answer_oddly(request: httpx.Request) -> httpx.Response:
        answer: Any = ask(request)
        got: httpx.Response = await answer
        if request.method != "GET" or f"/asset/{asset['nativeId']}/" not in request.url.path:
            return got
        return httpx.Response(200, json={**json.loads(await got.aread()), **values})

    return answer_oddly
