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

    async def once(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """The answer to a question; the second time the first answer, or the first failure."""
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

    async def close(self) -> None:
        """End the calls that are still under way. No further one is begun."""
        self._closed = True
        flights = [*self._asked.values(), *self._left_behind]
        for flight in flights:
            flight.task.cancel()
        await asyncio.gather(*(flight.task for flight in flights), return_exceptions=True)
        self._asked.clear()
        self._left_behind.clear()
