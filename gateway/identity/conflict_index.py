"""
Conflict index: the things that are in conflict, by field. It is made once for all rows, and kept as long as the rows
and tables stay what it was made of.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

Stamp = tuple[int, int]
"""Revisions of the operator's decisions and of the matching."""


@dataclass(frozen=True, eq=False)
class IndexedConflicts:
    """The ids of the things in conflict on one field, and what they were made of."""

    ids: frozenset[str]
    stamp: Stamp
    is_current: Callable[[], bool]


class ConflictIndex:
    """The ids of the things in conflict by field. `lock` is held by who makes entries: others then find them."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self._entries: dict[str, IndexedConflicts] = {}

    def get(self, fields: Iterable[str], stamp: Stamp) -> dict[str, frozenset[str]]:
        """The ids by field, of those of these fields that there are current entries for."""
        current: dict[Callable[[], bool], bool] = {}
        hits: dict[str, frozenset[str]] = {}
        for field in fields:
            entry = self._entries.get(field)
            if entry is None or entry.stamp != stamp:
                continue
            if entry.is_current not in current:
                current[entry.is_current] = entry.is_current()
            if current[entry.is_current]:
                hits[field] = entry.ids
        return hits

    def put(self, ids: Mapping[str, Collection[str]], stamp: Stamp, is_current: Callable[[], bool]) -> None:
        """Keep entries as long as `is_current` is true."""
        for field, things in ids.items():
            self._entries[field] = IndexedConflicts(frozenset(things), stamp, is_current)
