"""Lets a source's calls out: so many at once, as many a minute as its account may make, in fair order."""

import asyncio
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from gateway.concurrency.fair_queue import FairQueue
from gateway.upstream.dispatch.rate_limit import SlidingWindowLimiter


class RateLimitExceeded(Exception):
    """The account's calls are spent for longer than the caller can wait. `wait` is in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__("too soon")
        self.wait = wait


@dataclass(eq=False)
class _Waiter:
    rank: int
    caller: Hashable
    until: float
    let_in: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future(), repr=False
    )


class Admission:
    """`concurrency` calls at once, and no more than `rates` allow. Several gates may share one account's rates."""

    def __init__(
        self, rates: SlidingWindowLimiter, *, concurrency: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rates = rates
        self.inside = 0
        self._concurrency = concurrency
        self._clock = clock
        self._queue: FairQueue[_Waiter] = FairQueue()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._queue)

    async def enter(self, *, caller: Hashable, rank: int, until: float, ahead: bool = False) -> None:
        """
        Wait for this call's turn, at most until `until`. Whoever has entered must leave.

        Raises TooSoon as soon as it is known that the account's calls do not suffice, TimeoutError where the calls
        under way did not end in time.
        """
        now = self._clock()
        if self._is_room and not self._queue and self.rates.ready_at(now, rank=rank) <= now:
            self._let(now)
            return
        waiting = 0 if ahead else self._queue.ahead(rank=rank, caller=caller)
        ready = self.rates.ready_at(now, ahead=waiting, rank=rank)
        if ready > max(now, until):
            raise RateLimitExceeded(ready - now)
        waiter = _Waiter(rank, caller, until)
        self._queue.push(waiter, rank=rank, caller=caller, ahead=ahead)
        self._let_in()
        try:
            async with asyncio.timeout(until - now):
                await waiter.let_in
        except TimeoutError:
            self._give_up(waiter)
            wait = self.rates.ready_at(self._clock(), rank=rank) - self._clock()
            if wait > 0:
                raise RateLimitExceeded(wait) from None
            raise
        except BaseException:
            self._give_up(waiter)
            raise

    def leave(self, *, unused: bool = False) -> None:
        """Make room for the next; `unused` says that the call was not sent."""
        self.inside -= 1
        if unused:
            self.rates.refund()
        self._let_in()

    def _give_up(self, waiter: _Waiter) -> None:
        if self._queue.remove(waiter, rank=waiter.rank, caller=waiter.caller):
            return
        if waiter.let_in.done() and not waiter.let_in.cancelled() and waiter.let_in.exception() is None:
            self.leave(unused=True)

    def _let_in(self) -> None:
        while self._queue and self._is_room:
            now = self._clock()
            ready = self.rates.ready_at(now, rank=self._queue.rank())
            if ready > now:
                self._refuse(ready, now)
                self._wake(ready - now)
                return
            waiter = self._queue.pop()
            if not waiter.let_in.done():
                self._let(now)
                waiter.let_in.set_result(None)

    @property
    def _is_room(self) -> bool:
        return self.inside < self._concurrency and self.inside + 1 <= self.rates.room

    def _let(self, now: float) -> None:
        self.inside += 1
        self.rates.spend(now)

    def _refuse(self, ready: float, now: float) -> None:
        """Tell those who cannot wait so long, at once."""
        for waiter in [one for one in self._queue if one.until < ready]:
            self._queue.remove(waiter, rank=waiter.rank, caller=waiter.caller)
            if not waiter.let_in.done():
                waiter.let_in.set_exception(RateLimitExceeded(ready - now))

    def _wake(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self._let_in()

    def close(self) -> None:
        """Wake nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
