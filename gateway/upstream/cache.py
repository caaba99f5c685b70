"""Answers that were given, kept for a while: in the process, bounded by their size."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from cachetools import TLRUCache

from gateway.upstream.freshness import Kept, life

_BYTES = 32 * 1024 * 1024


class Key(NamedTuple):
    """What was asked, of whom, and with which credential (as a digest)."""

    source: str
    account: str
    path: str
    params: tuple[tuple[str, str], ...]


class Found(NamedTuple):
    """What is kept, if anything. `epoch` tells whether the source was changed since: it is handed back to `put`."""

    kept: Kept | None
    epoch: int


class Cache(Protocol):
    """Keeps answers. It never fails: where it cannot be reached, nothing is kept."""

    async def get(self, key: Key, decode: Callable[[bytes], Any]) -> Found:
        """What is kept under the key; `decode` reads the body that it was, where only that was kept."""
        ...

    async def put(self, key: Key, kept: Kept, *, epoch: int) -> None:
        """Keep an answer, unless its source was changed after the epoch."""
        ...

    async def forget(self, source: str) -> None:
        """Drop all that a source said: it is being changed."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class LocalCache:
    """Decoded answers in this process. The least used go first when it is full."""

    def __init__(self, *, max_bytes: int = _BYTES, clock: Callable[[], float] = time.time) -> None:
        self._kept: TLRUCache[Key, Kept] = TLRUCache(
            maxsize=max_bytes,
            ttu=lambda _key, kept, now: now + life(kept.seconds),
            timer=clock,
            # Decoded JSON takes several times its text.
            getsizeof=lambda kept: kept.size * 4 + 1024,
        )
        self._epochs: defaultdict[str, int] = defaultdict(int)

    async def get(self, key: Key, decode: Callable[[bytes], Any]) -> Found:  # noqa: ARG002
        """What is kept under the key."""
        return Found(self._kept.get(key), self._epochs[key.source])

    async def put(self, key: Key, kept: Kept, *, epoch: int) -> None:
        """Keep an answer. One that alone would fill a quarter of the cache is not kept."""
        if epoch == self._epochs[key.source] and kept.size * 4 < self._kept.maxsize // 4:
            self._kept[key] = replace(kept, body=b"")

    async def forget(self, source: str) -> None:
        """Drop all that a source said."""
        self._epochs[source] += 1
        for key in [key for key in self._kept if key.source == source]:
            self._kept.pop(key, None)

    async def close(self) -> None:
        """Nothing is open."""
