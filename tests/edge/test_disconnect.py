"""Cancellation on disconnect: callers that disconnect during the work, and callers that do not."""

import asyncio

import pytest
from starlette.types import Message

from gateway.edge.graphql.disconnect import CancelOnDisconnect, ClientDisconnected


class FakeCaller:
    def __init__(self) -> None:
        self.disconnected = asyncio.Event()
        self.received = 0

    async def receive(self) -> Message:
        self.received += 1
        if self.received == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.disconnected.wait()
        return {"type": "http.disconnect"}


async def test_nobody_looks_while_work_is_short() -> None:
    caller = FakeCaller()
    async with CancelOnDisconnect(caller.receive):
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert caller.received == 0


async def test_work_ends_when_the_caller_goes() -> None:
    caller = FakeCaller()
    asyncio.get_running_loop().call_later(0.1, caller.disconnected.set)
    with pytest.raises(ClientDisconnected):
        async with CancelOnDisconnect(caller.receive):
            await asyncio.sleep(30)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_who_stays_is_looked_at_no_more_after_the_work() -> None:
    caller = FakeCaller()
    async with CancelOnDisconnect(caller.receive):
        await asyncio.sleep(0.1)
    caller.disconnected.set()
    await asyncio.sleep(0.05)
    assert len(asyncio.all_tasks()) == 1


async def test_an_end_from_elsewhere_is_not_the_caller() -> None:
    caller = FakeCaller()

    async def work() -> None:
        async with CancelOnDisconnect(caller.receive):
            await asyncio.sleep(30)

    working = asyncio.create_task(work())
    await asyncio.sleep(0.1)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_a_failure_of_the_work_is_told_as_it_is() -> None:
    with pytest.raises(ValueError, match="broken"):
        async with CancelOnDisconnect(FakeCaller().receive):
            raise ValueError("broken")
