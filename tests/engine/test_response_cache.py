"""Response cache: cached answers are the same byte for byte, and only as long as a new run would give them."""

import asyncio
import gc
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from graphql import GraphQLObjectType, get_named_type
from graphql.execution.values import VariableValues
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import vendors
from gateway.connector.description import warranty
from gateway.connector.fetching.source import Source
from gateway.engine.engine import Engine
from gateway.engine.execution.executor import LevelExecutor
from gateway.engine.request import GraphQLRequest
from gateway.engine.response_cache import ResponseCache, response_key
from gateway.sandbox import Company, make_company
from gateway.sandbox.server import create_apps
from gateway.settings import LimitSettings
from gateway.testing.upstreams import Handler, always, answered, served
from gateway.upstream.caching.answer import UpstreamAnswer
from resolvers.context import RequestContext
from schema.binding import Binding
from schema.build import build_schema
from tests.support.gateway import Gateway, sandbox, sandbox_sources
from tests.support.operations import operations
from tests.support.samples import sample

QUERIES = (
    "{ assets(first: 200) { totalCount nodes { id nativeId name status serialNumber model purchaseCost createdAt } } }",
    "{ assets(first: 7) { nodes { t: __typename id name n: name assetType } pageInfo { endCursor } } }",
    "{ assets(first: 20, orderBy: [{field: NAME}]) { edges { cursor node { id serialNumber } } } }",
    "{ assets(first: 30) { nodes { name location { id name } assignedTo { id name email } warranty { endDate } } } }",
    "{ locations(first: 100) { nodes { id name code country } } people(first: 50) { nodes { id name email } } }",
    "{ tickets(first: 50) { nodes { id subject status priority ticketType createdAt } } }",
    "{ assets(first: 20) { nodes { id customFields { name value } qrCodeUrl } sources { complete count stale } } }",
    '{ assets(first: 20, filter: {source: {eq: "halo"}}) { nodes { id macAddress notes purchaseCost } } }',
    "{ assetFields { id name type } assetTypes { id name } sources { name vendor operations } }",
    '{ assets(first: 9) { nodes { notes tickets(first: 2) { nodes { id } } } } nextAssetTag(source: "halo") }',
)


class Runs:
    """Counts the operations that were run."""

    def __init__(self) -> None:
        self.count = 0

    def since(self) -> int:
        """The number of runs since the last call of this."""
        count, self.count = self.count, 0
        return count


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    counted, root = Runs(), LevelExecutor.root

    async def count(self: LevelExecutor, plan: Any) -> Any:
        counted.count += 1
        return await root(self, plan)

    monkeypatch.setattr(LevelExecutor, "root", count)
    return counted


class Clock:
    """Lets time pass for the caches."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed = 0.0
        now = time.time
        monkeypatch.setattr("gateway.upstream.client.time.time", lambda: now() + self.passed)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class Tether:
    """A vendor with one asset, which can be renamed and go away. Its answers may be invalid."""

    def __init__(self) -> None:
        self.name = "first"
        self.is_invalid = False
        self.is_present = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return answered({"access_token": "t", "token_type": "bearer"})
        if self.is_invalid:
            return httpx.Response(200, html="<p>sorry</p>")
        if request.method == "PUT":
            self.name = "second"
        row: dict[str, Any] = {**sample("tether", "assets")[0], "id": 1, "name": self.name}
        if request.url.path.endswith("/assets"):
            tag = f'"{self.name}"'
            if request.headers.get("If-None-Match") == tag:
                return httpx.Response(304)
            return answered([row], headers={"ETag": tag})
        return answered(row) if self.is_present else answered({"detail": "none"}, status=404)


@pytest.fixture
def tether() -> Tether:
    return Tether()


def over(tether: Handler, *, folder: Path | None = None) -> Gateway:
    return Gateway({"tether": sandbox_sources()["tether"]}, {"tether": tether}, cached=True, folder=folder)


NAMES = "{ assets { nodes { name } } }"


async def names(gateway: Gateway) -> list[str]:
    return [node["name"] for node in (await gateway.ask(NAMES)).whole["assets"]["nodes"]]


async def rename(gateway: Gateway) -> None:
    input_values = '{id: "tether:Asset:1", name: "second"}'
    change = f"mutation {{ updateAsset(input: {input_values}) {{ asset {{ name }} userErrors {{ code }} }} }}"
    payload = (await gateway.ask(change)).whole["updateAsset"]
    assert payload == {"asset": {"name": "second"}, "userErrors": []}


@pytest.mark.parametrize("query", QUERIES)
async def test_from_the_third_time_on_an_answer_is_given_as_it_was(
    query: str, company: Company, runs: Runs
) -> None:
    async with sandbox(company) as gateway:
        anew = await gateway.ask(query)
        assert anew.whole
    async with sandbox(company, cached=True) as gateway:
        answers = [await gateway.ask(query)]
        gateway.upstreams.forget()
        runs.since()
        answers += [await gateway.ask(query) for _ in range(3)]
        assert {answer.text for answer in answers} == {anew.text}
        assert not gateway.calls
        assert runs.since() == 1


async def test_each_selection_has_its_own(company: Company) -> None:
    columns = ("id", "name", "nativeId", "serialNumber", "status", "model", "ipAddress", "organisation")
    async with sandbox(company, cached=True) as gateway:
        data = (await gateway.ask(f"{{ assets(first: 60) {{ nodes {{ {' '.join(columns)} }} }} }}")).whole
        rows = data["assets"]["nodes"]
        for _ in range(3):
            for index, column in enumerate(columns):
                query = f"{{ assets(first: {60 - index}) {{ nodes {{ {column} x: {column} }} }} }}"
                nodes = (await gateway.ask(query)).whole["assets"]["nodes"]
                assert nodes == [{column: row[column], "x": row[column]} for row in rows[: 60 - index]]


async def test_each_operation_and_its_variables_have_their_own(company: Company, runs: Runs) -> None:
    document = """
        query A($most: Int = 2, $named: Boolean = true) {
            assets(first: $most) { nodes { id name @include(if: $named) } }
        }
        query B { assets(first: 1) { nodes { nativeId } } }
    """
    requests: list[dict[str, str]] = [
        {"operationName": "A"},
        {"operationName": "A", "variables": '{"most": 3}'},
        {"operationName": "A", "variables": '{"most": 3, "named": false}'},
        {"operationName": "A", "variables": '{"most": null}'},
        {"operationName": "A", "variables": '{"most": "3"}'},
        {"operationName": "A", "variables": '{"most": 3, "named": 1}'},
        {"operationName": "B"},
        {},
    ]

    async def text_of(gateway: Gateway, request: dict[str, str]) -> str:
        return (await gateway.get(f"/graphql?{urlencode({'query': document, **request})}")).text

    async with sandbox(company) as gateway:
        anew = [await text_of(gateway, request) for request in requests]
    assert len(set(anew)) == len(anew)
    async with sandbox(company, cached=True) as gateway:
        for _ in range(3):
            assert [await text_of(gateway, request) for request in requests] == anew
        runs.since()
        swapped = {"operationName": "A", "variables": '{"named":false,"most":3}'}
        assert await text_of(gateway, swapped) == anew[2]
        assert runs.since() == 0


async def test_it_is_asked_anew_once_it_is_old(tether: Tether, clock: Clock, runs: Runs) -> None:
    async with over(tether) as gateway:
        for _ in range(3):
            assert await names(gateway) == ["first"]
        tether.name = "other"
        clock.passed = 29
        assert await names(gateway) == ["first"]
        clock.passed = 31
        gateway.upstreams.forget()
        for _ in range(3):
            assert await names(gateway) == ["other"]
        assert gateway.upstreams.lines() == ["tether /assets"]
        assert runs.since() == 3  # two to keep it, one as it was old


async def test_an_answer_that_is_read_anew_meanwhile_is_replaced(clock: Clock) -> None:
    code = {"now": "A"}

    def fiwit(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        return answered([{"id": 1, "name": "Depot", "location": code["now"]}])

    source = {**sandbox_sources()["fiwit"], "BASE_URL": "http://fiwit.test/api/v1"}
    async with Gateway({"fiwit": source}, {"fiwit": fiwit}, cached=True) as gateway:

        async def text_of() -> Any:
            return (await gateway.ask("{ locations { nodes { id code name } } }")).text

        first = [await text_of() for _ in range(3)]
        code["now"] = "B"
        clock.passed = 301
        # as it is, while it is read anew
        assert '"A"' in first[0]
        assert {*first, await text_of()} == {first[0]}
        await asyncio.sleep(0.1)
        assert {await text_of() for _ in range(3)} == {first[0].replace('"A"', '"B"')}
        assert gateway.upstreams.lines() == ["fiwit /locations"] * 2


async def test_a_table_that_is_read_anew_ends_what_was_made_of_it(company: Company, clock: Clock) -> None:
    fiwit = served(create_apps(company)["fiwit"])
    added = {"now": ""}

    async def renamed(request: httpx.Request) -> httpx.Response:
        answer = fiwit(request)
        response = answer if isinstance(answer, httpx.Response) else await answer
        if not request.url.path.endswith(("/asset_types", "/asset_fields")):
            return response
        await response.aread()
        return answered([{**row, "name": f"{row['name']}{added['now']}"} for row in response.json()])

    async with sandbox(company, cached=True, only=("fiwit",), handlers={"fiwit": renamed}) as gateway:

        async def asset_type() -> str:
            nodes = (await gateway.ask("{ assets(first: 1) { nodes { assetType } } }")).whole["assets"][
                "nodes"
            ]
            return str(nodes[0]["assetType"])

        before = await asset_type()
        added["now"] = " (new)"
        clock.passed = 590  # the rows are read anew, the table is not old yet
        assert {await asset_type() for _ in range(3)} == {before}
        clock.passed = 601
        await asset_type()
        await asyncio.sleep(0.1)
        assert {await asset_type() for _ in range(3)} == {f"{before} (new)"}


async def test_what_was_changed_is_told_anew(tether: Tether) -> None:
    async with over(tether) as gateway:
        for _ in range(3):
            assert await names(gateway) == ["first"]
        await rename(gateway)
        for _ in range(3):
            assert await names(gateway) == ["second"]


async def test_what_another_worker_changed_is_told_anew(tether: Tether, tmp_path: Path) -> None:
    async with over(tether, folder=tmp_path) as ours, over(tether, folder=tmp_path) as theirs:
        for _ in range(3):
            assert await names(ours) == await names(theirs) == ["first"]
        await rename(theirs)
        for _ in range(3):
            assert await names(ours) == await names(theirs) == ["second"]


async def test_what_failed_is_asked_again(company: Company, tether: Tether, runs: Runs) -> None:
    query = "{ assets(first: 3) { nodes { name } complete } }"
    tether.is_invalid = True
    async with sandbox(company, cached=True, only=("tether", "halo"), handlers={"tether": tether}) as gateway:
        for _ in range(4):
            answer = await gateway.ask(query)
            assert answer.codes == ["UPSTREAM_GARBLED"]
            assert not answer.data["assets"]["complete"]
        assert runs.since() == 4
        tether.is_invalid = False
        for _ in range(3):
            answer = await gateway.ask(query)
            assert "first" in answer.text
            assert answer.whole["assets"]["complete"]


@pytest.mark.parametrize("query", ['{ asset(id: "nonsense") { id } sources { name } }', NAMES])
async def test_errors_are_told_each_time(query: str, tether: Tether, runs: Runs) -> None:
    def without_an_id(request: httpx.Request) -> httpx.Response:
        return answered([{"name": "who?"}]) if request.method == "GET" else tether(request)

    async with over(without_an_id) as gateway:
        answers = [await gateway.ask(query) for _ in range(4)]
        assert answers[0].errors
        assert {answer.text for answer in answers} == {answers[0].text}
        assert runs.since() == 4


async def test_a_record_that_is_not_there_may_come(tether: Tether, runs: Runs) -> None:
    tether.is_present = False
    async with over(tether) as gateway:
        for _ in range(3):
            assert (await gateway.ask('{ asset(id: "tether:Asset:1") { name } }')).whole == {"asset": None}
        assert runs.since() == 3
        tether.is_present = True
        for _ in range(3):
            data = (await gateway.ask('{ asset(id: "tether:Asset:1") { name } }')).whole
            assert data == {"asset": {"name": "first"}}


async def test_an_answer_from_before_a_fault_is_not_kept(tether: Tether, clock: Clock, runs: Runs) -> None:
    query = "{ assets { nodes { name } sources { stale } } }"
    async with over(tether) as gateway:
        for _ in range(3):
            assert (await gateway.ask(query)).whole["assets"]["sources"] == [{"stale": False}]
        clock.passed, tether.is_invalid = 31, True
        runs.since()
        for _ in range(3):
            assert (await gateway.ask(query)).whole["assets"]["sources"] == [{"stale": True}]
        assert runs.since() == 3
        tether.is_invalid = False
        # the very answer from before holds again, but nothing is stale any more
        assert await names(gateway) == ["first"]
        assert (await gateway.ask(query)).whole["assets"]["sources"] == [{"stale": False}]


async def test_what_is_told_of_the_moment_is_never_kept(tether: Tether) -> None:
    query = "{ sources { name health { state lastError } } assets { nodes { name } } }"
    async with over(tether) as gateway:
        states = [(await gateway.ask(query)).whole["sources"][0]["health"]["state"] for _ in range(4)]
        assert states == ["UNKNOWN", "UP", "UP", "UP"]
        tether.is_invalid = True
        assert (await gateway.ask('{ asset(id: "tether:Asset:2") { name } }')).codes == ["UPSTREAM_GARBLED"]
        assert (await gateway.ask(query)).whole["sources"][0]["health"]["lastError"] is not None


def test_every_field_of_a_source_is_fixed_or_live() -> None:
    """A new field of a source is one of the fixed ones, which only the settings decide, or is declared `LIVE`."""
    types = build_schema(vendors.load().values())._schema.type_map
    source = types["Source"]
    assert isinstance(source, GraphQLObjectType)
    live = {name for name, field in source.fields.items() if Binding.of(field).live}
    assert set(source.fields) - live == {"id", "name", "vendor", "operations"}
    health_fields = [
        field
        for type_ in types.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for field in type_.fields.values()
        if get_named_type(field.type).name == "SourceHealth"
    ]
    assert health_fields
    assert all(Binding.of(field).live for field in health_fields)


async def test_nothing_is_kept_where_caching_is_off(company: Company, runs: Runs) -> None:
    async with sandbox(company) as gateway:
        for query in ("{ sources { name } }", "{ assetTypes { name } }", QUERIES[1]):
            for _ in range(4):
                assert (await gateway.ask(query)).whole
            assert runs.since() == 4


async def test_a_picture_stands_under_the_prefix_that_was_asked(company: Company) -> None:
    query = urlencode({"query": "{ assets(first: 1) { nodes { qrCodeUrl } } }"})
    async with sandbox(company, cached=True, only=("tether",)) as gateway:
        app = gateway.app
        for prefix in ("", "", "", "/it", "", "/it"):
            transport = httpx.ASGITransport(app, root_path=prefix)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                body = (await client.get(f"{prefix}/graphql?{query}")).json()
            assert body["data"]["assets"]["nodes"][0]["qrCodeUrl"].startswith(f"{prefix}/assets/")


@pytest.mark.parametrize("vendor", ["fiwit", "halo"])
async def test_a_warranty_ends_with_its_day(vendor: str, company: Company, runs: Runs) -> None:
    query = "{ assets(first: 100) { nodes { warranty { endDate status } } } }"
    within_warranty = "{ assets(first: 100, filter: {warrantyStatus: {eq: WITHIN_WARRANTY}}) { totalCount } }"

    def frozen(moment: datetime) -> Any:
        return mock.patch.object(warranty, "datetime", mock.Mock(now=moment.astimezone))

    async with sandbox(company, cached=True, only=(vendor,)) as gateway:

        async def warranties() -> list[Any]:
            nodes = (await gateway.ask(query)).whole["assets"]["nodes"]
            return [node["warranty"] for node in nodes if node["warranty"] is not None]

        async def statuses(last: date) -> set[str]:
            return {entry["status"] for entry in await warranties() if entry["endDate"] == str(last)}

        last = max(date.fromisoformat(entry["endDate"]) for entry in await warranties() if entry["endDate"])
        midnight = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
        with frozen(midnight - timedelta(seconds=1)):
            runs.since()
            for _ in range(4):
                assert await statuses(last) == {"WITHIN_WARRANTY"}
            assert runs.since() == 2
            for _ in range(3):
                assert (await gateway.ask(within_warranty)).whole["assets"]["totalCount"] > 0
        with frozen(midnight):
            for _ in range(3):
                assert await statuses(last) == {"OUT_OF_WARRANTY"}
            assert (await gateway.ask(within_warranty)).whole["assets"]["totalCount"] == 0


async def test_nothing_holds_on_to_what_an_answer_was_made_of(tether: Tether) -> None:
    def alive() -> int:
        gc.collect()
        return sum(
            isinstance(object_, UpstreamAnswer) and object_.key.source == "tether"
            for object_ in gc.get_objects()
        )

    async with over(tether) as gateway:
        for _ in range(3):
            await names(gateway)
        assert alive() == 1
        await gateway.ask('mutation { deleteAsset(input: {id: "tether:Asset:1"}) { userErrors { code } } }')
        assert alive() == 0


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(build_schema(vendors.load().values()), limits=LimitSettings(), introspection=True)


def _context(sources: Mapping[str, Source], *, max_page_size: int = 500) -> RequestContext:
    return RequestContext(sources, calls=1, max_page_size=max_page_size, caching=True, base_url=str)


async def test_other_limits_and_sources_have_their_own(engine: Engine, runs: Runs) -> None:
    request = GraphQLRequest("{ assets(first: 400) { totalCount } sources { name } }")
    sources: Mapping[str, Source] = {}
    other_sources: Mapping[str, Source] = {}
    for _ in range(3):
        assert "data" in await engine.execute(request, _context(sources))
    refused = await engine.execute(request, _context(sources, max_page_size=100))
    assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert runs.since() == 3
    await engine.execute(request, _context(sources))
    assert runs.since() == 0
    await engine.execute(request, _context(other_sources))
    assert runs.since() == 1


def test_what_is_kept_is_bounded(engine: Engine) -> None:
    operation = engine.prepare(GraphQLRequest("query Q($a: [ID!]!) { nodes(ids: $a) { id } }"))
    schema = engine._schema._schema
    plan = operation.document.plan(schema, operation.node, VariableValues({}, {}))
    context = _context({})
    cache = ResponseCache(max_bytes=20_000, largest=5_000)

    def is_cached(number: int, size: int) -> bool:
        key = response_key(operation.document, operation.node, {"a": [str(number)]}, context)
        assert key is not None
        written = msgspec.Raw(msgspec.json.encode({"nodes": ["x" * size]}))
        for _ in range(2):
            cache.put(key, written, plan=plan, context=context)
        cached = cache.get(key, context)
        assert cached in (None, written)
        return cached is not None

    assert is_cached(0, 3_000)
    assert not is_cached(1, 5_000)
    assert all(is_cached(number, 3_000) for number in range(2, 20))
    first = response_key(operation.document, operation.node, {"a": ["0"]}, context)
    assert first is not None
    assert cache.get(first, context) is None
    assert cache._results.currsize <= 20_000
    # variables that are no JSON have no answer that is kept
    assert response_key(operation.document, operation.node, {"a": object()}, context) is None


_IDS = {"assets": ["halo:Asset:3", "tether:Asset:2", "fiwit:Asset:1"], "tickets": ["halo:Ticket:2"]}


@pytest.mark.long
@pytest.mark.timeout(300)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(operation=operations(_IDS), broken=st.sampled_from([None, None, "tether", "halo"]))
def test_whatever_is_asked_again_is_answered_as_without_a_cache(
    operation: tuple[str, dict[str, Any]], broken: str | None
) -> None:
    query, variables = operation
    company = _company()
    handlers = {broken: always("<p>sorry</p>")} if broken else {}
    limits = {"GATEWAY_LIMITS__ALIASES": "1000", "GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}

    async def answers_of(*, cached: bool, times: int) -> list[Any]:
        async with sandbox(company, cached=cached, handlers=handlers, environ=limits) as gateway:
            answers = [await gateway.ask(query, **variables) for _ in range(times)]
        return [(answer.data, sorted(str(error) for error in answer.errors)) for answer in answers]

    async def compare() -> None:
        (anew,) = await answers_of(cached=False, times=1)
        assert await answers_of(cached=True, times=3) == [anew] * 3

    asyncio.run(compare())


@cache
def _company() -> Company:
    return make_company(seed=3, assets=24)
