"""Waiting that ends, with one timer for all."""

import asyncio
import time

import pytest

from gateway.concurrency.timeouts import SharedTimer, Timeout


async def _ends_after(alarms: SharedTimer, wait: float) -> float:
    """How long a block of so many seconds lasts."""
    begun = time.monotonic()
    try:
        with Timeout(alarms):
            await asyncio.sleep(wait)
    except TimeoutError:
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        return time.monotonic() - begun
    return -1


async def test_each_ends_at_its_own_time() -> None:
    alarms = SharedTimer(0.2)
    waits = []
    for wait in (30, 0.01, 30, 30, 0.1):
        waits.append(asyncio.create_task(_ends_after(alarms, wait)))
        await asyncio.sleep(0.03)
    ends = await asyncio.gather(*waits)
    assert [end < 0 for end in ends] == [False, True, False, False, True]
    assert all(0.19 < end < 0.6 for end in ends if end >= 0)


async def test_one_timer_serves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, timers = asyncio.get_running_loop(), []
    monkeypatch.setattr(loop, "call_at", lambda when, call: timers.append((when, call)))
    alarms = SharedTimer(30)
    for _ in range(10):
        with Timeout(alarms):
            pass
    assert len(timers) == 1
    timers.pop()[1]()
    assert timers == []
    with Timeout(alarms):
        assert len(timers) == 1


async def test_an_end_from_elsewhere_is_no_timeout() -> None:
    alarms = SharedTimer(30)
    working = asyncio.create_task(_ends_after(alarms, 30))
    await asyncio.sleep(0.01)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_a_failure_within_is_told_as_it_is() -> None:
    with pytest.raises(ValueError, match="broken"), Timeout(SharedTimer(30)):
        raise ValueError("broken")


async def test_an_alarm_that_is_put_off_does_not_ring() -> None:
    rung: list[str] = []

    def first() -> None:
        rung.append("first")

    def second() -> None:
        rung.append("second")

    alarms = SharedTimer(0.05)
    alarms.set(first)
    alarms.set(second)
    alarms.cancel(first)
    await asyncio.sleep(0.2)
    assert rung == ["second"]


def test_it_serves_one_event_loop_after_the_other() -> None:
    alarms = SharedTimer(0.05)
    for _ in range(2):
        begun = asyncio.run(_ends_after(alarms, 30))
        assert 0 < begun < 5


def test_what_a_loop_left_behind_does_not_keep_the_next_one_waiting() -> None:
    alarms = SharedTimer(0.05)
    assert asyncio.run(_ends_after(alarms, 0.001)) == -1
    assert 0 < asyncio.run(_ends_after(alarms, 30)) < 5
