"""One source failing never empties the others, and a relation failing never empties its parent."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.selections import leaves
from gateway.testing.upstreams import Handler, always, answered, refusing, served, silent
from tests.support.gateway import Gateway, sandbox, sandbox_sources
from tests.support.small_world import things, world

SOURCES = ("fiwit", "halo", "revnue", "s3s", "tether")
CANARY = "canary-in-a-vendors-body"

FAILURES: Mapping[str, tuple[Handler, str]] = {
    "refused": (refusing, "UPSTREAM_UNAVAILABLE"),
    "500": (always(f"<h1>{CANARY}</h1>", status=500), "UPSTREAM_UNAVAILABLE"),
    "html": (always(f"<html>{CANARY}</html>", headers={"Content-Type": "text/html"}), "UPSTREAM_GARBLED"),
    "silent": (silent, "UPSTREAM_TIMEOUT"),
    "envelope": (always({"message": CANARY}), "UPSTREAM_GARBLED"),
    "credential": (always({"detail": CANARY}, status=401), "UPSTREAM_AUTH"),
}

OWN = leaves("Asset", but=frozenset({"checkoutHistory"}))
LIST = f"""{{ mine: assets(first: 200) {{ complete totalIsExact nodes {OWN}
  sources {{ source {{ name }} complete count error {{ code message }} }} }} }}"""


def failing(company: Company, source: str, handler: Handler) -> Gateway:
    """A sandbox in which one source fails, also while signing in."""
    apps = {name: served(app) for name, app in create_apps(company).items()}
    sources = sandbox_sources()
    sources[source] = sources[source] | {"TIMEOUT_SECONDS": "0.2" if handler is silent else "2"}
    environ = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
    return Gateway(sources, apps | {source: handler}, environ=environ)


@pytest.fixture(scope="module")
def whole(company: Company) -> Mapping[str, Any]:
    """The list with nothing wrong."""

    async def ask() -> Mapping[str, Any]:
        async with sandbox(company, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}) as gateway:
            connection: Mapping[str, Any] = (await gateway.ask(LIST)).whole["mine"]
            return connection

    return asyncio.run(ask())


@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("source", SOURCES)
async def test_the_others_rows_are_whole_and_one_error_tells_place_and_source_and_no_secret(
    company: Company, whole: Mapping[str, Any], source: str, how: str
) -> None:
    handler, code = FAILURES[how]
    async with failing(company, source, handler) as gateway:
        answer = await gateway.ask(LIST)
        mine = [call for call in gateway.upstreams.calls if call.source == source]
    page = answer.data["mine"]
    assert [node for node in page["nodes"] if node["source"]["name"] == source] == []
    assert sorted(page["nodes"], key=lambda node: node["id"]) == sorted(
        (node for node in whole["nodes"] if node["source"]["name"] != source), key=lambda node: node["id"]
    )
    assert (page["complete"], page["totalIsExact"]) == (False, False)
    outcomes = {outcome["source"]["name"]: outcome for outcome in page["sources"]}
    assert {name for name, outcome in outcomes.items() if outcome["complete"]} == set(SOURCES) - {source}
    assert (outcomes[source]["count"], outcomes[source]["error"]["code"]) == (0, code)
    [error] = answer.errors
    assert error["path"] == ["mine"]
    where = error["extensions"]
    assert (where["code"], where["source"], where["vendor"]) == (code, source, source.upper())
    keys = {key for key in sandbox_sources()[source].values() if len(key) > 9}
    tokens = {call.headers.get("authorization", CANARY).rpartition(" ")[2] for call in mine}
    for hidden in (CANARY, "http://halo", ".test", "Traceback", "/api", *keys, *tokens):
        assert hidden not in answer.text, hidden


async def test_each_list_of_an_operation_tells_of_its_own_failure(company: Company) -> None:
    query = "{ a: assets(first: 2) { nodes { id } } b: assets(first: 9) { nodes { id } } locations { nodes { id } } }"
    async with failing(company, "tether", always("", status=500)) as gateway:
        answer = await gateway.ask(query)
    assert [(error["path"], error["extensions"]["source"]) for error in answer.errors] == [
        (["a"], "tether"),
        (["b"], "tether"),
        (["locations"], "tether"),
    ]
    assert all(len(answer.data[name]["nodes"]) > 0 for name in ("a", "b", "locations"))


async def test_all_sources_failing_is_an_empty_list_and_an_error_for_each(company: Company) -> None:
    handlers = dict.fromkeys(SOURCES, always("", status=500))
    async with sandbox(company, handlers=handlers) as gateway:
        answer = await gateway.ask("{ assets { complete totalCount nodes { id } } }")
    assert sorted(error["extensions"]["source"] for error in answer.errors) == list(SOURCES)
    assert answer.data["assets"] == {"complete": False, "totalCount": None, "nodes": []}


async def test_a_silent_source_is_waited_for_no_longer_than_it_may_take(company: Company) -> None:
    loop = asyncio.get_running_loop()
    async with failing(company, "fiwit", silent) as gateway:
        started = loop.time()
        assert (await gateway.ask("{ assets(first: 3) { nodes { id } } }")).codes == ["UPSTREAM_TIMEOUT"]
        # All attempts together may take twice the time of one.
        assert loop.time() - started < 2.0


async def test_a_source_that_comes_back_is_whole_again(company: Company) -> None:
    async with failing(company, "revnue", always({"message": "no"})) as gateway:
        assert (await gateway.ask("{ assets { complete } }")).data["assets"]["complete"] is False
        gateway.upstreams.handlers["revnue"] = served(create_apps(company)["revnue"])
        assert (await gateway.ask("{ assets { complete } }")).whole["assets"]["complete"] is True


async def test_paging_goes_on_past_a_source_that_failed_on_the_way() -> None:
    every = things()
    async with world(every) as gateway:
        query = """query ($after: String) { assets(first: 12, after: $after, orderBy: [{field: NAME}]) {
                   complete nodes { id } pageInfo { endCursor hasNextPage } } }"""
        ids: list[str] = []
        after, healthy = None, dict(gateway.upstreams.handlers)
        for turn in range(6):
            gateway.upstreams.handlers["tether"] = (
                always({"message": "no"}) if turn == 1 else healthy["tether"]
            )
            answer = await gateway.ask(query, after=after)
            page = answer.data["assets"]
            assert page["complete"] is (turn != 1)
            ids += [node["id"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"] or after
            if not page["pageInfo"]["hasNextPage"]:
                break
    others = [thing.id for thing in every if thing.source != "tether" and not thing.deleted]
    assert len(ids) == len(set(ids))
    assert set(others) <= set(ids)


# --- relations


def but(company: Company, source: str, broken: Callable[[str], bool], answer: httpx.Response) -> Handler:
    """A sandbox's source that gives this answer wherever the path is a broken one."""
    inner = served(create_apps(company)[source])

    async def handle(request: httpx.Request) -> httpx.Response:
        if broken(request.url.path):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        passed_on = inner(request)
        return passed_on if isinstance(passed_on, httpx.Response) else await passed_on

    return handle


OOPS = answered("<h1>oops</h1>", status=500)


async def test_a_failing_relation_is_null_in_its_own_places_and_told_with_their_paths(
    company: Company,
) -> None:
    handler = but(company, "fiwit", lambda path: path == "/locations", OOPS)
    query = "{ assets(first: 10) { complete nodes { id name location { id name } assignedTo { id name } } } }"
    async with sandbox(company, only=("fiwit",)) as gateway:
        expected = (await gateway.ask(query)).whole["assets"]["nodes"]
    async with sandbox(company, only=("fiwit",), handlers={"fiwit": handler}) as gateway:
        answer = await gateway.ask(query)
    nodes = answer.data["assets"]["nodes"]
    indices = [index for index, node in enumerate(expected) if node["location"]]
    assert indices
    assert answer.data["assets"]["complete"] is True
    assert [error["path"][:4] for error in answer.errors] == [
        ["assets", "nodes", index, "location"] for index in indices
    ]
    assert {error["extensions"]["code"] for error in answer.errors} == {"UPSTREAM_UNAVAILABLE"}
    assert [{**node, "location": None} for node in expected] == nodes


async def test_a_failing_detail_is_null_in_its_own_field(company: Company) -> None:
    handler = but(company, "halo", lambda path: path.startswith("/api/Asset/"), OOPS)
    query = "{ assets(first: 3) { complete nodes { name notes purchaseCost status customFields { name } } } }"
    async with sandbox(company, only=("halo",), handlers={"halo": handler}) as gateway:
        answer = await gateway.ask(query)
    for index, node in enumerate(answer.data["assets"]["nodes"]):
        assert node["name"]
        assert node["status"]
        assert (node["notes"], node["purchaseCost"], node["customFields"]) == (None, None, [])
        for field in ("notes", "purchaseCost", "customFields"):
            assert ["assets", "nodes", index, field] in [error["path"] for error in answer.errors]
    assert {error["extensions"]["source"] for error in answer.errors} == {"halo"}


@pytest.mark.parametrize(
    ("relation", "path"),
    [
        ("tickets { complete nodes { id } }", "/api/Tickets"),
        ("meterReadings { complete nodes { id } }", "/api/MeterReading"),
        ("changes { complete nodes { id } }", "/api/AssetChange"),
        ("software { complete nodes { id } }", "/api/AssetSoftware"),
        ("licences { complete nodes { id } }", "/api/Asset/"),
    ],
)
async def test_a_failing_relation_list_is_empty_incomplete_and_told_of(
    company: Company, relation: str, path: str
) -> None:
    name = relation.partition(" ")[0]
    handler = but(company, "halo", lambda called: called.startswith(path), OOPS)
    async with sandbox(company, only=("halo",), handlers={"halo": handler}) as gateway:
        answer = await gateway.ask(f"{{ assets(first: 2) {{ complete nodes {{ name {relation} }} }} }}")
    nodes = answer.data["assets"]["nodes"]
    assert answer.data["assets"]["complete"] is True
    assert [node[name] for node in nodes] == [{"complete": False, "nodes": []}] * 2
    assert all(node["name"] for node in nodes)
    assert [error["path"] for error in answer.errors] == [
        ["assets", "nodes", index, name] for index in range(2)
    ]
    assert {error["extensions"]["code"] for error in answer.errors} == {"UPSTREAM_UNAVAILABLE"}


async def test_a_failing_list_that_cannot_be_null_is_empty_and_told_of(company: Company) -> None:
    handler = but(company, "tether", lambda path: path.endswith("/history"), OOPS)
    async with sandbox(company, only=("tether",), handlers={"tether": handler}) as gateway:
        answer = await gateway.ask("{ assets(first: 2) { nodes { name checkoutHistory { action } } } }")
    assert [node["checkoutHistory"] for node in answer.data["assets"]["nodes"]] == [[], []]
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["assets", "nodes", index, "checkoutHistory"], "UPSTREAM_UNAVAILABLE") for index in range(2)
    ]


async def test_a_failing_table_of_field_names_costs_what_is_read_with_it(company: Company) -> None:
    handler = but(company, "fiwit", lambda path: path in {"/asset_fields", "/asset_types"}, OOPS)
    async with sandbox(company, only=("fiwit",), handlers={"fiwit": handler}) as gateway:
        answer = await gateway.ask(
            "{ assets(first: 2) { complete nodes { name serialNumber customFields { id } } } }"
        )
    assert all(node["name"] for node in answer.data["assets"]["nodes"])
    assert {node["serialNumber"] for node in answer.data["assets"]["nodes"]} == {None}
    assert {tuple(error["path"][2:]) for error in answer.errors} == {
        (index, field) for index in range(2) for field in ("serialNumber", "customFields")
    }


async def test_a_filter_that_cannot_be_decided_leaves_rows_out_and_says_so(company: Company) -> None:
    handler = but(company, "fiwit", lambda path: path in {"/asset_fields", "/asset_types"}, OOPS)
    query = '{ assets(first: 9, filter: {serialNumber: {%s: "x"}}) { complete nodes { id } } }'
    async with sandbox(company, only=("fiwit", "tether"), handlers={"fiwit": handler}) as gateway:
        for op in ("eq", "ne"):
            answer = await gateway.ask(query % op)
            assert answer.data["assets"]["complete"] is False
            assert [(error["path"], error["extensions"]["source"]) for error in answer.errors] == [
                (["assets"], "fiwit")
            ]
            assert not any(node["id"].startswith("fiwit") for node in answer.data["assets"]["nodes"])


async def test_an_order_that_cannot_be_told_keeps_the_rows_at_the_end_and_says_so(company: Company) -> None:
    handler = but(company, "fiwit", lambda path: path in {"/asset_fields", "/asset_types"}, OOPS)
    query = "{ assets(first: 200, orderBy: [{field: SERIAL_NUMBER}]) { complete nodes { id } } }"
    async with sandbox(company, only=("fiwit", "tether")) as gateway:
        expected = {node["id"] for node in (await gateway.ask(query)).whole["assets"]["nodes"]}
    async with sandbox(company, only=("fiwit", "tether"), handlers={"fiwit": handler}) as gateway:
        answer = await gateway.ask(query)
    ids = [node["id"] for node in answer.data["assets"]["nodes"]]
    assert set(ids) == expected
    assert answer.data["assets"]["complete"] is False
    assert [error["extensions"]["source"] for error in answer.errors] == ["fiwit"]


async def test_one_of_several_records_that_fails_leaves_the_others(company: Company) -> None:
    async with sandbox(company, only=("s3s",)) as gateway:
        ids = [
            node["id"]
            for node in (await gateway.ask("{ assets(first: 3) { nodes { id } } }")).whole["assets"]["nodes"]
        ]
    broken = ids[1].rpartition(":")[2]
    handler = but(company, "s3s", lambda path: path.endswith(f"/{broken}"), OOPS)
    async with sandbox(company, only=("s3s",), handlers={"s3s": handler}) as gateway:
        answer = await gateway.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert answer.data["nodes"] == [{"id": ids[0]}, None, {"id": ids[2]}]
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["nodes", 1], "UPSTREAM_UNAVAILABLE")
    ]


async def test_the_sources_own_health_tells_what_was_seen(company: Company) -> None:
    query = "{ sources { name health { state lastError lastSuccessAt } } }"
    async with failing(company, "s3s", always({"detail": CANARY}, status=401)) as gateway:
        before = {
            source["name"]: source["health"]["state"]
            for source in (await gateway.ask(query)).whole["sources"]
        }
        assert before == dict.fromkeys(SOURCES, "UNKNOWN")
        assert gateway.upstreams.calls == []
        await gateway.ask("{ assets(first: 100) { nodes { id } } }")
        after = {source["name"]: source["health"] for source in (await gateway.ask(query)).whole["sources"]}
    assert {name: source["state"] for name, source in after.items()} == dict.fromkeys(SOURCES, "UP") | {
        "s3s": "DOWN"
    }
    assert after["s3s"]["lastError"] is not None
    assert CANARY not in str(after)
    assert (after["s3s"]["lastSuccessAt"], after["tether"]["lastError"]) == (None, None)
    assert after["tether"]["lastSuccessAt"].endswith("Z")
