"""The gateway's own writes to one source, on their way to its subscribers."""

import asyncio
from collections import deque
from typing import NamedTuple

from gateway.live.comparison import RowPair
from gateway.live.snapshot import Snapshot

_CAPACITY = 1000


class _Written(NamedTuple):
    native_id: str
    row: bytes | None
    loaded: frozenset[str]


class OwnWrites:
    """
    Queue of own writes, bounded: what is dropped from it, the next poll tells. A poll that began before a write may
    have read the row as it was: the written one counts (`apply_told`).
    """

    def __init__(self) -> None:
        self._queue: deque[_Written] = deque(maxlen=_CAPACITY)
        self._has_writes = asyncio.Event()
        self._told: dict[str, bytes | None] = {}
        self._is_marked = False

    def add(self, native_id: str, row: bytes | None, loaded: frozenset[str] = frozenset()) -> None:
        """Queue the row that an asset has now, None if it is deleted."""
        self._queue.append(_Written(native_id, row, loaded))
        self._is_marked = True
        self._has_writes.set()

    async def wait(self) -> None:
        """Wait for a write."""
        await self._has_writes.wait()

    def take(self, snapshot: Snapshot | None) -> list[RowPair]:
        """All queued writes with the rows that the snapshot had, which has the written ones then."""
        self._has_writes.clear()
        pairs: list[RowPair] = []
        while self._queue:
            written = self._queue.popleft()
            self._told[written.native_id] = written.row
            if snapshot is None:
                continue
            pairs.append(
                RowPair(written.native_id, snapshot.get(written.native_id), written.row, written.loaded)
            )
            _apply(snapshot, written.native_id, written.row)
        return pairs

    def take_mark(self) -> bool:
        """True if there was a write since the last call."""
        is_marked, self._is_marked = self._is_marked, False
        return is_marked

    def forget_told(self) -> None:
        """A poll begins: it sees all that was written before."""
        self._told.clear()

    def apply_told(self, snapshot: Snapshot) -> None:
        """Put the rows written since the poll began in the place of those that it has read."""
        for native_id, row in self._told.items():
            _apply(snapshot, native_id, row)

    def clear(self) -> None:
        """Drop everything: nobody subscribes any more."""
        self._queue.clear()
        self._told.clear()
        self._has_writes.clear()


def _apply(snapshot: Snapshot, native_id: str, row: bytes | None) -> None:
    if row is None:
        snapshot.pop(native_id, None)
    else:
        snapshot[native_id] = row
