"""Timeouts that share a single event loop timer if they have the same duration."""

import asyncio
from collections.abc import Callable
from types import TracebackType


class SharedTimer:
    """
    Calls each callback `seconds` after it was set, unless it was cancelled before.

    All callbacks have the same delay, so they fall due in the order in which they were set and a single timer serves
    them all: a timer for each callback, hardly ever needed, would cost most requests more than what it guards.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due: dict[Callable[[], None], float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.cancel: Callable[[Callable[[], None]], None] = self._due.__delitem__
        """Cancel a callback that was set, and has not been called."""

    def set(self, callback: Callable[[], None]) -> None:
        """Schedule a callback, unless `cancel` comes before. The callback may not raise."""
        loop = asyncio.get_running_loop()
        due = self._due[callback] = loop.time() + self.seconds
        if self._loop is not loop:
            self._loop = loop
            loop.call_at(due, self._call_due)

    def _call_due(self) -> None:
        loop = asyncio.get_running_loop()
        while self._due:
            callback, due = next(iter(self._due.items()))
            if due > loop.time():
                loop.call_at(due, self._call_due)
                return
            del self._due[callback]
            callback()
        self._loop = None


class Timeout:
    """`with Timeout(timer):` cancels its block and raises TimeoutError when time is up, as `asyncio.timeout` does."""

    def __init__(self, timer: SharedTimer) -> None:
        self._timer = timer
        self._is_expired = False

    def __enter__(self) -> None:
        """Start the clock for the current task."""
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self._timer.set(self._expire)

    def __exit__(
        self, exc_type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Raises TimeoutError if the block was cancelled because its time was up."""
        if not self._is_expired:
            self._timer.cancel(self._expire)
        elif self._task.uncancel() <= self._cancelling and exc_type is asyncio.CancelledError:
            raise TimeoutError

    def _expire(self) -> None:
        self._is_expired = True
        self._task.cancel()
