"""Cooperative scheduling: computation that takes long gives way to everything else at the end of each time slice."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

#: Work of this many rows is done without a look at the clock.
ROWS = 1000
#: So many leaf fields of a record take as long as other work on it.
CELLS_OF_A_ROW = 4
_SECONDS = 0.01


class TimeSlice:
    """
    Time slice that all operations of a process share: per turn of the event loop they compute no longer than that
    together, however many they are. Timers, deadlines above all, are served between two slices.
    """

    def __init__(self, *, seconds: float = _SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._ends = 0.0
        self._rows = 0
        self._is_ending = False

    async def pause(self, rows: int = ROWS) -> None:
        """Give way before the work of so many rows, if the slice is over. The clock is read once in `ROWS` of them."""
        self._rows += rows
        if self._rows < ROWS and not self._is_ending:
            return
        self._rows = 0
        while self._clock() >= self._ends:
            is_first = not self._is_ending
            self._is_ending = True
            try:
                await asyncio.sleep(0)
            finally:
                if is_first:
                    self._is_ending = False
                    self._ends = self._clock() + self._seconds
            if is_first:
                return

    async def chunks(self, rows: Sequence[T], size: int = ROWS) -> AsyncIterator[Sequence[T]]:
        """The rows in chunks of this size, with a pause before each."""
        for start in range(0, len(rows), size):
            chunk = rows[start : start + size]
            await self.pause(len(chunk))
            yield chunk
