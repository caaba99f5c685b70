"""Ends what is done for a caller that has gone away."""

import asyncio
from types import TracebackType

from starlette.types import Receive

from gateway.concurrency.timeouts import SharedTimer

SOON = 0.02
"""Most work is done within so many seconds, and needs nobody to look."""


class ClientDisconnected(Exception):
    """The caller went away before it had its answer."""


class CancelOnDisconnect:
    """
    `async with WhileThere(receive):` ends its block with CallerGone where the caller goes away. `soon` says when it
    begins to look.

    What the request still sends is passed over.
    """

    def __init__(self, receive: Receive, soon: SharedTimer | None = None) -> None:
        self._receive = receive
        self._soon = soon or SharedTimer(SOON)
        self._looking: asyncio.Task[None] | None = None
        self._is_gone = False

    async def __aenter__(self) -> None:
        """Looks after a moment."""
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self._soon.set(self._look)

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Looks no more. Raises CallerGone where that is why the block has ended."""
        self._soon.cancel(self._look)
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
            self._looking = None  # it holds on to who looks
        if self._is_gone and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise ClientDisconnected

    def _look(self) -> None:
        self._looking = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        self._task.cancel()
