"""HTTP cache: its interface, its keys and source epochs, and the cache in this process, bounded by bytes."""

from collections import defaultdict
from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple, Protocol

from cachetools import LRUCache

from gateway.upstream.caching.freshness import CachedResponse

_BYTES = 64 * 1024 * 1024


class CacheKey(NamedTuple):
    """Identity of a GET: source, digest of the credential, path and query parameters."""

    source: str
    account: str
    path: str
    params: tuple[tuple[str, str], ...]


CacheLookup = tuple[CachedResponse | None, int]
"""
Outcome of a cache lookup: the cached response, None on a miss, and the source's epoch at that time.

The epoch is passed back to `put`, which drops a response if the source was changed in between.
"""


class Cache(Protocol):
    """HTTP cache of responses. It never fails: if its server cannot be reached, every lookup is a miss."""

    def peek(self, key: CacheKey) -> CacheLookup | None:
        """As `get`, without awaiting; None if the lookup needs I/O."""
        ...

    async def get(self, key: CacheKey) -> CacheLookup:
        """The cached response under the key."""
        ...

    def peek_epoch(self, source: str) -> int | None:
        """As `epoch`, without awaiting; None if it needs I/O."""
        ...

    async def epoch(self, source: str) -> int:
        """The epoch alone, for a response that will not be cached."""
        ...

    def try_put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> bool:
        """As `put`, without awaiting; False if it needs I/O."""
        ...

    async def put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> None:
        """Cache a response, unless its source was changed after the epoch."""
        ...

    async def invalidate_source(self, source: str) -> None:
        """Drop all responses of a source: it is being changed."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Epochs(Protocol):
    """Epoch numbers: one for each source, which differs after each change of the source."""

    def now(self, source: str) -> int:
        """The current epoch, at least 0. Called at every read."""
        ...

    def begin(self, source: str) -> None:
        """Start a new epoch: the source is being changed."""
        ...


class LocalEpochs:
    """Epochs that count the changes that this process makes."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, int] = defaultdict(int)
        self.now = self._counts.__getitem__
        """Number of changes so far."""

    def begin(self, source: str) -> None:
        """Count a change."""
        self._counts[source] += 1


class LocalCache:
    """
    Cache in this process, of responses and their decoded bodies. If full, it evicts the least recently used.

    `epochs` may be shared with other processes: then each drops the responses of a source that another has changed.
    """

    def __init__(
        self,
        *,
        max_bytes: int = _BYTES,
        epochs: Epochs | None = None,
        on_invalidate: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._responses: LRUCache[CacheKey, _Entry] = LRUCache(max_bytes, getsizeof=attrgetter("weight"))
        self._on_invalidate = on_invalidate
        self._epochs = epochs or LocalEpochs()
        self._last_epochs: dict[str, int] = {}

    @property
    def size(self) -> float:
        """Bytes that the cached responses take, about."""
        return self._responses.currsize

    def peek(self, key: CacheKey) -> CacheLookup:
        """The cached response under the key."""
        epoch = self.peek_epoch(key.source)
        try:
            return self._responses[key].response, epoch
        except KeyError:
            return None, epoch

    async def get(self, key: CacheKey) -> CacheLookup:
        """The cached response under the key."""
        return self.peek(key)

    def peek_epoch(self, source: str) -> int:
        """The source's epoch. If it is a new one, the responses of earlier ones are dropped."""
        epoch = self._epochs.now(source)
        if self._last_epochs.get(source) != epoch:
            self._begin(source, epoch)
        return epoch

    async def epoch(self, source: str) -> int:
        """The epoch alone."""
        return self.peek_epoch(source)

    def try_put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> bool:
        """Cache a response, unless it alone would fill half of the cache."""
        entry = _Entry(response, _weight(key, response))
        if epoch == self.peek_epoch(key.source) and entry.weight < self._responses.maxsize // 2:
            self._responses[key] = entry
        return True

    async def put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> None:
        """As `try_put`."""
        self.try_put(key, response, epoch=epoch)

    async def invalidate_source(self, source: str) -> None:
        """Drop all responses of a source."""
        self._epochs.begin(source)
        self.peek_epoch(source)
        self._on_invalidate(source)

    async def close(self) -> None:
        """No connection is open."""

    def _begin(self, source: str, epoch: int) -> None:
        self._last_epochs[source] = epoch
        for key in [key for key in self._responses if key.source == source]:
            self._responses.pop(key, None)


class _Entry(NamedTuple):
    response: CachedResponse
    weight: int


def _weight(key: CacheKey, response: CachedResponse) -> int:
    """Estimated bytes of an entry in memory: the decoded body takes a multiple of its text."""
    key_length = len(key.path) + sum(len(name) + len(value) for name, value in key.params)
    return len(response.body) * 4 + key_length * 2 + 1024
