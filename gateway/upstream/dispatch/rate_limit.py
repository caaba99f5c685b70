"""Rate limiter of an account: a sliding window of a minute, and the pauses that its vendor asks for (429)."""

import math
from collections import deque
from dataclasses import dataclass, field

_MINUTE = 60.0
# seconds: a call may be that much slower on its way than one sent a minute after it
_MARGIN = 0.25
_MAX_PAUSE = 3600.0
_MIN_PAUSE = 0.1
# without a Retry-After: exponential backoff from the first to the longest
_FIRST_BACKOFF = 2.0
_MAX_BACKOFF = 60.0
# calls in flight from which on a limit of them is none any more
_MANY_IN_FLIGHT = 64.0


@dataclass
class SlidingWindowLimiter:
    """
    One account's calls within a sliding minute, and the pauses that its vendor asks for. Times are a clock's seconds.

    `per_minute` is the vendor's limit, 0 for none. Calls of lower rank leave a quarter of it to the others.

    >>> limiter = SlidingWindowLimiter(2)
    >>> limiter.spend(0.0); limiter.spend(10.0)
    >>> limiter.ready_at(20.0), limiter.ready_at(20.0, ahead=1), limiter.ready_at(20.0, ahead=2)
    (60.25, 70.25, 120.5)
    """

    per_minute: float = 0.0
    reported_remaining: int | None = None
    """Remaining calls as the vendor reports them, None if it does not."""
    max_in_flight: float = math.inf
    """
    Limit of calls in flight: one after a refusal, and half a call more with each call that the vendor accepts, until
    there is none again.
    """
    is_settled: bool = True
    """True if an accepted call changes nothing: no refusal has an effect any more, no number of calls was reported."""
    _sent: deque[float] = field(default_factory=deque, repr=False)
    _paused_until: float = 0.0
    _refusals: int = 0

    @property
    def _limit(self) -> int:
        return max(1, int(self.per_minute))

    @property
    def _window(self) -> float:
        return _MINUTE * self._limit / self.per_minute + _MARGIN

    def ready_at(self, now: float, *, ahead: int = 0, rank: int = 0) -> float:
        """Time at which the next call may be sent, after `ahead` others that wait already."""
        ready = max(now, self._paused_until)
        if self.per_minute <= 0:
            return ready
        self._drop_expired(now)
        limit = self._limit if rank == 0 else max(1, self._limit * 3 // 4)
        rounds, index = 0, len(self._sent) + ahead - limit
        while index >= len(self._sent):
            # It waits for a call that waits itself.
            index -= limit
            rounds += 1
        if index < 0:
            return ready + rounds * self._window
        return max(ready, self._sent[index] + (rounds + 1) * self._window)

    def take(self, now: float, *, rank: int = 0) -> bool:
        """
        Count a call that is sent now, if one may be.

        >>> limiter = SlidingWindowLimiter(2)
        >>> limiter.take(0.0), limiter.take(1.0), limiter.take(2.0), limiter.take(60.5)
        (True, True, False, True)
        """
        if now < self._paused_until:
            return False
        if self.per_minute > 0:
            # half a window has room, whatever of it has expired
            if 2 * len(self._sent) >= self.per_minute and self.ready_at(now, rank=rank) > now:
                return False
            self._sent.append(now)
        if self.reported_remaining:
            self.reported_remaining -= 1
        return True

    def spend(self, now: float) -> None:
        """Count a call that is sent now, come what may."""
        if self.per_minute > 0:
            self._drop_expired(now)
            self._sent.append(now)
        if self.reported_remaining:
            self.reported_remaining -= 1

    def refund(self) -> None:
        """Take back the last call counted: it was not sent after all."""
        if self._sent:
            self._sent.pop()

    def record_refusal(self, now: float, wait: float | None, *, chance: float) -> float:
        """
        Record a 429, and return the end of the pause. `wait` is Retry-After in seconds; without it the pause grows
        exponentially, with jitter by `chance` (0 to 1).

        >>> limiter = SlidingWindowLimiter()
        >>> limiter.record_refusal(100.0, 40.0, chance=0.5), limiter.ready_at(101.0)
        (140.0, 140.0)
        >>> SlidingWindowLimiter().record_refusal(100.0, None, chance=1.0)
        102.0
        """
        if now >= self._paused_until:
            self._refusals += 1
        if wait is None:
            wait = min(_MAX_BACKOFF, _FIRST_BACKOFF * 2.0 ** (min(self._refusals, 8) - 1)) * (
                0.5 + chance / 2
            )
        until = now + min(max(wait, _MIN_PAUSE), _MAX_PAUSE)
        self._paused_until = max(self._paused_until, until)
        self.reported_remaining, self.max_in_flight, self.is_settled = 0, 1.0, False
        return self._paused_until

    def record_success(self, remaining: int | None) -> None:
        """Record an accepted call, with the remaining calls as the vendor reports them."""
        self._refusals = 0
        self.reported_remaining = remaining
        self.max_in_flight = math.inf if self.max_in_flight >= _MANY_IN_FLIGHT else self.max_in_flight + 0.5
        self.is_settled = remaining is None and self.max_in_flight == math.inf

    def remaining(self, now: float) -> int | None:
        """Number of calls that may be sent now, None if unknown."""
        if now < self._paused_until:
            return 0
        if self.per_minute <= 0:
            return self.reported_remaining
        self._drop_expired(now)
        ours = max(0, self._limit - len(self._sent))
        return ours if self.reported_remaining is None else min(ours, self.reported_remaining)

    def paused_until(self, now: float) -> float | None:
        """End of the current pause, None without one."""
        return self._paused_until if now < self._paused_until else None

    def _drop_expired(self, now: float) -> None:
        while self._sent and self._sent[0] + self._window <= now:
            self._sent.popleft()
