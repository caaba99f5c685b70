"""Every record that the gateway tells of can be fetched back by its id, and tells the same."""

from collections.abc import AsyncIterator
from typing import Any

import graphql
import pytest
import pytest_asyncio

from gateway.sandbox import Company
from gateway.testing.selections import connections, fields, leaves, node_types
from tests.support.gateway import Gateway, sandbox

#: What one record may cost more than a row of a list does: what a vendor tells in lists only, or nowhere.
LISTS: dict[str, str] = {
    root: type_name
    for root, type_name in connections().items()
    if type_name in node_types() and type_name != "UnifiedAsset"
}
PLAIN = {
    "assetTypes": "AssetTypeDefinition",
    "assetFields": "FieldDefinition",
    "ticketTypes": "AssetTypeDefinition",
    "ticketFields": "FieldDefinition",
}


@pytest_asyncio.fixture
async def gateway(large: Company) -> AsyncIterator[Gateway]:
    limits = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "3000"}
    async with sandbox(large, cached=True, environ=limits) as opened:
        yield opened


def links(type_name: str) -> str:
    """The ids of the records that a record points at."""
    selections = []
    for name, field in fields(type_name).items():
        inner = graphql.get_named_type(field.type)
        is_list = isinstance(graphql.get_nullable_type(field.type), graphql.GraphQLList)
        if inner.name in node_types() and inner.name != "UnifiedAsset" and not is_list and not field.args:
            selections.append(f"{name} {{ id }}")
    return " ".join(selections)


def selection(type_name: str) -> str:
    return f"{leaves(type_name, but=frozenset({'checkoutHistory', 'testResults'})).strip()[:-1]} {links(type_name)} }}"


async def fetched(gateway: Gateway, type_name: str, ids: list[str]) -> list[Any]:
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename ... on {type_name} {selection(type_name)} }} }}"
    records = (await gateway.ask(query, ids=ids)).whole["nodes"]
    assert {record["__typename"] for record in records if record} <= {type_name}
    return [
        record and {name: value for name, value in record.items() if name != "__typename"}
        for record in records
    ]


def sample_rows(rows: list[Any], each: int = 6) -> list[Any]:
    """A few rows of each source."""
    sources = dict.fromkeys(row["id"].partition(":")[0] for row in rows)
    return [
        row for name in sources for row in [row for row in rows if row["id"].startswith(f"{name}:")][:each]
    ]


@pytest.mark.parametrize("root", [*LISTS, *PLAIN])
async def test_a_listed_record_tells_the_same_by_its_id(gateway: Gateway, root: str) -> None:
    if root in PLAIN:
        type_name = PLAIN[root]
        listed = (await gateway.ask(f"{{ {root} {selection(type_name)} }}")).whole[root]
    else:
        type_name = LISTS[root]
        listed = (await gateway.ask(f"{{ {root}(first: 120) {{ nodes {selection(type_name)} }} }}")).whole[
            root
        ]["nodes"]
    rows = sample_rows(listed)
    assert rows
    assert await fetched(gateway, type_name, [row["id"] for row in rows]) == rows
    # One alone may be got in another way than several.
    for row in sample_rows(listed, each=1):
        assert await fetched(gateway, type_name, [row["id"]]) == [row]


async def test_every_type_of_node_is_in_the_sandbox_and_can_be_fetched(gateway: Gateway) -> None:
    inside = """{ licences(first: 50) { nodes { roles { id name note } } }
                  assets(first: 300) { nodes { owner { id } contract { id } location { id } } }
                  tickets(first: 50) { nodes { assignee { id } } } }"""
    data = (await gateway.ask(inside)).whole
    assert [record for licence in data["licences"]["nodes"] for record in licence["roles"]]
    linked: dict[str, dict[str, str]] = {}
    for record in data["assets"]["nodes"] + data["tickets"]["nodes"]:
        for target in record.values():
            if target:
                source, kind, _ = target["id"].split(":", 2)
                linked.setdefault(f"{source}:{kind}", target)
    ids = [target["id"] for target in linked.values()]
    again = (await gateway.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=ids)).whole[
        "nodes"
    ]
    assert [record and record["id"] for record in again] == ids
    seen = (
        {record["__typename"] for record in again}
        | set(LISTS.values())
        | set(PLAIN.values())
        | {"LicenceRole"}
    )
    assert seen == set(node_types()) - {"UnifiedAsset"}


async def test_roles_by_their_ids(gateway: Gateway) -> None:
    data = (await gateway.ask("{ licences(first: 50) { nodes { roles { id nativeId name note } } } }")).whole
    roles = [role for licence in data["licences"]["nodes"] for role in licence["roles"]][:8]
    assert roles
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on LicenceRole { id nativeId name note } } }"
    assert (await gateway.ask(query, ids=[role["id"] for role in roles])).whole["nodes"] == roles


async def test_people_and_places_that_records_point_at_tell_the_same_by_their_ids(gateway: Gateway) -> None:
    person, location = leaves("Person"), leaves("Location")
    query = (
        f"{{ assets(first: 60) {{ nodes {{ assignedTo {person} owner {person} location {location} }} }} }}"
    )
    nodes = (await gateway.ask(query)).whole["assets"]["nodes"]
    for name, type_name, inner in (
        ("assignedTo", "Person", person),
        ("owner", "Person", person),
        ("location", "Location", location),
    ):
        pointed = {record[name]["id"]: record[name] for record in nodes if record[name]}
        rows = sample_rows(list(pointed.values()), each=3)
        assert rows
        again = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} {inner} }} }}"
        assert (await gateway.ask(again, ids=[record["id"] for record in rows])).whole["nodes"] == rows


@pytest.mark.parametrize("type_name", node_types())
async def test_a_record_that_there_is_not_is_null(gateway: Gateway, type_name: str) -> None:
    natives = {
        "ChangeRecord": "1-999999-1-20200101000000",
        "SoftwareInstallation": "1-999999",
        "LicenceRole": "1-999999",
        "UnifiedAsset": "999999",
    }
    native = natives.get(type_name, "999999")
    query = "query ($id: ID!) { node(id: $id) { id } }"
    for source in ("halo", "s3s", "tether", "fiwit", "revnue"):
        answer = await gateway.ask(query, id=f"{source}:{type_name}:{native}")
        assert answer.data == {"node": None}
        assert set(answer.codes) <= {"BAD_USER_INPUT"}  # where the id has another form there


async def test_root_fields_by_id_take_only_their_own_type(gateway: Gateway) -> None:
    roots = (
        *("asset", "ticket", "location", "licence", "checklist", "meterReading"),
        *("person", "contract", "order", "certificate"),
    )
    for root in roots:
        wrong = "halo:Asset:1" if root != "asset" else "halo:Ticket:1"
        answer = await gateway.ask(f'{{ {root}(id: "{wrong}") {{ id }} }}')
        assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("root", "root_list"),
    [
        ("person", "people"),
        ("contract", "contracts"),
        ("order", "orders"),
        ("certificate", "certificates"),
        ("ticket", "tickets"),
    ],
)
async def test_one_record_by_its_own_root_field(gateway: Gateway, root: str, root_list: str) -> None:
    selection = leaves(LISTS[root_list])
    listed = (await gateway.ask(f"{{ {root_list}(first: 3) {{ nodes {selection} }} }}")).whole
    record, *_ = listed[root_list]["nodes"]
    query = f"query ($id: ID!) {{ {root}(id: $id) {selection} }}"
    assert (await gateway.ask(query, id=record["id"])).whole == {root: record}
    missing = await gateway.ask(query, id=f"{record['id'].rpartition(':')[0]}:999999")
    assert missing.data == {root: None}


async def test_a_source_is_a_node_that_no_call_is_made_for(gateway: Gateway) -> None:
    query = """query ($ids: [ID!]!) { sources { id name }
      node(id: "Halo:Source:halo") { __typename id ... on Source { name vendor health { state } } }
      nodes(ids: $ids) { id ... on Source { name } ... on Asset { source { id } } } }"""
    ids = ["tether:Source:tether", "halo:Source:halo"]
    data, calls = await gateway.measure(query, ids=ids)
    assert calls == []
    assert data["node"] == {
        "__typename": "Source",
        "id": "halo:Source:halo",
        "name": "halo",
        "vendor": "HALO",
        "health": {"state": "UNKNOWN"},
    }
    assert [record["id"] for record in data["nodes"]] == ids
    assert {source["id"] for source in data["sources"]} == {
        f"{source['name']}:Source:{source['name']}" for source in data["sources"]
    }


@pytest.mark.parametrize(
    "written", ["halo:Source:tether", "nobody:Source:nobody", "halo:Source:", "halo:Source:%FF"]
)
async def test_an_id_that_no_source_has_is_refused(gateway: Gateway, written: str) -> None:
    for query in (
        "query ($id: ID!) { node(id: $id) { id } }",
        "query ($id: ID!) { nodes(ids: [$id]) { id } }",
    ):
        assert (await gateway.ask(query, id=written)).codes == ["BAD_USER_INPUT"]
    assert (await gateway.ask("query ($id: ID!) { asset(id: $id) { id } }", id=written)).codes == [
        "BAD_USER_INPUT"
    ]


async def test_source_names_in_ids_are_told_apart_without_regard_to_case(gateway: Gateway) -> None:
    [asset] = (await gateway.ask("{ assets(first: 1) { nodes { id } } }")).whole["assets"]["nodes"]
    source, rest = asset["id"].split(":", 1)
    data = (await gateway.ask(f'{{ asset(id: "{source.upper()}:{rest}") {{ id }} }}')).whole
    assert data["asset"] == asset
