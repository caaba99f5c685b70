"""Request coalescing: waiters that leave or stay, and the answers that an operation has used."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway import settings
from gateway.app import open_sources, vendor_keys
from gateway.concurrency.single_flight import SingleFlight
from gateway.connector.fetching.session import Session
from gateway.errors import TooComplex, UpstreamRejected, UpstreamTimeout
from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.upstreams import Upstreams, served
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.cache import LocalCache
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.client import Upstream
from gateway.upstream.transport.interface import TransportRequest, TransportResponse
from gateway.upstream.transport.via_httpx import HttpxTransport
from gateway.upstream.upstreams import UpstreamFactory
from tests.support.gateway import sandbox_sources
from tests.upstream.conftest import LONG, Open, ask

OLD, NEW = [{"id": 1}], [{"id": 2}]


def budget(**options: Any) -> OperationReads:
    return OperationReads(**{"calls": 100, "seconds": 10, **options})


class ManualTransport:
    """Transport that answers when a test says so. `cancelled` is the number of cancelled requests."""

    def __init__(self) -> None:
        self.requests: list[TransportRequest] = []
        self.cancelled = 0
        self._answers: list[asyncio.Future[TransportResponse]] = []

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:  # noqa: ARG002
        self.requests.append(request)
        answer: asyncio.Future[TransportResponse] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        try:
            return await answer
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def answer(self, body: bytes, status: int = 200, *, number: int = -1) -> None:
        self._answers[number].set_result(TransportResponse(status=status, headers={}, body=body))

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def vendor() -> ManualTransport:
    return ManualTransport()


@pytest.fixture
async def upstream(open_upstream: Open, vendor: ManualTransport) -> AsyncIterator[Upstream]:
    factory = UpstreamFactory(vendor, LocalCache())
    yield open_upstream("http://acme.example", factory=factory)
    await factory.close()


@pytest.fixture
async def complaints() -> AsyncIterator[list[Any]]:
    """Messages of asyncio's exception handler, as of an exception that was never retrieved."""
    messages: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, details: messages.append(details["message"]))
    yield messages
    gc.collect()
    assert messages == []


async def settle() -> None:
    """Run the event loop until all tasks wait."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("leaves", [0, 1])
@pytest.mark.parametrize("together", [True, False])
async def test_either_of_two_may_leave(
    upstream: Upstream, vendor: ManualTransport, leaves: int, *, together: bool
) -> None:
    reads = budget()
    budgets = [reads, reads] if together else [reads, budget()]
    waiting = [asyncio.ensure_future(ask(upstream, operation)) for operation in budgets]
    await settle()
    waiting[leaves].cancel()
    await settle()
    vendor.answer(b'[{"id":1}]')
    assert await waiting[1 - leaves] == OLD
    assert waiting[leaves].cancelled()
    assert (len(vendor.requests), vendor.cancelled) == (1, 0)
    # the waiter that left reads again: it gets the answer without another request
    repeated = asyncio.ensure_future(ask(upstream, budgets[leaves]))
    await settle()
    assert len(vendor.requests) == 1
    assert await repeated == OLD


async def test_what_nobody_waits_for_is_ended_and_asked_again(
    upstream: Upstream, vendor: ManualTransport
) -> None:
    first, second = budget(), budget()
    waiting = [asyncio.ensure_future(ask(upstream, operation)) for operation in (first, first, second)]
    await settle()
    for task in waiting:
        task.cancel()
    repeated = asyncio.ensure_future(ask(upstream, first))
    await settle()
    assert (len(vendor.requests), vendor.cancelled) == (2, 1)
    vendor.answer(b'[{"id":2}]')
    assert await repeated == NEW
    assert upstream.dispatcher.admission.in_flight == 0


@pytest.mark.parametrize("ends", [0, 1])
async def test_the_end_of_an_operation_leaves_it_to_the_other(
    upstream: Upstream, vendor: ManualTransport, ends: int
) -> None:
    budgets = [budget(), budget()]
    waiting = [asyncio.ensure_future(ask(upstream, operation)) for operation in budgets]
    await settle()
    await budgets[ends].close()
    await settle()
    assert waiting[ends].cancelled()
    vendor.answer(b'[{"id":1}]')
    assert await waiting[1 - ends] == OLD
    assert (len(vendor.requests), vendor.cancelled) == (1, 0)
    with pytest.raises(asyncio.CancelledError):
        await ask(upstream, budgets[ends], "/further")
    assert len(vendor.requests) == 1


async def test_the_end_of_the_only_operation_ends_its_calls(
    upstream: Upstream, vendor: ManualTransport
) -> None:
    reads = budget()
    waiting = [asyncio.ensure_future(ask(upstream, reads, f"/{number}")) for number in range(3)]
    await settle()
    reads.invalidate_all()
    await reads.close()
    assert (len(vendor.requests), vendor.cancelled, upstream.dispatcher.admission.in_flight) == (3, 3, 0)
    await settle()
    assert all(task.cancelled() for task in waiting)


@pytest.mark.usefixtures("complaints")
async def test_a_failure_is_seen_by_all_and_not_asked_for_again(
    upstream: Upstream, vendor: ManualTransport
) -> None:
    first, second = budget(), budget()
    waiting = [asyncio.ensure_future(ask(upstream, operation)) for operation in (first, first, second)]
    await settle()
    vendor.answer(b"", 404)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in outcomes] == [UpstreamRejected] * 3
    for operation in (first, second):
        with pytest.raises(UpstreamRejected):
            await ask(upstream, operation)
    assert len(vendor.requests) == 1
    await first.close()


@pytest.mark.usefixtures("complaints")
async def test_a_failure_that_comes_as_the_last_one_leaves_is_looked_at(
    upstream: Upstream, vendor: ManualTransport
) -> None:
    waiting = asyncio.ensure_future(ask(upstream, budget()))
    await settle()
    vendor.answer(b"", 404)
    while not waiting.done():
        # cancelled again after each step of the event loop
        await asyncio.sleep(0)
        waiting.cancel()
    await settle()
    assert len(vendor.requests) == 1
    assert upstream.dispatcher.admission.in_flight == 0


async def test_a_write_in_between_parts_before_and_after(upstream: Upstream, vendor: ManualTransport) -> None:
    reads = budget()
    before = asyncio.ensure_future(ask(upstream, reads, ttl_seconds=30))
    await settle()
    await upstream.invalidate_all(reads)
    after = asyncio.ensure_future(ask(upstream, reads, ttl_seconds=30))
    await settle()
    vendor.answer(b'[{"id":2}]', number=1)
    assert await after == NEW
    vendor.answer(b'[{"id":1}]', number=0)
    assert await before == OLD
    assert await ask(upstream, reads, ttl_seconds=30) == await ask(upstream, budget(), ttl_seconds=30) == NEW
    assert len(vendor.requests) == 2


async def test_those_who_have_more_time_than_the_first_ask_once_for_all(
    upstream: Upstream, vendor: ManualTransport
) -> None:
    hurried = asyncio.ensure_future(ask(upstream, budget(calls=1, seconds=0.1)))
    await settle()
    patient = [asyncio.ensure_future(ask(upstream, operation)) for operation in (budget(), budget())]
    with pytest.raises(UpstreamTimeout):
        await hurried
    async with asyncio.timeout(LONG):
        while len(vendor.requests) < 2:
            await asyncio.sleep(0.01)
    await settle()
    vendor.answer(b'[{"id":1}]')
    assert await asyncio.gather(*patient) == [OLD, OLD]
    assert len(vendor.requests) == 2


# flights alone


async def test_a_flight_that_is_ended_before_it_begins_leaves_nothing_behind() -> None:
    flights: SingleFlight[int] = SingleFlight()

    async def work() -> int:
        raise AssertionError

    waiting = asyncio.ensure_future(flights.join("key", work))
    while flights.find("key") is None:
        await asyncio.sleep(0)
    waiting.cancel()
    closed = flights.start("other", work)
    second = asyncio.ensure_future(closed.outcome())
    await flights.close()
    outcomes = await asyncio.gather(waiting, second, return_exceptions=True)
    assert [type(error) for error in outcomes] == [asyncio.CancelledError] * 2
    assert (flights.find("key"), flights.find("other"), flights._in_flight, flights._unfinished) == (
        None,
        None,
        {},
        {},
    )


@pytest.mark.usefixtures("complaints")
async def test_what_is_wanted_goes_on_without_waiters_and_its_failure_is_nobodys() -> None:
    flights: SingleFlight[int] = SingleFlight()
    may_end = asyncio.Event()

    async def work() -> int:
        await may_end.wait()
        raise ValueError

    flight = flights.start("key", work, background=True)
    waiting = asyncio.ensure_future(flight.outcome())
    await settle()
    waiting.cancel()
    await settle()
    assert not flight.is_abandoned
    may_end.set()
    await settle()
    assert flights.find("key") is None


# what an operation has used


async def read(upstream: Upstream, reads: OperationReads, path: str = "/Asset") -> UpstreamAnswer:
    return await upstream.get(path, {}, reads=reads, ttl_seconds=30)


async def test_an_operation_tells_what_it_has_used(upstream: Upstream, vendor: ManualTransport) -> None:
    reads = budget()
    assert reads.used_answers() == []
    waiting = [asyncio.ensure_future(read(upstream, reads)) for _ in range(2)]
    await settle()
    assert reads.used_answers() is None
    vendor.answer(b'[{"id":1}]')
    first, second = await asyncio.gather(*waiting)
    assert first is second
    assert reads.used_answers() == [first]
    later = budget()
    assert await read(upstream, later) is first
    other = UpstreamAnswer(first.key, [])
    later.use([other, first])
    assert later.used_answers() == [first, other]
    await later.close()
    assert later.used_answers() is None


async def test_an_operation_that_missed_something_does_not_tell(
    upstream: Upstream, vendor: ManualTransport
) -> None:
    pending = asyncio.ensure_future(read(upstream, budget()))
    await settle()
    vendor.answer(b"[]")
    await pending

    failed, short, stale, changed = (budget(calls=1) for _ in range(4))
    for reads in (failed, short, stale, changed):
        await read(upstream, reads)
        assert reads.used_answers() == [pending.result()]
    failing = asyncio.ensure_future(read(upstream, failed, "/none"))
    await settle()
    vendor.answer(b"", 404)
    with pytest.raises(UpstreamRejected):
        await failing
    short.spend()
    with pytest.raises(TooComplex):
        await read(upstream, short, "/more")
    stale.stale.add("acme")
    changed.invalidate_all()
    assert [reads.used_answers() for reads in (failed, short, stale, changed)] == [None] * 4


async def test_an_operation_tells_of_tables_that_others_have_read(company: Company) -> None:
    keys = sandbox_sources()["fiwit"]
    environ = {f"GATEWAY_SOURCES__FIWIT__{key}": value for key, value in keys.items()}
    loaded = settings.load(config=None, environ=environ, vendors=vendor_keys())
    handler = Upstreams({"fiwit": keys["BASE_URL"]}, {"fiwit": served(create_apps(company)["fiwit"])})
    source = open_sources(loaded, HttpxTransport(handler=handler))["fiwit"]
    used = []
    for _ in range(2):
        session = Session(source, budget(), caching=True)
        await session.read_tables(["Location"])
        used.append(session.reads.used_answers())
        await session.reads.close()
    assert used[0]
    assert used[1] == used[0]
