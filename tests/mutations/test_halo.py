"""Halo: an array of one is posted; arrays in it replace what was there, so that they go back whole."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.mutations.house import ASSET, TICKET, House, changed_fields, codes

Opened = Callable[..., House]


async def find_asset(house: House, kind: str = "Laptop", status: str = "IN_USE") -> dict[str, Any]:
    assets: list[dict[str, Any]] = await house.assets(assetType={"eq": kind}, status={"eq": status})
    return next(asset for asset in assets if asset["serialNumber"])


@pytest.mark.parametrize(
    ("input_values", "body", "shown"),
    [
        ({"notes": "n"}, {"notes": "n"}, {"notes": "n"}),
        ({"notes": None}, {"notes": ""}, {"notes": ""}),
        ({"assetTag": "T-9"}, {"inventory_number": "T-9"}, {"assetTag": "T-9"}),
        ({"purchaseCost": "12.50"}, {"item_cost": Decimal("12.50")}, {"purchaseCost": "12.5"}),
        ({"purchaseDate": None}, {"supplier_purchasedate": "1900-01-01T00:00:00"}, {"purchaseDate": None}),
        (
            {"purchaseDate": "2020-02-29"},
            {"supplier_purchasedate": "2020-02-29T00:00:00"},
            {"purchaseDate": "2020-02-29"},
        ),
        ({"status": "RETIRED"}, {"inactive": True}, {"status": "RETIRED"}),
        ({"status": "IN_USE"}, {"status_id": 32}, {}),
        ({"assignedToId": None}, {"users": []}, {"assignedTo": None}),
        ({"vendorFields": {"warranty_note": "w"}}, {"warranty_note": "w"}, None),
    ],
)
async def test_an_update_posts_what_changes_with_the_id(
    house: Opened, input_values: dict[str, Any], body: dict[str, Any], shown: dict[str, Any] | None
) -> None:
    async with house("halo") as gateway:
        before = await find_asset(gateway)
        payload = await gateway.do(
            "updateAsset", f"asset {{ {ASSET} }}", {"id": before["id"], **input_values}
        )
        assert gateway.vendor.writes == [("POST", "/api/Asset", [{**body, "id": int(before["nativeId"])}])]
        after = await gateway.asset(before["id"])
        assert payload["asset"] == after
        expected = {"warranty": {**before["warranty"], "notes": "w"}} if shown is None else shown
        assert changed_fields(before, after).items() <= expected.items()
        assert after.items() >= expected.items()


@pytest.mark.parametrize("field", ["serialNumber", "model", "ipAddress"])
async def test_a_value_in_the_fields_leaves_all_others(house: Opened, field: str) -> None:
    async with house("halo") as gateway:
        before = await find_asset(gateway)
        for value in ("CHANGED", None):
            await gateway.do("updateAsset", "asset { id }", {"id": before["id"], field: value})
            body = gateway.vendor.writes[-1][2][0]
            assert set(body) == {"id", "fields"}
            assert [str(entry["id"]) for entry in body["fields"]] == [
                entry["id"] for entry in before["customFields"] if int(entry["id"]) < 200
            ]
            after = await gateway.asset(before["id"])
            # A laptop is called by its serial number in this account.
            assert set(changed_fields(before, after)) - {"name"} == {field, "customFields"}
            assert (after[field] or None) == value
            assert (
                sum(a != b for a, b in zip(after["customFields"], before["customFields"], strict=True)) == 1
            )


async def test_custom_fields_of_both_kinds(house: Opened) -> None:
    async with house("halo") as gateway:
        before = await find_asset(gateway)
        custom_values = [
            {"name": "department", "value": "Moon"},
            {"name": "Hostname", "value": "h"},
            {"id": "140", "value": 2},
        ]
        await gateway.do("updateAsset", "asset { id }", {"id": before["id"], "customFields": custom_values})
        body = gateway.vendor.writes[-1][2][0]
        assert {"id": 241, "value": "Moon"} in body["customfields"]
        assert len(body["customfields"]) == 2
        after = await gateway.asset(before["id"])
        assert set(changed_fields(before, after)) == {"customFields"}
        values_by_name = {
            custom_value["name"]: custom_value["value"] for custom_value in after["customFields"]
        }
        assert (
            values_by_name["Department"],
            values_by_name["Hostname"],
            values_by_name["Operating System"],
        ) == ("Moon", "h", 2)
        for wrong, where in (
            ({"name": "no such", "value": 1}, "customFields.0.name"),
            ({"id": "99999", "value": 1}, "customFields.0.id"),
        ):
            refused = await gateway.do(
                "updateAsset", "asset { id }", {"id": before["id"], "customFields": [wrong]}
            )
            assert codes(refused) == [("INVALID", where)]


async def test_an_asset_is_created(house: Opened) -> None:
    async with house("halo") as gateway:
        location_id = (await find_asset(gateway))["location"]["id"]
        person = (await gateway.ask("{ people(first: 2) { nodes { id } } }")).whole["people"]["nodes"][1][
            "id"
        ]
        input_values = {
            "source": "halo", "assetTypeId": "14", "locationId": location_id, "assetTag": "SRV-9", "name": "srv9",
            "serialNumber": "SN-9", "model": "R740", "ipAddress": "10.9.9.9", "assignedToId": person,
            "warrantyEndDate": "2030-01-02", "status": "IN_USE",
            "customFields": [{"name": "MAC address", "value": "AA"}, {"name": "Department", "value": "Lab"}],
        }  # fmt: skip
        created = (await gateway.do("createAsset", f"asset {{ {ASSET} }}", input_values))["asset"]
        [(method, path, [body])] = gateway.vendor.writes
        assert (method, path) == ("POST", "/api/Asset")
        assert "id" not in body
        assert body["users"] == [{"id": int(person.split(":")[2])}]
        assert {"id": 52, "value": "srv9"} in body["fields"]
        assert created["name"] == "srv9"
        assert created["serialNumber"] == "SN-9"
        assert created["status"] == "IN_USE"
        assert created["assignedTo"]["id"] == person
        assert created["warranty"]["endDate"] == "2030-01-02"
        assert created == await gateway.asset(created["id"])
        assert [asset["id"] for asset in await gateway.assets(assetTag={"eq": "SRV-9"})] == [created["id"]]


@pytest.mark.parametrize(
    ("input_values", "refused"),
    [
        ({"categoryId": "1"}, ("INVALID", "categoryId")),
        ({"status": "AVAILABLE"}, ("INVALID", "status")),
        ({"status": None}, ("INVALID", "status")),
        ({"assetTag": None}, ("INVALID", "assetTag")),
        ({"locationId": None}, ("INVALID", "locationId")),
        ({"locationId": "halo:Person:1"}, ("INVALID", "locationId")),
        ({"assignedToId": "halo:Agent:1"}, ("INVALID", "assignedToId")),
        ({"assetTypeId": "x"}, ("INVALID", "assetTypeId")),
        ({"vendorFields": {"id": 1}}, ("INVALID", "vendorFields.id")),
        (
            {"manufacturer": "Dell", "vendorFields": {"manufacturer_id": 70}},
            ("INVALID", "vendorFields.manufacturer_id"),
        ),
        (
            {"assignedToId": None, "vendorFields": {"users": [{"id": 5}]}},
            ("INVALID", "vendorFields.users"),
        ),
        ({"customFields": [{"name": "Department", "value": ["a"]}]}, ("INVALID", "customFields.0.value")),
        ({"customFields": [{"id": "140", "value": {"id": 2}}]}, ("INVALID", "customFields.0.value")),
        ({"vendorFields": {"fields": []}}, ("INVALID", "vendorFields.fields")),
        ({"vendorFields": {"teamviewerpassword": "x"}}, ("INVALID", "vendorFields.teamviewerpassword")),
    ],
)
async def test_what_cannot_be_taken_is_refused_unasked(
    house: Opened, input_values: dict[str, Any], refused: tuple[str, str]
) -> None:
    async with house("halo") as gateway:
        assert codes(
            await gateway.do("updateAsset", "asset { id }", {"id": "halo:Asset:1846", **input_values})
        ) == [refused]
        assert gateway.vendor.calls == []


async def test_what_depends_on_the_record_is_refused_unwritten(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        for input_values, refused in (
            ({"name": "x"}, ("INVALID", "name")),
            ({"manufacturer": "x"}, ("INVALID", "manufacturer")),
            ({"assetTypeId": "31"}, ("WOULD_LOSE_DATA", "assetTypeId")),
            ({"notes": "x", "ifUnchangedSince": "2001-01-01T00:00:00Z"}, ("CONFLICT", "ifUnchangedSince")),
        ):
            assert codes(
                await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], **input_values})
            ) == [refused]
        missing = {"source": "halo", "assetTypeId": "13"}
        assert codes(await gateway.do("createAsset", "asset { id }", missing)) == [("INVALID", "locationId")]
        none = {"source": "halo", "locationId": asset["location"]["id"]}
        assert codes(await gateway.do("createAsset", "asset { id }", none)) == [("INVALID", "assetTypeId")]
        for mutation, input_values, shown in (
            ("updateAsset", {"notes": "x"}, "asset { id }"),
            ("deleteAsset", {}, "deletedId"),
        ):
            gone = await gateway.do(mutation, shown, {"id": "halo:Asset:1", **input_values})
            assert codes(gone) == [("NOT_FOUND", "id")]
        assert [write[0] for write in gateway.vendor.writes] == ["DELETE"]


async def test_who_else_has_it_keeps_it(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        people = (await gateway.ask("{ people(first: 3) { nodes { id nativeId } } }")).whole["people"][
            "nodes"
        ]
        two = {"users": [{"id": int(person["nativeId"])} for person in people[:2]]}
        await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "vendorFields": two})
        input_values = {"id": asset["id"], "assignedToId": people[2]["id"]}
        payload = await gateway.do("updateAsset", "asset { assignedTo { id } }", input_values)
        assert payload["asset"]["assignedTo"]["id"] == people[2]["id"]
        assert [user["id"] for user in gateway.vendor.writes[-1][2][0]["users"]] == [
            int(people[2]["nativeId"]),
            int(people[1]["nativeId"]),
        ]
        emptied = await gateway.do("updateAsset", "asset { id }", {"id": asset["id"], "assignedToId": None})
        assert codes(emptied) == [("WOULD_LOSE_DATA", "assignedToId")]


async def test_tickets(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        person = (await gateway.ask("{ people(first: 1) { nodes { id } } }")).whole["people"]["nodes"][0][
            "id"
        ]
        payload = await gateway.do(
            "createTicket",
            f"ticket {{ {TICKET} assets {{ nodes {{ id }} }} }}",
            {
                "source": "halo",
                "subject": "S",
                "description": "D",
                "status": "IN_PROGRESS",
                "requesterId": person,
                "locationId": asset["location"]["id"],
                "assetIds": [asset["id"]],
                "ticketTypeId": None,
            },
        )
        [(method, path, [body])] = gateway.vendor.writes
        assert (method, path) == ("POST", "/api/Tickets")
        assert body == {
            "summary": "S",
            "details": "D",
            "status_id": 2,
            "user_id": int(person.split(":")[2]),
            "site_id": int(asset["location"]["id"].split(":")[2]),
            "assets": [{"id": int(asset["nativeId"])}],
        }
        ticket = payload["ticket"]
        assert (ticket["subject"], ticket["description"], ticket["status"]) == ("S", "D", "IN_PROGRESS")
        assert ticket["assets"]["nodes"] == [{"id": asset["id"]}]
        del ticket["assets"]
        closed = await gateway.do(
            "updateTicket", f"ticket {{ {TICKET} }}", {"id": ticket["id"], "status": "CLOSED"}
        )
        assert changed_fields(ticket, closed["ticket"]) == {"status": "CLOSED", "statusRaw": "Closed"}
        nobody = await gateway.do("updateTicket", "ticket { id }", {"id": ticket["id"], "assigneeId": None})
        assert codes(nobody) == []
        assert gateway.vendor.writes[-1][2] == [{"agent_id": 1, "id": int(ticket["id"].split(":")[2])}]
        for input_values, path in (
            ({"status": "UNKNOWN"}, "status"),
            ({"subject": None}, "subject"),
            ({"requesterId": "halo:Agent:1"}, "requesterId"),
            ({"assigneeId": person}, "assigneeId"),
            ({"customFields": [{"name": "no such", "value": 1}]}, "customFields.0.name"),
        ):
            refused = await gateway.do("updateTicket", "ticket { id }", {"id": ticket["id"], **input_values})
            assert codes(refused) == [("INVALID", path)]
        missing = await gateway.do("createTicket", "ticket { id }", {"source": "halo", "description": "x"})
        assert codes(missing) == [("INVALID", "subject")]
        assert (await gateway.do("deleteTicket", "deletedId", {"id": ticket["id"]}))["deletedId"] == ticket[
            "id"
        ]
        assert (await gateway.ask("query($id: ID!) { ticket(id: $id) { id } }", id=ticket["id"])).whole[
            "ticket"
        ] is None


async def test_a_priority_is_that_of_the_tickets_sla(house: Opened) -> None:
    async with house("halo") as gateway:
        answer = await gateway.ask("{ tickets(first: 50) { nodes { id priority priorityRaw } } }")
        tickets = answer.whole["tickets"]["nodes"]
        known = next(ticket for ticket in tickets if ticket["priorityRaw"] in {"High", "Medium", "Low"})
        payload = await gateway.do(
            "updateTicket", "ticket { priority priorityRaw }", {"id": known["id"], "priority": "LOW"}
        )
        assert payload["ticket"] == {"priority": "LOW", "priorityRaw": "Low"}
        other = next(ticket for ticket in tickets if (ticket["priorityRaw"] or "").startswith("P"))
        refused = await gateway.do("updateTicket", "ticket { id }", {"id": other["id"], "priority": "LOW"})
        assert codes(refused) == [("INVALID", "priority")]


async def test_meter_readings(house: Opened) -> None:
    shown = "meterReading { id meterName reading previousReading takenAt reason warning asset { id } }"
    async with house("halo") as gateway:
        answer = await gateway.ask(
            "{ meterReadings(first: 500) { nodes { meterName reading asset { id } } } }"
        )
        last = answer.whole["meterReadings"]["nodes"][-1]
        input_values = {
            "assetId": last["asset"]["id"], "meterName": last["meterName"], "reading": "9000000",
            "takenAt": "2026-11-01T10:00:00+02:00", "reason": "read",
        }  # fmt: skip
        created = (await gateway.do("createMeterReading", shown, input_values))["meterReading"]
        assert gateway.vendor.writes == [
            (
                "POST",
                "/api/MeterReading",
                [
                    {
                        "asset_id": int(last["asset"]["id"].split(":")[2]),
                        "meter_name": last["meterName"],
                        "reading": 9000000,
                        "timestamp": "2026-11-01T08:00:00Z",
                        "reason": "read",
                    }
                ],
            )
        ]
        assert (created["takenAt"], created["reason"], created["warning"]) == (
            "2026-11-01T08:00:00Z",
            "read",
            None,
        )
        lower = await gateway.do("createMeterReading", shown, {**input_values, "reading": 1, "takenAt": None})
        assert "lower" in lower["meterReading"]["warning"]
        assert codes(lower) == [("CONFLICT", "reading")]
        gateway.vendor.writes.clear()
        fraction = await gateway.do("createMeterReading", shown, {**input_values, "reading": "1.5"})
        assert codes(fraction) == [("INVALID", "reading")]
        elsewhere = await gateway.attempt(
            "createMeterReading", shown, {**input_values, "assetId": "halo:Asset:abc"}
        )
        assert elsewhere.codes == ["BAD_USER_INPUT"]
        assert gateway.vendor.writes == []


async def test_licences_changes_and_certificates(house: Opened) -> None:
    async with house("halo") as gateway:
        shown = "licence { id name quantity licenceType startDate endDate purchasePrice }"
        input_values = {
            "source": "halo", "name": "L", "quantity": 5, "licenceType": "2", "startDate": "2026-01-01",
            "endDate": "2027-01-01", "purchasePrice": "10.25", "organisationId": None,
            "vendorFields": {"vendor": "Pax8"},
        }  # fmt: skip
        created = (await gateway.do("createLicence", shown, input_values))["licence"]
        assert gateway.vendor.writes[-1] == (
            "POST",
            "/api/SoftwareLicence",
            [
                {
                    "name": "L", "count": 5, "type": 2, "start_date": "2026-01-01T00:00:00",
                    "end_date": "2027-01-01T00:00:00", "purchase_price": Decimal("10.25"), "vendor": "Pax8",
                }
            ],
        )  # fmt: skip
        after = (
            await gateway.do("updateLicence", shown, {"id": created["id"], "quantity": 7, "endDate": None})
        )["licence"]
        assert changed_fields(created, after) == {"quantity": 7, "endDate": None}
        for wrong, where in (
            ({"name": ""}, "name"),
            ({"licenceType": "x"}, "licenceType"),
            ({"name": None}, "name"),
        ):
            assert codes(await gateway.do("updateLicence", shown, {"id": created["id"], **wrong})) == [
                ("INVALID", where)
            ]
        assert (await gateway.do("deleteLicence", "deletedId", {"id": created["id"]}))[
            "deletedId"
        ] == created["id"]
        assert codes(await gateway.do("updateLicence", shown, {"id": created["id"], "quantity": 1})) == [
            ("NOT_FOUND", "id")
        ]

        asset = await find_asset(gateway)
        change = {"assetId": asset["id"], "field": "Memory", "oldValue": "8", "newValue": "16"}
        noted = (
            await gateway.do(
                "createAssetChange", "change { id field oldValue newValue asset { id } }", change
            )
        )["change"]
        assert {key: noted[key] for key in ("field", "oldValue", "newValue")} == {
            "field": "Memory",
            "oldValue": "8",
            "newValue": "16",
        }
        payload = await gateway.asset(asset["id"], "changes(first: 50) { nodes { id field } }")
        assert {"id": noted["id"], "field": "Memory"} in payload["changes"]["nodes"]

        input_values = {
            "source": "halo",
            "name": "C",
            "subject": "CN=x",
            "vendorFields": {"new_password": "secret"},
        }
        certificate = (
            await gateway.do("createCertificate", "certificate { id name subject }", input_values)
        )["certificate"]
        assert (certificate["name"], certificate["subject"]) == ("C", "CN=x")
        deleted = await gateway.do("deleteCertificate", "deletedId", {"id": certificate["id"]})
        assert deleted["deletedId"] == certificate["id"]


async def test_another_record_than_was_asked_for_is_not_written_to(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        ask = gateway.vendor._ask

        async def other(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "GET" and f"/Asset/{asset['nativeId']}" in request.url.path:
                return httpx.Response(200, json={**json.loads(await got.aread()), "id": 424242})
            return got

        gateway.vendor._ask = other
        answer = await gateway.attempt("updateAsset", "asset { id }", {"id": asset["id"], "notes": "x"})
        assert (answer.codes, gateway.vendor.writes) == (["UPSTREAM_GARBLED"], [])


UNTOLD = ["absent", None, [{"name": "RAM", "value": "8"}], [{"id": 5, "display": "x"}]]


@pytest.mark.parametrize("response_value", UNTOLD, ids=repr)
@pytest.mark.parametrize(("kind", "name"), [("fields", "Hostname"), ("customfields", "Department")])
async def test_fields_that_were_not_told_are_not_emptied(
    house: Opened, kind: str, name: str, response_value: Any
) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        field = next(entry for entry in asset["customFields"] if entry["name"] == name)
        ask = gateway.vendor._ask

        async def silent(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "GET" and f"/Asset/{asset['nativeId']}" in request.url.path:
                row = json.loads(await got.aread())
                mine = [value for value in row.pop(kind) if str(value["id"]) == field["id"]]
                if response_value != "absent":
                    row[kind] = mine + response_value if response_value is not None else None
                return httpx.Response(200, json=row)
            return got

        gateway.vendor._ask = silent
        for custom_value in ({"id": field["id"], "value": "new"}, {"name": name, "value": "new"}):
            changes = {"id": asset["id"], "customFields": [custom_value]}
            refused = await gateway.do("updateAsset", "asset { id }", changes)
            assert codes(refused) == [("WOULD_LOSE_DATA", "customFields.0")]
        assert gateway.vendor.writes == []


@pytest.mark.parametrize("response_value", ["absent", None, [{"label": "no id", "value": 1}]], ids=repr)
async def test_a_tickets_fields_that_were_not_told_are_not_emptied(
    house: Opened, response_value: Any
) -> None:
    async with house("halo") as gateway:
        listed = await gateway.ask("{ tickets(first: 1) { nodes { id nativeId } } }")
        ticket = listed.whole["tickets"]["nodes"][0]
        ask = gateway.vendor._ask

        async def silent(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "GET" and request.url.path.endswith(f"/Tickets/{ticket['nativeId']}"):
                row = json.loads(await got.aread())
                row.pop("customfields", None)
                return httpx.Response(
                    200, json=row if response_value == "absent" else {**row, "customfields": response_value}
                )
            return got

        gateway.vendor._ask = silent
        input_values = {"id": ticket["id"], "customFields": [{"name": "Department", "value": "new"}]}
        refused = await gateway.do("updateTicket", "ticket { id }", input_values)
        assert codes(refused) == [("WOULD_LOSE_DATA", "customFields.0")]
        assert gateway.vendor.writes == []


async def test_a_change_that_is_only_warned_of_is_not_told_as_done(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        gateway.vendor.answer = httpx.Response(
            200, json={"id": int(asset["nativeId"]), "_warning": "Not saved"}
        )
        payload = await gateway.do(
            "updateAsset", "asset { notes } warnings", {"id": asset["id"], "notes": "new"}
        )
        assert (codes(payload), payload["warnings"]) == ([("CONFLICT", "")], ["Not saved"])
        assert payload["asset"] == {"notes": asset["notes"]}


@pytest.mark.parametrize(
    "response_value", ["absent", None, [{"name": "no id"}], [{"id": 503}, {"name": "no id"}], [7]], ids=repr
)
async def test_who_has_it_is_not_guessed(house: Opened, response_value: Any) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        person = (await gateway.ask("{ people(first: 1) { nodes { id nativeId } } }")).whole["people"][
            "nodes"
        ][0]
        ask = gateway.vendor._ask

        async def silent(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "GET" and f"/Asset/{asset['nativeId']}" in request.url.path:
                row = {key: value for key, value in json.loads(await got.aread()).items() if key != "users"}
                return httpx.Response(
                    200, json=row if response_value == "absent" else {**row, "users": response_value}
                )
            return got

        gateway.vendor._ask = silent
        input_values = {"id": asset["id"], "assignedToId": person["id"]}
        for changed_to in (person["id"], None):
            refused = await gateway.do(
                "updateAsset", "asset { id }", {**input_values, "assignedToId": changed_to}
            )
            assert codes(refused) == [("WOULD_LOSE_DATA", "assignedToId")]
        assert "includedetails=true" in gateway.vendor.reads[-1]
        assert gateway.vendor.writes == []
        theirs = {"id": asset["id"], "vendorFields": {"users": [{"id": int(person["nativeId"])}]}}
        assert codes(await gateway.do("updateAsset", "asset { id }", theirs)) == []
        assert [set(body) for [body] in (write[2] for write in gateway.vendor.writes)] == [{"id", "users"}]


MADE = pytest.mark.parametrize(
    ("mutation", "input_values", "shown"),
    [
        ("createTicket", {"source": "halo", "subject": "S"}, "ticket"),
        ("createLicence", {"source": "halo", "name": "L"}, "licence"),
        ("createCertificate", {"source": "halo", "name": "C"}, "certificate"),
        ("createAssetChange", {"assetId": "halo:Asset:1843", "field": "Memory"}, "change"),
        (
            "createAsset",
            {"source": "halo", "assetTypeId": "13", "vendorFields": {"client_id": 12}},
            "asset",
        ),
    ],
)


@MADE
@pytest.mark.parametrize(
    "named", [{"id": 0}, {"id": -1}, {"id": None}, {"id": ""}, {"id": "new"}, {}], ids=repr
)
async def test_what_is_only_warned_of_and_has_no_id_was_not_made(
    house: Opened, mutation: str, input_values: dict[str, Any], shown: str, named: dict[str, Any]
) -> None:
    async with house("halo") as gateway:
        gateway.vendor.answer = httpx.Response(201, json={**named, "_warning": "Too\n many"})
        payload = await gateway.do(
            mutation, f"{shown} {{ id }} warnings", {**input_values, "idempotencyKey": "k"}
        )
        assert (payload[shown], codes(payload), payload["warnings"]) == (
            None,
            [("CONFLICT", "")],
            ["Too many"],
        )
        gateway.vendor.answer = None
        again = await gateway.do(
            mutation, f"{shown} {{ id }} warnings", {**input_values, "idempotencyKey": "k"}
        )
        assert (codes(again), again["warnings"]) == ([], []), "it may be tried again under the same key"
        assert again[shown]["id"]


@pytest.mark.parametrize("body", [{"id": None}, {}, [{}]], ids=repr)
async def test_a_reading_that_is_only_warned_of_was_not_kept(house: Opened, body: Any) -> None:
    async with house("halo") as gateway:
        warned = {"_warning": "Lower"}
        payload = [{**body[0], **warned}] if isinstance(body, list) else {**body, **warned}
        gateway.vendor.answer = httpx.Response(200, json=payload)
        input_values = {"assetId": "halo:Asset:1843", "meterName": "Mono", "reading": 1}
        payload = await gateway.do("createMeterReading", "meterReading { id } warnings", input_values)
        assert (payload["meterReading"], codes(payload)) == (None, [("CONFLICT", "reading")])
        assert payload["warnings"] == ["Lower"]


@MADE
@pytest.mark.parametrize("id_", [0, "0", -1, None, "new"])
async def test_an_id_that_no_record_has_tells_nothing(
    house: Opened, mutation: str, input_values: dict[str, Any], shown: str, id_: Any
) -> None:
    async with house("halo") as gateway:
        gateway.vendor.answer = httpx.Response(200, json={"id": id_})
        answer = await gateway.attempt(mutation, f"{shown} {{ id }} warnings", input_values)
        payload = answer.data[mutation]
        assert (answer.codes, payload[shown], codes(payload)) == (["OUTCOME_UNKNOWN"], None, [])
        assert len(gateway.vendor.writes) == 1


async def test_a_licence_does_not_end_before_it_starts(house: Opened) -> None:
    async with house("halo") as gateway:
        input_values = {"source": "halo", "name": "L", "startDate": "2026-02-01"}
        wrong = await gateway.do("createLicence", "licence { id }", {**input_values, "endDate": "2026-01-31"})
        assert codes(wrong) == [("INVALID", "endDate")]
        assert gateway.vendor.writes == []
        licence = (
            await gateway.do("createLicence", "licence { id }", {**input_values, "endDate": "2026-02-01"})
        )["licence"]
        gateway.vendor.writes.clear()
        dates = {"startDate": "2027-01-02", "endDate": "2027-01-01"}
        wrong = await gateway.do("updateLicence", "licence { id }", {"id": licence["id"], **dates})
        assert codes(wrong) == [("INVALID", "endDate")]
        assert gateway.vendor.writes == []
        shown = "licence { startDate endDate }"
        ended = await gateway.do("updateLicence", shown, {"id": licence["id"], **dates, "endDate": None})
        assert ended["licence"] == {"startDate": "2027-01-02", "endDate": None}


async def test_a_field_is_given_once(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        by_name, by_id = {"name": "Hostname", "value": "a"}, {"id": "140", "value": 2}
        host = next(
            custom_value["id"] for custom_value in asset["customFields"] if custom_value["name"] == "Hostname"
        )
        for custom_values in ([by_name, by_name], [by_name, {"id": host, "value": "b"}], [by_id, by_id]):
            payload = await gateway.do(
                "updateAsset", "asset { id }", {"id": asset["id"], "customFields": custom_values}
            )
            assert codes(payload) == [("INVALID", "customFields.1")]
            message = payload["userErrors"][0]["message"]
            assert message == "`customFields.1` is for a field that is given already."
        assert gateway.vendor.writes == []


async def test_what_is_made_with_a_warning_is_read_and_told_with_it(house: Opened) -> None:
    async with house("halo") as gateway:
        ask = gateway.vendor._ask

        async def warning(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "POST" and "Tickets" in request.url.path:
                return httpx.Response(201, json={**json.loads(await got.aread()), "_warning": "No SLA"})
            return got

        gateway.vendor._ask = warning
        payload = await gateway.do(
            "createTicket", "ticket { subject } warnings", {"source": "halo", "subject": "S"}
        )
        assert (payload["ticket"], payload["warnings"], codes(payload)) == ({"subject": "S"}, ["No SLA"], [])


@pytest.mark.parametrize("presence", ["no more", "still"])
async def test_a_delete_with_a_warning_is_looked_after(house: Opened, presence: str) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        if presence == "no more":
            await gateway.do("deleteAsset", "deletedId", {"id": asset["id"]})
        gateway.vendor.answer = httpx.Response(
            200, json={"id": int(asset["nativeId"]), "_warning": "It is in use"}
        )
        payload = await gateway.do("deleteAsset", "deletedId warnings", {"id": asset["id"]})
        assert payload["warnings"] == ["It is in use"]
        assert (payload["deletedId"], codes(payload)) == (
            (asset["id"], []) if presence == "no more" else (None, [("CONFLICT", "id")])
        )


@pytest.mark.parametrize("failure", ["before", "after"])
@pytest.mark.parametrize(
    "input_values",
    [
        {"notes": "L", "model": "LM", "warrantyEndDate": "2031-01-01"},
        {"status": "RETIRED", "assignedToId": None},
        {"purchaseDate": None, "purchaseCost": "7.50"},
        {"customFields": [{"name": "Department", "value": "Moon"}, {"name": "Hostname", "value": None}]},
    ],
    ids=" ".join,
)
async def test_a_look_settles_whatever_was_changed(
    house: Opened, input_values: dict[str, Any], failure: str
) -> None:
    async with house("halo") as gateway:
        before = await find_asset(gateway)
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


async def test_a_delete_with_a_warning_that_cannot_be_looked_after(house: Opened) -> None:
    async with house("halo") as gateway:
        asset = await find_asset(gateway)
        gateway.vendor.answer = httpx.Response(200, json={"_warning": "It is in use"})
        gateway.vendor._ask = lambda _: httpx.Response(405)
        answer = await gateway.attempt("deleteAsset", "deletedId", {"id": asset["id"]})
        assert (answer.codes, answer.data["deleteAsset"]["deletedId"]) == (["OUTCOME_UNKNOWN"], None)
