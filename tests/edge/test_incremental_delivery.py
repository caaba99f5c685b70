"""Parts of an answer over HTTP: the first before what is slow, one operation until the last, none for nobody."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.types import Message

from gateway.engine.engine import Engine
from gateway.engine.execution.deferred_parts import DeferredParts
from gateway.sandbox import Company, make_company
from gateway.testing.harness import Gateway
from tests.support.deferred import merged, parts_of
from tests.support.gateway import sandbox

ACCEPT = "multipart/mixed;deferSpec=20220824, application/json"
HALO = 'assets(first: 3, filter: {source: {eq: "halo"}})'
SLOW = f"query Page {{ {HALO} {{ ... @defer {{ totalCount }} nodes {{ id ... @defer {{ notes }} }} }} }}"


@pytest.fixture(scope="module")
def small() -> Company:
    return make_company(seed=6, assets=10)


class SlowDetails:
    """A vendor whose calls for single records wait until they are let go."""

    def __init__(self, gateway: Gateway) -> None:
        self._sound = gateway.upstreams.handlers["halo"]
        self.released = asyncio.Event()
        self.waiting = self.cancelled = 0
        gateway.upstreams.handlers["halo"] = self

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/Asset/" in request.url.path:
            self.waiting += 1
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        answer = self._sound(request)
        return answer if isinstance(answer, httpx.Response) else await answer


class Reading:
    """A response as it comes."""

    def __init__(self) -> None:
        self.chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self.gone = asyncio.Event()
        self._requested = False

    async def receive(self) -> Message:
        if self._requested:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        self._requested = True
        return {"type": "http.request", "body": json.dumps({"query": SLOW}).encode()}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.chunks.put_nowait(message["body"])

    async def part(self) -> Any:
        """The next part."""
        while b"{" not in (chunk := await self.chunks.get()):
            pass
        return json.loads(chunk.partition(b"\r\n\r\n")[2].rpartition(b"\r\n")[0])


@asynccontextmanager
async def reading(gateway: Gateway) -> AsyncIterator[tuple[Reading, "asyncio.Task[None]"]]:
    response = Reading()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"accept", ACCEPT.encode()),
            (b"content-type", b"application/json"),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    request = asyncio.create_task(gateway.app(scope, response.receive, response.send))
    try:
        yield response, request
    finally:
        request.cancel()
        await asyncio.wait({request})


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.__dict__ for record in caplog.records if record.name == "gateway.operations"]


async def test_the_first_part_comes_before_what_is_slow_and_the_operation_is_one(
    small: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with sandbox(small, only=("halo",)) as gateway, asyncio.timeout(5):
        slow = SlowDetails(gateway)
        async with reading(gateway) as (response, request):
            parts = [await response.part(), await response.part()]
            assert parts[0]["data"]["assets"]["nodes"][0].keys() == {"id"}
            assert parts[1]["incremental"][0]["data"] == {"totalCount": 5}
            assert slow.waiting == 3
            assert lines(caplog) == []
            slow.released.set()
            parts.append(await response.part())
            await request
        data, errors = merged(parts)
        assert errors == []
        assert data == (await gateway.ask(SLOW)).whole
        line = lines(caplog)[0]
        assert (line["operation"], line["errors"], line["records"]) == ("Page", None, 3)
        assert line["calls"] == lines(caplog)[1]["calls"]
        assert line["bytes"] > sum(len(json.dumps(part, separators=(",", ":"))) for part in parts)


async def test_a_client_that_goes_ends_the_operation(
    small: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with sandbox(small, only=("halo",)) as gateway, asyncio.timeout(5):
        slow = SlowDetails(gateway)
        async with reading(gateway) as (response, request):
            await response.part()
            await response.part()
            response.gone.set()
            await request
        assert slow.cancelled == slow.waiting == 3
        assert [line["errors"] for line in lines(caplog)] == [["DISCONNECTED"]]


async def test_at_the_deadline_what_is_deferred_is_null(
    small: Company, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    # the operation's calls would end before
    monkeypatch.setattr(Engine, "deferred_parts", lambda _: DeferredParts(0.3, list))
    async with sandbox(small, only=("halo",)) as gateway, asyncio.timeout(5):
        slow = SlowDetails(gateway)
        async with reading(gateway) as (response, request):
            while (late := await response.part())["hasNext"]:
                pass
            await request
        assert [entry["data"] for entry in late["incremental"]] == [None] * 3
        (error,) = late["incremental"][0]["errors"]
        assert error["message"] == "The operation did not end within 0.3 s: ask for less at once"
        assert error["path"] == ["assets", "nodes", 0]
        assert slow.cancelled == 3
        assert [line["errors"] for line in lines(caplog)] == [["QUERY_TOO_COMPLEX"]]


async def test_an_answer_that_is_cached_comes_whole(small: Company) -> None:
    async with sandbox(small, only=("halo",), cached=True) as gateway:
        headers = {"accept": ACCEPT}
        first = await gateway.client.post("/graphql", json={"query": SLOW}, headers=headers)
        data, _ = merged(parts_of(first))
        for _ in range(2):
            assert (await gateway.ask(SLOW)).whole == data
        cached = await gateway.client.post("/graphql", json={"query": SLOW}, headers=headers)
        assert cached.json() == {"data": data}
        assert cached.headers["cache-control"].startswith("max-age")
        by_get = await gateway.client.get("/graphql", params={"query": SLOW}, headers=headers)
        assert by_get.headers["etag"]


async def test_the_last_part_has_the_cost(small: Company) -> None:
    async with sandbox(small, only=("halo",)) as gateway:
        headers = {"accept": ACCEPT, "x-gateway-cost": "1"}
        answer = await gateway.client.post("/graphql", json={"query": SLOW}, headers=headers)
        *others, last = parts_of(answer)
        assert all("extensions" not in part for part in others)
        assert last["extensions"]["cost"]["calls"] == len(gateway.calls)


async def test_a_subgraph_does_not_know_the_directive(small: Company) -> None:
    environ = {"GATEWAY_FEDERATION__PREFIX": "IT"}
    async with sandbox(small, only=("halo",), environ=environ) as gateway:
        query = "{ itAssets { nodes { ... @defer { name } } } }"
        answer = await gateway.client.post("/subgraph", json={"query": query}, headers={"accept": ACCEPT})
        assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
