"""Tether: everything is replaced by a PUT, so that everything has to go back; and who has an asset is told apart."""

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.sandbox.vendors import tether as sandbox
from gateway.testing.upstreams import always
from tests.mutations.house import ASSET, House, changed_fields, codes

Opened = Callable[..., House]
KEYS = (
    "asset_tag", "name", "manufacturer", "model", "serial", "status", "category_id", "location_id", "purchase_date",
    "purchase_cost", "warranty_expiry", "notes",
)  # fmt: skip
NEW = {"source": "Tether", "assetTag": "NEW-1", "name": "Latitude"}


async def find_asset(house: House, status: str = "AVAILABLE") -> dict[str, Any]:
    assets: list[dict[str, Any]] = await house.assets(status={"eq": status})
    return next(
        asset for asset in assets if asset["location"] and asset["purchaseCost"] and asset["serialNumber"]
    )


async def test_an_asset_is_created_from_what_is_given(house: Opened) -> None:
    async with house("tether") as gateway:
        location_id = (await find_asset(gateway))["location"]["id"]
        before = {asset["id"]: asset for asset in await gateway.assets()}
        input_values = {
            **NEW, "manufacturer": "Dell", "model": "7440", "serialNumber": "5CG0", "status": "MAINTENANCE",
            "categoryId": "5", "locationId": location_id, "purchaseDate": "2026-01-02", "purchaseCost": "1450.10",
            "warrantyEndDate": "2029-01-02", "notes": "fresh", "vendorFields": {},
        }  # fmt: skip
        created = (await gateway.do("createAsset", f"asset {{ {ASSET} }}", input_values))["asset"]
        assert gateway.vendor.writes == [
            (
                "POST",
                "/api/assets",
                {
                    "asset_tag": "NEW-1", "name": "Latitude", "manufacturer": "Dell", "model": "7440",
                    "serial": "5CG0", "status": "maintenance", "category_id": 5,
                    "location_id": int(location_id.split(":")[2]), "purchase_date": "2026-01-02",
                    "purchase_cost": Decimal("1450.10"), "warranty_expiry": "2029-01-02", "notes": "fresh",
                },
            )
        ]  # fmt: skip
        after = {asset["id"]: asset for asset in await gateway.assets()}
        assert after == {**before, created["id"]: created}, (
            "visible in the next list, and nothing else changed"
        )
        assert created["purchaseCost"] == "1450.10"
        assert (created["status"], created["location"]["id"], created["warranty"]["endDate"]) == (
            "MAINTENANCE",
            location_id,
            "2029-01-02",
        )


async def test_a_new_asset_is_available_and_null_is_as_good_as_left_out(house: Opened) -> None:
    async with house("tether") as gateway:
        payload = await gateway.do(
            "createAsset", "asset { status notes }", {**NEW, "status": None, "ipAddress": None}
        )
        assert payload["asset"] == {"status": "AVAILABLE", "notes": ""}
        assert gateway.vendor.writes[0][2] == {
            "status": "available",
            "asset_tag": "NEW-1",
            "name": "Latitude",
        }


@pytest.mark.parametrize(
    ("input_values", "sent", "shown"),
    [
        ({"name": "Renamed"}, {"name": "Renamed"}, {"name": "Renamed"}),
        ({"assetTag": "T-1"}, {"asset_tag": "T-1"}, {"assetTag": "T-1"}),
        ({"serialNumber": "S-1"}, {"serial": "S-1"}, {"serialNumber": "S-1"}),
        ({"serialNumber": None}, {"serial": None}, {"serialNumber": None}),
        ({"manufacturer": "Acme"}, {"manufacturer": "Acme"}, {"manufacturer": "Acme"}),
        ({"manufacturer": None}, {"manufacturer": None}, {"manufacturer": None}),
        ({"model": "M"}, {"model": "M"}, {"model": "M"}),
        ({"model": None}, {"model": None}, {"model": None}),
        ({"status": "RETIRED"}, {"status": "retired"}, {"status": "RETIRED", "statusRaw": "retired"}),
        ({"categoryId": None}, {"category_id": None}, {"category": None}),
        ({"locationId": None}, {"location_id": None}, {"location": None}),
        ({"purchaseDate": "2020-02-29"}, {"purchase_date": "2020-02-29"}, {"purchaseDate": "2020-02-29"}),
        ({"purchaseDate": None}, {"purchase_date": None}, {"purchaseDate": None}),
        ({"purchaseCost": "0.10"}, {"purchase_cost": Decimal("0.10")}, {"purchaseCost": "0.10"}),
        ({"purchaseCost": None}, {"purchase_cost": None}, {"purchaseCost": None}),
        ({"notes": "n"}, {"notes": "n"}, {"notes": "n"}),
        ({"notes": None}, {"notes": None}, {"notes": None}),
        ({"vendorFields": {"serial": "V"}}, {"serial": "V"}, {"serialNumber": "V"}),
    ],
)
async def test_an_update_changes_one_field_and_sends_the_rest_back(
    house: Opened, input_values: dict[str, Any], sent: dict[str, Any], shown: dict[str, Any]
) -> None:
    async with house("tether") as gateway:
        before = await find_asset(gateway)
        gateway.vendor.writes.clear()
        plan = await gateway.do(
            "updateAsset", "asset { id }", {"id": before["id"], "name": before["name"], "dryRun": True}
        )
        whole = plan["planned"][-1]["body"]
        shown_asset = (
            await gateway.do("updateAsset", f"asset {{ {ASSET} }}", {"id": before["id"], **input_values})
        )["asset"]
        [(method, path, body)] = gateway.vendor.writes
        assert (method, path) == ("PUT", f"/api/assets/{before['nativeId']}")
        assert tuple(sorted(body)) == tuple(sorted(KEYS))
        assert body == {**whole, "purchase_cost": Decimal(before["purchaseCost"]), **sent}
        after = await gateway.asset(before["id"])
        assert changed_fields(before, after) == shown
        assert shown_asset == after


async def test_what_somebody_has_stays_with_them(house: Opened) -> None:
    async with house("tether") as gateway:
        in_use = await gateway.assets(status={"eq": "IN_USE"})
        before = next(asset for asset in in_use if asset["assignedTo"])
        await gateway.do("updateAsset", "asset { id }", {"id": before["id"], "notes": "n"})
        assert changed_fields(before, await gateway.asset(before["id"])) == {"notes": "n"}
        gateway.vendor.writes.clear()
        for status in ("AVAILABLE", "MAINTENANCE", "RETIRED"):
            input_values = {"id": before["id"], "status": status, "notes": "m"}
            refused = await gateway.do("updateAsset", "asset { id }", input_values)
            assert codes(refused) == [("CONFLICT", "status")]
            assert "checkinAsset" in refused["userErrors"][0]["message"]
        assert gateway.vendor.writes == []
        await gateway.do("checkinAsset", "asset { id }", {"id": before["id"]})
        retired = await gateway.do(
            "updateAsset", "asset { status }", {"id": before["id"], "status": "RETIRED"}
        )
        assert retired["asset"] == {"status": "RETIRED"}


def having(gateway: House, native: str, **values: Any) -> None:
    """The vendor tells this of an asset, beside what it told before."""
    ask = gateway.vendor._ask

    async def answer_changed(request: httpx.Request) -> httpx.Response:
        answer: Any = ask(request)
        got: httpx.Response = await answer
        if request.method == "GET" and request.url.path == f"/api/assets/{native}":
            return httpx.Response(200, json={**json.loads(await got.aread()), **values})
        return got

    gateway.vendor._ask = answer_changed


@pytest.mark.parametrize("status", ["maintenance", "retired", "available"])
async def test_who_is_told_to_have_it_has_it_in_any_state(house: Opened, status: str) -> None:
    async with house("tether") as gateway:
        asset = await find_asset(gateway)
        having(gateway, asset["nativeId"], status=status, assigned_to={"id": 3, "name": "Person 3"})
        for new_status in ("AVAILABLE", "MAINTENANCE", "RETIRED"):
            refused = await gateway.do(
                "updateAsset", "asset { id }", {"id": asset["id"], "status": new_status}
            )
            assert codes(refused) == [("CONFLICT", "status")]
            assert "checkinAsset" not in refused["userErrors"][0]["message"], "Tether would refuse that"
        assert gateway.vendor.writes == []
        noted = await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "notes": "n"})
        assert codes(noted) == []


async def test_what_is_in_use_without_a_person_can_be_given_a_status(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = await find_asset(gateway)
        having(gateway, asset["nativeId"], status="deployed", assigned_to=None)
        input_values = {"id": asset["id"], "status": "RETIRED"}
        assert codes(await gateway.do("updateAsset", "asset { id }", input_values)) == []
        assert gateway.vendor.writes[0][2]["status"] == "retired"


@pytest.mark.parametrize(
    ("input_values", "refused"),
    [
        ({"status": "IN_USE"}, [("INVALID", "status")]),
        ({"status": "UNKNOWN"}, [("INVALID", "status")]),
        ({"status": None}, [("INVALID", "status")]),
        ({"name": None}, [("INVALID", "name")]),
        ({"name": " "}, [("INVALID", "name")]),
        ({"assetTag": ""}, [("INVALID", "assetTag")]),
        ({"categoryId": "laptops"}, [("INVALID", "categoryId")]),
        ({"categoryId": "1/../2"}, [("INVALID", "categoryId")]),
        ({"locationId": "tether:Person:1"}, [("INVALID", "locationId")]),
        ({"assignedToId": "tether:Person:1"}, [("INVALID", "assignedToId")]),
        ({"assignedToId": None}, [("INVALID", "assignedToId")]),
        ({"assetTypeId": "1", "ipAddress": "::1"}, [("INVALID", "assetTypeId"), ("INVALID", "ipAddress")]),
        ({"customFields": [{"name": "x", "value": 1}]}, [("INVALID", "customFields")]),
        ({"vendorFields": {"id": 5}}, [("INVALID", "vendorFields.id")]),
        ({"vendorFields": [1]}, [("INVALID", "vendorFields")]),
        ({"vendorFields": {"name": "x"}, "name": "y"}, [("INVALID", "vendorFields.name")]),
        ({"ifUnchangedSince": "2026-01-01T00:00:00Z"}, [("NOT_SUPPORTED", "ifUnchangedSince")]),
        ({"idempotencyKey": ""}, [("INVALID", "idempotencyKey")]),
        ({"idempotencyKey": "k" * 256}, [("INVALID", "idempotencyKey")]),
    ],
)
async def test_what_cannot_be_taken_is_refused_and_nothing_is_asked(
    house: Opened, input_values: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    async with house("tether") as gateway:
        payload = await gateway.do("updateAsset", "asset { id }", {"id": "tether:Asset:1", **input_values})
        assert codes(payload) == refused
        assert payload["asset"] is None
        assert gateway.vendor.reads == []
        assert gateway.vendor.writes == []


async def test_all_that_is_wrong_is_told_at_once(house: Opened) -> None:
    async with house("tether") as gateway:
        payload = await gateway.do(
            "createAsset", "asset { id }", {"source": "tether", "status": "IN_USE", "ipAddress": "x"}
        )
        assert sorted(codes(payload)) == [
            ("INVALID", "assetTag"),
            ("INVALID", "ipAddress"),
            ("INVALID", "name"),
            ("INVALID", "status"),
        ]
        assert gateway.vendor.writes == []


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "1",
        "tether:Asset:",
        "tether:Asset:..%2f1",
        "tether:Asset:1?x=1",
        "nowhere:Asset:1",
        "tether:Ticket:1",
    ],
)
async def test_an_id_that_is_none_is_the_callers_error(house: Opened, id_: str) -> None:
    async with house("tether") as gateway:
        for mutation, input_values in (
            ("updateAsset", {"id": id_, "name": "x"}),
            ("deleteAsset", {"id": id_}),
            ("checkinAsset", {"id": id_}),
            ("checkoutAsset", {"id": id_, "employeeId": "tether:Person:1"}),
        ):
            shown = "deletedId" if mutation == "deleteAsset" else "asset { id }"
            answer = await gateway.attempt(mutation, shown, input_values)
            assert answer.codes == ["BAD_USER_INPUT"]
            assert answer.errors[0]["path"] == [mutation]
            assert answer.data[mutation]["userErrors"] == []
        assert gateway.vendor.calls == []


async def test_an_asset_goes_out_and_comes_back(house: Opened) -> None:
    async with house("tether") as gateway:
        before = await find_asset(gateway)
        people = await gateway.ask("{ people(first: 3) { nodes { id name } } }")
        person = people.whole["people"]["nodes"][1]
        shown = f"asset {{ {ASSET} checkoutHistory {{ action employeeName note }} }}"
        input_values = {"id": before["id"], "employeeId": person["id"], "note": "new hire"}
        out = (await gateway.do("checkoutAsset", shown, input_values))["asset"]
        assert gateway.vendor.writes.pop() == (
            "POST",
            f"/api/assets/{before['nativeId']}/checkout",
            {"employee_id": int(person["id"].split(":")[2]), "note": "new hire"},
        )
        assert out["checkoutHistory"][-1] == {
            "action": "CHECKOUT",
            "employeeName": person["name"],
            "note": "new hire",
        }
        assert changed_fields(before, await gateway.asset(before["id"])) == {
            "status": "IN_USE",
            "statusRaw": "deployed",
            "assignedTo": {"id": person["id"]},
        }
        again = await gateway.do("checkoutAsset", "asset { id }", input_values)
        assert codes(again) == [("CONFLICT", "id")]
        back = (await gateway.do("checkinAsset", shown, {"id": before["id"]}))["asset"]
        assert gateway.vendor.writes.pop() == (
            "POST",
            f"/api/assets/{before['nativeId']}/checkin",
            {"note": ""},
        )
        assert back["checkoutHistory"][-1]["action"] == "CHECKIN"
        assert changed_fields(before, await gateway.asset(before["id"])) == {}
        assert codes(await gateway.do("checkinAsset", "asset { id }", {"id": before["id"]})) == [
            ("CONFLICT", "id")
        ]


async def test_nobody_gets_it_who_is_not_there(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = await find_asset(gateway)
        for employee, refused in (
            ("tether:Person:999999", ("NOT_FOUND", "employeeId")),
            ("tether:Location:1", ("INVALID", "employeeId")),
        ):
            payload = await gateway.do(
                "checkoutAsset", "asset { id }", {"id": asset["id"], "employeeId": employee}
            )
            assert codes(payload) == [refused]
        gone = await gateway.do(
            "checkoutAsset", "asset { id }", {"id": "tether:Asset:999999", "employeeId": "tether:Person:1"}
        )
        assert [code for code, _ in codes(gone)] == ["NOT_FOUND"]


async def test_what_is_deleted_is_gone_with_its_history_and_says_so(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = await find_asset(gateway)
        tried = await gateway.do("deleteAsset", "deletedId warnings", {"id": asset["id"], "dryRun": True})
        assert tried["deletedId"] is None
        assert "history" in tried["warnings"][0]
        assert tried["planned"] == [
            {"method": "DELETE", "url": f"{gateway.vendor.url}/api/assets/{asset['nativeId']}", "body": None}
        ]
        assert gateway.vendor.writes == []
        done = await gateway.do("deleteAsset", "deletedId warnings", {"id": asset["id"]})
        assert done["deletedId"] == asset["id"]
        assert "history" in done["warnings"][0]
        assert gateway.vendor.writes == [("DELETE", f"/api/assets/{asset['nativeId']}", b"")]
        assert await gateway.asset(asset["id"]) is None
        for mutation, shown in (("deleteAsset", "deletedId"), ("updateAsset", "asset { id }")):
            payload = await gateway.do(mutation, shown, {"id": asset["id"]})
            assert codes(payload) == [("NOT_FOUND", "id")]


async def test_the_vendors_own_refusals(house: Opened, firm: Company) -> None:
    async with house("tether") as gateway:
        first = (await gateway.assets())[0]
        taken = await gateway.do("createAsset", "asset { id }", {**NEW, "assetTag": first["assetTag"]})
        assert codes(taken) == [("INVALID", "assetTag")]
        assert first["assetTag"] not in taken["userErrors"][0]["message"], (
            "the vendor's own words are not shown"
        )
        nowhere = await gateway.do(
            "createAsset", "asset { id }", {**NEW, "locationId": "tether:Location:9999"}
        )
        assert codes(nowhere) == [("INVALID", "locationId")]
        negative = await gateway.do("createAsset", "asset { id }", {**NEW, "purchaseCost": "-5"})
        assert codes(negative) == [("INVALID", "purchaseCost")]
        theirs = await gateway.do("createAsset", "asset { id }", {**NEW, "vendorFields": {"serial": 7}})
        assert codes(theirs) == [("INVALID", "vendorFields.serial")]
    async with house("tether", app=sandbox.create_app(firm, asset_limit=1)) as gateway:
        assert codes(await gateway.do("createAsset", "asset { id }", NEW)) == [("QUOTA_EXCEEDED", "")]


async def test_a_dry_run_tells_just_what_would_be_sent(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = await find_asset(gateway)
        for mutation, input_values in (
            ("createAsset", NEW),
            ("updateAsset", {"id": asset["id"], "notes": "tried"}),
            ("checkoutAsset", {"id": asset["id"], "employeeId": "tether:Person:1", "note": "n"}),
            ("checkinAsset", {"id": asset["id"]}),
        ):
            gateway.vendor.reads.clear()
            payload = await gateway.do(mutation, "asset { id }", {**input_values, "dryRun": True})
            assert payload["asset"] is None
            assert gateway.vendor.writes == []
            reads = [f"{gateway.vendor.url}{path}" for path in gateway.vendor.reads]
            assert [request["url"] for request in payload["planned"][:-1]] == reads
            await gateway.do(mutation, "asset { id }", input_values)
            [(method, path, body)] = gateway.vendor.writes
            last = payload["planned"][-1]
            assert (last["method"], last["url"]) == (method, f"{gateway.vendor.url}{path}")
            assert {key: str(value) for key, value in last["body"].items()} == {
                key: str(float(value) if isinstance(value, Decimal) else value) for key, value in body.items()
            }
            assert "Bearer" not in str(payload)
            gateway.vendor.writes.clear()


async def test_what_was_never_there_and_is_not_there_now_is_told_with_a_warning(house: Opened) -> None:
    async with house("tether") as gateway:
        gateway.vendor.lose = "before"
        payload = await gateway.do("deleteAsset", "deletedId warnings", {"id": "tether:Asset:999999"})
        assert payload["deletedId"] == "tether:Asset:999999"
        assert "may have been gone before" in payload["warnings"][-1]


async def test_two_updates_at_once_lose_nothing_of_each_other(house: Opened) -> None:
    async with house("tether") as gateway:
        before = await find_asset(gateway)
        await asyncio.gather(
            *(
                gateway.do("updateAsset", "asset { id }", {"id": before["id"], **change})
                for change in ({"model": "A"}, {"notes": "B"}, {"serialNumber": "C"}, {"manufacturer": "D"})
            )
        )
        assert changed_fields(before, await gateway.asset(before["id"])) == {
            "model": "A",
            "notes": "B",
            "serialNumber": "C",
            "manufacturer": "D",
        }


async def test_what_cannot_be_sent_back_is_not_emptied(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = await find_asset(gateway)
        ask = gateway.vendor._ask

        async def odd(request: Any) -> Any:
            answer = ask(request)
            response = answer if not hasattr(answer, "__await__") else await answer
            if request.method == "GET" and request.url.path.endswith(asset["nativeId"]):
                await response.aread()
                row = response.json()
                del row["serial"]
                return httpx.Response(200, json={**row, "purchase_cost": "about 5"})
            return response

        gateway.vendor._ask = odd
        payload = await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "notes": "x"})
        assert sorted(codes(payload)) == [
            ("WOULD_LOSE_DATA", "vendorFields.purchase_cost"),
            ("WOULD_LOSE_DATA", "vendorFields.serial"),
        ]
        assert gateway.vendor.writes == []
        input_values = {"id": asset["id"], "serialNumber": "S", "purchaseCost": "5"}
        assert codes(await gateway.do("updateAsset", "asset { id }", input_values)) == []


async def test_what_was_written_and_cannot_be_read_again_is_told_with_what_is_known(house: Opened) -> None:
    async with house("tether") as gateway:
        asset = await find_asset(gateway, "IN_USE")
        gateway.vendor.answer = httpx.Response(200)
        for status, code in ((405, "UPSTREAM_REJECTED"), (404, "UPSTREAM_GARBLED")):
            gateway.vendor._ask = always(b"", status=status)
            answer = await gateway.attempt("checkinAsset", "asset { id }", {"id": asset["id"]})
            assert answer.codes == [code]
            assert answer.data["checkinAsset"]["asset"] == {"id": asset["id"]}


async def test_a_look_that_fails_settles_nothing(house: Opened) -> None:
    async with house("tether") as gateway:
        await gateway.assets("id")
        gateway.vendor.lose = "before"
        gateway.vendor._ask = always(b"", status=405)
        assert (await gateway.attempt("createAsset", "asset { id }", NEW)).codes == ["OUTCOME_UNKNOWN"]
