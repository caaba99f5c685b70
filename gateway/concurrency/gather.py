"""Waiting for several things at once, without a task where there is only one."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def gather(waits: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """What they give, in their order. The first failure is raised."""
    if len(waits) == 1:
        return [await waits[0]]
    return list(await asyncio.gather(*waits)) if waits else []
