"""Rate limit, fair queue and concurrency of a source."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.concurrency.fair_queue import FairQueue
from gateway.errors import UpstreamRateLimited, UpstreamTimeout
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.dispatch.rate_limit import SlidingWindowLimiter
from gateway.upstream.transport.direct import DirectTransport
from gateway.upstream.upstreams import UpstreamFactory
from tests.support import vendor
from tests.support.vendor import as_json, listening, reply
from tests.upstream.conftest import Open, ask


@given(st.integers(1, 30), st.lists(st.floats(0, 40), max_size=80))
def test_no_minute_sees_more_calls_than_allowed(limit: int, pauses: list[float]) -> None:
    limiter, now, sent = SlidingWindowLimiter(limit), 0.0, []
    for pause in pauses:
        now = limiter.ready_at(now + pause)
        limiter.spend(now)
        sent.append(now)
    assert all(late - early >= 60 for early, late in zip(sent, sent[limit:], strict=False))


@given(st.integers(1, 10), st.lists(st.floats(0, 90), max_size=20), st.integers(0, 40))
def test_a_wait_is_foreseen(limit: int, pauses: list[float], ahead: int) -> None:
    limiter, now = SlidingWindowLimiter(limit), 0.0
    for pause in pauses:
        now = limiter.ready_at(now + pause)
        limiter.spend(now)
    expected = limiter.ready_at(now, ahead=ahead)
    last = now
    for _ in range(ahead):
        last = limiter.ready_at(last)
        limiter.spend(last)
    assert limiter.ready_at(last) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 2))))
def test_everybody_has_a_turn(pushed: list[tuple[int, int, int]]) -> None:
    turns: FairQueue[tuple[int, int, int, int]] = FairQueue()
    for number, (rank, caller, operation) in enumerate(pushed):
        ahead = turns.ahead(rank=rank, caller=caller, operation=operation)
        assert ahead <= len(turns)
        turns.push((rank, caller, operation, number), rank=rank, caller=caller, operation=operation)
    popped = [turns.pop() for _ in range(len(turns))]
    assert sorted(popped) == sorted((*item, number) for number, item in enumerate(pushed))
    assert [rank for rank, *_ in popped] == sorted(rank for rank, *_ in pushed)


def test_a_caller_with_many_operations_has_one_turn_as_the_others() -> None:
    turns: FairQueue[str] = FairQueue()
    for operation in range(100):
        turns.push("greedy", rank=0, caller="greedy", operation=operation)
    for operation in range(3):
        assert turns.ahead(rank=0, caller="modest", operation=operation) == 2 * operation + 1
        turns.push("modest", rank=0, caller="modest", operation=operation)
    assert [turns.pop() for _ in range(6)] == ["greedy", "modest"] * 3


def limited(calls: int, seconds: float) -> vendor.Answer:
    """Accepts `calls` calls in a sliding window of `seconds`, and refuses the others as vendors do."""
    taken: list[float] = []

    async def answer(request: vendor.Got, write: vendor.Write) -> None:
        now = time.monotonic()
        taken[:] = [sent_at for sent_at in taken if now - sent_at < seconds]
        if len(taken) < calls:
            taken.append(now)
            await as_json([{"id": request.target}])(request, write)
        else:
            await reply(429, Retry_After=f"{taken[0] + seconds - now + 0.01:.2f}")(request, write)

    return answer


async def test_five_times_over_the_limit_no_row_is_lost(open_upstream: Open) -> None:
    async with listening(limited(20, 0.5)) as server:
        upstream = open_upstream(server.url)
        budgets = [OperationReads(calls=100, seconds=10) for _ in range(5)]
        calls = [ask(upstream, budgets[number % 5], f"/{number}") for number in range(100)]
        answers = await asyncio.gather(*calls)
        assert [rows[0]["id"] for rows in answers] == [f"/{number}" for number in range(100)]
        refused = len(server.got) - 100
        # At most the calls in flight at each of the windows; a slow machine needs a few windows more.
        assert refused <= 4 * 10


async def test_a_known_limit_is_never_overstepped(open_upstream: Open) -> None:
    async with listening(as_json([])) as server:
        upstream = open_upstream(server.url, per_minute=10)
        budget = OperationReads(calls=100, seconds=5)
        calls = [ask(upstream, budget, f"/{number}") for number in range(12)]
        began = time.monotonic()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert time.monotonic() - began < 1
        late = [error for error in outcomes if isinstance(error, UpstreamRateLimited)]
        assert len(server.got) == 10
        assert [error.retry_after and 58 < error.retry_after < 61 for error in late] == [True, True]
        assert upstream.report().requests_remaining == 0


async def test_sources_of_one_account_share_its_limit(open_upstream: Open) -> None:
    async with listening(as_json([])) as server:
        factory = UpstreamFactory(DirectTransport())
        budget = OperationReads(calls=100, seconds=5)
        for number, name in enumerate(("one", "two")):
            upstream = open_upstream(server.url, factory=factory, source=name, account="a", per_minute=10)
            for page in range(5):
                await ask(upstream, budget, f"/{number}/{page}")
        with pytest.raises(UpstreamRateLimited):
            await ask(upstream, budget, "/more")
        await factory.close()


async def test_exports_leave_something_to_others(open_upstream: Open) -> None:
    async with listening(as_json([])) as server:
        upstream = open_upstream(server.url, per_minute=8)
        export = OperationReads(calls=100, seconds=5, priority=Priority.EXPORT)
        calls = [ask(upstream, export, f"/export/{number}") for number in range(8)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(error, UpstreamRateLimited) for error in outcomes) == 2
        for number in range(2):
            assert await ask(upstream, OperationReads(calls=1), f"/{number}") == []


def after(seconds: float) -> str:
    """A Retry-After that is a date."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("is_date", [False, True])
async def test_a_resting_source_is_not_waited_for_longer_than_twice_its_timeout(
    open_upstream: Open,
    is_date: bool,  # noqa: FBT001
) -> None:
    wait = after(29) if is_date else "28"
    async with listening(reply(429, Retry_After=wait)) as server:
        upstream = open_upstream(server.url)
        budget = OperationReads(calls=100, seconds=30)
        began = time.monotonic()
        calls = [ask(upstream, budget, f"/{number}") for number in range(12)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert time.monotonic() - began < 2
        assert all(isinstance(error, UpstreamRateLimited) for error in outcomes)
        assert all(25 < error.retry_after < 30 for error in outcomes)  # type: ignore[union-attr]
        assert len(server.got) <= 4
        with pytest.raises(UpstreamRateLimited):
            await upstream.write("POST", "/Asset", body={}, reads=budget)


async def test_an_export_waits_until_its_deadline(open_upstream: Open) -> None:
    async with listening(reply(429, Retry_After="0.4"), as_json([])) as server:
        upstream = open_upstream(server.url, max_wait_seconds=0.1)
        export = OperationReads(calls=1, seconds=5, priority=Priority.EXPORT)
        interactive = OperationReads(calls=1, seconds=5)
        waiting = asyncio.create_task(ask(upstream, export))
        await asyncio.sleep(0.2)
        with pytest.raises(UpstreamRateLimited):
            await ask(upstream, interactive)
        assert await waiting == []


async def test_all_waits_of_an_operation_for_a_source_count(open_upstream: Open) -> None:
    async with listening(
        as_json([]), reply(429, Retry_After="0.4"), as_json([]), reply(429, Retry_After="0.4")
    ) as server:
        upstream = open_upstream(server.url, max_wait_seconds=0.6)
        budget = OperationReads(calls=100, seconds=30)
        assert await ask(upstream, budget, "/1") == []
        began = time.monotonic()
        assert await ask(upstream, budget, "/2") == []
        assert 0.4 < time.monotonic() - began < 0.6
        with pytest.raises(UpstreamRateLimited):
            await ask(upstream, budget, "/3")
        server.answers = [as_json([])]
        assert await ask(upstream, OperationReads(calls=1, seconds=30), "/3") == []


@pytest.mark.parametrize(("seconds", "is_answered"), [(0.0, False), (5.0, True)])
async def test_how_long_a_source_may_rest_is_a_setting(
    open_upstream: Open,
    seconds: float,
    is_answered: bool,  # noqa: FBT001
) -> None:
    async with listening(reply(429, Retry_After="0.3"), as_json([])) as server:
        upstream = open_upstream(server.url, max_wait_seconds=seconds)
        call = ask(upstream, OperationReads(calls=1, seconds=30))
        if is_answered:
            assert await call == []
        else:
            with pytest.raises(UpstreamRateLimited):
                await call


async def test_no_more_at_once_than_allowed(open_upstream: Open, budget: OperationReads) -> None:
    in_flight = most = 0

    async def answer(request: vendor.Got, write: vendor.Write) -> None:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0.02)
        in_flight -= 1
        await as_json([])(request, write)

    async with listening(answer) as server:
        upstream = open_upstream(server.url, concurrency=3)
        await asyncio.gather(*(ask(upstream, budget, f"/{number}") for number in range(20)))
    assert most == 3


async def test_waiting_ends_with_the_operation(open_upstream: Open) -> None:
    async with listening(vendor.hang) as server:
        upstream = open_upstream(server.url, concurrency=1, timeout_seconds=5)
        first = asyncio.ensure_future(ask(upstream, OperationReads(calls=1, seconds=5), "/first"))
        await asyncio.sleep(0.05)
        with pytest.raises(UpstreamTimeout, match="other calls"):
            await ask(upstream, OperationReads(calls=1, seconds=0.2), "/second")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await asyncio.sleep(0.05)
        assert (upstream.dispatcher.admission.in_flight, upstream.dispatcher.admission.waiting) == (0, 0)


async def test_a_pause_tells_those_who_cannot_wait(open_upstream: Open) -> None:
    async with listening(reply(429, Retry_After="60"), as_json([])) as server:
        upstream = open_upstream(server.url, concurrency=1)
        calls = [ask(upstream, OperationReads(calls=1, seconds=5), f"/{number}") for number in range(5)]
        began = time.monotonic()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(error) for error in outcomes} == {UpstreamRateLimited}
        assert len(server.got) == 1
        assert time.monotonic() - began < 0.5
        assert upstream.report().retry_at is not None
