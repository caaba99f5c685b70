"""Several who wait for the same answer: who leaves, who stays, and what an operation has used in the end."""

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
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.cache import LocalCache
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.client import Upstream
from gateway.upstream.transport.interface import TransportRequest, TransportResponse
from gateway.upstream.transport.via_httpx import HttpxTransport
from gateway.upstream.upstreams import UpstreamFactory
from tests.support.gateway import sandbox_sources
from tests.support.upstreams import Upstreams, served
from tests.upstream.conftest import LONG, Open, ask

OLD, NEW = [{"id": 1}], [{"id": 2}]


def budget(**also: Any) -> OperationReads:
    return OperationReads(**{"calls": 100, "seconds": 10, **also})


class Vendor:
    """Answers when it is told to. `left` is how many requests were cancelled."""

    def __init__(self) -> None:
        self.asked: list[TransportRequest] = []
        self.left = 0
        self._answers: list[asyncio.Future[TransportResponse]] = []

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:  # noqa: ARG002
        self.asked.append(request)
        answer: asyncio.Future[TransportResponse] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        try:
            return await answer
        except asyncio.CancelledError:
            self.left += 1
            raise

    def answer(self, body: bytes, status: int = 200, *, number: int = -1) -> None:
        self._answers[number].set_result(TransportResponse(status=status, headers={}, body=body))

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
async def upstream(open_upstream: Open, vendor: Vendor) -> AsyncIterator[Upstream]:
    outside = UpstreamFactory(vendor, LocalCache())
    yield open_upstream("http://acme.example", outside=outside)
    await outside.close()


@pytest.fixture
async def complaints() -> AsyncIterator[list[Any]]:
    """What asyncio complains of, as of a failure that nobody has looked at."""
    found: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: found.append(about["message"]))
    yield found
    gc.collect()
    assert found == []


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("leaves", [0, 1])
@pytest.mark.parametrize("together", [True, False])
async def test_either_of_two_may_leave(
    upstream: Upstream, vendor: Vendor, leaves: int, *, together: bool
) -> None:
    one = budget()
    budgets = [one, one] if together else [one, budget()]
    waiting = [asyncio.ensure_future(ask(upstream, each)) for each in budgets]
    await settle()
    waiting[leaves].cancel()
    await settle()
    vendor.answer(b'[{"id":1}]')
    assert await waiting[1 - leaves] == OLD
    assert waiting[leaves].cancelled()
    assert (len(vendor.asked), vendor.left) == (1, 0)
    # the one who has left asks once more: where it is known to the operation, it is known to it as well
    again = asyncio.ensure_future(ask(upstream, budgets[leaves]))
    await settle()
    assert len(vendor.asked) == 1
    assert await again == OLD


async def test_what_nobody_waits_for_is_ended_and_asked_again(upstream: Upstream, vendor: Vendor) -> None:
    one, other = budget(), budget()
    waiting = [asyncio.ensure_future(ask(upstream, each)) for each in (one, one, other)]
    await settle()
    for each in waiting:
        each.cancel()
    again = asyncio.ensure_future(ask(upstream, one))
    await settle()
    assert (len(vendor.asked), vendor.left) == (2, 1)
    vendor.answer(b'[{"id":2}]')
    assert await again == NEW
    assert upstream.dispatcher.admission.inside == 0


@pytest.mark.parametrize("ends", [0, 1])
async def test_the_end_of_an_operation_leaves_it_to_the_other(
    upstream: Upstream, vendor: Vendor, ends: int
) -> None:
    budgets = [budget(), budget()]
    waiting = [asyncio.ensure_future(ask(upstream, each)) for each in budgets]
    await settle()
    await budgets[ends].close()
    await settle()
    assert waiting[ends].cancelled()
    vendor.answer(b'[{"id":1}]')
    assert await waiting[1 - ends] == OLD
    assert (len(vendor.asked), vendor.left) == (1, 0)
    with pytest.raises(asyncio.CancelledError):
        await ask(upstream, budgets[ends], "/further")
    assert len(vendor.asked) == 1


async def test_the_end_of_the_only_operation_ends_its_calls(upstream: Upstream, vendor: Vendor) -> None:
    one = budget()
    waiting = [asyncio.ensure_future(ask(upstream, one, f"/{number}")) for number in range(3)]
    await settle()
    one.invalidate_all()
    await one.close()
    assert (len(vendor.asked), vendor.left, upstream.dispatcher.admission.inside) == (3, 3, 0)
    await settle()
    assert all(each.cancelled() for each in waiting)


@pytest.mark.usefixtures("complaints")
async def test_a_failure_is_seen_by_all_and_not_asked_for_again(upstream: Upstream, vendor: Vendor) -> None:
    one, other = budget(), budget()
    waiting = [asyncio.ensure_future(ask(upstream, each)) for each in (one, one, other)]
    await settle()
    vendor.answer(b"", 404)
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in found] == [UpstreamRejected] * 3
    for each in (one, other):
        with pytest.raises(UpstreamRejected):
            await ask(upstream, each)
    assert len(vendor.asked) == 1
    await one.close()


@pytest.mark.usefixtures("complaints")
async def test_a_failure_that_comes_as_the_last_one_leaves_is_looked_at(
    upstream: Upstream, vendor: Vendor
) -> None:
    waiting = asyncio.ensure_future(ask(upstream, budget()))
    await settle()
    vendor.answer(b"", 404)
    while not waiting.done():
        # one step later each time than what is under way
        await asyncio.sleep(0)
        waiting.cancel()
    await settle()
    assert len(vendor.asked) == 1
    assert upstream.dispatcher.admission.inside == 0


async def test_a_write_in_between_parts_before_and_after(upstream: Upstream, vendor: Vendor) -> None:
    one = budget()
    before = asyncio.ensure_future(ask(upstream, one, keep=30))
    await settle()
    await upstream.invalidate_all(one)
    after = asyncio.ensure_future(ask(upstream, one, keep=30))
    await settle()
    vendor.answer(b'[{"id":2}]', number=1)
    assert await after == NEW
    vendor.answer(b'[{"id":1}]', number=0)
    assert await before == OLD
    assert await ask(upstream, one, keep=30) == await ask(upstream, budget(), keep=30) == NEW
    assert len(vendor.asked) == 2


async def test_those_who_have_more_time_than_the_first_ask_once_for_all(
    upstream: Upstream, vendor: Vendor
) -> None:
    hurried = asyncio.ensure_future(ask(upstream, budget(calls=1, seconds=0.1)))
    await settle()
    patient = [asyncio.ensure_future(ask(upstream, each)) for each in (budget(), budget())]
    with pytest.raises(UpstreamTimeout):
        await hurried
    async with asyncio.timeout(LONG):
        while len(vendor.asked) < 2:
            await asyncio.sleep(0.01)
    await settle()
    vendor.answer(b'[{"id":1}]')
    assert await asyncio.gather(*patient) == [OLD, OLD]
    assert len(vendor.asked) == 2


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
    other = asyncio.ensure_future(closed.outcome())
    await flights.close()
    found = await asyncio.gather(waiting, other, return_exceptions=True)
    assert [type(each) for each in found] == [asyncio.CancelledError] * 2
    assert (flights.find("key"), flights.find("other"), flights._under_way, flights._all) == (
        None,
        None,
        {},
        {},
    )


@pytest.mark.usefixtures("complaints")
async def test_what_is_wanted_goes_on_without_waiters_and_its_failure_is_nobodys() -> None:
    flights: SingleFlight[int] = SingleFlight()
    gone_on = asyncio.Event()

    async def work() -> int:
        await gone_on.wait()
        raise ValueError

    flight = flights.start("key", work, background=True)
    waiting = asyncio.ensure_future(flight.outcome())
    await settle()
    waiting.cancel()
    await settle()
    assert not flight.is_abandoned
    gone_on.set()
    await settle()
    assert flights.find("key") is None


# what an operation has used


async def told(upstream: Upstream, one: OperationReads, path: str = "/Asset") -> UpstreamAnswer:
    return await upstream.get(path, {}, reads=one, ttl_seconds=30)


async def test_an_operation_tells_what_it_has_used(upstream: Upstream, vendor: Vendor) -> None:
    one = budget()
    assert one.used_answers() == []
    waiting = [asyncio.ensure_future(told(upstream, one)) for _ in range(2)]
    await settle()
    assert one.used_answers() is None
    vendor.answer(b'[{"id":1}]')
    first, again = await asyncio.gather(*waiting)
    assert first is again
    assert one.used_answers() == [first]
    later = budget()
    assert await told(upstream, later) is first
    elsewhere = UpstreamAnswer(first.key, [])
    later.use([elsewhere, first])
    assert later.used_answers() == [first, elsewhere]
    await later.close()
    assert later.used_answers() is None


async def test_an_operation_that_missed_something_does_not_tell(upstream: Upstream, vendor: Vendor) -> None:
    known = asyncio.ensure_future(told(upstream, budget()))
    await settle()
    vendor.answer(b"[]")
    await known

    failed, short, stale, changed = (budget(calls=1) for _ in range(4))
    for one in (failed, short, stale, changed):
        await told(upstream, one)
        assert one.used_answers() == [known.result()]
    fault = asyncio.ensure_future(told(upstream, failed, "/none"))
    await settle()
    vendor.answer(b"", 404)
    with pytest.raises(UpstreamRejected):
        await fault
    short.spend()
    with pytest.raises(TooComplex):
        await told(upstream, short, "/more")
    stale.stale.add("acme")
    changed.invalidate_all()
    assert [one.used_answers() for one in (failed, short, stale, changed)] == [None] * 4


async def test_an_operation_tells_of_tables_that_others_have_read(company: Company) -> None:
    told = sandbox_sources()["fiwit"]
    environ = {f"GATEWAY_SOURCES__FIWIT__{key}": one for key, one in told.items()}
    read = settings.load(config=None, environ=environ, vendors=vendor_keys())
    handler = Upstreams({"fiwit": told["BASE_URL"]}, {"fiwit": served(create_apps(company)["fiwit"])})
    source = open_sources(read, HttpxTransport(handler=handler))["fiwit"]
    used = []
    for _ in range(2):
        session = Session(source, budget(), caching=True)
        await session.read_tables(["Location"])
        used.append(session.reads.used_answers())
        await session.reads.close()
    assert used[0]
    assert used[1] == used[0]
