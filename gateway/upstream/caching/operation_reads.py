"""Reads of one operation: every answer that it has used, so that no vendor is asked the same twice."""

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from gateway.concurrency.single_flight import InFlight
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.pending_read import PendingRead
from gateway.upstream.dispatch.budget import Budget, Priority


class OperationReads(Budget):
    """The budget of one operation, and the answers and pending reads that it was spent on."""

    def __init__(
        self,
        *,
        calls: int,
        seconds: float = 30.0,
        priority: Priority = Priority.INTERACTIVE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(calls=calls, seconds=seconds, priority=priority, clock=clock)
        self.stale: set[str] = set()
        """The sources of which an answer from before a fault was used."""
        self._answers: dict[Hashable, UpstreamAnswer | PendingRead] = {}
        self._used: list[UpstreamAnswer] = []
        self._left_behind: list[InFlight[Any]] = []
        self._is_whole = True
        self._closed = False

    def lookup(self, name: Hashable) -> UpstreamAnswer | PendingRead | None:
        """
        The answer to a question, or what became of it so far; None where it has to be asked.

        Raises CancelledError where it would have to be, and the operation has ended.
        """
        found = self._answers.get(name)
        if found is None or (isinstance(found, PendingRead) and found.flight.is_abandoned):
            if self._closed:
                raise asyncio.CancelledError("the operation has ended")
            return None
        return found

    def start(self, read: PendingRead) -> None:
        """A question is being asked."""
        self._answers[read.key] = read

    def settle(self, read: PendingRead) -> None:
        """A question has its answer, which is remembered unless it was to be forgotten meanwhile."""
        if read.answer is not None and self._answers.get(read.key) is read:
            self._answers[read.key] = read.answer

    def add(self, name: Hashable, answer: UpstreamAnswer) -> None:
        """The answer to a question that needs no asking."""
        self._answers[name] = answer

    def use(self, answers: Iterable[UpstreamAnswer]) -> None:
        """Answers that the operation makes use of without having asked for them."""
        self._used += answers

    def used_answers(self) -> list[UpstreamAnswer] | None:
        """
        Every answer that the operation has used, once each. None where they are not all there is to its outcome: a
        call failed, is under way or was not allowed, an answer was stale, something was forgotten for a write; or the
        operation has been closed.
        """
        asked = [one for one in self._answers.values() if isinstance(one, UpstreamAnswer)]
        if not self._is_whole or self.is_exceeded or self.stale or len(asked) < len(self._answers):
            return None
        return list({id(one): one for one in (*asked, *self._used)}.values())

    def invalidate_all(self) -> None:
        """Let everything be asked again, as after a write."""
        self._is_whole = False
        self._left_behind += [flight for flight in self._flights() if not flight.task.done()]
        self._answers.clear()

    async def close(self) -> None:
        """End the calls that are still under way, unless others wait for them. No further one is begun."""
        self._closed, self._is_whole = True, False
        ended = [flight.task for flight in (*self._flights(), *self._left_behind) if flight.release(self)]
        if ended:
            await asyncio.gather(*ended, return_exceptions=True)
        self._answers.clear()
        self._used.clear()
        self._left_behind.clear()

    def _flights(self) -> list[InFlight[Any]]:
        return [one.flight for one in self._answers.values() if isinstance(one, PendingRead)]
