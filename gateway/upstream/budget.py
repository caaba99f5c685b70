"""What one operation may spend on the vendors, and what it has asked them already."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from enum import IntEnum
from typing import Any

from gateway.errors import TooComplex
from gateway.upstream.flights import Flight

_SECONDS = 30.0


class Priority(IntEnum):
    """Whose calls go first where a vendor allows only so many."""

    INTERACTIVE = 0
    EXPORT = 1
    REFRESH = 2


class Budget:
    """
    The upstream calls of one operation: counted against a limit, ended in time, and none made twice.

    `seconds` is what the operation as a whole has. Its calls end shortly before, so that what did come can be told.
    """

    def __init__(
        self,
        *,
        calls: int,
        seconds: float = _SECONDS,
        priority: Priority = Priority.INTERACTIVE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = calls
        self.spent = 0
        self.priority = priority
        self.ends = clock() + seconds - min(1.0, seconds / 10)
        self.stale: set[str] = set()
        """The sources of which an answer from before a fault was used."""
        self._asked: dict[Hashable, Flight] = {}
        self._known: dict[Hashable, Any] = {}
        self._left_behind: list[Flight] = []
        self._closed = False

    def spend(self) -> None:
        """Count one call. Raises TooComplex where the limit is reached: the call is then not made."""
        if self.spent >= self.limit:
            raise TooComplex(
                f"This operation needs more than {self.limit} calls to the vendors. Ask for fewer records or fewer "
                "fields that cost a call for each record, or raise GATEWAY_LIMITS__UPSTREAM_CALLS."
            )
        self.spent += 1

    def has(self, key: Hashable) -> bool:
        """Whether a question was asked, or its answer known."""
        return key in self._known or key in self._asked

    def know(self, key: Hashable, answer: Any) -> None:
        """The answer to a question that needs no asking."""
        self._known[key] = answer

    async def once(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """The answer to a question; the second time the first answer, or the first failure."""
        if key in self._known:
            return self._known[key]
        flight = self._asked.get(key)
        if flight is None or flight.given_up:
            if self._closed:
                raise asyncio.CancelledError("the operation has ended")
            flight = self._asked[key] = Flight(ask())
        return await flight.outcome()

    def forget(self) -> None:
        """Let everything be asked again, as after a write."""
        self._left_behind += [flight for flight in self._asked.values() if not flight.task.done()]
        self._asked.clear()
        self._known.clear()

    async def close(self) -> None:
        """End the calls that are still under way. No further one is begun."""
        self._closed = True
        tasks = [flight.task for flight in (*self._asked.values(), *self._left_behind)]
        under_way = [task for task in tasks if not task.done()]
        for task in under_way:
            task.cancel()
        # also those that are done: a failure that nobody has waited for is looked at
        if under_way or any(task.cancelled() or task.exception() is not None for task in tasks):
            await asyncio.gather(*tasks, return_exceptions=True)
        self._asked.clear()
        self._left_behind.clear()
