"""Records by the keys that other graphs have of them: `_entities`, as routers of federated graphs ask for it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import graphql
import pytest

from gateway.sandbox import Company
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import always
from schema.federation.keys import KEYS
from tests.support.gateway import sandbox
from tests.support.roles import ask_as, roles_file

QUERY = """
query ($r: [_Any!]!) {
  _entities(representations: $r) {
    __typename
    ... on Node { id }
    ... on Asset { name source { name } }
    ... on UnifiedAsset { complete records { id } }
    ... on AssetHolder {
      people { nodes { email source { name } } complete }
      assets { nodes { id assignedTo { email } } complete }
    }
  }
}
"""
Representations = list[dict[str, Any]]


@pytest.fixture
async def gateway(company: Company) -> AsyncIterator[Gateway]:
    async with sandbox(company) as opened:
        yield opened


def by_id(type_name: str, ids: Sequence[str]) -> Representations:
    return [{"__typename": type_name, "id": id_} for id_ in ids]


async def assets(gateway: Gateway) -> Sequence[Mapping[str, Any]]:
    """Twelve assets of each source, in turn."""
    query = "{ assets(first: 500) { nodes { id serialNumber source { name } } } }"
    by_source: dict[str, list[Mapping[str, Any]]] = {}
    for asset in (await gateway.ask(query)).whole["assets"]["nodes"]:
        by_source.setdefault(asset["source"]["name"], []).append(asset)
    return [asset for turn in list(zip(*by_source.values(), strict=False))[:12] for asset in turn]


async def test_sixty_ids_take_the_calls_of_nodes(company: Company, gateway: Gateway) -> None:
    ids = [asset["id"] for asset in await assets(gateway)]
    assert len({id_.split(":")[0] for id_ in ids}) == 5
    async with sandbox(company) as fresh:
        _, expected = await fresh.measure(
            "query ($i: [ID!]!) { nodes(ids: $i) { id ... on Asset { name } } }", i=ids
        )
    async with sandbox(company) as fresh:
        query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Asset { id name } } }"
        data, calls = await fresh.measure(query, r=by_id("Asset", ids))
    assert [entity["id"] for entity in data["_entities"]] == ids
    assert calls == expected


async def test_serial_numbers_and_tags_lead_to_things_by_one_reading(
    company: Company, gateway: Gateway
) -> None:
    listed = await assets(gateway)
    numbers = [asset["serialNumber"] for asset in listed if asset["serialNumber"]]
    representations = [{"__typename": "UnifiedAsset", "serialNumber": number} for number in numbers]
    async with sandbox(company) as fresh:
        query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on UnifiedAsset { serialNumbers } } }"
        await fresh.ask(query, r=representations)
        assert len(fresh.calls) <= 15
    answer = await gateway.ask(QUERY, r=representations)
    by_number = {asset["serialNumber"]: asset["id"] for asset in listed}
    for number, entity in zip(numbers, answer.data["_entities"], strict=True):
        if entity is not None:
            assert by_number[number] in [record["id"] for record in entity["records"]]
    assert sum(entity is not None for entity in answer.data["_entities"]) > 40


async def test_a_holder_is_known_by_an_address_in_any_case(gateway: Gateway) -> None:
    query = '{ assets(first: 500, filter: {source: {in: ["halo", "revnue"]}}) { nodes { id assignedTo { email } } } }'
    listed = [
        asset
        for asset in (await gateway.ask(query)).whole["assets"]["nodes"]
        if (asset["assignedTo"] or {}).get("email")
    ]
    email = listed[0]["assignedTo"]["email"]
    (holder,) = (await gateway.ask(QUERY, r=[{"__typename": "AssetHolder", "email": email.upper()}])).whole[
        "_entities"
    ]
    assert {person["email"] for person in holder["people"]["nodes"]} == {email}
    assert holder["people"]["complete"]
    expected = {asset["id"] for asset in listed if asset["assignedTo"]["email"] == email}
    assert expected <= {asset["id"] for asset in holder["assets"]["nodes"]}
    assert {asset["assignedTo"]["email"] for asset in holder["assets"]["nodes"]} == {email}


async def test_nobody_has_an_unknown_address(gateway: Gateway) -> None:
    (holder,) = (
        await gateway.ask(QUERY, r=[{"__typename": "AssetHolder", "email": "nobody@elsewhere.example"}])
    ).whole["_entities"]
    assert holder["people"] == {"nodes": [], "complete": True}
    assert holder["assets"] == {"nodes": [], "complete": True}


@pytest.mark.parametrize(
    ("representation", "message"),
    [
        ({"__typename": "Nothing", "id": "1"}, "There is no entity of the type 'Nothing'."),
        ({"id": "halo:Asset:1"}, "A representation is an object with `__typename` and the fields of a key."),
        ("halo:Asset:1", "A representation is an object with `__typename` and the fields of a key."),
        ({"__typename": "Asset"}, "A representation of Asset needs a text as its id."),
        ({"__typename": "Asset", "id": {"a": 1}}, "A representation of Asset needs a text as its id."),
        (
            {"__typename": "UnifiedAsset", "serialNumber": None},
            "A representation of UnifiedAsset needs a text as its id or serialNumber or assetTag.",
        ),
        (
            {"__typename": "UnifiedAsset", "id": "halo:Asset:1"},
            "'halo:Asset:1' is not an id of a unified asset.",
        ),
        ({"__typename": "Asset", "id": "halo:Ticket:1"}, "'halo:Ticket:1' is not an id of type Asset."),
    ],
)
async def test_a_bad_representation_is_null_beside_the_others(
    representation: Any, message: str, gateway: Gateway
) -> None:
    good = by_id("Asset", [asset["id"] for asset in await assets(gateway)])[:1]
    answer = await gateway.ask(QUERY.replace("_entities(", "_0: _entities("), r=[representation, *good])
    bad, entity = answer.data["_0"]
    assert (bad, entity["__typename"]) == (None, "Asset")
    (error,) = answer.errors
    assert (error["message"], error["path"], error["extensions"]) == (
        message,
        ["_0", 0],
        {"code": "BAD_USER_INPUT"},
    )


async def test_what_is_not_there_is_null(gateway: Gateway) -> None:
    missing = [
        {"__typename": "UnifiedAsset", "serialNumber": "NEVER-SEEN-77"},
        *by_id("Ticket", ["halo:Ticket:99999999"]),
    ]
    assert (await gateway.ask(QUERY, r=missing)).whole["_entities"] == [None, None]


async def test_more_than_500_representations_are_refused(gateway: Gateway) -> None:
    answer = await gateway.ask(QUERY, r=by_id("Asset", ["halo:Asset:1"] * 501))
    assert (answer.data, answer.codes, gateway.calls) == (None, ["BAD_USER_INPUT"], [])
    part = "_entities(representations: $r) { __typename }"
    halves = f"query ($r: [_Any!]!) {{ a: {part} b: {part} }}"
    answer = await gateway.ask(halves, r=by_id("Asset", ["halo:Asset:1"] * 251))
    assert answer.codes == ["BAD_USER_INPUT"]


async def test_a_router_may_merge_many_fetches_under_aliases(gateway: Gateway) -> None:
    fields = " ".join(
        f'_{number}: _entities(representations: [{{__typename: "Asset", id: "halo:Asset:{number}"}}]) {{ __typename }}'
        for number in range(1, 61)
    )
    answer = await gateway.ask(f"{{ {fields} }}")
    assert len(answer.whole) == 60
    assert len(gateway.calls) <= 2


async def test_a_source_that_fails_is_an_error_of_its_representations(
    company: Company, gateway: Gateway
) -> None:
    listed = [asset["id"] for asset in await assets(gateway)]
    ids = [id_ for id_ in listed if id_.startswith(("halo:", "tether:"))]
    things = [{"__typename": "UnifiedAsset", "id": "unified:UnifiedAsset:NOTHING"}]
    people = [{"__typename": "AssetHolder", "email": "nobody@elsewhere.example"}]
    async with sandbox(company, handlers={"halo": always({}, status=503)}) as broken:
        answer = await broken.ask(QUERY, r=[*by_id("Asset", ids), *things, *people])
    for id_, entity in zip(ids, answer.data["_entities"], strict=False):
        assert (entity is None) == id_.startswith("halo:"), id_
    assert answer.data["_entities"][-1]["people"]["complete"] is False
    assert answer.data["_entities"][-1]["assets"]["complete"] is False
    paths = [error["path"] for error in answer.errors]
    assert all(path[0] == "_entities" and isinstance(path[1], int) for path in paths)
    assert ["_entities", len(ids)] in paths
    assert {error["extensions"]["source"] for error in answer.errors} == {"halo"}


async def test_every_entity_is_in_the_union(gateway: Gateway) -> None:
    (introspected,) = (
        (await gateway.ask('{ __type(name: "_Entity") { possibleTypes { name } } }')).whole["__type"],
    )
    schema = graphql.build_schema((await gateway.get("/graphql/schema")).text)
    node = schema.type_map["Node"]
    assert isinstance(node, graphql.GraphQLInterfaceType)
    nodes = {type_.name for type_ in schema.get_possible_types(node)}
    assert {type_["name"] for type_ in introspected["possibleTypes"]} == nodes | set(KEYS)


async def test_the_service_is_the_printed_subgraph(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    from gateway.cli.main import main

    main(["schema", "--federation"])
    answer = await gateway.ask("{ _service { sdl } }")
    assert answer.whole["_service"]["sdl"] == capsys.readouterr().out


async def test_plain_lists_have_connections_that_say_if_they_are_complete(
    company: Company, gateway: Gateway
) -> None:
    number = next(
        asset["serialNumber"] for asset in await assets(gateway) if asset["id"].startswith("tether:")
    )
    query = """query ($n: String!) {
      plain: assetsBySerialNumber(serialNumber: $n) { id sameAs { id } }
      paged: assetsBySerialNumberConnection(serialNumber: $n) {
        complete
        nodes {
          id
          sameAsConnection(first: 10) { complete totalCount sources { source { name } complete } nodes { id } }
        }
      }
    }"""
    whole = (await gateway.ask(query, n=number)).whole
    assert whole["paged"]["complete"]
    assert [asset["id"] for asset in whole["plain"]] == [asset["id"] for asset in whole["paged"]["nodes"]]
    for plain, paged in zip(whole["plain"], whole["paged"]["nodes"], strict=True):
        connection = paged["sameAsConnection"]
        assert sorted(other["id"] for other in plain["sameAs"]) == [
            node["id"] for node in connection["nodes"]
        ]
        assert (connection["complete"], connection["totalCount"]) == (True, len(plain["sameAs"]))
    async with sandbox(company, handlers={"halo": always({}, status=503)}) as broken:
        answer = await broken.ask(query, n=number)
    assert not answer.data["paged"]["complete"]
    for asset in answer.data["paged"]["nodes"]:
        connection = asset["sameAsConnection"]
        assert not connection["complete"]
        assert [part["source"]["name"] for part in connection["sources"] if not part["complete"]] == ["halo"]


async def test_the_assets_of_a_person_who_may_not_be_seen_are_not_named(
    company: Company, tmp_path: Path
) -> None:
    roles = """
    [roles.all]
    sources = ["*"]
    read = ["*"]
    [roles.some]
    sources = ["tether"]
    read = ["*"]
    rows = { tether = { status = ["IN_USE"] } }
    """  # a person has no status: none may be seen
    config = roles_file(tmp_path, roles, ("all", "all"), ("some", "some"))
    async with sandbox(company, only=("tether",), config=config) as gateway:
        query = "{ assets(filter: {status: {eq: IN_USE}}) { nodes { id assignedTo { email } } } }"
        nodes = (await ask_as(gateway, "all", query)).whole["assets"]["nodes"]
        email = next(node["assignedTo"]["email"] for node in nodes if node["assignedTo"])
        holder = [{"__typename": "AssetHolder", "email": email}]
        assert len((await ask_as(gateway, "some", query)).data["assets"]["nodes"]) == len(nodes)
        for name, is_shown in (("all", True), ("some", False)):
            (entity,) = (await ask_as(gateway, name, QUERY, r=holder)).whole["_entities"]
            assert bool(entity["people"]["nodes"]) is is_shown
            assert bool(entity["assets"]["nodes"]) is is_shown
            assert entity["assets"]["complete"]
