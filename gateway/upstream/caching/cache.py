"""Answers that were given, kept for a while: in the process, bounded by their size."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple, Protocol

from cachetools import TLRUCache

from gateway.upstream.caching.freshness import CachedResponse, retention_seconds

_BYTES = 64 * 1024 * 1024


class CacheKey(NamedTuple):
    """What was asked, of whom, and with which credential (as a digest)."""

    source: str
    account: str
    path: str
    params: tuple[tuple[str, str], ...]


class CacheLookup(NamedTuple):
    """What is kept, if anything. `epoch` tells whether the source was changed since: it is handed back to `put`."""

    cached: CachedResponse | None
    epoch: int


class Cache(Protocol):
    """Keeps answers. It never fails: where it cannot be reached, nothing is kept."""

    def peek(self, key: CacheKey) -> CacheLookup | None:
        """As `get`, where that needs no waiting; None where it has to be asked."""
        ...

    async def get(self, key: CacheKey) -> CacheLookup:
        """What is kept under the key."""
        ...

    async def epoch(self, source: str) -> int:
        """The epoch alone, for what is not to be kept."""
        ...

    async def put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> None:
        """Keep an answer, unless its source was changed after the epoch."""
        ...

    async def invalidate_source(self, source: str) -> None:
        """Drop all that a source said: it is being changed."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class Epochs(Protocol):
    """A number for each source, which is another one after each change of it."""

    def now(self, source: str) -> int:
        """The number now, at least 0. Asked at every read."""
        ...

    def begin(self, source: str) -> None:
        """Another number from now on: the source is being changed."""
        ...


class LocalEpochs:
    """Counts the changes that this process makes."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, int] = defaultdict(int)

    def now(self, source: str) -> int:
        """How many there were."""
        return self._counts[source]

    def begin(self, source: str) -> None:
        """One more."""
        self._counts[source] += 1


class LocalCache:
    """
    Answers in this process, with what was decoded of them. The least used go first when it is full.

    `epochs` may be counted together with other processes, each of which then has to drop what the others changed.
    """

    def __init__(
        self,
        *,
        max_bytes: int = _BYTES,
        clock: Callable[[], float] = time.time,
        epochs: Epochs | None = None,
    ) -> None:
        self._kept: TLRUCache[CacheKey, CachedResponse] = TLRUCache(
            maxsize=max_bytes,
            ttu=lambda _key, kept, now: now + retention_seconds(kept.ttl_seconds),
            timer=clock,
            getsizeof=_weight,
        )
        self._epochs = epochs or LocalEpochs()
        self._seen: dict[str, int] = {}

    def peek(self, key: CacheKey) -> CacheLookup:
        """What is kept under the key."""
        epoch = self._now(key.source)
        try:
            return CacheLookup(self._kept[key], epoch)
        except KeyError:
            return CacheLookup(None, epoch)

    async def get(self, key: CacheKey) -> CacheLookup:
        """What is kept under the key."""
        return self.peek(key)

    async def epoch(self, source: str) -> int:
        """The epoch alone."""
        return self._now(source)

    async def put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> None:
        """Keep an answer. One that alone would fill half of the cache is not kept."""
        if epoch == self._now(key.source) and _weight(response) < self._kept.maxsize // 2:
            self._kept[key] = response

    async def invalidate_source(self, source: str) -> None:
        """Drop all that a source said."""
        self._epochs.begin(source)
        self._now(source)

    async def close(self) -> None:
        """Nothing is open."""

    def _now(self, source: str) -> int:
        """The epoch; what is of an earlier one is dropped."""
        epoch = self._epochs.now(source)
        if self._seen.get(source) != epoch:
            self._seen[source] = epoch
            for key in [key for key in self._kept if key.source == source]:
                self._kept.pop(key, None)
        return epoch


def _weight(kept: CachedResponse) -> int:
    """About how many bytes an answer takes: with it stands what was decoded of it, several times its text."""
    return len(kept.body) * 4 + 1024
