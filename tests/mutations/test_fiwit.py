"""Fiwit: PATCH of what changes; custom fields are rows with ids of their own."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.mutations.house import ASSET, TICKET, House, changed_fields, codes

Opened = Callable[..., House]


async def laptop(house: House) -> dict[str, Any]:
    assets: list[dict[str, Any]] = await house.assets(assetType={"eq": "Laptop"})
    return next(asset for asset in assets if asset["serialNumber"] and asset["purchaseCost"])


async def ticket(house: House) -> dict[str, Any]:
    answer = await house.ask(f"{{ tickets(first: 1) {{ nodes {{ {TICKET} }} }} }}")
    first_ticket: dict[str, Any] = answer.whole["tickets"]["nodes"][0]
    return first_ticket


async def values(house: House, asset: dict[str, Any]) -> list[Any]:
    """The rows that go along in an update of another custom field."""
    plan = await house.do(
        "updateAsset", "asset { id }", {"id": asset["id"], "model": "probe", "dryRun": True}
    )
    field_values: list[Any] = plan["planned"][-1]["body"]["custom_field_values"]
    return field_values


async def test_an_asset_is_created_with_custom_fields_of_its_type(house: Opened) -> None:
    async with house("fiwit") as gateway:
        kind = next(
            asset_type
            for asset_type in (await gateway.ask("{ assetTypes { id nativeId name } }")).whole["assetTypes"]
            if asset_type["name"] == "Laptop"
        )
        input_values = {
            "source": "fiwit", "name": "Fresh", "ipAddress": "10.0.0.9", "assetTypeId": kind["id"],
            "serialNumber": "SN-77", "model": "7440", "purchaseDate": "2026-01-02", "purchaseCost": "12.50",
            "warrantyEndDate": "2029-01-02", "customFields": [{"name": "mac", "value": "AA:BB"}],
        }  # fmt: skip
        created = (await gateway.do("createAsset", f"asset {{ {ASSET} }}", input_values))["asset"]
        [(method, path, body)] = gateway.vendor.writes
        assert (method, path) == ("POST", "/assets/")
        assert body["asset_type_id"] == int(kind["nativeId"])
        assert all(set(row) == {"custom_field_id", "value"} for row in body["custom_field_values"])
        assert created["serialNumber"] == "SN-77"
        assert (created["purchaseCost"], created["purchaseDate"], created["warranty"]["endDate"]) == (
            "12.50",
            "2026-01-02",
            "2029-01-02",
        )
        assert created["macAddress"] == "AA:BB"
        assert created in await gateway.assets(search="Fresh")
        assert "pairing_token" not in str(created)


@pytest.mark.parametrize(
    ("input_values", "body", "shown"),
    [
        ({"name": "R"}, {"name": "R"}, {"name": "R"}),
        ({"ipAddress": None}, {"ip_address": None}, {"ipAddress": None}),
        ({"assignedToId": None}, {"assigned_id": None}, {"assignedTo": None}),
        ({"locationId": None}, {"location_id": None}, {"location": None}),
        ({"vendorFields": {"name": "V"}}, {"name": "V"}, {"name": "V"}),
    ],
)
async def test_an_update_sends_only_what_changes(
    house: Opened, input_values: dict[str, Any], body: dict[str, Any], shown: dict[str, Any]
) -> None:
    async with house("fiwit") as gateway:
        before = await laptop(gateway)
        payload = await gateway.do(
            "updateAsset", f"asset {{ {ASSET} }}", {"id": before["id"], **input_values}
        )
        assert gateway.vendor.writes == [("PATCH", f"/assets/{before['nativeId']}", body)]
        after = await gateway.asset(before["id"])
        assert payload["asset"] == after
        assert changed_fields(before, after).items() <= shown.items()
        assert after.items() >= shown.items()


@pytest.mark.parametrize(
    ("field", "value", "text", "name"),
    [
        ("serialNumber", "S-1", "S-1", "serialNumber"),
        ("serialNumber", None, None, "serialNumber"),
        ("model", "M", "M", "model"),
        ("manufacturer", "Acme", "Acme", "manufacturer"),
        ("purchaseDate", "2020-02-29", "2020-02-29", "purchaseDate"),
        ("purchaseCost", "1E+1", "10", "purchaseCost"),
    ],
)
async def test_a_value_in_a_custom_field_keeps_its_row_and_all_others(
    house: Opened, field: str, value: object, text: str | None, name: str
) -> None:
    async with house("fiwit") as gateway:
        before = await laptop(gateway)
        old = await values(gateway, before)
        await gateway.do("updateAsset", "asset { id }", {"id": before["id"], field: value})
        [(_, _, body)] = gateway.vendor.writes
        new = body["custom_field_values"]
        assert [row["id"] for row in new] == [row["id"] for row in old], "every row under its own id"
        differing = [
            row for row, was in zip(new, old, strict=True) if row["value"] != was["value"] != "probe"
        ]
        assert [row["value"] for row in differing] == ([text] if field != "model" else [])
        after = await gateway.asset(before["id"])
        assert set(changed_fields(before, after)) == {name, "customFields"}
        assert after[name] == text


async def test_custom_fields_by_id_by_name_and_wrong_ones(house: Opened) -> None:
    async with house("fiwit") as gateway:
        asset = await laptop(gateway)
        field = asset["customFields"][0]
        by_id = [{"id": field["id"], "value": 5}, {"name": " MAC ", "value": True}]
        payload = await gateway.do(
            "updateAsset", "asset { customFields { id value } }", {"id": asset["id"], "customFields": by_id}
        )
        values_by_id = {
            custom_value["id"]: custom_value["value"] for custom_value in payload["asset"]["customFields"]
        }
        assert values_by_id[field["id"]] == "5"
        assert "true" in values_by_id.values()
        gateway.vendor.writes.clear()
        for wrong, path in (
            ({"id": "999999", "value": 1}, "customFields.0.id"),
            ({"name": "no such", "value": 1}, "customFields.0.name"),
            ({"id": field["id"], "name": "no such", "value": 1}, "customFields.0.name"),
            ({"value": 1}, "customFields.0"),
            ({"id": field["id"]}, "customFields.0.value"),
            ({"id": field["id"], "value": [1]}, "customFields.0.value"),
        ):
            refused = await gateway.do(
                "updateAsset", "asset { id }", {"id": asset["id"], "customFields": [wrong]}
            )
            assert codes(refused) == [("INVALID", path)]
        twice = [{"id": field["id"], "value": "a"}, {"name": field["name"], "value": "b"}]
        refused_twice = await gateway.do(
            "updateAsset", "asset { id }", {"id": asset["id"], "customFields": twice}
        )
        assert codes(refused_twice) == [("INVALID", "customFields.1")]
        assert gateway.vendor.writes == []


async def test_only_if_nobody_has_changed_it_since(house: Opened) -> None:
    async with house("fiwit") as gateway:
        asset = (await gateway.assets("id updatedAt name"))[0]
        input_values = {"id": asset["id"], "name": "one", "ifUnchangedSince": asset["updatedAt"]}
        assert codes(await gateway.do("updateAsset", "asset { id }", input_values)) == []
        assert codes(await gateway.do("updateAsset", "asset { id }", input_values)) == [
            ("CONFLICT", "ifUnchangedSince")
        ]
        assert len(gateway.vendor.writes) == 1


@pytest.mark.parametrize(
    ("input_values", "refused"),
    [
        ({"assetTag": "T"}, ("INVALID", "assetTag")),
        ({"status": "RETIRED"}, ("INVALID", "status")),
        ({"notes": "n"}, ("INVALID", "notes")),
        ({"categoryId": "1"}, ("INVALID", "categoryId")),
        ({"name": None}, ("INVALID", "name")),
        ({"assetTypeId": "laptop"}, ("INVALID", "assetTypeId")),
        ({"locationId": "fiwit:Person:1"}, ("INVALID", "locationId")),
        ({"assignedToId": "fiwit:Location:1"}, ("INVALID", "assignedToId")),
        ({"customFields": None}, ("INVALID", "customFields")),
        ({"vendorFields": {"team_id": 1}}, ("INVALID", "vendorFields.team_id")),
    ],
)
async def test_what_cannot_be_taken_is_refused_unasked(
    house: Opened, input_values: dict[str, Any], refused: tuple[str, str]
) -> None:
    async with house("fiwit") as gateway:
        assert codes(
            await gateway.do("updateAsset", "asset { id }", {"id": "fiwit:Asset:132", **input_values})
        ) == [refused]
        assert gateway.vendor.calls == []


async def test_the_vendors_own_refusals(house: Opened) -> None:
    async with house("fiwit") as gateway:
        asset = await laptop(gateway)
        input_values = {"id": asset["id"], "locationId": "fiwit:Location:999999"}
        refused = await gateway.do("updateAsset", "asset { id }", input_values)
        assert codes(refused) == [("INVALID", "locationId")]
        gone = await gateway.do("updateAsset", "asset { id }", {"id": "fiwit:Asset:999999", "name": "x"})
        assert codes(gone) == [("NOT_FOUND", "id")]
        for mutation, shown in (("deleteAsset", "deletedId"), ("checkinAsset", "asset { id }")):
            assert codes(await gateway.do(mutation, shown, {"id": asset["id"]})) == [("NOT_SUPPORTED", "")]


async def test_tickets(house: Opened) -> None:
    async with house("fiwit") as gateway:
        asset = await laptop(gateway)
        created = await gateway.do(
            "createTicket",
            f"ticket {{ {TICKET} assets {{ nodes {{ id }} }} }}",
            {
                "source": "fiwit",
                "subject": "Broken",
                "priority": "HIGH",
                "status": "NEW",
                "assetIds": [asset["id"]],
            },
        )
        assert gateway.vendor.writes[0][:2] == ("POST", "/tickets/")
        assert created["ticket"]["subject"] == "Broken"
        assert created["ticket"]["priority"] == "HIGH"
        assert created["ticket"]["assets"]["nodes"] == [{"id": asset["id"]}]
        before = await ticket(gateway)
        gateway.vendor.writes.clear()
        await gateway.do(
            "updateTicket", "ticket { id }", {"id": before["id"], "priority": "LOW", "assigneeId": None}
        )
        assert gateway.vendor.writes[0][2] == {"priority": "low", "assigned_id": None}
        after = (
            await gateway.ask(f"query($id: ID!) {{ ticket(id: $id) {{ {TICKET} }} }}", id=before["id"])
        ).whole["ticket"]
        assert set(changed_fields(before, after)) <= {"priority", "priorityRaw", "assignee"}
        assert (after["priority"], after["assignee"]) == ("LOW", None)
        for input_values, refused in (
            ({"status": "RESOLVED"}, "status"),
            ({"priority": "UNKNOWN"}, "priority"),
            ({"priority": None}, "priority"),
            ({"description": "x"}, "description"),
            ({"requesterId": "fiwit:Person:85"}, "requesterId"),
            ({"locationId": "fiwit:Location:1"}, "locationId"),
            ({"subject": ""}, "subject"),
        ):
            payload = await gateway.do("updateTicket", "ticket { id }", {"id": before["id"], **input_values})
            assert codes(payload) == [("INVALID", refused)]
        other = next(candidate for candidate in await gateway.assets() if candidate["id"] != asset["id"])
        two = {"source": "fiwit", "assetIds": [asset["id"], other["id"]]}
        assert codes(await gateway.do("createTicket", "ticket { id }", two)) == [("INVALID", "assetIds")]
        assert codes(await gateway.do("deleteTicket", "deletedId", {"id": before["id"]})) == [
            ("NOT_SUPPORTED", "")
        ]
        assert len(gateway.vendor.writes) == 1


async def test_the_same_asset_twice_is_one(house: Opened) -> None:
    async with house("fiwit") as gateway:
        asset = await laptop(gateway)
        input_values = {"source": "fiwit", "subject": "S", "assetIds": [asset["id"]] * 2}
        payload = await gateway.do("createTicket", "ticket { assets { nodes { id } } }", input_values)
        assert payload["ticket"]["assets"]["nodes"] == [{"id": asset["id"]}]


async def test_a_refusals_own_status_is_none_of_our_fields(house: Opened) -> None:
    async with house("fiwit") as gateway:
        input_values = {"id": "fiwit:Ticket:999999", "status": "NEW"}
        assert codes(await gateway.do("updateTicket", "ticket { id }", input_values)) == [("NOT_FOUND", "id")]


@pytest.mark.parametrize("failure", ["before", "after"])
async def test_a_look_settles_values_in_custom_fields(house: Opened, failure: str) -> None:
    async with house("fiwit") as gateway:
        before = await laptop(gateway)
        gateway.vendor.lose = failure
        input_values = {"id": before["id"], "name": "L", "model": "LM", "serialNumber": None}
        answer = await gateway.attempt("updateAsset", f"asset {{ {ASSET} }}", input_values)
        after = await gateway.asset(before["id"])
        if failure == "before":
            assert (answer.codes, after) == (["OUTCOME_UNKNOWN"], before)
        else:
            assert answer.whole["updateAsset"]["asset"] == after
            assert set(changed_fields(before, after)) == {"name", "model", "serialNumber", "customFields"}
