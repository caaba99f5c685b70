"""Halo: an array of one is posted; arrays in it replace what was there, so that they go back whole."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.mutations.house import ASSET, TICKET, House, changed, codes

Opened = Callable[..., House]


async def one(house: House, kind: str = "Laptop", status: str = "IN_USE") -> dict[str, Any]:
    found: list[dict[str, Any]] = await house.assets(assetType={"eq": kind}, status={"eq": status})
    return next(asset for asset in found if asset["serialNumber"])


@pytest.mark.parametrize(
    ("given", "body", "shown"),
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
    house: Opened, given: dict[str, Any], body: dict[str, Any], shown: dict[str, Any] | None
) -> None:
    async with house("halo") as at:
        before = await one(at)
        told = await at.do("updateAsset", f"asset {{ {ASSET} }}", {"id": before["id"], **given})
        assert at.vendor.writes == [("POST", "/api/Asset", [{**body, "id": int(before["nativeId"])}])]
        after = await at.asset(before["id"])
        assert told["asset"] == after
        wanted = {"warranty": {**before["warranty"], "notes": "w"}} if shown is None else shown
        assert changed(before, after).items() <= wanted.items()
        assert after.items() >= wanted.items()


@pytest.mark.parametrize("field", ["serialNumber", "model", "ipAddress"])
async def test_a_value_in_the_fields_leaves_all_others(house: Opened, field: str) -> None:
    async with house("halo") as at:
        before = await one(at)
        for value in ("CHANGED", None):
            await at.do("updateAsset", "asset { id }", {"id": before["id"], field: value})
            body = at.vendor.writes[-1][2][0]
            assert set(body) == {"id", "fields"}
            assert [str(one["id"]) for one in body["fields"]] == [
                one["id"] for one in before["customFields"] if int(one["id"]) < 200
            ]
            after = await at.asset(before["id"])
            # A laptop is called by its serial number in this account.
            assert set(changed(before, after)) - {"name"} == {field, "customFields"}
            assert (after[field] or None) == value
            assert (
                sum(a != b for a, b in zip(after["customFields"], before["customFields"], strict=True)) == 1
            )


async def test_custom_fields_of_both_kinds(house: Opened) -> None:
    async with house("halo") as at:
        before = await one(at)
        given = [
            {"name": "department", "value": "Moon"},
            {"name": "Hostname", "value": "h"},
            {"id": "140", "value": 2},
        ]
        await at.do("updateAsset", "asset { id }", {"id": before["id"], "customFields": given})
        body = at.vendor.writes[-1][2][0]
        assert {"id": 241, "value": "Moon"} in body["customfields"]
        assert len(body["customfields"]) == 2
        after = await at.asset(before["id"])
        assert set(changed(before, after)) == {"customFields"}
        told = {one["name"]: one["value"] for one in after["customFields"]}
        assert (told["Department"], told["Hostname"], told["Operating System"]) == ("Moon", "h", 2)
        for wrong, where in (
            ({"name": "no such", "value": 1}, "customFields.0.name"),
            ({"id": "99999", "value": 1}, "customFields.0.id"),
        ):
            told_wrong = await at.do(
                "updateAsset", "asset { id }", {"id": before["id"], "customFields": [wrong]}
            )
            assert codes(told_wrong) == [("INVALID", where)]


async def test_an_asset_is_created(house: Opened) -> None:
    async with house("halo") as at:
        place = (await one(at))["location"]["id"]
        person = (await at.ask("{ people(first: 2) { nodes { id } } }")).whole["people"]["nodes"][1]["id"]
        given = {
            "source": "halo", "assetTypeId": "14", "locationId": place, "assetTag": "SRV-9", "name": "srv9",
            "serialNumber": "SN-9", "model": "R740", "ipAddress": "10.9.9.9", "assignedToId": person,
            "warrantyEndDate": "2030-01-02", "status": "IN_USE",
            "customFields": [{"name": "MAC address", "value": "AA"}, {"name": "Department", "value": "Lab"}],
        }  # fmt: skip
        made = (await at.do("createAsset", f"asset {{ {ASSET} }}", given))["asset"]
        [(method, path, [body])] = at.vendor.writes
        assert (method, path) == ("POST", "/api/Asset")
        assert "id" not in body
        assert body["users"] == [{"id": int(person.split(":")[2])}]
        assert {"id": 52, "value": "srv9"} in body["fields"]
        assert made["name"] == "srv9"
        assert made["serialNumber"] == "SN-9"
        assert made["status"] == "IN_USE"
        assert made["assignedTo"]["id"] == person
        assert made["warranty"]["endDate"] == "2030-01-02"
        assert made == await at.asset(made["id"])
        assert [asset["id"] for asset in await at.assets(assetTag={"eq": "SRV-9"})] == [made["id"]]


@pytest.mark.parametrize(
    ("given", "refused"),
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
    house: Opened, given: dict[str, Any], refused: tuple[str, str]
) -> None:
    async with house("halo") as at:
        assert codes(await at.do("updateAsset", "asset { id }", {"id": "halo:Asset:1846", **given})) == [
            refused
        ]
        assert at.vendor.calls == []


async def test_what_depends_on_the_record_is_refused_unwritten(house: Opened) -> None:
    async with house("halo") as at:
        asset = await one(at)
        for given, refused in (
            ({"name": "x"}, ("INVALID", "name")),
            ({"manufacturer": "x"}, ("INVALID", "manufacturer")),
            ({"assetTypeId": "31"}, ("WOULD_LOSE_DATA", "assetTypeId")),
            ({"notes": "x", "ifUnchangedSince": "2001-01-01T00:00:00Z"}, ("CONFLICT", "ifUnchangedSince")),
        ):
            assert codes(await at.do("updateAsset", "asset { id }", {"id": asset["id"], **given})) == [
                refused
            ]
        missing = {"source": "halo", "assetTypeId": "13"}
        assert codes(await at.do("createAsset", "asset { id }", missing)) == [("INVALID", "locationId")]
        none = {"source": "halo", "locationId": asset["location"]["id"]}
        assert codes(await at.do("createAsset", "asset { id }", none)) == [("INVALID", "assetTypeId")]
        for mutation, given, shown in (
            ("updateAsset", {"notes": "x"}, "asset { id }"),
            ("deleteAsset", {}, "deletedId"),
        ):
            gone = await at.do(mutation, shown, {"id": "halo:Asset:1", **given})
            assert codes(gone) == [("NOT_FOUND", "id")]
        assert [write[0] for write in at.vendor.writes] == ["DELETE"]


async def test_who_else_has_it_keeps_it(house: Opened) -> None:
    async with house("halo") as at:
        asset = await one(at)
        people = (await at.ask("{ people(first: 3) { nodes { id nativeId } } }")).whole["people"]["nodes"]
        two = {"users": [{"id": int(person["nativeId"])} for person in people[:2]]}
        await at.do("updateAsset", "asset { id }", {"id": asset["id"], "vendorFields": two})
        given = {"id": asset["id"], "assignedToId": people[2]["id"]}
        told = await at.do("updateAsset", "asset { assignedTo { id } }", given)
        assert told["asset"]["assignedTo"]["id"] == people[2]["id"]
        assert [one["id"] for one in at.vendor.writes[-1][2][0]["users"]] == [
            int(people[2]["nativeId"]),
            int(people[1]["nativeId"]),
        ]
        emptied = await at.do("updateAsset", "asset { id }", {"id": asset["id"], "assignedToId": None})
        assert codes(emptied) == [("WOULD_LOSE_DATA", "assignedToId")]


async def test_tickets(house: Opened) -> None:
    async with house("halo") as at:
        asset = await one(at)
        person = (await at.ask("{ people(first: 1) { nodes { id } } }")).whole["people"]["nodes"][0]["id"]
        made = await at.do(
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
        [(method, path, [body])] = at.vendor.writes
        assert (method, path) == ("POST", "/api/Tickets")
        assert body == {
            "summary": "S",
            "details": "D",
            "status_id": 2,
            "user_id": int(person.split(":")[2]),
            "site_id": int(asset["location"]["id"].split(":")[2]),
            "assets": [{"id": int(asset["nativeId"])}],
        }
        ticket = made["ticket"]
        assert (ticket["subject"], ticket["description"], ticket["status"]) == ("S", "D", "IN_PROGRESS")
        assert ticket["assets"]["nodes"] == [{"id": asset["id"]}]
        del ticket["assets"]
        closed = await at.do(
            "updateTicket", f"ticket {{ {TICKET} }}", {"id": ticket["id"], "status": "CLOSED"}
        )
        assert changed(ticket, closed["ticket"]) == {"status": "CLOSED", "statusRaw": "Closed"}
        nobody = await at.do("updateTicket", "ticket { id }", {"id": ticket["id"], "assigneeId": None})
        assert codes(nobody) == []
        assert at.vendor.writes[-1][2] == [{"agent_id": 1, "id": int(ticket["id"].split(":")[2])}]
        for given, refused in (
            ({"status": "UNKNOWN"}, "status"),
            ({"subject": None}, "subject"),
            ({"requesterId": "halo:Agent:1"}, "requesterId"),
            ({"assigneeId": person}, "assigneeId"),
            ({"customFields": [{"name": "no such", "value": 1}]}, "customFields.0.name"),
        ):
            told = await at.do("updateTicket", "ticket { id }", {"id": ticket["id"], **given})
            assert codes(told) == [("INVALID", refused)]
        missing = await at.do("createTicket", "ticket { id }", {"source": "halo", "description": "x"})
        assert codes(missing) == [("INVALID", "subject")]
        assert (await at.do("deleteTicket", "deletedId", {"id": ticket["id"]}))["deletedId"] == ticket["id"]
        assert (await at.ask("query($id: ID!) { ticket(id: $id) { id } }", id=ticket["id"])).whole[
            "ticket"
        ] is None


async def test_a_priority_is_that_of_the_tickets_sla(house: Opened) -> None:
    async with house("halo") as at:
        asked = await at.ask("{ tickets(first: 50) { nodes { id priority priorityRaw } } }")
        tickets = asked.whole["tickets"]["nodes"]
        known = next(one for one in tickets if one["priorityRaw"] in {"High", "Medium", "Low"})
        done = await at.do(
            "updateTicket", "ticket { priority priorityRaw }", {"id": known["id"], "priority": "LOW"}
        )
        assert done["ticket"] == {"priority": "LOW", "priorityRaw": "Low"}
        other = next(one for one in tickets if (one["priorityRaw"] or "").startswith("P"))
        refused = await at.do("updateTicket", "ticket { id }", {"id": other["id"], "priority": "LOW"})
        assert codes(refused) == [("INVALID", "priority")]


async def test_meter_readings(house: Opened) -> None:
    shown = "meterReading { id meterName reading previousReading takenAt reason warning asset { id } }"
    async with house("halo") as at:
        asked = await at.ask("{ meterReadings(first: 500) { nodes { meterName reading asset { id } } } }")
        last = asked.whole["meterReadings"]["nodes"][-1]
        given = {
            "assetId": last["asset"]["id"], "meterName": last["meterName"], "reading": "9000000",
            "takenAt": "2026-11-01T10:00:00+02:00", "reason": "read",
        }  # fmt: skip
        made = (await at.do("createMeterReading", shown, given))["meterReading"]
        assert at.vendor.writes == [
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
        assert (made["takenAt"], made["reason"], made["warning"]) == ("2026-11-01T08:00:00Z", "read", None)
        lower = await at.do("createMeterReading", shown, {**given, "reading": 1, "takenAt": None})
        assert "lower" in lower["meterReading"]["warning"]
        assert codes(lower) == [("CONFLICT", "reading")]
        at.vendor.writes.clear()
        fraction = await at.do("createMeterReading", shown, {**given, "reading": "1.5"})
        assert codes(fraction) == [("INVALID", "reading")]
        elsewhere = await at.attempt("createMeterReading", shown, {**given, "assetId": "halo:Asset:abc"})
        assert elsewhere.codes == ["BAD_USER_INPUT"]
        assert at.vendor.writes == []


async def test_licences_changes_and_certificates(house: Opened) -> None:
    async with house("halo") as at:
        shown = "licence { id name quantity licenceType startDate endDate purchasePrice }"
        given = {
            "source": "halo", "name": "L", "quantity": 5, "licenceType": "2", "startDate": "2026-01-01",
            "endDate": "2027-01-01", "purchasePrice": "10.25", "organisationId": None,
            "vendorFields": {"vendor": "Pax8"},
        }  # fmt: skip
        made = (await at.do("createLicence", shown, given))["licence"]
        assert at.vendor.writes[-1] == (
            "POST",
            "/api/SoftwareLicence",
            [
                {
                    "name": "L", "count": 5, "type": 2, "start_date": "2026-01-01T00:00:00",
                    "end_date": "2027-01-01T00:00:00", "purchase_price": Decimal("10.25"), "vendor": "Pax8",
                }
            ],
        )  # fmt: skip
        after = (await at.do("updateLicence", shown, {"id": made["id"], "quantity": 7, "endDate": None}))[
            "licence"
        ]
        assert changed(made, after) == {"quantity": 7, "endDate": None}
        for wrong, where in (
            ({"name": ""}, "name"),
            ({"licenceType": "x"}, "licenceType"),
            ({"name": None}, "name"),
        ):
            assert codes(await at.do("updateLicence", shown, {"id": made["id"], **wrong})) == [
                ("INVALID", where)
            ]
        assert (await at.do("deleteLicence", "deletedId", {"id": made["id"]}))["deletedId"] == made["id"]
        assert codes(await at.do("updateLicence", shown, {"id": made["id"], "quantity": 1})) == [
            ("NOT_FOUND", "id")
        ]

        asset = await one(at)
        change = {"assetId": asset["id"], "field": "Memory", "oldValue": "8", "newValue": "16"}
        noted = (
            await at.do("createAssetChange", "change { id field oldValue newValue asset { id } }", change)
        )["change"]
        assert {key: noted[key] for key in ("field", "oldValue", "newValue")} == {
            "field": "Memory",
            "oldValue": "8",
            "newValue": "16",
        }
        told = await at.asset(asset["id"], "changes(first: 50) { nodes { id field } }")
        assert {"id": noted["id"], "field": "Memory"} in told["changes"]["nodes"]

        given = {"source": "halo", "name": "C", "subject": "CN=x", "vendorFields": {"new_password": "secret"}}
        certificate = (await at.do("createCertificate", "certificate { id name subject }", given))[
            "certificate"
        ]
        assert (certificate["name"], certificate["subject"]) == ("C", "CN=x")
        deleted = await at.do("deleteCertificate", "deletedId", {"id": certificate["id"]})
        assert deleted["deletedId"] == certificate["id"]


async def test_another_record_than_was_asked_for_is_not_written_to(house: Opened) -> None:
    async with house("halo") as at:
        asset = await one(at)
        ask = at.vendor._ask

        async def other(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "GET" and f"/Asset/{asset['nativeId']}" in request.url.path:
                return httpx.Response(200, json={**json.loads(await got.aread()), "id": 424242})
            return got

        at.vendor._ask = other
        answer = await at.attempt("updateAsset", "asset { id }", {"id": asset["id"], "notes": "x"})
        assert (answer.codes, at.vendor.writes) == (["UPSTREAM_GARBLED"], [])


UNTOLD = ["absent", None, [{"name": "RAM", "value": "8"}], [{"id": 5, "display": "x"}]]


@pytest.mark.parametrize("told", UNTOLD, ids=repr)
@pytest.mark.parametrize(("kind", "name"), [("fields", "Hostname"), ("customfields", "Department")])
async def test_fields_that_were_not_told_are_not_emptied(
    house: Opened, kind: str, name: str, told: Any
) -> None:
    async with house("halo") as at:
        asset = await one(at)
        field = next(one for one in asset["customFields"] if one["name"] == name)
        ask = at.vendor._ask

        async def silent(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "GET" and f"/Asset/{asset['nativeId']}" in request.url.path:
                row = json.loads(await got.aread())
                mine = [one for one in row.pop(kind) if str(one["id"]) == field["id"]]
                if told != "absent":
                    row[kind] = mine + told if told is not None else None
                return httpx.Response(200, json=row)
            return got

        at.vendor._ask = silent
        for given in ({"id": field["id"], "value": "new"}, {"name": name, "value": "new"}):
            changes = {"id": asset["id"], "customFields": [given]}
            refused = await at.do("updateAsset", "asset { id }", changes)
            assert codes(refused) == [("WOULD_LOSE_DATA", "customFields.0")]
        assert at.vendor.writes == []


@pytest.mark.parametrize("told", ["absent", None, [{"label": "no id", "value": 1}]], ids=repr)
async def test_a_tickets_fields_that_were_not_told_are_not_emptied(house: Opened, told: Any) -> None:
    async with house("halo") as at:
        asked = await at.ask("{ tickets(first: 1) { nodes { id nativeId } } }")
        ticket = asked.whole["tickets"]["nodes"][0]
        ask = at.vendor._ask

        async def silent(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "GET" and request.url.path.endswith(f"/Tickets/{ticket['nativeId']}"):
                row = json.loads(await got.aread())
                row.pop("customfields", None)
                return httpx.Response(200, json=row if told == "absent" else {**row, "customfields": told})
            return got

        at.vendor._ask = silent
        given = {"id": ticket["id"], "customFields": [{"name": "Department", "value": "new"}]}
        refused = await at.do("updateTicket", "ticket { id }", given)
        assert codes(refused) == [("WOULD_LOSE_DATA", "customFields.0")]
        assert at.vendor.writes == []


async def test_a_change_that_is_only_warned_of_is_not_told_as_done(house: Opened) -> None:
    async with house("halo") as at:
        asset = await one(at)
        at.vendor.answer = httpx.Response(200, json={"id": int(asset["nativeId"]), "_warning": "Not saved"})
        told = await at.do("updateAsset", "asset { notes } warnings", {"id": asset["id"], "notes": "new"})
        assert (codes(told), told["warnings"]) == ([("CONFLICT", "")], ["Not saved"])
        assert told["asset"] == {"notes": asset["notes"]}


@pytest.mark.parametrize(
    "told", ["absent", None, [{"name": "no id"}], [{"id": 503}, {"name": "no id"}], [7]], ids=repr
)
async def test_who_has_it_is_not_guessed(house: Opened, told: Any) -> None:
    async with house("halo") as at:
        asset = await one(at)
        person = (await at.ask("{ people(first: 1) { nodes { id nativeId } } }")).whole["people"]["nodes"][0]
        ask = at.vendor._ask

        async def silent(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "GET" and f"/Asset/{asset['nativeId']}" in request.url.path:
                row = {key: value for key, value in json.loads(await got.aread()).items() if key != "users"}
                return httpx.Response(200, json=row if told == "absent" else {**row, "users": told})
            return got

        at.vendor._ask = silent
        given = {"id": asset["id"], "assignedToId": person["id"]}
        for changed_to in (person["id"], None):
            refused = await at.do("updateAsset", "asset { id }", {**given, "assignedToId": changed_to})
            assert codes(refused) == [("WOULD_LOSE_DATA", "assignedToId")]
        assert "includedetails=true" in at.vendor.reads[-1]
        assert at.vendor.writes == []
        theirs = {"id": asset["id"], "vendorFields": {"users": [{"id": int(person["nativeId"])}]}}
        assert codes(await at.do("updateAsset", "asset { id }", theirs)) == []
        assert [set(body) for [body] in (write[2] for write in at.vendor.writes)] == [{"id", "users"}]


MADE = pytest.mark.parametrize(
    ("mutation", "given", "shown"),
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
    house: Opened, mutation: str, given: dict[str, Any], shown: str, named: dict[str, Any]
) -> None:
    async with house("halo") as at:
        at.vendor.answer = httpx.Response(201, json={**named, "_warning": "Too\n many"})
        told = await at.do(mutation, f"{shown} {{ id }} warnings", {**given, "idempotencyKey": "k"})
        assert (told[shown], codes(told), told["warnings"]) == (None, [("CONFLICT", "")], ["Too many"])
        at.vendor.answer = None
        again = await at.do(mutation, f"{shown} {{ id }} warnings", {**given, "idempotencyKey": "k"})
        assert (codes(again), again["warnings"]) == ([], []), "it may be tried again under the same key"
        assert again[shown]["id"]


@pytest.mark.parametrize("body", [{"id": None}, {}, [{}]], ids=repr)
async def test_a_reading_that_is_only_warned_of_was_not_kept(house: Opened, body: Any) -> None:
    async with house("halo") as at:
        warned = {"_warning": "Lower"}
        told = [{**body[0], **warned}] if isinstance(body, list) else {**body, **warned}
        at.vendor.answer = httpx.Response(200, json=told)
        given = {"assetId": "halo:Asset:1843", "meterName": "Mono", "reading": 1}
        told = await at.do("createMeterReading", "meterReading { id } warnings", given)
        assert (told["meterReading"], codes(told)) == (None, [("CONFLICT", "reading")])
        assert told["warnings"] == ["Lower"]


@MADE
@pytest.mark.parametrize("id_", [0, "0", -1, None, "new"])
async def test_an_id_that_no_record_has_tells_nothing(
    house: Opened, mutation: str, given: dict[str, Any], shown: str, id_: Any
) -> None:
    async with house("halo") as at:
        at.vendor.answer = httpx.Response(200, json={"id": id_})
        answer = await at.attempt(mutation, f"{shown} {{ id }} warnings", given)
        told = answer.data[mutation]
        assert (answer.codes, told[shown], codes(told)) == (["OUTCOME_UNKNOWN"], None, [])
        assert len(at.vendor.writes) == 1


async def test_a_licence_does_not_end_before_it_starts(house: Opened) -> None:
    async with house("halo") as at:
        made = {"source": "halo", "name": "L", "startDate": "2026-02-01"}
        wrong = await at.do("createLicence", "licence { id }", {**made, "endDate": "2026-01-31"})
        assert codes(wrong) == [("INVALID", "endDate")]
        assert at.vendor.writes == []
        licence = (await at.do("createLicence", "licence { id }", {**made, "endDate": "2026-02-01"}))[
            "licence"
        ]
        at.vendor.writes.clear()
        dates = {"startDate": "2027-01-02", "endDate": "2027-01-01"}
        wrong = await at.do("updateLicence", "licence { id }", {"id": licence["id"], **dates})
        assert codes(wrong) == [("INVALID", "endDate")]
        assert at.vendor.writes == []
        shown = "licence { startDate endDate }"
        ended = await at.do("updateLicence", shown, {"id": licence["id"], **dates, "endDate": None})
        assert ended["licence"] == {"startDate": "2027-01-02", "endDate": None}


async def test_a_field_is_given_once(house: Opened) -> None:
    async with house("halo") as at:
        asset = await one(at)
        by_name, by_id = {"name": "Hostname", "value": "a"}, {"id": "140", "value": 2}
        host = next(one["id"] for one in asset["customFields"] if one["name"] == "Hostname")
        for given in ([by_name, by_name], [by_name, {"id": host, "value": "b"}], [by_id, by_id]):
            told = await at.do("updateAsset", "asset { id }", {"id": asset["id"], "customFields": given})
            assert codes(told) == [("INVALID", "customFields.1")]
            said = told["userErrors"][0]["message"]
            assert said == "`customFields.1` is for a field that is given already."
        assert at.vendor.writes == []


async def test_what_is_made_with_a_warning_is_read_and_told_with_it(house: Opened) -> None:
    async with house("halo") as at:
        ask = at.vendor._ask

        async def warning(request: httpx.Request) -> httpx.Response:
            answer: Any = ask(request)
            got: httpx.Response = await answer
            if request.method == "POST" and "Tickets" in request.url.path:
                return httpx.Response(201, json={**json.loads(await got.aread()), "_warning": "No SLA"})
            return got

        at.vendor._ask = warning
        told = await at.do("createTicket", "ticket { subject } warnings", {"source": "halo", "subject": "S"})
        assert (told["ticket"], told["warnings"], codes(told)) == ({"subject": "S"}, ["No SLA"], [])


@pytest.mark.parametrize("there", ["no more", "still"])
async def test_a_delete_with_a_warning_is_looked_after(house: Opened, there: str) -> None:
    async with house("halo") as at:
        asset = await one(at)
        if there == "no more":
            await at.do("deleteAsset", "deletedId", {"id": asset["id"]})
        at.vendor.answer = httpx.Response(
            200, json={"id": int(asset["nativeId"]), "_warning": "It is in use"}
        )
        told = await at.do("deleteAsset", "deletedId warnings", {"id": asset["id"]})
        assert told["warnings"] == ["It is in use"]
        assert (told["deletedId"], codes(told)) == (
            (asset["id"], []) if there == "no more" else (None, [("CONFLICT", "id")])
        )


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize(
    "given",
    [
        {"notes": "L", "model": "LM", "warrantyEndDate": "2031-01-01"},
        {"status": "RETIRED", "assignedToId": None},
        {"purchaseDate": None, "purchaseCost": "7.50"},
        {"customFields": [{"name": "Department", "value": "Moon"}, {"name": "Hostname", "value": None}]},
    ],
    ids=" ".join,
)
async def test_a_look_settles_whatever_was_changed(house: Opened, given: dict[str, Any], how: str) -> None:
    async with house("halo") as at:
        before = await one(at)
        at.vendor.lose = how
        answer = await at.attempt("updateAsset", f"asset {{ {ASSET} }}", {"id": before["id"], **given})
        after = await at.asset(before["id"])
        assert len(at.vendor.writes) == 1
        if how == "before":
            assert (answer.codes, after) == (["OUTCOME_UNKNOWN"], before)
        else:
            assert answer.whole["updateAsset"]["asset"] == after
            assert changed(before, after)


async def test_a_delete_with_a_warning_that_cannot_be_looked_after(house: Opened) -> None:
    async with house("halo") as at:
        asset = await one(at)
        at.vendor.answer = httpx.Response(200, json={"_warning": "It is in use"})
        at.vendor._ask = lambda _: httpx.Response(405)
        answer = await at.attempt("deleteAsset", "deletedId", {"id": asset["id"]})
        assert (answer.codes, answer.data["deleteAsset"]["deletedId"]) == (["OUTCOME_UNKNOWN"], None)
