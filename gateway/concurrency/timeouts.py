"""An end to waiting, with one timer for all who may wait equally long."""

import asyncio
from collections.abc import Callable
from types import TracebackType


class SharedTimer:
    """
    Calls whoever has set an alarm and not put it off within `seconds`.

    Who comes first is due first, so that one timer serves them all: a timer of its own for each, hardly ever needed,
    would cost most requests more than what it watches.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due: dict[Callable[[], None], float] = {}
        self._awake: asyncio.AbstractEventLoop | None = None

    def set(self, call: Callable[[], None]) -> None:
        """Has it called after the time, unless `put_off` comes before. It may not fail."""
        loop = asyncio.get_running_loop()
        due = self._due[call] = loop.time() + self.seconds
        if self._awake is not loop:
            self._awake = loop
            loop.call_at(due, self._ring)

    def cancel(self, call: Callable[[], None]) -> None:
        """Has it called no more."""
        self._due.pop(call, None)

    def _ring(self) -> None:
        loop = asyncio.get_running_loop()
        while self._due:
            call, due = next(iter(self._due.items()))
            if due > loop.time():
                loop.call_at(due, self._ring)
                return
            del self._due[call]
            call()
        self._awake = None


class Timeout:
    """`with Within(alarms):` ends its block with TimeoutError when its time is over, as `asyncio.timeout` does."""

    def __init__(self, alarms: SharedTimer) -> None:
        self._alarms = alarms
        self._is_over = False

    def __enter__(self) -> None:
        """The time begins."""
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self._alarms.set(self._end)

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Raises TimeoutError where that is why the block has ended."""
        self._alarms.cancel(self._end)
        if self._is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()
