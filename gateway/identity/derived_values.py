"""
Derived values: what was made once of the rows of all sources, such as the things in conflict or an order of all things.
Each is kept with its basis, by which its user knows if it still holds.
"""

import asyncio
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

from cachetools import LRUCache

T = TypeVar("T")
B = TypeVar("B")


class DerivedValue(NamedTuple, Generic[B, T]):
    """A value and what it was made of."""

    basis: B
    value: T


class DerivedValues(Generic[B, T]):
    """The `size` values used last, by key. `lock` is held by who makes values: others then have them."""

    def __init__(self, size: int) -> None:
        self.lock = asyncio.Lock()
        self._values: LRUCache[Hashable, DerivedValue[B, T]] = LRUCache(size)

    def get(self, key: Hashable) -> DerivedValue[B, T] | None:
        """The value of a key with its basis."""
        return self._values.get(key)

    def put(self, key: Hashable, value: T, basis: B) -> None:
        """Keep a value."""
        self._values[key] = DerivedValue(basis, value)
