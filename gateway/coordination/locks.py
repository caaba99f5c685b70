"""One writer at a time for each record: what is read for a merge must still stand when it is written back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol


class Locks(Protocol):
    """Locks by name. Nobody may ask for a second one while having one."""

    def hold(self, name: str, *, ends: float) -> AbstractAsyncContextManager[None]:
        """
        Wait until nobody else has the name, and have it.

        Raises TimeoutError where that is not before `ends` (`time.monotonic()`).
        """
        ...


class InProcessLocks:
    """Locks of this process, each kept only while somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, name: str, *, ends: float) -> AsyncIterator[None]:
        """Wait until nobody else here has the name, and have it."""
        lock, users = self._held.get(name, (asyncio.Lock(), 0))
        self._held[name] = (lock, users + 1)
        try:
            async with asyncio.timeout(max(0.0, ends - time.monotonic())):
                await lock.acquire()
            try:
                yield
            finally:
                lock.release()
        finally:
            lock, users = self._held[name]
            if users == 1:
                del self._held[name]
            else:
                self._held[name] = (lock, users - 1)
