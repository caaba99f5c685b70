"""Explanations agree with runs: the calls of each source lie between the explained bounds."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from gateway import settings, vendors
from gateway.app import open_sources
from gateway.connector.fetching.source import Source
from gateway.edge.graphiql.examples import TABS
from gateway.engine.engine import Engine
from gateway.engine.explain import CallBounds, Explanation, as_text
from gateway.engine.explain import explain as explain_request
from gateway.engine.explain.groups import ExplainContext
from gateway.engine.graphql_errors import RequestRefused
from gateway.engine.request import GraphQLRequest
from gateway.sandbox import Company, make_company
from gateway.sandbox.server import create_apps
from gateway.settings import LimitSettings
from gateway.testing.upstreams import Handler, Upstreams, served
from gateway.upstream.transport.via_httpx import HttpxTransport
from schema.build import build_schema
from tests.support.gateway import Gateway, sandbox, sandbox_sources
from tests.support.operations import operations
from tests.support.roles import headers_of, roles_file


def assets(of: str, first: int, selection: str) -> str:
    """A query of one source's assets."""
    return f'{{ assets(first: {first}, filter: {{source: {{eq: "{of}"}}}}) {{ nodes {{ {selection} }} totalCount }} }}'


def holder_of(email: str) -> str:
    """A query of the holder with this address."""
    holder = f'{{__typename: "AssetHolder", email: "{email}"}}'
    page = "nodes { id location { name } }"
    return f"{{ _entities(representations: [{holder}]) {{ ... on AssetHolder {{ assets {{ {page} }} }} }} }}"


PARTS = "meterReadings { nodes { id } } changes { nodes { id } } software { nodes { id } } licences { nodes { name } }"

#: Queries, with the calls that are foreseen just so: those of the sources named.
QUERIES: list[tuple[str, Mapping[str, int]]] = [
    ("{ sources { name health { state } } }", {"halo": 0, "fiwit": 0, "tether": 0}),
    ("{ assets { nodes { id name } } }", {"fiwit": 1, "tether": 1}),
    (assets("halo", 50, "id name"), {"halo": 1, "fiwit": 0, "s3s": 0}),
    ("{ assets(first: 3, filter: {status: {eq: IN_USE}}) { sources { totalCount } nodes { name } } }", {}),
    ('{ node(id: "halo:Source:halo") { ... on Source { name } } }', {"halo": 0, "tether": 0}),
    (assets("halo", 100, "id location { name } assetType"), {}),
    (assets("halo", 20, "notes location { name country }"), {"tether": 0}),
    (assets("halo", 30, "manufacturer model assignedTo { name } warranty { endDate notes }"), {}),
    (assets("halo", 10, "tickets(first: 3) { totalCount nodes { subject status } }"), {}),
    (assets("halo", 10, PARTS), {}),
    (assets("halo", 2, f"owner {{ name }} contract {{ number }} {PARTS}"), {}),
    (assets("fiwit", 50, "assetType location { name } assignedTo { name } customFields { name }"), {}),
    (assets("fiwit", 40, "tickets { nodes { subject status } }"), {}),
    ("{ assets(first: 40, filter: {status: {in: [AVAILABLE, RETIRED]}}) { nodes { name } totalCount } }", {}),
    ('{ assets(first: 10, filter: {serialNumber: {startsWith: "C"}}) { nodes { name } } }', {}),
    ("{ assets(first: 10, orderBy: [{field: NAME, direction: ASC}]) { nodes { name } } }", {"tether": 1}),
    ("{ assets(orderBy: [{field: PURCHASE_DATE, direction: DESC}]) { nodes { name } } }", {"tether": 1}),
    ("{ assets(last: 10) { nodes { name } pageInfo { hasPreviousPage } } }", {"tether": 1}),
    ('{ assets(filter: {purchaseCost: {gt: 1000}, search: "mac"}) { nodes { name } } }', {}),
    ('{ assets(first: 10, filter: {not: {locationId: {eq: "halo:Location:1"}}}) { nodes { name } } }', {}),
    (
        "{ tickets(first: 30) { nodes { requester { email } assignee { name } assets { nodes { name } } } } }",
        {},
    ),
    ("{ people(first: 20) { nodes { name assets(first: 5) { nodes { name } } } } }", {}),
    ("{ locations(first: 10) { nodes { name assets(first: 5) { nodes { name } } } } }", {}),
    ("{ licences { nodes { roles { name } assets { nodes { name } } changes { nodes { id } } } } }", {}),
    ("{ checklists(first: 20) { nodes { id testResults asset { name } items { id } } } }", {}),
    ("{ assets(first: 5) { nodes { checkoutHistory { action } checklists { id } } } }", {}),
    (holder_of("no@one.example"), {"s3s": 0}),
    (holder_of("soren.hoffmann@brambling.example"), {"s3s": 0}),
    ("{ assetTypes { name } assetFields { name } ticketTypes { name } ticketFields { name } }", {"fiwit": 4}),
    ('{ assetsBySerialNumber(serialNumber: "C02XL0A1") { name } }', {}),
    (
        "{ assets(first: 10, orderBy: [{field: LOCATION}, {field: SOURCE}, {field: ORGANISATION}]) { nodes { id } } }",
        {},
    ),
    ("{ assets(first: 10, orderBy: [{field: ASSIGNED_TO}]) { nodes { id assignedTo { name } } } }", {}),
    ("{ tickets(first: 10, orderBy: [{field: REQUESTER}, {field: ASSIGNEE}]) { nodes { id } } }", {"s3s": 0}),
    (
        '{ people(last: 5, filter: {search: "an"}, orderBy: [{field: EMAIL}]) { nodes { id } } }',
        {"tether": 1},
    ),
    (
        "{ locations(first: 3) { nodes { assets(last: 2, orderBy: [{field: LOCATION}]) { nodes { name } } } } }",
        {},
    ),
    ("{ assetCounts(by: [STATUS, SOURCE]) { total } }", {"tether": 1}),
    (
        "{ assetCounts(by: [LOCATION, ASSIGNED_TO, MODEL], filter: {status: {ne: RETIRED}}) { buckets { labels } } }",
        {},
    ),
    ("{ ticketCounts(by: [ASSIGNEE, TYPE, CREATED_MONTH]) { buckets { values } } }", {"s3s": 0, "tether": 0}),
    ("{ contracts { nodes { id } } certificates { nodes { id } } orders { nodes { id } } }", {}),
    ("{ a: assets { nodes { id } } b: assets(first: 3) { nodes { name } } }", {"tether": 1}),
]


@pytest.fixture(scope="module")
def sources() -> Mapping[str, Source]:
    return all_sources()


@pytest.fixture(scope="module")
def engine() -> Engine:
    return an_engine()


@cache
def all_sources() -> Mapping[str, Source]:
    environ = {
        f"GATEWAY_SOURCES__{name.upper()}__{key}": value
        for name, keys in sandbox_sources().items()
        for key, value in keys.items()
    }
    keys = {name: vendor.keys for name, vendor in vendors.load().items()}
    transport = HttpxTransport(handler=Upstreams({}, {}))
    return open_sources(settings.load(config=None, environ=environ, vendors=keys), transport)


@cache
def an_engine() -> Engine:
    return Engine(
        build_schema(vendors.load().values()),
        limits=LimitSettings(root_fields=40, aliases=1000),
        introspection=True,
    )


def explain(engine: Engine, sources: Mapping[str, Source], query: str, **variables: Any) -> Explanation:
    context = ExplainContext(sources, calls=100, max_page_size=500, caching=False, base_url=str)
    return explain_request(engine, GraphQLRequest(query, None, variables), context)


async def count_calls(gateway: Gateway, query: str, variables: Mapping[str, Any]) -> Counter[str]:
    """The calls of a query, by source."""
    gateway.upstreams.forget()
    answer = await gateway.ask(query, **variables)
    assert answer.data, answer.errors
    return Counter(call.source for call in gateway.calls)


def check(explanation: Explanation, calls: Counter[str], known: Mapping[str, int]) -> None:
    for name, bounds in explanation.sources.items():
        assert bounds.least <= calls[name], name
        assert bounds.most is None or calls[name] <= bounds.most, name
    assert {name: explanation.sources[name] for name in known} == {
        name: CallBounds(n, n) for name, n in known.items()
    }


async def test_as_many_calls_are_made_as_were_told(
    company: Company, sources: Mapping[str, Source], engine: Engine
) -> None:
    tabs = [(tab.query, dict(tab.variables or {})) for tab in TABS if "mutation" not in tab.query]
    cases: list[tuple[str, dict[str, Any], Mapping[str, int]]]
    cases = [(query, {}, known) for query, known in QUERIES] + [(*tab, {}) for tab in tabs]
    every: Counter[str] = Counter()
    for query, variables, known in cases:
        # One gateway for each: what the vendors define is kept from one operation to the next.
        async with sandbox(company, environ={"GATEWAY_LIMITS__UPSTREAM_CALLS": "3000"}) as gateway:
            calls = await count_calls(gateway, query, variables)
        check(explain(engine, sources, query, **variables), calls, known)
        every += calls
    assert all(every[name] > 10 for name in ("fiwit", "halo", "revnue", "s3s", "tether"))


@pytest.mark.parametrize(
    ("source", "count"),
    [("halo", 60), ("halo", 1), ("tether", 20), ("tether", 3), ("s3s", 5), ("fiwit", 4)],
)
async def test_the_calls_for_ids_are_known(
    large: Company, sources: Mapping[str, Source], engine: Engine, source: str, count: int
) -> None:
    listed = f'{{ assets(first: {count}, filter: {{source: {{eq: "{source}"}}}}) {{ nodes {{ id }} }} }}'
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) {
                 id ... on Asset { name } ... on Person { assets { nodes { id } } } } }"""
    async with sandbox(large, only=(source,)) as gateway:
        ids = [node["id"] for node in (await gateway.ask(listed)).whole["assets"]["nodes"]]
        assert len(ids) == count
        calls = await count_calls(gateway, query, {"ids": ids})
    # A device of S3S may be named by its serial number, and is then looked for in the list.
    check(explain(engine, sources, query, ids=ids), calls, {} if source == "s3s" else {source: calls[source]})


async def test_two_pages_of_halo_are_foreseen(
    large: Company, sources: Mapping[str, Source], engine: Engine
) -> None:
    query = "{ assets(first: 100) { nodes { id notes } } }"
    limit = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "200"}
    async with sandbox(large, only=("halo",), environ=limit) as gateway:
        calls = await count_calls(gateway, query, {})
    explanation = explain(engine, {"halo": sources["halo"]}, query)
    assert (calls["halo"], explanation.calls) == (102, CallBounds(1, 102))
    assert explanation.verdict.startswith("it may pass the 100")


async def test_what_is_pushed_down_and_what_is_checked_here(
    sources: Mapping[str, Source], engine: Engine
) -> None:
    query = """{ assets(filter: {status: {eq: AVAILABLE}, locationId: {in: ["halo:Location:3", "tether:Location:4"]}})
                 { nodes { name } } }"""
    steps = {step.source: step for step in explain(engine, sources, query).steps}
    assert set(steps) == {"halo", "tether"}
    (halo,) = steps["halo"].asks
    assert (halo.path, halo.params["site_id"], halo.params["includeinactive"]) == ("/Asset", "3", "false")
    assert steps["halo"].pushed == [
        'status eq "AVAILABLE", as includeinactive=false',
        'locationId in ["3"], as site_id=3',
    ]
    (inexact,) = steps["halo"].checked
    assert inexact.startswith('status eq "AVAILABLE": ')
    assert inexact.endswith("inexact")
    assert steps["tether"].checked == []
    assert steps["tether"].asks[0].params == {"status": "available", "location_id": "4"}


async def test_a_filter_on_what_only_the_detail_has_is_told(
    sources: Mapping[str, Source], engine: Engine
) -> None:
    explanation = explain(engine, sources, "{ assets(filter: {purchaseCost: {gt: 5}}) { nodes { name } } }")
    (halo,) = [step for step in explanation.steps if step.source == "halo"]
    (detail,) = [call for call in halo.asks if call.path == "/Asset/{id}"]
    assert detail.how.startswith("to filter or order: ")
    assert detail.how.endswith("one call for each row")
    assert detail.calls == CallBounds(0, None)
    assert halo.checked[0].startswith("purchaseCost gt ")


async def test_the_text_and_its_parts(sources: Mapping[str, Source], engine: Engine) -> None:
    query = """query ($n: Int = 3) { assets(first: $n, orderBy: [{field: NAME, direction: DESC}]) {
                 nodes { name } } }"""
    text = as_text(explain(engine, {"tether": sources["tether"]}, query), with_code=True)
    lines = text.splitlines()
    assert lines[:4] == [
        "assets",
        "  tether  GET /assets",
        "            the whole list; calls: 1",
        "          checked here: order by name descending: all rows are read, and ordered here",
    ]
    assert "  together  1: within the 100 that an operation may make" in lines
    assert "Code for assets.nodes, Asset at tether" in lines
    assert "  def run(rows, native_ids, tables, prefix, count_unread):" in lines
    assert text == as_text(explain(engine, {"tether": sources["tether"]}, query), with_code=True)
    assert text.startswith(as_text(explain(engine, {"tether": sources["tether"]}, query)))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nobody }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int!) { assets(first: $n) { complete } }", "BAD_USER_INPUT"),
        ("{ assets(first: 501) { complete } }", "BAD_USER_INPUT"),
        ("{ assets { nodes { tickets(first: 501) { complete } } } }", "BAD_USER_INPUT"),
        ('{ assets(filter: {locationId: {eq: "nobody:Location:3"}}) { complete } }', "BAD_USER_INPUT"),
        ('{ asset(id: "halo:Ticket:3") { id } }', "BAD_USER_INPUT"),
        ('{ asset(id: "halo:Asset:{id}") { id } }', "BAD_USER_INPUT"),
        ('{ nextAssetTag(source: "revnue") }', "NOT_SUPPORTED"),
        ('mutation { deleteAsset(input: {id: "halo:Asset:3"}) { deletedId } }', "BAD_REQUEST"),
        ("{ __schema { description } }", "BAD_REQUEST"),
    ],
)
async def test_what_would_not_be_run_is_refused_as_the_server_does(
    sources: Mapping[str, Source], engine: Engine, query: str, code: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        explain(engine, sources, query)
    assert [error["extensions"]["code"] for error in refused.value.errors] == [code]


@cache
def small() -> tuple[Mapping[str, Handler], Mapping[str, list[str]]]:
    """The vendors over few devices, and ids that there are."""
    handlers = {name: served(app) for name, app in create_apps(make_company(seed=3, assets=24)).items()}
    roots = ("assets", "tickets", "locations", "licences", "checklists", "meterReadings")

    async def ids() -> Mapping[str, list[str]]:
        async with Gateway(sandbox_sources(), handlers) as gateway:
            listed = " ".join(f"{name}(first: 6) {{ nodes {{ id }} }}" for name in roots)
            data = (await gateway.ask(f"{{ {listed} }}")).data
            return {name: [node["id"] for node in page["nodes"]] for name, page in data.items()}

    return handlers, asyncio.run(ids())


@pytest.mark.long
@pytest.mark.timeout(300)
@given(data=st.data())
@hypothesis(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_made_up_operations_take_as_many_calls_as_were_told(data: st.DataObject) -> None:
    handlers, ids = small()
    query, variables = data.draw(operations(ids))
    limits = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "3000", "GATEWAY_LIMITS__ALIASES": "1000"}

    async def run() -> tuple[Explanation | None, Counter[str]]:
        async with Gateway(sandbox_sources(), handlers, environ=limits) as gateway:
            try:
                explanation = explain(an_engine(), all_sources(), query, **variables)
            except RequestRefused:
                return None, Counter()
            return explanation, await count_calls(gateway, query, variables)

    explanation, calls = asyncio.run(run())
    assume(explanation is not None)
    if explanation is not None:
        check(explanation, calls, {})


ROLES = """
[roles.desk]
sources = ["halo", "fiwit", "tether"]
read = ["*"]
hide = ["Asset.purchaseCost", "Asset.location", "Ticket.assignee"]
explore = true
[roles.desk.rows]
fiwit = { organisation = ["111", "112"] }
halo = { depreciationSchedule = ["3_year_33_percent"] }
tether = { category = ["Laptops"] }
[roles.shop]
sources = ["halo", "revnue", "s3s"]
read = ["Asset", "Ticket", "Checklist", "MeterReading", "Licence"]
explore = true
"""


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ["desk", "shop"])
def test_made_up_operations_of_callers_with_limited_rights(role: str, tmp_path: Path) -> None:
    handlers, ids = small()
    config = roles_file(tmp_path, ROLES, ("desk", "desk"), ("shop", "shop"))
    limits = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "3000", "GATEWAY_LIMITS__ALIASES": "1000"}

    async def run(query: str, variables: Mapping[str, Any]) -> tuple[Any, Counter[str]]:
        async with Gateway(sandbox_sources(), handlers, environ=limits, config=config) as gateway:
            body = {"query": query, "variables": variables}
            answers = [
                (await gateway.client.post("/graphql", json=body, headers=headers_of(role) | more)).json()
                for more in ({"x-gateway-explain": "1"}, {})
            ]
            if "extensions" not in answers[0]:
                assert {error["extensions"]["code"] for error in answers[0]["errors"]} != {"INTERNAL"}
                return None, Counter()
            assert answers[1]["data"]
            return answers[0]["extensions"]["explain"], Counter(call.source for call in gateway.calls)

    @given(data=st.data())
    @hypothesis(
        max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,)
    )
    def agrees(data: st.DataObject) -> None:
        explanation, calls = asyncio.run(run(*data.draw(operations(ids))))
        assume(explanation is not None)
        for name, bounds in explanation["sources"].items():
            assert bounds["least"] <= calls[name], name
            assert bounds["most"] is None or calls[name] <= bounds["most"], name

    agrees()
