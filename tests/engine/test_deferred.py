"""`@defer`: an answer in parts, which put together are the answer without it, at the same calls to vendors."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.sandbox import Company, make_company
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import Handler
from tests.support.deferred import merged, parts_of
from tests.support.gateway import sandbox
from tests.support.roles import headers_of, roles_file

APOLLO = "multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json;q=0.9"
APOLLO_17 = "multipart/mixed;incrementalSpec=v0.2, application/json;q=0.9"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
    "multipart/mixed"
)
GRAPHIQL = "application/json, multipart/mixed"
HALO = 'assets(first: 3, filter: {source: {eq: "halo"}})'
SLOW = f'{{ {HALO} {{ nodes {{ id ... @defer(label: "slow") {{ notes name }} }} }} }}'


@pytest.fixture(scope="module")
def small() -> Company:
    return make_company(seed=6, assets=10)


@pytest.fixture
async def gateway(small: Company) -> AsyncIterator[Gateway]:
    async with sandbox(small, only=("halo", "tether")) as opened:
        yield opened


async def post(gateway: Gateway, query: str, accept: str = APOLLO, **headers: str) -> httpx.Response:
    return await gateway.client.post("/graphql", json={"query": query}, headers={"accept": accept, **headers})


def _without_defer(query: str) -> str:
    return query.replace('@defer(label: "slow")', "").replace("@defer", "")


@pytest.mark.parametrize("accept", [APOLLO, APOLLO_17, URQL, GRAPHIQL])
async def test_the_parts_are_the_answer_and_a_fragment_is_read_for_all_objects_at_once(
    gateway: Gateway, accept: str
) -> None:
    whole, calls = await gateway.measure(_without_defer(SLOW))
    gateway.upstreams.forget()
    answer = await post(gateway, SLOW, accept)
    assert gateway.upstreams.lines() == calls
    assert answer.headers["content-type"].startswith('multipart/mixed;boundary="graphql"')
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    first, second = parts_of(answer)
    assert first["data"] == {"assets": {"nodes": [{"id": node["id"]} for node in whole["assets"]["nodes"]]}}
    assert (first["hasNext"], second["hasNext"]) == (True, False)
    assert merged([first, second]) == (whole, [])


async def test_the_form_of_2022(gateway: Gateway) -> None:
    first, second = parts_of(await post(gateway, SLOW))
    assert first.keys() == {"data", "hasNext"}
    assert [sorted(entry) for entry in second["incremental"]] == [["data", "label", "path"]] * 3
    assert second["incremental"][2]["path"] == ["assets", "nodes", 2]
    assert second["incremental"][2]["label"] == "slow"


async def test_the_form_v0_2(gateway: Gateway) -> None:
    first, second = parts_of(await post(gateway, SLOW, APOLLO_17))
    assert first["pending"][1] == {"id": "1", "path": ["assets", "nodes", 1], "label": "slow"}
    assert [sorted(entry) for entry in second["incremental"]] == [["data", "id"]] * 3
    assert second["completed"] == [{"id": "0"}, {"id": "1"}, {"id": "2"}]


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "*/*",
        "multipart/mixed;deferSpec=20990101, application/json",
        "multipart/mixed;subscriptionSpec=1.0, application/json",
        "multipart/mixed;q=0, application/json",
        "text/event-stream, application/json",
    ],
)
async def test_a_client_that_accepts_no_known_form_has_the_whole_answer(
    gateway: Gateway, accept: str
) -> None:
    answer = await post(gateway, SLOW, accept)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {"data": (await gateway.ask(_without_defer(SLOW))).whole}


async def test_events_for_a_client_of_events_alone(gateway: Gateway) -> None:
    answer = await post(gateway, SLOW, "text/event-stream")
    events = [event for event in answer.text.split("\n\n") if event.startswith("event")]
    first, second, end = (event.partition("data: ")[2] for event in events)
    assert (
        merged([json.loads(first), json.loads(second)])[0] == (await gateway.ask(_without_defer(SLOW))).whole
    )
    assert end == ""


@pytest.mark.parametrize(
    "query",
    [
        f"{{ {HALO} {{ nodes {{ id ... @defer(if: false) {{ notes }} }} }} }}",
        f"query ($is: Boolean! = false) {{ {HALO} {{ nodes {{ id ... @defer(if: $is) {{ notes }} }} }} }}",
        f"{{ {HALO} {{ nodes {{ id ...N ...N @defer }} }} }} fragment N on Asset {{ notes }}",
        f"{{ {HALO} {{ nodes {{ id ...N @defer ...N }} }} }} fragment N on Asset {{ notes }}",
        f"{{ {HALO} {{ nodes {{ id notes ... @skip(if: true) @defer {{ name }} }} }} }}",
        "{ assets(first: 0) { nodes { id ... @defer { notes } } } }",
        '{ node(id: "halo:Asset:0") { id ... on Asset @defer { notes } } }',
        "{ __schema { queryType { name ... @defer { description } } } }",
        (
            'mutation { createAsset(input: {source: "tether", name: "x", dryRun: true}) '
            "{ ... @defer { userErrors { message } } planned { method } } }"
        ),
    ],
)
async def test_where_nothing_is_deferred_the_answer_is_json(gateway: Gateway, query: str) -> None:
    answer = await post(gateway, query)
    assert answer.headers["content-type"].startswith("application/graphql-response+json"), answer.text
    assert answer.json().keys() == {"data"}
    assert answer.json()["data"] == (await gateway.ask(query)).whole


@pytest.mark.parametrize(
    ("query", "count"),
    [
        # at the root, and all of it
        ("{ ... @defer { assets(first: 2) { nodes { name } } } sources { name } }", 2),
        ("{ ...All @defer } fragment All on Query { assets(first: 2) { nodes { name } } }", 2),
        # on what stands around records
        (f"{{ {HALO} {{ nodes {{ id }} ... @defer {{ totalCount pageInfo {{ endCursor }} }} }} }}", 2),
        # a fragment within another comes with it
        (f"{{ {HALO} {{ nodes {{ ... @defer {{ name ... @defer {{ notes }} }} }} }} }}", 2),
        # two fragments of the same objects, and fields that both have
        (
            f"{{ {HALO} {{ nodes {{ id ... @defer {{ id notes }} ... @defer {{ id site: location {{ id }} }} }} }} }}",
            3,
        ),
        # fields that are asked for outside as well, with others below them
        (
            f"{{ {HALO} {{ nodes {{ name location {{ id }} ... @defer {{ name location {{ id name }} }} }} }} }}",
            2,
        ),
        # on an interface: each type's own
        (
            (
                '{ nodes(ids: ["halo:Asset:1852", "tether:Asset:313"]) '
                "{ __typename ... @defer { id ... on Asset { notes } } } }"
            ),
            2,
        ),
        # below lists in lists
        (
            (
                "{ assets(first: 4) { nodes { id "
                "location { id ... @defer { name assets(first: 2) { nodes { name } } } } } } }"
            ),
            2,
        ),
    ],
)
async def test_parts_put_together(gateway: Gateway, query: str, count: int) -> None:
    for accept in (APOLLO, APOLLO_17):
        parts = parts_of(await post(gateway, query, accept))
        assert len(parts) == count, parts
        assert merged(parts) == ((await gateway.ask(_without_defer(query))).whole, [])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { assetChanged { ... @defer { kind } } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            'mutation { ... @defer { deleteAsset(input: {id: "tether:Asset:1"}) { userErrors { message } } } }',
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("query ($l: String) { sources { ... @defer(label: $l) { name } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ sources { ... @defer { nothing } } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            (
                "{ sources { name ... @defer { vendor } } "
                'assets { nodes { ... @defer { tickets(after: "x") { nodes { id } } } } } }'
            ),
            "BAD_USER_INPUT",
        ),
    ],
)
async def test_what_is_refused_is_refused_at_once(gateway: Gateway, query: str, code: str) -> None:
    answer = await post(gateway, query)
    assert answer.headers["content-type"].startswith("application/graphql-response+json")
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == [code]
    assert gateway.calls == []


async def test_an_error_is_in_its_part_at_its_path(gateway: Gateway) -> None:
    gateway.upstreams.handlers["halo"] = failing("/Asset/", gateway.upstreams.handlers["halo"])
    first, second = parts_of(await post(gateway, SLOW))
    assert "errors" not in first
    errors = [error for entry in second["incremental"] for error in entry["errors"]]
    assert [error["path"] for error in errors] == [["assets", "nodes", index, "notes"] for index in range(3)]
    assert {error["extensions"]["code"] for error in errors} == {"UPSTREAM_UNAVAILABLE"}
    assert all(entry["data"]["notes"] is None and entry["data"]["name"] for entry in second["incremental"])


NULLED = '{ sources { name } ... @defer(label: "slow") { assets(after: "nonsense") { nodes { id } } } }'


async def test_a_null_where_none_may_be_takes_its_fragment_and_no_more(gateway: Gateway) -> None:
    assert (await gateway.ask(_without_defer(NULLED))).data is None
    for accept, (at, data) in {APOLLO: ("incremental", {"data": None}), APOLLO_17: ("completed", {})}.items():
        first, second = parts_of(await post(gateway, NULLED, accept))
        assert first["data"] == {"sources": [{"name": "halo"}, {"name": "tether"}]}
        (entry,) = second[at]
        (error,) = entry["errors"]
        assert error["path"] == ["assets"]
        assert data.items() <= entry.items()
        assert second.keys() == {at, "hasNext"}


async def test_an_object_that_is_null_has_no_part(gateway: Gateway) -> None:
    query = """{ nodes(ids: ["halo:Asset:1852", "halo:Asset:0", "tether:Asset:313"]) {
        id ... on Asset @defer(label: "slow") { name } } }"""
    first, second = parts_of(await post(gateway, query))
    assert first["data"]["nodes"][1] is None
    assert [entry["path"] for entry in second["incremental"]] == [["nodes", 0], ["nodes", 2]]


@pytest.mark.parametrize(
    ("setting", "limit", "message"),
    [
        ("ANSWER_BYTES", "1024", "What is deferred is left out"),
        ("RECORDS", "1", "more than 1 records"),
    ],
)
async def test_parts_are_within_the_limits_of_the_operation(
    small: Company, setting: str, limit: str, message: str
) -> None:
    label = "x" * 400
    query = f'{{ t: assets(first: 9) {{ nodes {{ ... @defer(label: "{label}") {{ id name notes }} }} }} }}'
    async with sandbox(small, only=("tether",), environ={f"GATEWAY_LIMITS__{setting}": limit}) as gateway:
        answer = await post(gateway, query)
        assert answer.headers["content-type"].startswith("application/graphql-response+json"), answer.text
        assert message in answer.json()["errors"][-1]["message"]


async def test_a_part_that_is_too_long_is_null_with_an_error(small: Company) -> None:
    environ = {"GATEWAY_LIMITS__ANSWER_BYTES": "1024"}
    query = "{ assets(first: 5) { nodes { id ... @defer { name } } ... @defer { all: nodes { %s } } } }"
    query %= " ".join(f"a{number}: name" for number in range(25))
    async with sandbox(small, only=("tether",), environ=environ) as gateway:
        parts = parts_of(await post(gateway, query))
        data, errors = merged(parts)
        assert data["assets"]["nodes"][0]["name"]
        assert data["assets"].get("all") is None
        assert [error["extensions"]["code"] for error in errors] == ["QUERY_TOO_COMPLEX"]


async def test_a_hidden_field_is_refused_in_the_first_part(small: Company, tmp_path: Path) -> None:
    roles = '[roles.desk]\nsources = ["*"]\nread = ["*"]\nhide = ["Asset.notes"]\n'
    config = roles_file(tmp_path, roles, ("desk", "desk"))
    async with sandbox(small, only=("halo",), config=config) as gateway:
        answer = await post(gateway, SLOW, **headers_of("desk"))
        first, second = parts_of(answer)
        assert [(error["path"], error["extensions"]["code"]) for error in first["errors"]] == [
            (["assets", "nodes", "notes"], "FORBIDDEN")
        ]
        assert {entry["data"]["notes"] for entry in second["incremental"]} == {None}
        assert all("/Asset/" not in line for line in gateway.upstreams.lines())


def failing(path: str, sound: Handler) -> Handler:
    """A vendor that fails at this path."""

    async def handle(request: httpx.Request) -> httpx.Response:
        if path in request.url.path:
            return httpx.Response(500)
        answer = sound(request)
        return answer if isinstance(answer, httpx.Response) else await answer

    return handle


async def test_an_explanation_says_which_calls_are_deferred(gateway: Gateway) -> None:
    async def asks(query: str) -> list[tuple[str, str, bool]]:
        answer = await post(gateway, query, **{"x-gateway-explain": "1"})
        steps = answer.json()["extensions"]["explain"]["steps"]
        return [(step["path"], call["path"], call["deferred"]) for step in steps for call in step["asks"]]

    assert await asks(SLOW) == [("assets", "/Asset", False), ("assets.nodes", "/Asset/{id}", True)]
    query = f"{{ {HALO} {{ nodes {{ notes ... @defer {{ notes }} }} ... @defer {{ totalCount }} }} }}"
    assert not any(deferred for _, _, deferred in await asks(query))
    assert gateway.calls == []
