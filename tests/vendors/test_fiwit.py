"""Fiwit: its documented samples as our records, exchanged and unexchanged, and its custom fields."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.connector.description import convert
from gateway.testing.selections import leaves
from gateway.testing.upstreams import answered
from gateway.vendors.fiwit.custom_values import Values
from tests.support.samples import of_samples, sample
from tests.support.words import warranty_until, without_empty

SOURCE = {"source": {"name": "fiwit"}}
ASSET = {
    **SOURCE,
    "id": "fiwit:Asset:127",
    "nativeId": "127",
    "name": "Laptop BERK42",
    "status": "UNKNOWN",
    "organisation": "111",
    "ipAddress": "12.13.14.15",
    "createdAt": "2020-04-01T05:45:23.469000Z",
    "updatedAt": "2020-04-01T05:45:33.592000Z",
    "customFields": [{"id": "1002", "name": "1002", "type": None, "value": "5", "displayValue": "5"}],
}
TICKET = {
    **SOURCE,
    "id": "fiwit:Ticket:52",
    "nativeId": "52",
    "subject": "Intercom ticket #26607347877",
    "status": "NEW",
    "statusRaw": "new",
    "priority": "MEDIUM",
    "priorityRaw": "medium",
    "organisation": "111",
    "url": "https://app.intercom.com/a/apps/ygjdratr/inbox/inbox/all/conversations/26607347877",
    "createdAt": "2020-04-18T05:58:25.021000Z",
    "updatedAt": "2020-04-18T05:58:25.021000Z",
}
LOCATION = {
    **SOURCE,
    "id": "fiwit:Location:16",
    "nativeId": "16",
    "name": "Main headquarter",
    "code": "AAZ",
    "organisation": "111",
}
PERSON = {
    **SOURCE,
    "id": "fiwit:Person:1024",
    "nativeId": "1024",
    "name": "Alexis Clarembeau",
    "email": "alexis@fiwit.io",
    "role": "platform_user",
}
ASSET_TYPE = {**SOURCE, "id": "fiwit:AssetTypeDefinition:363", "nativeId": "363", "name": "Phone"}
ASSET_FIELD = {
    **SOURCE,
    "id": "fiwit:FieldDefinition:1005",
    "nativeId": "1005",
    "name": "model",
    "type": "string",
    "appliesTo": "AssetType",
}
TICKET_TYPE = {**SOURCE, "id": "fiwit:TicketTypeDefinition:197", "nativeId": "197", "name": "Support request"}
TICKET_FIELD = {
    **SOURCE,
    "id": "fiwit:TicketFieldDefinition:1780",
    "nativeId": "1780",
    "name": "Asset impacted",
    "type": "string",
    "appliesTo": "TicketType",
    "description": "",
}


@pytest.mark.parametrize(
    ("root", "type_name", "expected"),
    [
        ("assets", "Asset", ASSET),
        ("tickets", "Ticket", TICKET),
        ("locations", "Location", LOCATION),
        ("people", "Person", PERSON),
    ],
)
async def test_the_samples_of_lists(root: str, type_name: str, expected: dict[str, Any]) -> None:
    async with of_samples("fiwit") as gateway:
        data = (await gateway.ask(f"{{ {root} {{ nodes {leaves(type_name)} }} }}")).whole
    assert [without_empty(node) for node in data[root]["nodes"]] == [expected]


async def test_the_samples_of_single_records() -> None:
    query = f'{{ asset(id: "fiwit:Asset:127") {leaves("Asset")} ticket(id: "fiwit:Ticket:52") {leaves("Ticket")} }}'
    async with of_samples("fiwit") as gateway:
        data, lines = await gateway.measure(query)
    assert (without_empty(data["asset"]), without_empty(data["ticket"])) == (ASSET, TICKET)
    assert {"fiwit /assets/127", "fiwit /tickets/52"} <= set(lines)


@pytest.mark.parametrize("kind", ["asset", "ticket"])
@pytest.mark.parametrize("exchanged", [False, True])
async def test_types_and_fields_are_told_apart_whichever_address_they_come_from(
    kind: str, *, exchanged: bool
) -> None:
    types, definitions = sample("fiwit", f"{kind}_types"), sample("fiwit", f"{kind}_fields")
    if exchanged:
        types, definitions = definitions, types
    query = f"{{ {kind}Types {leaves('AssetTypeDefinition')} {kind}Fields {leaves('FieldDefinition')} }}"
    but = {f"/{kind}_types": types, f"/{kind}_fields": definitions}
    async with of_samples("fiwit", but=but) as gateway:
        data, lines = await gateway.measure(query)
    expected = (ASSET_TYPE, ASSET_FIELD) if kind == "asset" else (TICKET_TYPE, TICKET_FIELD)
    assert [without_empty(node) for node in data[f"{kind}Types"]] == [expected[0]]
    assert [without_empty(node) for node in data[f"{kind}Fields"]] == [expected[1]]
    assert lines == [f"fiwit /{kind}_fields", f"fiwit /{kind}_types"]


RUBY = (
    '[{"id"=>1024, "email"=>"alexis@fiwit.io", "role"=>"platform_user",'
    ' "first_name"=>"Alexis", "last_name"=>"Clarembeau"}]'
)


@pytest.mark.parametrize("status", [404, 406])
async def test_people_in_rubys_notation_at_the_other_address(status: int) -> None:
    but = {"/users": answered({}, status=status), "/teams": answered(RUBY)}
    async with of_samples("fiwit", but=but) as gateway:
        data, lines = await gateway.measure(f"{{ people {{ nodes {leaves('Person')} }} }}")
    assert [without_empty(node) for node in data["people"]["nodes"]] == [PERSON]
    assert lines == ["fiwit /teams", "fiwit /users"]


async def test_the_key_is_sent_without_a_scheme_and_json_is_asked_for() -> None:
    async with of_samples("fiwit", settings={"API_KEY": "k-1"}) as gateway:
        assert (await gateway.ask("{ assets { nodes { id } } }")).whole
        [call] = gateway.calls
    assert (call.headers["authorization"], call.headers["accept"]) == ("k-1", "application/json")


def field_value(number: int, value: Any, **keys: Any) -> dict[str, Any]:
    return {"id": number, "custom_field_id": number, "value": value, "deleted_at": None, **keys}


def definition(number: int, name: str) -> dict[str, Any]:
    return {**sample("fiwit", "asset_types")[0], "id": number, "name": name}


async def test_custom_fields_by_their_names_are_ours() -> None:
    names = ["Serial_Number", "MODEL", "Fabricant", "mac", "Purchase date", "Cost", "Warranty expiry", "Rack"]
    values = ["sn 1", "7440", "Dell", "aa:bb", "2024-03-01", "1450.50", "2027-06-12", "B7"]
    row = sample("fiwit", "assets")[0] | {
        "custom_field_values": [field_value(number, value) for number, value in enumerate(values, 1)]
    }
    types = [definition(number, name) for number, name in enumerate(names, 1)]
    async with of_samples("fiwit", but={"/assets": [row], "/asset_types": types}) as gateway:
        data = (await gateway.ask(f"{{ assets {{ nodes {leaves('Asset')} }} }}")).whole
    expected = {
        "serialNumber": "sn 1",
        "model": "7440",
        "manufacturer": "Dell",
        "macAddress": "aa:bb",
        "purchaseDate": "2024-03-01",
        "purchaseCost": "1450.50",
        "warranty": {"status": warranty_until("2027-06-12"), "endDate": "2027-06-12"},
        "customFields": [
            {"id": str(number), "name": name, "type": "string", "value": value, "displayValue": value}
            for number, (name, value) in enumerate(zip(names, values, strict=True), 1)
        ],
    }
    [asset] = data["assets"]["nodes"]
    assert {name: without_empty(asset)[name] for name in expected} == expected


async def test_the_operators_names_for_custom_fields_replace_the_usual_ones() -> None:
    row = sample("fiwit", "assets")[0] | {
        "custom_field_values": [field_value(1, "usual"), field_value(2, "own")]
    }
    types = [definition(1, "serial"), definition(2, "Chassis")]
    settings = {"SERIAL_NUMBER_FIELDS": "chassis"}
    async with of_samples(
        "fiwit", but={"/assets": [row], "/asset_types": types}, settings=settings
    ) as gateway:
        data = (await gateway.ask("{ assets { nodes { serialNumber } } }")).whole
    assert data["assets"]["nodes"] == [{"serialNumber": "own"}]


async def test_deleted_and_empty_custom_field_values_are_none() -> None:
    gone = field_value(1, "old", deleted_at="2024-01-01T00:00:00Z")
    row = sample("fiwit", "assets")[0] | {"custom_field_values": [gone, field_value(2, "")]}
    types = [definition(1, "serial"), definition(2, "model")]
    async with of_samples("fiwit", but={"/assets": [row], "/asset_types": types}) as gateway:
        data = (await gateway.ask("{ assets { nodes { serialNumber model customFields { id } } } }")).whole
    assert data["assets"]["nodes"] == [{"serialNumber": None, "model": None, "customFields": [{"id": "2"}]}]


VALUES = st.lists(
    st.builds(
        field_value,
        st.sampled_from([7, "7", 8, "8", "x", None, [7], {"id": 7}]),
        st.sampled_from(["one", "two", "", None, 0, False, ["three"]]),
        deleted_at=st.sampled_from([None, None, None, "2024-01-01T00:00:00Z"]),
    )
    | st.sampled_from([None, 5, "odd", {}]),
    max_size=4,
)


@given(st.lists(VALUES | st.sampled_from([None, {}, "odd"]), min_size=1, max_size=6), st.integers(1, 3))
def test_custom_values_are_the_same_in_columns_as_one_by_one(value_lists: list[Any], copies: int) -> None:
    value_lists *= copies
    columns = Values([{"custom_field_values": values} for values in value_lists])

    def first(values: Any, native_ids: tuple[str, ...]) -> Any:
        sound = [row for row in values if isinstance(row, dict) and row] if isinstance(values, list) else []
        of_field = [
            row["value"]
            for native_id in native_ids
            for row in sound
            if row["deleted_at"] is None and convert.identity(row["custom_field_id"]) == native_id
        ]
        return next((value for value in of_field if value not in (None, "")), None)

    for native_ids in (("7",), ("8", "7"), ("9",), ()):
        assert columns.first(native_ids) == [first(values, native_ids) for values in value_lists]


async def test_a_deleted_asset_has_that_status_also_where_someone_has_it() -> None:
    row = sample("fiwit", "asset") | {"deleted_at": "2024-01-01T00:00:00.000Z", "assigned_id": 1024}
    async with of_samples("fiwit", but={"/assets/127": row}) as gateway:
        data = (await gateway.ask('{ asset(id: "fiwit:Asset:127") { status deletedAt } }')).whole
    assert data["asset"] == {"status": "DELETED", "deletedAt": "2024-01-01T00:00:00Z"}


async def test_an_asset_that_was_removed_is_null() -> None:
    async with of_samples("fiwit", but={"/assets/127": answered({}, status=410)}) as gateway:
        assert (await gateway.ask('{ asset(id: "fiwit:Asset:127") { id } }')).whole == {"asset": None}


TICKETS = 'asset(id: "fiwit:Asset:127") { tickets { nodes { id assets { nodes { id } } } } }'


@pytest.mark.parametrize("written", ["127", "Laptop BERK42"])
async def test_a_ticket_names_its_asset_in_the_field_that_the_operator_tells(written: str) -> None:
    ticket = sample("fiwit", "tickets")[0] | {"custom_field_values": [field_value(1780, written)]}
    settings = {"TICKET_ASSET_FIELD": "Asset impacted"}
    async with of_samples("fiwit", but={"/tickets": [ticket]}, settings=settings) as gateway:
        data = (await gateway.ask(f"{{ {TICKETS} }}")).whole
    assert data["asset"]["tickets"]["nodes"] == [
        {"id": "fiwit:Ticket:52", "assets": {"nodes": [{"id": "fiwit:Asset:127"}]}}
    ]


async def test_without_that_field_tickets_and_assets_have_no_link_and_nothing_is_asked() -> None:
    async with of_samples("fiwit", settings={"TICKET_ASSET_FIELD": ""}) as gateway:
        data, lines = await gateway.measure(f"{{ {TICKETS} }}")
    assert data["asset"]["tickets"]["nodes"] == []
    assert lines == ["fiwit /assets/127"]


async def test_ticket_statuses_that_the_operator_knows() -> None:
    rows = [
        sample("fiwit", "tickets")[0] | {"id": number, "status": word}
        for number, word in enumerate(("Done", "odd"), 1)
    ]
    async with of_samples(
        "fiwit", but={"/tickets": rows}, settings={"TICKET_STATUS_MAP": "done=RESOLVED"}
    ) as gateway:
        data = (await gateway.ask("{ tickets { nodes { status statusRaw } } }")).whole
    assert data["tickets"]["nodes"] == [
        {"status": "RESOLVED", "statusRaw": "Done"},
        {"status": "UNKNOWN", "statusRaw": "odd"},
    ]
