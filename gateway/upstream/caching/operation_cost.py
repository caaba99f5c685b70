"""Cost of one operation by source: calls, answers out of the cache, calls joined, and the time that it waited."""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class SourceCost:
    """
    Cost at one source: calls that the operation sent, answers that were cached, and calls that it joined, since another
    one had sent them. `seconds` is the time for which it waited for at least one of them.
    """

    calls: int = 0
    cached: int = 0
    joined: int = 0
    seconds: float = 0.0
    pending: int = field(default=0, repr=False)
    since: float = field(default=0.0, repr=False)


class OperationCost:
    """The costs of one operation. Retries of a call, and sign-ins, are not counted."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.sources: dict[str, SourceCost] = {}
        self._clock = clock

    def of(self, source: str) -> SourceCost:
        """The cost at a source, to be added to."""
        return self.sources.setdefault(source, SourceCost())

    async def waiting(self, source: str, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of work. Its time counts as waiting for a source; that of work at the same time once."""
        cost = self.of(source)
        if cost.pending == 0:
            cost.since = self._clock()
        cost.pending += 1
        try:
            return await work
        finally:
            cost.pending -= 1
            if cost.pending == 0:
                cost.seconds += self._clock() - cost.since
