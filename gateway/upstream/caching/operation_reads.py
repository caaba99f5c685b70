"""Reads of one operation: every answer that it has used, so that no GET is repeated within it."""

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING

from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.pending_read import PendingRead
from gateway.upstream.dispatch.budget import Budget, Priority

if TYPE_CHECKING:
    from gateway.upstream.caching.operation_cost import OperationCost


class OperationReads(Budget):
    """The budget of one operation, and the answers and pending reads that it was spent on."""

    def __init__(
        self,
        *,
        calls: int,
        seconds: float = 30.0,
        priority: Priority = Priority.INTERACTIVE,
        caller: Hashable = None,
        clock: Callable[[], float] = time.monotonic,
        only_renews: bool = False,
    ) -> None:
        """
        `only_renews`: no answer is taken from the cache, and only answers that are cached already are cached anew, so
        that the operation displaces nobody's.
        """
        super().__init__(calls=calls, seconds=seconds, priority=priority, caller=caller, clock=clock)
        self.only_renews = only_renews
        self.cost: OperationCost | None = None
        """What the operation takes of each source, if that is measured."""
        self.stale: set[str] = set()
        """The sources that failed and of which a stale answer was used."""
        self.cache_hits = 0
        """GETs that were served from the cache."""
        self._answers: dict[Hashable, UpstreamAnswer | PendingRead] = {}
        self._used: list[UpstreamAnswer] = []
        self._pending: set[PendingRead] = set()
        self._is_complete = True
        self._closed = False

    def lookup(self, key: Hashable) -> UpstreamAnswer | PendingRead | None:
        """
        The operation's answer under this key, or its pending read; None if it has to be read.

        Raises CancelledError if it has to be read and the operation has ended.
        """
        read = self._answers.get(key)
        if read is None or (isinstance(read, PendingRead) and read.flight.is_abandoned):
            if self._closed:
                raise asyncio.CancelledError("the operation has ended")
            return None
        return read

    def start(self, read: PendingRead) -> None:
        """Register a read that is pending now, and count its call. Raises TooComplex."""
        self.spend()
        self._answers[read.key] = read
        self._pending.add(read)

    def settle(self, read: PendingRead) -> None:
        """Replace a pending read by its answer, unless it was invalidated in the meantime."""
        self._pending.discard(read)
        if read.answer is not None and self._answers.get(read.key) is read:
            self._answers[read.key] = read.answer

    def add(self, key: Hashable, answer: UpstreamAnswer) -> None:
        """Register an answer that came from the cache."""
        self.cache_hits += 1
        self._answers[key] = answer

    def use(self, answers: Iterable[UpstreamAnswer]) -> None:
        """Register answers that the operation uses without having read them."""
        self._used += answers

    def has_used(self, answers: Iterable[UpstreamAnswer | None]) -> bool:
        """True if the operation has used all of these answers (None is one that is gone), and none was stale."""
        if not self._is_complete or self.stale:
            return False
        used = {id(read) for read in (*self._answers.values(), *self._used)}
        return all(answer is not None and id(answer) in used for answer in answers)

    def used_answers(self) -> list[UpstreamAnswer] | None:
        """
        Every answer that the operation has used, without duplicates.

        None if its outcome depends on anything else: a call failed, is pending or was over the budget, an answer was
        stale, a write invalidated answers, or the operation has been closed.
        """
        answers = [read for read in self._answers.values() if isinstance(read, UpstreamAnswer)]
        if not self._is_complete or self.is_exceeded or self.stale or len(answers) < len(self._answers):
            return None
        return list({id(answer): answer for answer in (*answers, *self._used)}.values())

    def invalidate_all(self) -> None:
        """Drop all answers, so that everything is read again, as after a write."""
        self._is_complete = False
        self._answers.clear()

    async def close(self) -> None:
        """Cancel the pending calls that no other operation waits for. After it no call is started."""
        self._closed, self._is_complete = True, False
        if self._pending:
            tasks = [task for read in self._pending if (task := read.flight.release(self)) is not None]
            self._pending.clear()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._answers.clear()
        self._used.clear()
