"""Concurrent awaiting of coroutines, without a task if there is only a single coroutine."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def gather(coroutines: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Results of all coroutines, in their order. Raises the first failure, as `asyncio.gather` does."""
    if len(coroutines) == 1:
        return [await coroutines[0]]
    return list(await asyncio.gather(*coroutines)) if coroutines else []
