"""Calls over an idle connection: no task of their own, the caller's context, and a turn that is always given back."""

import asyncio
import logging
from typing import Any

import pytest

from gateway.engine.request import REQUEST_ID
from gateway.upstream.caching.cache import CacheKey, LocalCache
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.client import Upstream
from gateway.upstream.dispatch.auth import FormToken, Send
from tests.support import vendor
from tests.support.vendor import as_json, listening, reply
from tests.upstream.conftest import Open, ask

ROWS = [{"id": 1}]


async def warm_up(upstream: Upstream, *, connections: int = 1) -> None:
    """Leave idle connections."""
    reads = OperationReads(calls=connections)
    await asyncio.gather(*(ask(upstream, reads, f"/warm/{number}") for number in range(connections)))


async def test_a_call_is_no_task(open_upstream: Open, budget: OperationReads) -> None:
    released = asyncio.Event()

    async def hold(request: vendor.Got, write: vendor.Write) -> None:
        await released.wait()
        await as_json(ROWS)(request, write)

    async with listening(as_json([]), as_json([]), hold) as server:
        upstream = open_upstream(server.url)
        await warm_up(upstream, connections=2)
        asking = [asyncio.create_task(ask(upstream, budget, path)) for path in ("/a", "/b", "/a")]
        async with asyncio.timeout(2):
            while len(server.got) < 4:
                await asyncio.sleep(0)
        assert upstream.dispatcher.admission.in_flight == 2
        assert not any("InFlight" in repr(task) for task in asyncio.all_tasks())
        released.set()
        assert await asyncio.gather(*asking) == [ROWS] * 3
        assert len(server.got) == 4
        assert upstream.dispatcher.admission.in_flight == 0


async def test_log_lines_have_the_id_of_the_request_that_caused_them(open_upstream: Open) -> None:
    seen: list[tuple[str, str]] = []

    def note(record: logging.LogRecord) -> bool:
        seen.append((REQUEST_ID.get(), vars(record)["outcome"]))
        return True

    async def ask_as(name: str, path: str) -> None:
        REQUEST_ID.set(name)
        await ask(upstream, OperationReads(calls=1), path)

    log = logging.getLogger("gateway.upstream")
    level = log.level
    log.addFilter(note)
    log.setLevel(logging.INFO)
    try:
        async with listening(as_json([]), as_json([]), reply(500), as_json([])) as server:
            upstream = open_upstream(server.url)
            for name, path in (("first", "/a"), ("second", "/b"), ("third", "/c")):
                await asyncio.create_task(ask_as(name, path))
    finally:
        log.removeFilter(note)
        log.setLevel(level)
    failed = ("third", "UPSTREAM_UNAVAILABLE")
    assert seen == [("first", "ok"), ("second", "ok"), failed, ("third", "ok")]


class SlowCache(LocalCache):
    """A cache whose responses are put by I/O, as Valkey's."""

    def try_put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> bool:  # noqa: ARG002
        return False

    async def put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> None:
        await asyncio.sleep(0)
        super().try_put(key, response, epoch=epoch)


@pytest.mark.parametrize(
    ("status", "cache"), [(200, LocalCache), (200, SlowCache), (404, LocalCache), (500, LocalCache)]
)
async def test_who_leaves_at_any_step_leaves_nothing_behind(
    open_upstream: Open, status: int, cache: type[LocalCache]
) -> None:
    async def answer(request: vendor.Got, write: vendor.Write) -> None:
        await reply(200 if "warm" in request.target else status, body=b"[]")(request, write)

    async with listening(answer) as server:
        upstream = open_upstream(server.url, cache=cache())
        upstream.dispatcher.breaker.failures = 10**6
        is_done = False
        for steps in range(40):
            await warm_up(upstream)
            reads = OperationReads(calls=1)
            asking = asyncio.create_task(ask(upstream, reads, f"/{steps}", ttl_seconds=30))
            for _ in range(steps):
                await asyncio.sleep(0)
            is_done = is_done or asking.done()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await reads.close()
            assert upstream.dispatcher.admission.in_flight == 0
        assert is_done is (status != 500)


async def test_a_token_that_is_refused_is_replaced(open_upstream: Open, budget: OperationReads) -> None:
    issued: list[str] = []
    accepted: set[str] = set()

    async def answer(request: vendor.Got, write: vendor.Write) -> None:
        if request.target == "/token":
            issued.append(f"t{len(issued)}")
            accepted.add(issued[-1])
            await as_json({"access_token": issued[-1]})(request, write)
            return
        is_valid = request.headers["authorization"].removeprefix("Bearer ") in accepted
        await (as_json(ROWS) if is_valid else reply(401))(request, write)

    async def request(_: Send) -> tuple[str, dict[str, str], dict[str, str]]:
        return f"{server.url}/token", {"client_secret": "s"}, {}

    async with listening(answer) as server:
        upstream = open_upstream(server.url, auth=FormToken(request))
        await warm_up(upstream, connections=2)
        accepted.clear()
        server.got.clear()
        assert await asyncio.gather(*(ask(upstream, budget, path) for path in ("/a", "/b"))) == [ROWS] * 2
        assert len(issued) == 2
        assert sorted(server.targets) == ["/a", "/a", "/b", "/b", "/token"]
        # the same address, with the new token
        assert await ask(upstream, OperationReads(calls=1), "/a") == ROWS
        assert len(server.got) == 6
        assert upstream.dispatcher.admission.in_flight == 0


async def test_the_retry_of_a_call_waits_for_its_turn_again(
    open_upstream: Open, budget: OperationReads
) -> None:
    async with listening(as_json([]), reply(429, Retry_After="0"), as_json(ROWS)) as server:
        upstream = open_upstream(server.url, concurrency=1)
        await warm_up(upstream)
        assert await asyncio.gather(*(ask(upstream, budget, path) for path in ("/a", "/b"))) == [ROWS] * 2
        assert server.targets == ["/warm/0", "/a", "/a", "/b"]
        assert (upstream.dispatcher.admission.in_flight, upstream.dispatcher.admission.waiting) == (0, 0)


@pytest.mark.parametrize("etag", ['"1"', None])
async def test_an_unchanged_answer_is_confirmed(open_upstream: Open, etag: str | None) -> None:
    first = reply(200, body=b'[{"id": 1}]', **({"ETag": etag} if etag else {}))
    async with listening(first, reply(304, body=b"")) as server:
        upstream = open_upstream(server.url)
        reads = OperationReads(calls=9)
        before = await upstream.get("/a", {}, reads=reads, ttl_seconds=0.01)
        await asyncio.sleep(0.02)
        after = await upstream.get("/a", {}, reads=OperationReads(calls=9), ttl_seconds=30)
        assert after.decoded is before.decoded
        assert server.got[1].headers.get("if-none-match") == etag
        # one that is not expected is no answer: the stale one stands in
        assert (upstream.report().last_error is None) is (etag is not None)


async def test_a_fault_of_a_vendors_own_function_ends_the_call(
    open_upstream: Open, budget: OperationReads
) -> None:
    def status(answer: Any) -> int | None:
        return 1 // len(answer) and None

    async with listening(as_json(ROWS), as_json([])) as server:
        upstream = open_upstream(server.url, error_status=status)
        await warm_up(upstream)
        with pytest.raises(ZeroDivisionError):
            await ask(upstream, budget)
        assert upstream.dispatcher.admission.in_flight == 0
