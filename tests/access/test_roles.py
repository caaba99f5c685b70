"""Roles through the public door: what a caller may not see is not there, and why is said once."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway import settings
from gateway.access.rights import Rights
from gateway.app import read_settings
from gateway.engine.execution.guard import Guard
from gateway.settings import RoleSettings, SettingsError
from gateway.testing.harness import Gateway
from schema.build import build_schema
from tests.support.roles import ask_as, get_as, headers_of, roles_file
from tests.support.small_world import things, world

ROLES = """
[roles.all]
sources = ["*"]
read = ["*"]
write = ["*"]
explore = true
[roles.report]
sources = ["*"]
read = ["*"]
hide = ["Asset.purchaseCost"]
[roles.desk]
sources = ["halo", "fiwit"]
read = ["Asset", "Ticket"]
write = ["ticket.*", "asset.checkout"]
[roles.desk.rows]
fiwit = { organisation = ["111"] }
halo = { depreciationSchedule = ["3_year_33_percent"] }
[roles.look]
sources = ["fiwit"]
read = ["Asset"]
explore = true
rows = { fiwit = { organisation = ["111"] } }
[roles.fiwit]
sources = ["fiwit"]
read = ["*"]
"""
FIWIT_111 = [thing for thing in things() if thing.source == "fiwit" and thing.organisation == "111"]
FIWIT_112 = [thing for thing in things() if thing.source == "fiwit" and thing.organisation == "112"]


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    callers = [(name, name) for name in ("all", "report", "fiwit", "look")]
    path = roles_file(tmp_path, ROLES, *callers, ("desk", "desk"), ("both", "desk fiwit"), ("nobody", ""))
    async with world(things(), config=path) as opened:
        yield opened


async def test_a_hidden_field_is_null_and_refused_once(gateway: Gateway) -> None:
    answer = await ask_as(gateway, "report", "{ assets { nodes { id purchaseCost } } }")
    (error,) = answer.errors
    assert error["path"] == ["assets", "nodes", "purchaseCost"]
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert len(answer.data["assets"]["nodes"]) == 34
    assert {node["purchaseCost"] for node in answer.data["assets"]["nodes"]} == {None}


@pytest.mark.parametrize(
    "arguments",
    [
        '(filter: {purchaseCost: {gt: "5"}})',
        '(filter: {not: {or: [{name: {eq: "x"}}, {purchaseCost: {isNull: true}}]}})',
        "(orderBy: [{field: NAME}, {field: PURCHASE_COST}])",
        '(filter: {vendorParameters: {vendor: REVNUE, parameters: {name: "a"}}})',
    ],
)
async def test_a_hidden_field_is_neither_filtered_nor_ordered_by(gateway: Gateway, arguments: str) -> None:
    answer = await ask_as(gateway, "report", f"{{ assets{arguments} {{ totalCount }} }}")
    assert answer.codes == ["FORBIDDEN"]
    assert answer.errors[0]["path"] == ["assets"]
    assert gateway.calls == []


async def test_custom_fields_do_not_tell_what_is_hidden(gateway: Gateway) -> None:
    query = '{ assets(filter: {source: {eq: "fiwit"}}) { nodes { customFields { name } purchaseDate } } }'
    shown = (await ask_as(gateway, "all", query)).whole["assets"]["nodes"]
    assert any(node["customFields"] for node in shown)
    restricted = (await ask_as(gateway, "report", query)).whole["assets"]["nodes"]
    assert not any(node["customFields"] for node in restricted)
    assert [node["purchaseDate"] for node in restricted] == [node["purchaseDate"] for node in shown]


async def test_rows_are_those_of_the_rule_and_a_source_without_such_a_field_has_none(
    gateway: Gateway,
) -> None:
    query = "{ assets(first: 2) { totalCount totalIsExact complete nodes { id } pageInfo { endCursor } } }"
    page = (await ask_as(gateway, "desk", query)).whole["assets"]
    assert page["totalCount"] == len([thing for thing in FIWIT_111 if not thing.deleted])
    assert (page["totalIsExact"], page["complete"]) == (True, True)
    following = f'{{ assets(after: "{page["pageInfo"]["endCursor"]}") {{ nodes {{ id }} }} }}'
    rest = (await ask_as(gateway, "desk", following)).whole["assets"]["nodes"]
    assert {node["id"] for node in [*page["nodes"], *rest]} == {
        thing.id for thing in FIWIT_111 if not thing.deleted
    }


async def test_a_record_that_may_not_be_seen_is_one_that_is_not_there(gateway: Gateway) -> None:
    hidden, seen = FIWIT_112[0].id, FIWIT_111[0].id
    ids = f'["{hidden}", "{seen}", "halo:Asset:5", "tether:Asset:5", "nowhere:Asset:5", "fiwit:Asset:999"]'
    answer = await ask_as(gateway, "desk", f"{{ nodes(ids: {ids}) {{ id }} }}")
    assert answer.whole["nodes"] == [None, {"id": seen}, None, None, None, None]
    assert {call.source for call in gateway.calls} == {"fiwit"}
    single = await ask_as(
        gateway, "desk", f'{{ node(id: "tether:Asset:5") {{ id }} asset(id: "{hidden}") {{ id }} }}'
    )
    assert single.whole == {"node": None, "asset": None}


async def test_a_source_that_may_not_be_seen_is_not_configured(gateway: Gateway) -> None:
    answer = await ask_as(
        gateway, "desk", "{ sources { name operations } assets { sources { source { name } } } }"
    )
    assert [source["name"] for source in answer.whole["sources"]] == ["fiwit", "halo"]
    assert "asset.update" not in answer.text
    assert "ticket.update" in answer.text
    assert "tether" not in answer.text
    refused = await ask_as(gateway, "desk", '{ assets(filter: {source: {eq: "tether"}}) { totalCount } }')
    unknown = await ask_as(gateway, "desk", '{ assets(filter: {source: {eq: "nobody"}}) { totalCount } }')
    assert refused.codes == unknown.codes == ["BAD_USER_INPUT"]
    assert refused.errors[0]["message"].replace("tether", "nobody") == unknown.errors[0]["message"]


async def test_a_type_that_may_not_be_read_takes_nothing_else_with_it(gateway: Gateway) -> None:
    query = "{ locations { totalCount complete nodes { id } } assets { nodes { name location { name } } } }"
    answer = await ask_as(gateway, "desk", query)
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["assets", "nodes", "location"], "FORBIDDEN"),
        (["locations"], "FORBIDDEN"),
    ]
    assert answer.data["locations"] == {"totalCount": None, "complete": False, "nodes": []}
    assert {node["location"] for node in answer.data["assets"]["nodes"]} == {None}
    assert "/locations" not in {call.path for call in gateway.calls}
    filtered = await ask_as(
        gateway, "desk", '{ assets(filter: {locationId: {eq: "fiwit:Location:1"}}) { totalCount } }'
    )
    assert filtered.codes == ["FORBIDDEN"]


async def test_rights_add_up(gateway: Gateway) -> None:
    answer = await ask_as(gateway, "both", "{ assets { totalCount } locations { complete } }")
    assert answer.whole["assets"]["totalCount"] == len(
        [thing for thing in things() if thing.source == "fiwit" and not thing.deleted]
    )


async def test_a_caller_without_roles_may_nothing(gateway: Gateway) -> None:
    answer = await ask_as(gateway, "nobody", "{ sources { name } assets { nodes { id } } }")
    assert answer.data == {"sources": [], "assets": {"nodes": []}}
    assert answer.codes == ["FORBIDDEN"]
    assert gateway.calls == []


async def test_kept_answers_are_kept_by_rights(tmp_path: Path) -> None:
    path = roles_file(tmp_path, ROLES, ("all", "all"), ("report", "report"))
    query = "{ assets { nodes { purchaseDate customFields { displayValue } } } }"
    async with world(things(), config=path, environ={"GATEWAY_CACHE__ENABLED": "true"}) as opened:
        answers = [
            await ask_as(opened, name, query) for name in ("all", "all", "all", "report", "report", "report")
        ]
    assert answers[0].data == answers[2].data
    assert answers[3].data == answers[5].data
    assert answers[0].data != answers[3].data


async def test_the_schema_is_for_explorers(gateway: Gateway) -> None:
    introspection = "{ __schema { queryType { name } } }"
    assert (await ask_as(gateway, "all", introspection)).whole
    assert (await ask_as(gateway, "desk", introspection)).codes == ["FORBIDDEN"]
    assert "Did you mean" in (await ask_as(gateway, "all", "{ assts { nodes { id } } }")).text
    assert "Did you mean" not in (await ask_as(gateway, "desk", "{ assts { nodes { id } } }")).text
    for path in ("/graphql", "/graphql/schema", "/metrics"):
        assert (await get_as(gateway, "all", path, accept="text/html")).status_code == 200
        refused = await get_as(gateway, "desk", path, accept="text/html")
        assert (refused.status_code, "FORBIDDEN" in refused.text) == (403, True)
    assert "tether" in (await get_as(gateway, "all", "/")).text
    assert "tether" not in (await get_as(gateway, "desk", "/")).text


async def test_explanations_are_for_explorers_and_of_what_they_see(gateway: Gateway) -> None:
    async def explained(name: str) -> httpx.Response:
        headers = headers_of(name) | {"x-gateway-explain": "1"}
        query = "{ assets { nodes { name purchaseCost tickets { nodes { id } } } } }"
        return await gateway.client.post("/graphql", json={"query": query}, headers=headers)

    explanation = (await explained("all")).json()["extensions"]["explain"]
    assert {"halo", "fiwit", "tether"} <= explanation["sources"].keys()
    for name in ("desk", "report"):
        refused = await explained(name)
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    few = (await explained("look")).json()["extensions"]["explain"]
    assert few["sources"].keys() == {"fiwit"}
    assert {step["source"] for step in few["steps"]} == {"fiwit"}
    assert gateway.upstreams.lines() == []


async def test_a_mutation_that_is_not_allowed_sends_nothing(gateway: Gateway) -> None:
    update = (
        'mutation { updateAsset(input: {id: "fiwit:Asset:5", name: "x", dryRun: true}) { planned { url } } }'
    )
    answer = await ask_as(gateway, "desk", update)
    assert answer.codes == ["FORBIDDEN"]
    assert answer.errors[0]["path"] == ["updateAsset"]
    assert gateway.upstreams.lines() == []
    assert (await ask_as(gateway, "fiwit", update)).codes == ["FORBIDDEN"]


def test_every_root_field_says_what_it_tells_of() -> None:
    """A new root field is refused to everybody until `resolvers/required_rights.py`, or its own type, says it."""
    schema = build_schema([])._schema
    everything = RoleSettings("all", sources=("*",), read=("*",), write=("*",))
    may_all = Guard(schema, Rights((everything,), ("a",)))
    may_nothing = Guard(schema, Rights((RoleSettings("none", sources=("*",)),), ("a",)))
    for root in filter(None, (schema.query_type, schema.mutation_type, schema.subscription_type)):
        assert [name for name in root.fields if may_all.refusal(root, name) is not None] == []
        assert {name for name in root.fields if may_nothing.refusal(root, name) is None} <= {
            "_entities",
            "_service",
            "sources",
            "node",
            "nodes",
        }


def test_a_role_that_names_what_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(
        """
[sources.fiwit]
api_key = "k"
[roles.bad]
sources = ["fiwit", "fiwitt"]
read = ["Aset", "Warranty", "Asset"]
write = ["asset.checkuot", "assets.*", "ticket.*"]
hide = ["Asset.purchasecost", "Aset.name", "Asset.id", "UnifiedAsset.name"]
rows = { fiwit = { organization = ["a"] } }
"""
    )
    with pytest.raises(SettingsError) as refused:
        read_settings(path, {})
    found = "\n".join(refused.value.faults)
    for words in (
        "fiwitt",
        "no type Aset: did you mean Asset?",
        "no mutation asset.checkuot: did you mean asset.checkout?",
        "no mutation assets.*: did you mean asset.*?",
        "no field Asset.purchasecost: did you mean Asset.purchaseCost?",
        "no type Aset",
        "Asset.id cannot be hidden",
        "no field organization: did you mean organisation?",
    ):
        assert words in found
    assert settings.RoleSettings is RoleSettings
