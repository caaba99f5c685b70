"""Slices: work in short steps, written as a generator, gives way to other tasks after each millisecond."""

import asyncio
import time
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

_SLICE_SECONDS = 0.001


async def run_in_slices(steps: Generator[None, None, T]) -> T:
    """The result of a generator of short steps. Other tasks run after each slice of a millisecond."""
    while True:
        ends = time.perf_counter() + _SLICE_SECONDS
        try:
            while time.perf_counter() < ends:
                next(steps)
        except StopIteration as stop:
            result: T = stop.value
            return result
        await asyncio.sleep(0)
