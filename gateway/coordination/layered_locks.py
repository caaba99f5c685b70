"""Locks of several processes: first among the callers here, then among the processes."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from gateway.coordination.digests import name_digest
from gateway.coordination.locks import Locks

_SHORTEST, _LONGEST = 0.005, 0.1


class LockBackend(Protocol):
    """Where the processes meet, by digests. It never fails: a server that is away lets everybody in."""

    async def acquire(self, name: str, token: str) -> bool:
        """Whether the name is ours now; it is not where another token has it."""
        ...

    async def release(self, name: str, token: str) -> None:
        """Give the name back, where the token has it."""
        ...


class LayeredLocks:
    """Locks that the processes at a latch respect, after those `within`. `place` is whose names they are."""

    def __init__(self, within: Locks, latch: LockBackend, namespace: str) -> None:
        self._within = within
        self._latch = latch
        self._place = namespace

    @asynccontextmanager
    async def hold(self, name: str, *, ends: float) -> AsyncIterator[None]:
        """Wait until nobody else has the name, and have it. Raises TimeoutError at `ends`."""
        token = secrets.token_hex(16)
        digest = name_digest(self._place, name)
        async with self._within.hold(name, ends=ends):
            # In vain where it was never ours; but one whose answer got lost may be.
            try:
                await self._close(digest, token, ends)
                yield
            finally:
                await asyncio.shield(self._latch.release(digest, token))

    async def _close(self, digest: str, token: str, ends: float) -> None:
        pause = _SHORTEST
        while not await self._latch.acquire(digest, token):
            left = ends - time.monotonic()
            if left <= 0:
                raise TimeoutError
            # At odd times, so that no two of them ask in step for long.
            await asyncio.sleep(min(left, pause * random.uniform(0.5, 1.5)))  # noqa: S311
            pause = min(_LONGEST, pause * 1.5)
