"""Sorting of long lists in runs, which gives way in between."""

from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from itertools import chain
from typing import Any, TypeVar

from gateway.concurrency.time_slice import TimeSlice

T = TypeVar("T")

_RUN = 2000
_SAMPLE = 250  # entries of a run between two samples of it


def _itself(entry: Any) -> Any:
    return entry


def sort_steps(entries: Sequence[T], *, key: Callable[[T], Any] = _itself) -> Generator[None, None, list[T]]:
    """
    The entries in ascending order, equal ones as they were, with a step after each few thousand. Runs are sorted each
    by itself; then the same stretch of all runs is merged, and the next one, by as many comparisons as if all were
    sorted at once.
    """
    runs: list[list[T]] = []
    for start in range(0, len(entries), _RUN):
        runs.append(sorted(entries[start : start + _RUN], key=key))
        yield
    if len(runs) < 2:
        return runs[0] if runs else []
    samples = sorted(key(entry) for run in runs for entry in run[_SAMPLE::_SAMPLE])
    starts = [0] * len(runs)
    merged: list[T] = []
    for bound in samples[:: _RUN // _SAMPLE]:
        ends = [bisect_left(run, bound, start, key=key) for run, start in zip(runs, starts, strict=True)]
        stretches = [run[start:end] for run, start, end in zip(runs, starts, ends, strict=True)]
        # Python's sort finds the sorted stretches, and merges them.
        merged += sorted(chain.from_iterable(stretches), key=key)
        starts = ends
        yield
    rest = [run[start:] for run, start in zip(runs, starts, strict=True)]
    return merged + sorted(chain.from_iterable(rest), key=key)


async def sort(entries: Sequence[T], time_slice: TimeSlice) -> list[T]:
    """
    The entries in ascending order, sorted in steps.

    >>> import asyncio
    >>> entries = [(number * 7919 % 10007, number) for number in range(20014)]
    >>> asyncio.run(sort(entries, TimeSlice())) == sorted(entries)
    True
    """
    steps = sort_steps(entries)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: list[T] = stop.value
            return result
        await time_slice.pause(_RUN)
