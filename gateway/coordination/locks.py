"""Locks of records for read-modify-write: no other writer may change a record between its read and its write."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol


class Locks(Protocol):
    """Locks by name. A caller that holds a lock may not acquire a second lock (no deadlocks)."""

    def hold(self, name: str, *, deadline: float) -> AbstractAsyncContextManager[None]:
        """
        Acquire the lock, waiting as long as another has it; released at the end of the block.

        Raises TimeoutError if it cannot be acquired before `deadline` (`time.monotonic()`).
        """
        ...


class InProcessLocks:
    """Locks of this process; each exists only while somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, name: str, *, deadline: float) -> AsyncIterator[None]:
        """Acquire the lock, waiting as long as another caller of this process has it."""
        lock, users = self._held.get(name, (asyncio.Lock(), 0))
        self._held[name] = (lock, users + 1)
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
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
