"""Subscriber: the queue of one subscription, bounded. One that reads too slowly is told of a gap instead."""

import asyncio
from collections import deque

from resolvers.asset_changes import RecordChange, gap

CAPACITY = 256
"""Changes that wait for one subscriber."""


class Subscriber:
    """Queue of changes. The changes themselves are shared by all subscribers; only references to them are queued."""

    def __init__(self) -> None:
        self._queue: deque[RecordChange] = deque()
        self._has_changes = asyncio.Event()

    def put(self, change: RecordChange) -> None:
        """Queue a change. If the queue is full, all that wait are replaced by a gap of each of their sources."""
        if len(self._queue) >= CAPACITY:
            sources = {waiting.source.name: waiting.source for waiting in (*self._queue, change)}
            self._queue.clear()
            self._queue.extend(gap(source, change.seen_at) for source in sources.values())
        else:
            self._queue.append(change)
        self._has_changes.set()

    async def next(self) -> RecordChange:
        """The next change, in their order."""
        while not self._queue:
            self._has_changes.clear()
            await self._has_changes.wait()
        return self._queue.popleft()
