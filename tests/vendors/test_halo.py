"""Halo: its documented samples as our records, the values that stand for nothing, and what hangs on its asset types."""

from typing import Any

import httpx
import pytest

from gateway.testing.selections import leaves
from gateway.testing.upstreams import answered
from tests.support.samples import of_samples, sample
from tests.support.words import warranty_until, without_empty

SOURCE = {"source": {"name": "halo"}}


def custom(number: str, name: str, value: Any, shown: str, kind: str | None = None) -> dict[str, Any]:
    return {"id": number, "name": name, "type": kind, "value": value, "displayValue": shown}


ASSET = {
    **SOURCE,
    "id": "halo:Asset:1204",
    "nativeId": "1204",
    "name": "5CG1234XYZ",
    "assetTag": "LT-0117",
    "serialNumber": "5CG1234XYZ",
    "status": "IN_USE",
    "statusRaw": "Active",
    "manufacturer": "HP",
    "model": "EliteBook 840 G8",
    "category": "Client Computing",
    "assetType": "Laptop",
    "organisation": "Acme Ltd",
    "macAddress": "508140AB12CD",
    "purchaseDate": "2024-01-15",
    "purchaseCost": "1520.0",
    "warranty": {
        "status": warranty_until("2027-01-14"),
        "startDate": "2024-01-15",
        "endDate": "2027-01-14",
        "notes": "",
    },
    "notes": "",
    "updatedAt": "2026-10-25T19:13:41.489255Z",
    "customFields": [
        custom("51", "Serial Number", "5CG1234XYZ", "5CG1234XYZ"),
        custom("117", "Model", "EliteBook 840 G8", "EliteBook 840 G8"),
        custom("118", "Manufacturer", 84, "HP"),
        custom("241", "Department", "Finance", "Finance", "0"),
    ],
}
EXPECTED: dict[str, tuple[str, dict[str, Any]]] = {
    "assets": ("Asset", ASSET),
    "tickets": (
        "Ticket",
        {
            **SOURCE,
            "id": "halo:Ticket:4201",
            "nativeId": "4201",
            "subject": "Laptop does not start",
            "description": "It beeps three times.",
            "status": "IN_PROGRESS",
            "statusRaw": "In Progress",
            "priority": "UNKNOWN",
            "ticketType": "Incident",
            "organisation": "Acme Ltd",
            "createdAt": "2026-03-02T08:14:55.207000Z",
            "updatedAt": "2026-03-02T09:01:13.313333Z",
            "dueAt": "2026-03-05T17:30:00Z",
        },
    ),
    "locations": (
        "Location",
        {
            **SOURCE,
            "id": "halo:Location:18",
            "nativeId": "18",
            "name": "Main",
            "address": "1 High Street, Leeds",
            "country": "United Kingdom",
            "postalCode": "LS1 4LT",
            "organisation": "Acme Ltd",
        },
    ),
    "people": (
        "Person",
        {
            **SOURCE,
            "id": "halo:Person:310",
            "nativeId": "310",
            "name": "Jane Doe",
            "email": "jane.doe@acme.example",
        },
    ),
    "licences": (
        "Licence",
        {
            **SOURCE,
            "id": "halo:Licence:207",
            "nativeId": "207",
            "name": "Microsoft 365 Business Premium",
            "licenceType": "3",
            "quantity": 25,
            "inUse": 18,
            "available": 7,
            "manufacturer": "Microsoft",
            "supplier": "Microsoft",
            "sku": "CFQ7TTC0LCHC",
            "purchasePrice": "16.5",
            "unitPrice": "20.6",
            "startDate": "2025-01-01",
            "endDate": "2026-01-01",
            "active": True,
            "autoRenew": True,
            "billingCycle": "Monthly",
            "organisation": "Acme Ltd",
        },
    ),
    "meterReadings": (
        "MeterReading",
        {
            **SOURCE,
            "id": "halo:MeterReading:601",
            "nativeId": "601",
            "meterName": "Mono",
            "reading": "20310",
            "previousReading": "19802",
            "delta": "508",
            "takenAt": "2026-05-31T06:30:00Z",
            "takenBy": "Print Agent",
            "reason": "",
            "reviewed": False,
        },
    ),
    "assetChanges": (
        "ChangeRecord",
        {
            **SOURCE,
            "id": "halo:ChangeRecord:1204-1-9-2026102519134148925550000",
            "nativeId": "1204-1-9-2026102519134148925550000",
            "field": "Status",
            "oldValue": "In Stock",
            "newValue": "Active",
            "changedBy": "Sam Agent",
            "changedAt": "2026-10-25T19:13:41.489255Z",
        },
    ),
    "licenceChanges": (
        "ChangeRecord",
        {
            **SOURCE,
            "id": "halo:LicenceChange:207-8000-3-2025031408002119044110000",
            "nativeId": "207-8000-3-2025031408002119044110000",
            "field": "count",
            "oldValue": "20",
            "newValue": "25",
            "changedBy": "Sam Agent",
            "changedAt": "2025-03-14T08:00:21.190441Z",
        },
    ),
    "softwareInstallations": (
        "SoftwareInstallation",
        {
            **SOURCE,
            "id": "halo:SoftwareInstallation:1204-30019",
            "nativeId": "1204-30019",
            "name": "Microsoft 365 Business Premium",
            "version": "16.0.17928",
            "installedOn": "2024-01-16",
        },
    ),
    "certificates": (
        "Certificate",
        {
            **SOURCE,
            "id": "halo:Certificate:4",
            "nativeId": "4",
            "name": "SSO signing",
            "subject": "CN=SSO signing",
            "issuer": "CN=Acme CA",
            "thumbprint": "7B2E4C",
        },
    ),
    "licenceInfos": (
        "LicenceInfo",
        {
            **SOURCE,
            "id": "halo:LicenceInfo:0c1f0f0e-6a55-5d0c-9f4e-1f5d6a1d2b3c",
            "nativeId": "0c1f0f0e-6a55-5d0c-9f4e-1f5d6a1d2b3c",
            "name": "Acme Ltd",
            "organisation": "Acme",
            "version": "2.184.1",
            "apiUrl": "https://acme.halopsa.com/api",
            "isTrial": False,
            "supportType": "1",
            "registeredAt": "2023-02-11T10:04:57.877000Z",
        },
    ),
    "contracts": (
        "Contract",
        {
            **SOURCE,
            "id": "halo:Contract:71",
            "nativeId": "71",
            "number": "ACME-001",
            "startDate": "2024-07-01",
        },
    ),
}


@pytest.mark.parametrize("root", EXPECTED)
async def test_the_samples_of_lists(root: str) -> None:
    type_name, expected = EXPECTED[root]
    async with of_samples("halo") as gateway:
        data = (await gateway.ask(f"{{ {root} {{ complete nodes {leaves(type_name)} }} }}")).whole
    assert [without_empty(node) for node in data[root]["nodes"]] == [expected]
    assert data[root]["complete"] is True


@pytest.mark.parametrize("type_name", ["Asset", "Ticket", "Licence"])
async def test_the_samples_of_single_records(type_name: str) -> None:
    expected = next(record for kind, record in EXPECTED.values() if kind == type_name)
    async with of_samples("halo") as gateway:
        query = f'{{ node(id: "{expected["id"]}") {{ ... on {type_name} {leaves(type_name)} }} }}'
        data = (await gateway.ask(query)).whole
    assert without_empty(data["node"]) == expected


async def test_the_sample_of_a_single_site() -> None:
    async with of_samples("halo") as gateway:
        data, lines = await gateway.measure(f'{{ location(id: "halo:Location:18") {leaves("Location")} }}')
    assert without_empty(data["location"]) == {
        **SOURCE,
        "id": "halo:Location:18",
        "nativeId": "18",
        "name": "Main",
        "address": "1 High Street, Leeds",
        "postalCode": "LS1 4LT",
        "organisation": "Acme Ltd",
    }
    assert lines == ["halo /Site/18"]


async def test_the_definitions() -> None:
    query = f"{{ assetTypes {leaves('AssetTypeDefinition')} ticketTypes {leaves('AssetTypeDefinition')} }}"
    async with of_samples("halo") as gateway:
        data = (await gateway.ask(query)).whole
    assert data == {
        "assetTypes": [{**SOURCE, "id": "halo:AssetTypeDefinition:13", "nativeId": "13", "name": "Laptop"}],
        "ticketTypes": [
            {**SOURCE, "id": "halo:TicketTypeDefinition:21", "nativeId": "21", "name": "Incident"}
        ],
    }


async def test_roles_of_a_licence() -> None:
    query = '{ licence(id: "halo:Licence:207") { roles { id nativeId name note } location { id } } }'
    async with of_samples("halo") as gateway:
        data = (await gateway.ask(query)).whole
    role = {"id": "halo:LicenceRole:207-500", "nativeId": "207-500", "name": "User", "note": ""}
    assert data["licence"] == {"roles": [role], "location": None}  # its site is -1, which is none


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        ({"tag": "LT-0119"}, "LT-0119"),
        ("LT-0119", "LT-0119"),
        (102, "102"),
        ({"value": "A"}, "A"),
        ({"inventory_number": "B"}, "B"),
    ],
)
async def test_the_next_tag_whichever_way_it_is_wrapped(body: Any, tag: str) -> None:
    async with of_samples(
        "halo", but={"/Asset/NextTag": answered(body if isinstance(body, dict | int) else f'"{body}"')}
    ) as gateway:
        assert (await gateway.ask('{ nextAssetTag(source: "halo") }')).whole == {"nextAssetTag": tag}


async def test_a_next_tag_that_is_none_is_garbled() -> None:
    async with of_samples("halo", but={"/Asset/NextTag": answered({"message": "no"})}) as gateway:
        answer = await gateway.ask('{ nextAssetTag(source: "halo") }')
    assert (answer.codes, answer.data) == (["UPSTREAM_GARBLED"], {"nextAssetTag": None})


async def test_software_versions_are_passed_on_whole() -> None:
    versions = [{"name": "7-Zip", "versions": ["24.09"]}]
    async with of_samples("halo", but={"/Asset/GetAllSoftwareVersions": answered(versions)}) as gateway:
        assert (await gateway.ask('{ softwareVersions(source: "halo") }')).whole == {
            "softwareVersions": versions
        }


def listed(**changed: Any) -> dict[str, Any]:
    body: dict[str, Any] = sample("halo", "assets")
    body["assets"][0] |= changed
    return {"/Asset": answered(body)}


async def test_ids_and_dates_that_mean_none() -> None:
    changed: dict[str, Any] = {
        "site_id": 0,
        "contract_id": -1,
        "business_owner_id": -99,
        "technical_owner_id": 0,
        "warranty_start": "1900-01-01T00:00:00",
        "warranty_end": "1900-01-01T00:00:00Z",
        "supplier_purchasedate": "1900-01-01T00:00:00",
    }
    query = """{ assets { nodes { location { id } contract { id } owner { id } purchaseDate
                                  warranty { status startDate endDate } } } }"""
    async with of_samples(
        "halo", but=listed(**changed) | {"/Asset/1204": answered(sample("halo", "asset") | changed)}
    ) as gateway:
        data = (await gateway.ask(query)).whole
    assert data["assets"]["nodes"] == [
        {
            "location": None,
            "contract": None,
            "owner": None,
            "purchaseDate": None,
            "warranty": {"status": "UNKNOWN", "startDate": None, "endDate": None},
        }
    ]


async def test_ids_written_as_doubles() -> None:
    raw = sample("halo", "assets")
    text = (
        str(httpx.Response(200, json=raw).text)
        .replace('"site_id":18', '"site_id":18.0')
        .replace('"id":1204', '"id":1204.0')
    )
    async with of_samples("halo", but={"/Asset": answered(text)}) as gateway:
        data = (await gateway.ask("{ assets { nodes { id location { id name } } } }")).whole
    assert data["assets"]["nodes"] == [
        {"id": "halo:Asset:1204", "location": {"id": "halo:Location:18", "name": "Main"}}
    ]


@pytest.mark.parametrize(
    ("row", "settings", "status"),
    [
        ({"inactive": True, "status_name": "Active"}, {}, "RETIRED"),
        ({"status_name": "active"}, {}, "IN_USE"),
        ({"status_name": "In Repair"}, {}, "UNKNOWN"),
        ({"status_name": "In Repair"}, {"STATUS_MAP": "In Repair=MAINTENANCE"}, "MAINTENANCE"),
        ({"status_name": "Active"}, {"STATUS_MAP": "In Repair=MAINTENANCE"}, "UNKNOWN"),
        ({"status_name": None}, {}, "UNKNOWN"),
    ],
)
async def test_asset_statuses(row: dict[str, Any], settings: dict[str, str], status: str) -> None:
    async with of_samples("halo", but=listed(**row), settings=settings) as gateway:
        data = (await gateway.ask("{ assets { nodes { status } } }")).whole
    assert data["assets"]["nodes"] == [{"status": status}]


async def test_times_without_a_zone_are_the_operators() -> None:
    async with of_samples("halo", settings={"TIME_ZONE": "Europe/Brussels"}) as gateway:
        data = (
            await gateway.ask("{ meterReadings { nodes { takenAt } } tickets { nodes { createdAt dueAt } } }")
        ).whole
    assert data["meterReadings"]["nodes"] == [{"takenAt": "2026-05-31T04:30:00Z"}]
    # What is written with a zone keeps it.
    assert data["tickets"]["nodes"] == [
        {"createdAt": "2026-03-02T07:14:55.207000Z", "dueAt": "2026-03-05T17:30:00Z"}
    ]


def ticket(**changed: Any) -> dict[str, Any]:
    body: dict[str, Any] = sample("halo", "tickets")
    body["tickets"][0] |= changed
    return {"/Tickets": answered(body)}


@pytest.mark.parametrize(
    ("row", "settings", "status"),
    [
        ({"onhold": True}, {}, "ON_HOLD"),
        ({"status_id": 9}, {}, "CLOSED"),
        ({"status_id": 8}, {}, "CLOSED"),
        ({"status_id": 8, "onhold": False}, {"CLOSED_STATUS_IDS": "9"}, "OPEN"),
        ({"status_id": 77, "dateclosed": "2026-03-05T10:00:00"}, {}, "CLOSED"),
        ({"status_id": 77}, {}, "OPEN"),
        ({"status_id": 2}, {"TICKET_STATUS_MAP": "In Progress=RESOLVED"}, "RESOLVED"),
    ],
)
async def test_ticket_statuses(row: dict[str, Any], settings: dict[str, str], status: str) -> None:
    async with of_samples("halo", but=ticket(**row), settings=settings) as gateway:
        data = (await gateway.ask("{ tickets { nodes { status } } }")).whole
    assert data["tickets"]["nodes"] == [{"status": status}]


@pytest.mark.parametrize(
    ("row", "settings", "priority", "raw"),
    [
        ({"sla_id": 1, "priority_id": 2}, {}, "HIGH", "High"),
        ({"sla_id": 9, "priority_id": 2}, {}, "HIGH", "High"),
        ({"priority_id": 3, "priority_name": "P1"}, {}, "UNKNOWN", "P1"),
        ({"priority_id": 3, "priority_name": "P1"}, {"PRIORITY_MAP": "P1=URGENT"}, "URGENT", "P1"),
        ({"priority_id": -1}, {}, "UNKNOWN", None),
    ],
)
async def test_ticket_priorities(
    row: dict[str, Any], settings: dict[str, str], priority: str, raw: str | None
) -> None:
    async with of_samples("halo", but=ticket(**row), settings=settings) as gateway:
        data = (await gateway.ask("{ tickets { nodes { priority priorityRaw } } }")).whole
    assert data["tickets"]["nodes"] == [{"priority": priority, "priorityRaw": raw}]


async def test_the_deadline_is_fixbydate_and_targetdate_only_where_that_is_unset() -> None:
    async with of_samples(
        "halo", but=ticket(fixbydate="1900-01-01T00:00:00", targetdate="2026-04-01T00:00:00Z")
    ) as gateway:
        data = (await gateway.ask("{ tickets { nodes { dueAt } } }")).whole
    assert data["tickets"]["nodes"] == [{"dueAt": "2026-04-01T00:00:00Z"}]


async def test_the_assignee_is_an_agent_by_name_and_the_requester_a_user() -> None:
    query = "{ tickets { nodes { assignee { id name email } requester { id name } location { id name } } } }"
    async with of_samples("halo") as gateway:
        data = (await gateway.ask(query)).whole
    assert data["tickets"]["nodes"] == [
        {
            "assignee": {"id": "halo:Agent:4", "name": "Sam Agent", "email": "sam@msp.example"},
            "requester": {"id": "halo:Person:310", "name": "Jane Doe"},
            "location": {"id": "halo:Location:18", "name": "Main"},
        }
    ]


def a_type(**keys: str) -> httpx.Response:
    row = sample("halo", "asset_types")[0] | {"keyfield_name": "", "keyfield2_name": "", "keyfield3_name": ""}
    return answered([row | keys])


@pytest.mark.parametrize("name_key", ["keyfield_name", "keyfield2_name", "keyfield3_name"])
async def test_the_serial_number_is_the_key_field_that_the_type_says(name_key: str) -> None:
    value_key = name_key.replace("keyfield", "key_field").removesuffix("_name")
    but = listed(**{value_key: "SN-9"}) | {"/AssetType": a_type(**{name_key: "serial no."})}
    async with of_samples("halo", but=but) as gateway:
        data, lines = await gateway.measure("{ assets { nodes { serialNumber } } }")
    assert data["assets"]["nodes"] == [{"serialNumber": "SN-9"}]
    assert lines == ["halo /Asset", "halo /AssetType"]


async def test_a_serial_number_that_is_no_key_field_is_the_one_among_its_fields() -> None:
    but = {"/AssetType": a_type(keyfield_name="Hostname")}
    async with of_samples("halo", but=but) as gateway:
        data = (await gateway.ask("{ assets { nodes { serialNumber } } }")).whole
    assert data["assets"]["nodes"] == [{"serialNumber": "5CG1234XYZ"}]


async def test_fields_by_the_operators_names() -> None:
    fields = [{"id": 1, "name": "Chassis nr", "value": "C-1", "display": "C-1"}]
    but = {"/AssetType": a_type(), "/Asset/1204": answered(sample("halo", "asset") | {"fields": fields})}
    async with of_samples("halo", but=but, settings={"SERIAL_NUMBER_FIELDS": "chassis nr"}) as gateway:
        data = (await gateway.ask("{ assets { nodes { serialNumber } } }")).whole
    assert data["assets"]["nodes"] == [{"serialNumber": "C-1"}]


async def test_secrets_on_the_detail_are_in_no_answer() -> None:
    query = f'{{ asset(id: "halo:Asset:1204") {leaves("Asset")} licences {{ nodes {leaves("Licence")} }} }}'
    async with of_samples("halo") as gateway:
        answer = await gateway.ask(query)
    assert answer.whole
    assert "canary" not in answer.text


async def test_what_a_detail_leaves_empty_stays_as_the_row_told_it() -> None:
    """The order of list and detail does not show: a detail may have null if the row has a value."""
    emptied = {
        "status_name": None,
        "site_name": None,
        "key_field": None,
        "assettype_name": None,
        "warranty_end": None,
    }
    but = {"/Asset/1204": answered(sample("halo", "asset") | emptied | {"notes": "from the detail"})}
    query = "{ assets { nodes { notes status name assetType location { name } warranty { endDate } } } }"
    async with of_samples("halo", but=but) as gateway:
        data = (await gateway.ask(query)).whole
    assert data["assets"]["nodes"] == [
        {
            "notes": "from the detail",
            "status": "IN_USE",
            "name": "5CG1234XYZ",
            "assetType": "Laptop",
            "location": {"name": "Main"},
            "warranty": {"endDate": "2027-01-14"},
        }
    ]


async def test_what_is_inactive_is_asked_for_too() -> None:
    """Assets and licences are in an unfiltered list whatever their state; a place or person may be inactive."""
    query = "{ assets { nodes { id } } licences { nodes { id } } locations { nodes { id } } people { nodes { id } } }"
    async with of_samples("halo") as gateway:
        assert (await gateway.ask(query)).whole
        params_by_path = {call.path: call.params for call in gateway.calls}
    assert set(params_by_path) == {"/Asset", "/SoftwareLicence", "/Site", "/Users"}
    assert {path: params.get("includeinactive") for path, params in params_by_path.items()} == dict.fromkeys(
        params_by_path, "true"
    )
    assert all(params.get("includeactive") != "false" for params in params_by_path.values())


@pytest.mark.parametrize(
    ("filter_text", "active", "inactive"),
    [
        ("{status: {eq: RETIRED}}", "false", "true"),
        ("{status: {eq: IN_USE}}", "true", "false"),
        ("{status: {in: [IN_USE, UNKNOWN]}}", "true", "false"),
        ("{status: {in: [IN_USE, RETIRED]}}", "true", "true"),
        ("{status: {ne: RETIRED}}", "true", "true"),
        ('{or: [{status: {eq: RETIRED}}, {search: "x"}]}', "true", "true"),
    ],
)
async def test_retired_is_inactive_and_is_asked_of_halo_as_such(
    filter_text: str, active: str, inactive: str
) -> None:
    async with of_samples("halo") as gateway:
        assert (await gateway.ask(f"{{ assets(filter: {filter_text}) {{ nodes {{ id }} }} }}")).whole
        [params] = [call.params for call in gateway.calls if call.path == "/Asset"]
    assert (params["includeactive"], params["includeinactive"]) == (active, inactive)


@pytest.mark.parametrize(
    "envelope",
    [
        lambda rows: rows,
        lambda rows: {"record_count": 1, "assets": rows},
        lambda rows: {"record_count": 1, "assets": rows, "columns": [{"id": 1}], "statuses": [{"id": 2}]},
        lambda rows: {"record_count": 1, "devices": rows, "columns": [{"id": 1}], "agents": []},
    ],
)
async def test_rows_in_any_of_its_envelopes(envelope: Any) -> None:
    body = envelope(sample("halo", "assets")["assets"])
    async with of_samples("halo", but={"/Asset": answered(body)}) as gateway:
        data = (await gateway.ask("{ assets { complete nodes { nativeId } } }")).whole
    assert data["assets"] == {"complete": True, "nodes": [{"nativeId": "1204"}]}


@pytest.mark.parametrize(
    "body",
    [
        {"record_count": 1, "a": [{"id": 1}], "b": [{"id": 2}]},
        {"message": "not allowed"},
        {"record_count": 2, "columns": [{"id": 1}]},
        {},
        "null",
        "3",
        '"rows"',
    ],
)
async def test_an_envelope_that_cannot_be_understood_is_never_an_empty_list(body: Any) -> None:
    async with of_samples("halo", but={"/Asset": answered(body)}) as gateway:
        answer = await gateway.ask("{ assets { complete totalCount totalIsExact nodes { nativeId } } }")
    assert answer.codes == ["UPSTREAM_GARBLED"]
    assert answer.data["assets"]["complete"] is False
    assert answer.data["assets"]["totalIsExact"] is False


# --- signing in


def door(*, info: Any = None, token: Any = None) -> tuple[dict[str, Any], list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def give(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answered(token if token is not None else sample("halo", "token"))

    answers: dict[str, Any] = {"/auth/token": give}
    if info is not None:
        answers["/authinfo"] = answered(info)
    return answers, seen


async def test_client_credentials_go_as_a_form_with_scope_and_tenant() -> None:
    but, seen = door()
    settings = {"CLIENT_ID": "c", "CLIENT_SECRET": "s&s", "SCOPE": "all:standard", "TENANT": "acme"}
    async with of_samples("halo", but=but, settings=settings) as gateway:
        assert (await gateway.ask("{ assets { nodes { id } } }")).whole
        assert all(call.headers["authorization"] == "Bearer not-a-token" for call in gateway.calls)
    [form] = seen
    assert (
        form.content
        == b"grant_type=client_credentials&client_id=c&client_secret=s%26s&scope=all%3Astandard&tenant=acme"
    )
    assert form.url.params["tenant"] == "acme"


@pytest.mark.parametrize(
    "auth_url", ["http://evil.test/auth", "http://halo.test.evil.test/auth", "ftp://halo.test/auth", 5, None]
)
async def test_the_secret_goes_nowhere_that_is_not_safe(auth_url: Any) -> None:
    but, seen = door(info={"auth_url": auth_url, "tenant_id": "acme"})
    async with of_samples("halo", but=but) as gateway:
        assert (await gateway.ask("{ assets { nodes { id } } }")).whole
        assert gateway.upstreams.strays == []
    assert [str(form.url) for form in seen] == ["http://halo.test/auth/token"]


async def test_a_sign_in_that_is_refused() -> None:
    refused = answered({"error": "invalid_client"}, status=400)
    async with of_samples("halo", but={"/auth/token": refused}) as gateway:
        answer = await gateway.ask("{ assets { nodes { id } complete } }")
        assert (answer.codes, answer.data["assets"]["complete"]) == (["UPSTREAM_AUTH"], False)
        assert gateway.calls == []


@pytest.mark.parametrize(
    "body", [{}, {"access_token": None}, {"access_token": ""}, {"access_token": "a\nb"}, []]
)
async def test_a_sign_in_that_is_answered_without_a_token(body: Any) -> None:
    async with of_samples("halo", but={"/auth/token": answered(body)}) as gateway:
        answer = await gateway.ask("{ assets { nodes { id } complete } }")
        assert (answer.codes, gateway.calls) == (["UPSTREAM_GARBLED"], [])


@pytest.mark.parametrize("odd", [5, 7.25, True, "x", {"id": 1}])
async def test_licences_that_are_no_list_cost_only_themselves(odd: Any) -> None:
    but = {"/Asset/1204": answered(sample("halo", "asset") | {"licences": odd})}
    async with of_samples("halo", but=but) as gateway:
        answer = await gateway.ask("{ assets { nodes { id licences { nodes { id } } } } }")
    assert answer.whole == {"assets": {"nodes": [{"id": "halo:Asset:1204", "licences": {"nodes": []}}]}}


async def test_fields_that_a_list_brings_for_some_are_looked_for_at_the_others() -> None:
    """A vendor that ignores `includeassetfields`, and has something else there in one row."""
    row = sample("halo", "assets")["assets"][0]
    serial = [{"id": 1, "name": "Serial number", "value": "S-{}", "display": "S-{}"}]
    fields_by_id = {1: [{**serial[0], "value": "S-1", "display": "S-1"}], 2: None, 3: 7, 4: []}
    rows = [{**row, "id": native, "fields": fields} for native, fields in fields_by_id.items()]
    details = {
        f"/Asset/{native}": answered(
            {**row, "id": native, "fields": [{**serial[0], "display": f"S-{native}"}]}
        )
        for native in fields_by_id
    }
    but = {"/AssetType": a_type(), "/Asset": answered({"record_count": 4, "assets": rows}), **details}
    async with of_samples("halo", but=but) as gateway:
        data, lines = await gateway.measure("{ assets { nodes { nativeId serialNumber } } }")
    serials = {node["nativeId"]: node["serialNumber"] for node in data["assets"]["nodes"]}
    assert serials == {"1": "S-1", "2": "S-2", "3": "S-3", "4": None}
    assert [line for line in lines if "/Asset/" in line] == ["halo /Asset/2", "halo /Asset/3"]


async def test_whether_there_is_a_warranty_does_not_depend_on_what_else_is_asked() -> None:
    none = {"warranty_start": None, "warranty_end": None, "warranty_note": None}
    row = sample("halo", "assets")["assets"][0] | none
    but = {"/Asset": answered({"record_count": 1, "assets": [row]})}
    but |= {"/Asset/1204": answered(sample("halo", "asset") | none)}
    warranty = "warranty { endDate }"
    async with of_samples("halo", but=but) as gateway:
        for selection in ("", "notes", "serialNumber"):
            data = (await gateway.ask(f"{{ assets {{ nodes {{ {warranty} {selection} }} }} }}")).whole
            assert data["assets"]["nodes"][0]["warranty"] == {"endDate": None}
        data = (await gateway.ask(f'{{ asset(id: "halo:Asset:1204") {{ {warranty} }} }}')).whole
    assert data["asset"]["warranty"] == {"endDate": None}
