"""Admission control of a source's calls: concurrency limit and rate limit, in fair order between the callers."""

import asyncio
import math
import time
from collections.abc import Callable, Hashable, MutableMapping
from dataclasses import dataclass, field

from gateway.concurrency.fair_queue import FairQueue
from gateway.upstream.dispatch.rate_limit import SlidingWindowLimiter


class RateLimitExceeded(Exception):
    """The rate limit admits no call in the time that the caller may wait. `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__("too soon")
        self.wait = wait


@dataclass(eq=False)
class _Waiter:
    rank: int
    caller: Hashable
    operation: Hashable
    deadline: float
    rest_ends: MutableMapping[Hashable, float] | None
    admitted: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future(), repr=False
    )


class Admission:
    """
    Semaphore of `concurrency` calls, which `limiter` admits too. Sources of one account share one limiter.

    While the limiter admits nothing, an operation waits at most `max_wait` seconds from its first wait on. Times are
    `clock`'s seconds.
    """

    def __init__(
        self,
        limiter: SlidingWindowLimiter,
        *,
        concurrency: int,
        max_wait: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limiter = limiter
        self._max_wait = max_wait
        self.in_flight = 0
        self._concurrency = concurrency
        self._clock = clock
        self._queue: FairQueue[_Waiter] = FairQueue()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Number of calls in the queue."""
        return self._queue.size

    async def acquire(
        self,
        *,
        caller: Hashable,
        operation: Hashable,
        rank: int,
        deadline: float,
        rest_ends: MutableMapping[Hashable, float] | None,
        is_retry: bool = False,
    ) -> None:
        """
        Wait for this call's turn, at most until `deadline`. A retry goes before the operation's other calls.
        `rest_ends` are the operation's, see `latest`. After it the caller must call `release`.

        Raises RateLimitExceeded as soon as the rate limit is known not to admit the call in time, TimeoutError if the
        calls in flight do not end in time.
        """
        now = self._clock()
        if self.admits(now, rank=rank):
            return
        ahead = 0 if is_retry else self._queue.ahead(rank=rank, caller=caller, operation=operation)
        ready_at = self.limiter.ready_at(now, ahead=ahead, rank=rank)
        if ready_at > now and ready_at > self.latest(deadline, rest_ends, now):
            raise RateLimitExceeded(ready_at - now)
        waiter = _Waiter(rank, caller, operation, deadline, rest_ends)
        self._queue.push(waiter, rank=rank, caller=caller, operation=operation, ahead=is_retry)
        self._admit_waiting()
        try:
            async with asyncio.timeout(deadline - now):
                await waiter.admitted
        except TimeoutError:
            self._withdraw(waiter)
            wait = self.limiter.ready_at(self._clock(), rank=rank) - self._clock()
            if wait > 0:
                raise RateLimitExceeded(wait) from None
            raise
        except BaseException:
            self._withdraw(waiter)
            raise

    def admits(self, now: float, *, rank: int) -> bool:
        """True if it is this call's turn at once. After it the caller must call `release`."""
        limiter = self.limiter
        if self._queue.size or self.in_flight + 1 > min(self._concurrency, limiter.max_in_flight):
            return False
        if not limiter.take(now, rank=rank):
            return False
        self.in_flight += 1
        return True

    def latest(self, deadline: float, rest_ends: MutableMapping[Hashable, float] | None, now: float) -> float:
        """
        Time until which an operation waits for the rate limit, which admits nothing now. The end of its wait for each
        source is kept in `rest_ends`: all pauses together count. Without that it waits until its deadline.
        """
        if rest_ends is None:
            return deadline
        return min(deadline, rest_ends.setdefault(self, now + self._max_wait))

    def release(self, *, unused: bool = False) -> None:
        """End a call and admit the next; `unused` if it was not sent."""
        self.in_flight -= 1
        if unused:
            self.limiter.refund()
        if self._queue.size:
            self._admit_waiting()

    def _withdraw(self, waiter: _Waiter) -> None:
        if self._remove(waiter):
            return
        if waiter.admitted.done() and not waiter.admitted.cancelled() and waiter.admitted.exception() is None:
            self.release(unused=True)

    def _remove(self, waiter: _Waiter) -> bool:
        return self._queue.remove(waiter, rank=waiter.rank, caller=waiter.caller, operation=waiter.operation)

    def _admit_waiting(self) -> None:
        while self._queue and self.in_flight + 1 <= min(self._concurrency, self.limiter.max_in_flight):
            now = self._clock()
            ready_at = self.limiter.ready_at(now, rank=self._queue.rank())
            if ready_at > now:
                self._reject_late(ready_at, now)
                self._schedule(ready_at - now)
                return
            waiter = self._queue.pop()
            if not waiter.admitted.done():
                self.in_flight += 1
                self.limiter.spend(now)
                waiter.admitted.set_result(None)

    def _reject_late(self, ready_at: float, now: float) -> None:
        """Raise RateLimitExceeded at once in the calls that may not wait until `ready_at`."""
        for waiter in [
            waiter for waiter in self._queue if self.latest(waiter.deadline, waiter.rest_ends, now) < ready_at
        ]:
            self._remove(waiter)
            if not waiter.admitted.done():
                waiter.admitted.set_exception(RateLimitExceeded(ready_at - now))

    def _schedule(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._admit_waiting()

    def close(self) -> None:
        """Cancel the timer: no waiting call is admitted any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
