"""Middleware (keys, hosts, ids, headers), and the routes other than GraphQL."""

import base64
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

Connect = Callable[..., httpx.AsyncClient]
KEYS = ("first-key", "zweiter Schlüssel")


def basic(password: str, user: str = "tableau") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer first-key"},
        {"authorization": "bearer  first-key"},
        {"x-api-key": "first-key"},
        {"authorization": "Bearer wrong", "x-api-key": "first-key"},
        basic("first-key"),
        basic("first-key", user=""),
        basic("zweiter Schlüssel"),
    ],
)
async def test_a_known_key_opens(make_app: Any, connector: Connect, headers: dict[str, str]) -> None:
    async with connector(make_app(keys=KEYS)) as client:
        answer = await client.post("/graphql", json={"query": "{ hello }"}, headers=headers)
        assert answer.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer first-ke"},
        {"authorization": "Bearer first-key2"},
        {"authorization": "first-key"},
        {"x-api-key": ""},
        {"authorization": "Basic first-key"},
        {"authorization": "Basic ///="},
        {"authorization": "Basic " + base64.b64encode(b"first-key").decode()},
        {"authorization": "Basic " + base64.b64encode(b"a:\xff").decode()},
        basic("", user="first-key"),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/graphql/schema", "/graphql/ide/ide.css", "/nothing", "/"])
async def test_without_a_known_key_all_is_closed(
    make_app: Any, connector: Connect, headers: dict[str, str], path: str
) -> None:
    async with connector(make_app(keys=KEYS)) as client:
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        schemes = [value.partition(" ")[0] for value in answer.headers.get_list("www-authenticate")]
        assert schemes == ["Bearer", "Basic"]
        assert "first-key" not in answer.text


async def test_health_is_open_and_json(make_app: Any, connector: Connect) -> None:
    async with connector(make_app(keys=KEYS)) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).json() == {"status": "ready"}


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "a@localhost"],
)
async def test_a_foreign_host_is_refused_on_loopback(make_app: Any, connector: Connect, host: str) -> None:
    async with connector(make_app()) as client:
        answer = await client.get("/healthz", headers={"host": host})
        assert answer.status_code == 421
    async with connector(make_app(loopback=False)) as client:
        assert (await client.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"]
)
async def test_our_own_hosts(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/healthz", headers={"host": host})).status_code == 200


async def test_a_request_keeps_its_sane_id(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"x-request-id": "abc-1"})).headers[
        "x-request-id"
    ] == "abc-1"
    for strange in ("", "a b", "x" * 65, "é", "<script>"):
        sent = {b"x-request-id": strange.encode()}
        request_id = (await client.get("/healthz", headers=sent)).headers["x-request-id"]
        assert len(request_id) == 16


async def test_every_answer_has_the_safe_headers(client: httpx.AsyncClient) -> None:
    for path in ("/graphql", "/healthz", "/nothing"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_the_schema_is_plain_text(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql/schema")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "type Query {" in answer.text
    assert (await client.post("/graphql/schema")).status_code == 405


async def test_what_is_not_there_is_told_in_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_path_with_a_slash_too_many_is_never_led_on(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql/", json={"query": "{ hello }"})
    assert answer.json() == {"data": {"hello": "hello world"}}
    for path in ("/graphql/schema/", "/healthz/"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("root_path", "path", "status"),
    [("/it", "/it/graphql", 200), ("/it", "/graphql", 200), ("/graphql", "/graphql", 404)],
)
async def test_below_the_path_of_another_application(
    make_app: Any, root_path: str, path: str, status: int
) -> None:
    transport = httpx.ASGITransport(make_app(), root_path=root_path)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.post(path, json={"query": "{ hello }"})
    assert answer.status_code == status


async def test_of_several_headers_of_one_name_the_first_counts(client: httpx.AsyncClient) -> None:
    for first, second, status in (
        ("application/json", "text/plain", 200),
        ("text/plain", "application/json", 415),
    ):
        headers = [("content-type", first), ("content-type", second)]
        answer = await client.post("/graphql", content=b'{"query": "{ hello }"}', headers=headers)
        assert answer.status_code == status
    hosts = [("host", "localhost"), ("host", "localhost")]
    assert (await client.get("/healthz", headers=hosts)).status_code == 421


async def test_a_fault_of_ours_shows_nothing(connector: Connect) -> None:
    import strawberry

    from gateway.access import Authenticator
    from gateway.access.fair_shares import FairShares
    from gateway.edge.routes import edge_app
    from gateway.engine.engine import Engine, OperationContext
    from gateway.settings import Settings

    @strawberry.type
    class Query:
        hello: str = "x"

    def broken(_: object) -> OperationContext:
        raise RuntimeError("hunter2")

    engine = Engine(strawberry.Schema(Query), limits=Settings().limits, introspection=True)
    opened: list[str] = []

    @asynccontextmanager
    async def lifespan() -> Any:
        opened.append("open")
        yield
        opened.append("closed")

    app = edge_app(
        engine=engine,
        new_context=broken,
        settings=Settings(),
        authenticator=Authenticator(Settings()),
        shares=FairShares(None),
        sdl=str,
        tabs=(),
        loopback=True,
        lifespan=lifespan,
    )
    async with connector(app) as client:
        answer = await client.post("/graphql", json={"query": "{ hello }"})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (500, "INTERNAL")
        assert "hunter2" not in answer.text
        assert (await client.get("/readyz")).status_code == 503
    assert opened == []
