"""What one operation may spend on the vendors, and what it has asked them already."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from gateway.errors import TooComplex


class Budget:
    """The upstream calls of one operation: counted against a limit, and none made twice."""

    def __init__(self, *, calls: int) -> None:
        self.limit = calls
        self.spent = 0
        self._asked: dict[Hashable, asyncio.Task[Any]] = {}

    def spend(self) -> None:
        """Count one call. Raises TooComplex where the limit is reached: the call is then not made."""
        if self.spent >= self.limit:
            raise TooComplex(
                f"This operation needs more than {self.limit} calls to the vendors. Ask for fewer records or fewer "
                "fields that cost a call for each record, or raise GATEWAY_LIMITS__UPSTREAM_CALLS."
            )
        self.spent += 1

    async def once(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """The answer to a question; the second time the first answer, or the first failure."""
        task = self._asked.get(key)
        if task is None:
            task = asyncio.ensure_future(ask())
            self._asked[key] = task
        # One waiter giving up must not take the answer from the others; `close` ends what nobody waits for.
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Let everything be asked again, as after a write."""
        self._asked = {key: task for key, task in self._asked.items() if not task.done()}

    async def close(self) -> None:
        """End the calls that are still under way."""
        left = [task for task in self._asked.values() if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        self._asked.clear()
