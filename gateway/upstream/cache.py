"""Answers kept in the process for a short while, bounded by their size."""

import time
from collections.abc import Callable, Hashable
from typing import Any

from cachetools import TLRUCache

_BYTES = 128 * 1024 * 1024


class Cache:
    """Decoded answers by key, each with its own lifetime in seconds. The oldest go first when it is full."""

    def __init__(self, *, max_bytes: int = _BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: TLRUCache[Hashable, tuple[float, int, Any]] = TLRUCache(
            maxsize=max_bytes,
            ttu=lambda _key, entry, now: now + entry[0],
            timer=clock,
            getsizeof=lambda entry: entry[1],
        )

    def get(self, key: Hashable) -> Any | None:
        """What is kept under the key, or None."""
        entry = self._kept.get(key)
        return None if entry is None else entry[2]

    def put(self, key: Hashable, answer: Any, *, size: int, seconds: float) -> None:
        """Keep an answer whose body was `size` bytes. One that alone would fill the cache is not kept."""
        if seconds > 0 and size < self._kept.maxsize // 4:
            # Decoded JSON takes several times its text.
            self._kept[key] = (seconds, size * 4 + 1024, answer)

    def forget(self, source: str) -> None:
        """Drop what one source said: it was changed."""
        for key in [key for key in self._kept if isinstance(key, tuple) and key[0] == source]:
            self._kept.pop(key, None)
