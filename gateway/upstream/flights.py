"""Work that several wait for: begun once, and ended when nobody waits any more."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any


class Flight:
    """One piece of work under way or done."""

    def __init__(self, work: Coroutine[Any, Any, Any]) -> None:
        self.task = asyncio.ensure_future(work)
        self._waiting = 0

    @property
    def given_up(self) -> bool:
        """Whether it was ended before it was done: its outcome is nobody's."""
        return self.task.cancelled() or self.task.cancelling() > 0

    async def outcome(self) -> Any:
        """What the work gives or raises. A waiter who is cancelled does not take it from the others."""
        if self.task.done():
            return self.task.result()
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self.task.done():
                self.task.cancel()


class Flights:
    """Equal questions under way at the same time, each asked once."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Flight] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def has(self, key: Hashable) -> bool:
        """Whether this is being asked."""
        found = self._under_way.get(key)
        return found is not None and not found.given_up

    async def join(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """The outcome of the question under way, or of asking now."""
        flight = self._under_way.get(key)
        if flight is None or flight.given_up:
            flight = self._under_way[key] = Flight(ask())
            self._tasks.add(flight.task)
            begun = flight
            flight.task.add_done_callback(lambda _: self._landed(key, begun))
        return await flight.outcome()

    def background(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Ask without waiting, unless it is being asked. A failure is nobody's."""
        if not self.has(key):
            waiter = asyncio.ensure_future(self.join(key, ask))
            self._tasks.add(waiter)
            waiter.add_done_callback(self._ended)

    def detach(self) -> None:
        """Nobody joins what is under way now: what it asks for may have changed."""
        self._under_way.clear()

    async def close(self) -> None:
        """End everything."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, key: Hashable, flight: Flight) -> None:
        if self._under_way.get(key) is flight:
            del self._under_way[key]
        self._ended(flight.task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain of one that nobody waited for
