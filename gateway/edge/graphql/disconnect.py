"""Cancellation of a request's work on disconnect of its caller."""

import asyncio
from types import TracebackType

from starlette.types import Receive

from gateway.concurrency.timeouts import SharedTimer

DISCONNECT_CHECK_SECONDS = 0.02
"""Most work is done within this time, and needs no check."""


class ClientDisconnected(Exception):
    """The caller disconnected before it had its answer."""


class CancelOnDisconnect:
    """
    `async with CancelOnDisconnect(receive):` cancels its block if the caller disconnects, and raises ClientDisconnected
    then. It listens from `timer`'s seconds on, by default DISCONNECT_CHECK_SECONDS.

    Messages of the request that are still to come are dropped.
    """

    def __init__(self, receive: Receive, timer: SharedTimer | None = None) -> None:
        self._receive = receive
        self._timer = timer or SharedTimer(DISCONNECT_CHECK_SECONDS)
        self._listener: asyncio.Task[None] | None = None
        self._is_disconnected = False

    async def __aenter__(self) -> None:
        """Set the timer."""
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self._timer.set(self._start_listener)

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Stop listening. Raises ClientDisconnected if a disconnect cancelled the block."""
        if self._listener is None:
            self._timer.cancel(self._start_listener)
        else:
            self._listener.cancel()
            await asyncio.wait({self._listener})
            self._listener = None  # breaks the reference cycle through the task
        if (
            self._is_disconnected
            and self._task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise ClientDisconnected

    def _start_listener(self) -> None:
        self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_disconnected = True
        self._task.cancel()
