"""Sorting of long lists in runs, which gives way in between."""

from collections.abc import Sequence
from typing import Any, TypeVar

from gateway.concurrency.time_slice import TimeSlice

T = TypeVar("T", bound=tuple[Any, ...])

_RUN = 4000


async def sort(entries: Sequence[T], time_slice: TimeSlice) -> list[T]:
    """
    The entries in ascending order. Runs are sorted each by itself and merged pairwise, by as many comparisons as if all
    were sorted at once.

    >>> import asyncio
    >>> entries = [(number * 7919 % 10007,) for number in range(10007)]
    >>> asyncio.run(sort(entries, TimeSlice())) == sorted(entries)
    True
    """
    if len(entries) <= _RUN:
        return sorted(entries)
    runs = [sorted(chunk) async for chunk in time_slice.chunks(entries, _RUN)]
    while len(runs) > 1:
        merged: list[list[T]] = []
        for index in range(0, len(runs), 2):
            # Python's sort finds the two runs, and merges them.
            merged.append(sorted(runs[index] + runs[index + 1]) if index + 1 < len(runs) else runs[index])
            await time_slice.pause(len(merged[-1]))
        runs = merged
    return runs[0]
