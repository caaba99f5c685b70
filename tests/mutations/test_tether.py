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
from tests.mutations.house import ASSET, House, changed, codes
from tests.support.upstreams import always

Opened = Callable[..., House]
KEYS = (
    "asset_tag", "name", "manufacturer", "model", "serial", "status", "category_id", "location_id", "purchase_date",
    "purchase_cost", "warranty_expiry", "notes",
)  # fmt: skip
NEW = {"source": "Tether", "assetTag": "NEW-1", "name": "Latitude"}


async def one(house: House, status: str = "AVAILABLE") -> dict[str, Any]:
    found: list[dict[str, Any]] = await house.assets(status={"eq": status})
    return next(
        asset for asset in found if asset["location"] and asset["purchaseCost"] and asset["serialNumber"]
    )


async def test_an_asset_is_created_from_what_is_given(house: Opened) -> None:
    async with house("tether") as at:
        place = (await one(at))["location"]["id"]
        before = {asset["id"]: asset for asset in await at.assets()}
        given = {
            **NEW, "manufacturer": "Dell", "model": "7440", "serialNumber": "5CG0", "status": "MAINTENANCE",
            "categoryId": "5", "locationId": place, "purchaseDate": "2026-01-02", "purchaseCost": "1450.10",
            "warrantyEndDate": "2029-01-02", "notes": "fresh", "vendorFields": {},
        }  # fmt: skip
        made = (await at.do("createAsset", f"asset {{ {ASSET} }}", given))["asset"]
        assert at.vendor.writes == [
            (
                "POST",
                "/api/assets",
                {
                    "asset_tag": "NEW-1", "name": "Latitude", "manufacturer": "Dell", "model": "7440",
                    "serial": "5CG0", "status": "maintenance", "category_id": 5,
                    "location_id": int(place.split(":")[2]), "purchase_date": "2026-01-02",
                    "purchase_cost": Decimal("1450.10"), "warranty_expiry": "2029-01-02", "notes": "fresh",
                },
            )
        ]  # fmt: skip
        after = {asset["id"]: asset for asset in await at.assets()}
        assert after == {**before, made["id"]: made}, "visible in the next list, and nothing else changed"
        assert made["purchaseCost"] == "1450.10"
        assert (made["status"], made["location"]["id"], made["warranty"]["endDate"]) == (
            "MAINTENANCE",
            place,
            "2029-01-02",
        )


async def test_a_new_asset_is_available_and_null_is_as_good_as_left_out(house: Opened) -> None:
    async with house("tether") as at:
        made = await at.do(
            "createAsset", "asset { status notes }", {**NEW, "status": None, "ipAddress": None}
        )
        assert made["asset"] == {"status": "AVAILABLE", "notes": ""}
        assert at.vendor.writes[0][2] == {"status": "available", "asset_tag": "NEW-1", "name": "Latitude"}


@pytest.mark.parametrize(
    ("given", "sent", "shown"),
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
    house: Opened, given: dict[str, Any], sent: dict[str, Any], shown: dict[str, Any]
) -> None:
    async with house("tether") as at:
        before = await one(at)
        at.vendor.writes.clear()
        plan = await at.do(
            "updateAsset", "asset { id }", {"id": before["id"], "name": before["name"], "dryRun": True}
        )
        whole = plan["planned"][-1]["body"]
        told = (await at.do("updateAsset", f"asset {{ {ASSET} }}", {"id": before["id"], **given}))["asset"]
        [(method, path, body)] = at.vendor.writes
        assert (method, path) == ("PUT", f"/api/assets/{before['nativeId']}")
        assert tuple(sorted(body)) == tuple(sorted(KEYS))
        assert body == {**whole, "purchase_cost": Decimal(before["purchaseCost"]), **sent}
        after = await at.asset(before["id"])
        assert changed(before, after) == shown
        assert told == after


async def test_what_somebody_has_stays_with_them(house: Opened) -> None:
    async with house("tether") as at:
        in_use = await at.assets(status={"eq": "IN_USE"})
        before = next(asset for asset in in_use if asset["assignedTo"])
        await at.do("updateAsset", "asset { id }", {"id": before["id"], "notes": "n"})
        assert changed(before, await at.asset(before["id"])) == {"notes": "n"}
        at.vendor.writes.clear()
        for status in ("AVAILABLE", "MAINTENANCE", "RETIRED"):
            given = {"id": before["id"], "status": status, "notes": "m"}
            refused = await at.do("updateAsset", "asset { id }", given)
            assert codes(refused) == [("CONFLICT", "status")]
            assert "checkinAsset" in refused["userErrors"][0]["message"]
        assert at.vendor.writes == []
        await at.do("checkinAsset", "asset { id }", {"id": before["id"]})
        retired = await at.do("updateAsset", "asset { status }", {"id": before["id"], "status": "RETIRED"})
        assert retired["asset"] == {"status": "RETIRED"}


def having(at: House, native: str, **more: Any) -> None:
    """The vendor tells this of an asset, beside what it told before."""
    ask = at.vendor._ask

    async def told(request: httpx.Request) -> httpx.Response:
        answer: Any = ask(request)
        got: httpx.Response = await answer
        if request.method == "GET" and request.url.path == f"/api/assets/{native}":
            return httpx.Response(200, json={**json.loads(await got.aread()), **more})
        return got

    at.vendor._ask = told


@pytest.mark.parametrize("status", ["maintenance", "retired", "available"])
async def test_who_is_told_to_have_it_has_it_in_any_state(house: Opened, status: str) -> None:
    async with house("tether") as at:
        asset = await one(at)
        having(at, asset["nativeId"], status=status, assigned_to={"id": 3, "name": "Person 3"})
        for wanted in ("AVAILABLE", "MAINTENANCE", "RETIRED"):
            refused = await at.do("updateAsset", "asset { id }", {"id": asset["id"], "status": wanted})
            assert codes(refused) == [("CONFLICT", "status")]
            assert "checkinAsset" not in refused["userErrors"][0]["message"], "Tether would refuse that"
        assert at.vendor.writes == []
        noted = await at.do("updateAsset", "asset { id }", {"id": asset["id"], "notes": "n"})
        assert codes(noted) == []


async def test_what_is_in_use_without_a_person_can_be_given_a_status(house: Opened) -> None:
    async with house("tether") as at:
        asset = await one(at)
        having(at, asset["nativeId"], status="deployed", assigned_to=None)
        given = {"id": asset["id"], "status": "RETIRED"}
        assert codes(await at.do("updateAsset", "asset { id }", given)) == []
        assert at.vendor.writes[0][2]["status"] == "retired"


@pytest.mark.parametrize(
    ("given", "refused"),
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
    house: Opened, given: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    async with house("tether") as at:
        told = await at.do("updateAsset", "asset { id }", {"id": "tether:Asset:1", **given})
        assert codes(told) == refused
        assert told["asset"] is None
        assert at.vendor.reads == []
        assert at.vendor.writes == []


async def test_all_that_is_wrong_is_told_at_once(house: Opened) -> None:
    async with house("tether") as at:
        told = await at.do(
            "createAsset", "asset { id }", {"source": "tether", "status": "IN_USE", "ipAddress": "x"}
        )
        assert sorted(codes(told)) == [
            ("INVALID", "assetTag"),
            ("INVALID", "ipAddress"),
            ("INVALID", "name"),
            ("INVALID", "status"),
        ]
        assert at.vendor.writes == []


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
    async with house("tether") as at:
        for mutation, given in (
            ("updateAsset", {"id": id_, "name": "x"}),
            ("deleteAsset", {"id": id_}),
            ("checkinAsset", {"id": id_}),
            ("checkoutAsset", {"id": id_, "employeeId": "tether:Person:1"}),
        ):
            shown = "deletedId" if mutation == "deleteAsset" else "asset { id }"
            answer = await at.attempt(mutation, shown, given)
            assert answer.codes == ["BAD_USER_INPUT"]
            assert answer.errors[0]["path"] == [mutation]
            assert answer.data[mutation]["userErrors"] == []
        assert at.vendor.calls == []


async def test_an_asset_goes_out_and_comes_back(house: Opened) -> None:
    async with house("tether") as at:
        before = await one(at)
        people = await at.ask("{ people(first: 3) { nodes { id name } } }")
        person = people.whole["people"]["nodes"][1]
        shown = f"asset {{ {ASSET} checkoutHistory {{ action employeeName note }} }}"
        given = {"id": before["id"], "employeeId": person["id"], "note": "new hire"}
        out = (await at.do("checkoutAsset", shown, given))["asset"]
        assert at.vendor.writes.pop() == (
            "POST",
            f"/api/assets/{before['nativeId']}/checkout",
            {"employee_id": int(person["id"].split(":")[2]), "note": "new hire"},
        )
        assert out["checkoutHistory"][-1] == {
            "action": "CHECKOUT",
            "employeeName": person["name"],
            "note": "new hire",
        }
        assert changed(before, await at.asset(before["id"])) == {
            "status": "IN_USE",
            "statusRaw": "deployed",
            "assignedTo": {"id": person["id"]},
        }
        again = await at.do("checkoutAsset", "asset { id }", given)
        assert codes(again) == [("CONFLICT", "id")]
        back = (await at.do("checkinAsset", shown, {"id": before["id"]}))["asset"]
        assert at.vendor.writes.pop() == ("POST", f"/api/assets/{before['nativeId']}/checkin", {"note": ""})
        assert back["checkoutHistory"][-1]["action"] == "CHECKIN"
        assert changed(before, await at.asset(before["id"])) == {}
        assert codes(await at.do("checkinAsset", "asset { id }", {"id": before["id"]})) == [
            ("CONFLICT", "id")
        ]


async def test_nobody_gets_it_who_is_not_there(house: Opened) -> None:
    async with house("tether") as at:
        asset = await one(at)
        for employee, refused in (
            ("tether:Person:999999", ("NOT_FOUND", "employeeId")),
            ("tether:Location:1", ("INVALID", "employeeId")),
        ):
            told = await at.do("checkoutAsset", "asset { id }", {"id": asset["id"], "employeeId": employee})
            assert codes(told) == [refused]
        gone = await at.do(
            "checkoutAsset", "asset { id }", {"id": "tether:Asset:999999", "employeeId": "tether:Person:1"}
        )
        assert [code for code, _ in codes(gone)] == ["NOT_FOUND"]


async def test_what_is_deleted_is_gone_with_its_history_and_says_so(house: Opened) -> None:
    async with house("tether") as at:
        asset = await one(at)
        tried = await at.do("deleteAsset", "deletedId warnings", {"id": asset["id"], "dryRun": True})
        assert tried["deletedId"] is None
        assert "history" in tried["warnings"][0]
        assert tried["planned"] == [
            {"method": "DELETE", "url": f"{at.vendor.url}/api/assets/{asset['nativeId']}", "body": None}
        ]
        assert at.vendor.writes == []
        done = await at.do("deleteAsset", "deletedId warnings", {"id": asset["id"]})
        assert done["deletedId"] == asset["id"]
        assert "history" in done["warnings"][0]
        assert at.vendor.writes == [("DELETE", f"/api/assets/{asset['nativeId']}", b"")]
        assert await at.asset(asset["id"]) is None
        for mutation, shown in (("deleteAsset", "deletedId"), ("updateAsset", "asset { id }")):
            told = await at.do(mutation, shown, {"id": asset["id"]})
            assert codes(told) == [("NOT_FOUND", "id")]


async def test_the_vendors_own_refusals(house: Opened, firm: Company) -> None:
    async with house("tether") as at:
        first = (await at.assets())[0]
        taken = await at.do("createAsset", "asset { id }", {**NEW, "assetTag": first["assetTag"]})
        assert codes(taken) == [("INVALID", "assetTag")]
        assert first["assetTag"] not in taken["userErrors"][0]["message"], (
            "the vendor's own words are not shown"
        )
        nowhere = await at.do("createAsset", "asset { id }", {**NEW, "locationId": "tether:Location:9999"})
        assert codes(nowhere) == [("INVALID", "locationId")]
        negative = await at.do("createAsset", "asset { id }", {**NEW, "purchaseCost": "-5"})
        assert codes(negative) == [("INVALID", "purchaseCost")]
        theirs = await at.do("createAsset", "asset { id }", {**NEW, "vendorFields": {"serial": 7}})
        assert codes(theirs) == [("INVALID", "vendorFields.serial")]
    async with house("tether", app=sandbox.create_app(firm, asset_limit=1)) as at:
        assert codes(await at.do("createAsset", "asset { id }", NEW)) == [("QUOTA_EXCEEDED", "")]


async def test_a_dry_run_tells_just_what_would_be_sent(house: Opened) -> None:
    async with house("tether") as at:
        asset = await one(at)
        for mutation, given in (
            ("createAsset", NEW),
            ("updateAsset", {"id": asset["id"], "notes": "tried"}),
            ("checkoutAsset", {"id": asset["id"], "employeeId": "tether:Person:1", "note": "n"}),
            ("checkinAsset", {"id": asset["id"]}),
        ):
            at.vendor.reads.clear()
            told = await at.do(mutation, "asset { id }", {**given, "dryRun": True})
            assert told["asset"] is None
            assert at.vendor.writes == []
            reads = [f"{at.vendor.url}{path}" for path in at.vendor.reads]
            assert [one["url"] for one in told["planned"][:-1]] == reads
            await at.do(mutation, "asset { id }", given)
            [(method, path, body)] = at.vendor.writes
            last = told["planned"][-1]
            assert (last["method"], last["url"]) == (method, f"{at.vendor.url}{path}")
            assert {key: str(value) for key, value in last["body"].items()} == {
                key: str(float(value) if isinstance(value, Decimal) else value) for key, value in body.items()
            }
            assert "Bearer" not in str(told)
            at.vendor.writes.clear()


async def test_what_was_never_there_and_is_not_there_now_is_told_with_a_warning(house: Opened) -> None:
    async with house("tether") as at:
        at.vendor.lose = "before"
        told = await at.do("deleteAsset", "deletedId warnings", {"id": "tether:Asset:999999"})
        assert told["deletedId"] == "tether:Asset:999999"
        assert "may have been gone before" in told["warnings"][-1]


async def test_two_updates_at_once_lose_nothing_of_each_other(house: Opened) -> None:
    async with house("tether") as at:
        before = await one(at)
        await asyncio.gather(
            *(
                at.do("updateAsset", "asset { id }", {"id": before["id"], **change})
                for change in ({"model": "A"}, {"notes": "B"}, {"serialNumber": "C"}, {"manufacturer": "D"})
            )
        )
        assert changed(before, await at.asset(before["id"])) == {
            "model": "A",
            "notes": "B",
            "serialNumber": "C",
            "manufacturer": "D",
        }


async def test_what_cannot_be_sent_back_is_not_emptied(house: Opened) -> None:
    async with house("tether") as at:
        asset = await one(at)
        ask = at.vendor._ask

        async def odd(request: Any) -> Any:
            answer = ask(request)
            found = answer if not hasattr(answer, "__await__") else await answer
            if request.method == "GET" and request.url.path.endswith(asset["nativeId"]):
                await found.aread()
                row = found.json()
                del row["serial"]
                return httpx.Response(200, json={**row, "purchase_cost": "about 5"})
            return found

        at.vendor._ask = odd
        told = await at.do("updateAsset", "asset { id }", {"id": asset["id"], "notes": "x"})
        assert sorted(codes(told)) == [
            ("WOULD_LOSE_DATA", "vendorFields.purchase_cost"),
            ("WOULD_LOSE_DATA", "vendorFields.serial"),
        ]
        assert at.vendor.writes == []
        given = {"id": asset["id"], "serialNumber": "S", "purchaseCost": "5"}
        assert codes(await at.do("updateAsset", "asset { id }", given)) == []


async def test_what_was_written_and_cannot_be_read_again_is_told_with_what_is_known(house: Opened) -> None:
    async with house("tether") as at:
        asset = await one(at, "IN_USE")
        at.vendor.answer = httpx.Response(200)
        for status, code in ((405, "UPSTREAM_REJECTED"), (404, "UPSTREAM_GARBLED")):
            at.vendor._ask = always(b"", status=status)
            told = await at.attempt("checkinAsset", "asset { id }", {"id": asset["id"]})
            assert told.codes == [code]
            assert told.data["checkinAsset"]["asset"] == {"id": asset["id"]}


async def test_a_look_that_fails_settles_nothing(house: Opened) -> None:
    async with house("tether") as at:
        await at.assets("id")
        at.vendor.lose = "before"
        at.vendor._ask = always(b"", status=405)
        assert (await at.attempt("createAsset", "asset { id }", NEW)).codes == ["OUTCOME_UNKNOWN"]
