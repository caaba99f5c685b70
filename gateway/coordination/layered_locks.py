"""Locks across processes: acquired first among the callers of this process, then in a shared backend."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from gateway.coordination.digests import name_digest
from gateway.coordination.locks import Locks

_MIN_PAUSE, _MAX_PAUSE = 0.005, 0.1


class LockBackend(Protocol):
    """Shared locks, by digests of the names. It never raises: a server that cannot be reached grants every lock."""

    async def acquire(self, name: str, token: str) -> bool:
        """Try to acquire the lock; False if another token has it."""
        ...

    async def release(self, name: str, token: str) -> None:
        """Release the lock if the token has it."""
        ...


class LayeredLocks:
    """Locks on two layers: `inner`, then the shared `backend`. `namespace` separates the names of sources."""

    def __init__(self, inner: Locks, backend: LockBackend, namespace: str) -> None:
        self._inner = inner
        self._backend = backend
        self._namespace = namespace

    @asynccontextmanager
    async def hold(self, name: str, *, deadline: float) -> AsyncIterator[None]:
        """Acquire the lock, waiting as long as another has it. Raises TimeoutError at `deadline`."""
        token = secrets.token_hex(16)
        digest = name_digest(self._namespace, name)
        async with self._inner.hold(name, deadline=deadline):
            # Released even if it was not acquired: the backend's answer may have been lost.
            try:
                await self._acquire(digest, token, deadline)
                yield
            finally:
                await asyncio.shield(self._backend.release(digest, token))

    async def _acquire(self, digest: str, token: str, deadline: float) -> None:
        pause = _MIN_PAUSE
        while not await self._backend.acquire(digest, token):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            # With jitter, so that no two processes try in step for long.
            await asyncio.sleep(min(remaining, pause * random.uniform(0.5, 1.5)))  # noqa: S311
            pause = min(_MAX_PAUSE, pause * 1.5)
