"""How many calls an account may make, and when the next one may be sent."""

import math
from collections import deque
from dataclasses import dataclass, field

_MINUTE = 60.0
# what a call may take longer on its way than one sent a minute before it
_MARGIN = 0.25
_LONGEST_PAUSE = 3600.0
_FIRST_PAUSE = 2.0
_SHORTEST_PAUSE = 0.1
_GUESSED_PAUSE = 60.0


@dataclass
class SlidingWindowLimiter:
    """
    One account's calls within a sliding minute, and the pauses that its vendor asks for. Times are a clock's seconds.

    `per_minute` is the vendor's limit, 0 for none. Calls of lower rank leave a quarter of it to the others.

    >>> rates = Rates(2)
    >>> rates.spend(0.0); rates.spend(10.0)
    >>> rates.ready_at(20.0), rates.ready_at(20.0, ahead=1), rates.ready_at(20.0, ahead=2)
    (60.25, 70.25, 120.5)
    """

    per_minute: float = 0.0
    reported_remaining: int | None = None
    """What the vendor itself says is left, where it does."""
    room: float = math.inf
    """How many calls may be under way: one after a refusal, and more again as calls are taken."""
    _sent: deque[float] = field(default_factory=deque, repr=False)
    _paused_until: float = 0.0
    _refused: int = 0

    @property
    def _limit(self) -> int:
        return max(1, int(self.per_minute))

    @property
    def _window(self) -> float:
        return _MINUTE * self._limit / self.per_minute + _MARGIN

    def ready_at(self, now: float, *, ahead: int = 0, rank: int = 0) -> float:
        """When the next call may be sent, after `ahead` others that wait already."""
        ready = max(now, self._paused_until)
        if self.per_minute <= 0:
            return ready
        self._forget(now)
        limit = self._limit if rank == 0 else max(1, self._limit * 3 // 4)
        rounds, place = 0, len(self._sent) + ahead - limit
        while place >= len(self._sent):
            # It waits for one that waits itself.
            place -= limit
            rounds += 1
        if place < 0:
            return ready + rounds * self._window
        return max(ready, self._sent[place] + (rounds + 1) * self._window)

    def spend(self, now: float) -> None:
        """Count a call that is sent now."""
        if self.per_minute > 0:
            self._forget(now)
            self._sent.append(now)
        if self.reported_remaining:
            self.reported_remaining -= 1

    def refund(self) -> None:
        """Take back the last call counted: it was not sent after all."""
        if self._sent:
            self._sent.pop()

    def refuse(self, now: float, wait: float | None, *, chance: float) -> float:
        """
        The vendor refused a call as one too many: when to come back. A vendor that does not say gets ever more time.

        >>> rates = Rates()
        >>> rates.refuse(100.0, 40.0, chance=0.5), rates.ready_at(101.0)
        (140.0, 140.0)
        >>> Rates().refuse(100.0, None, chance=1.0)
        102.0
        """
        if now >= self._paused_until:
            self._refused += 1
        if wait is None:
            wait = min(_GUESSED_PAUSE, _FIRST_PAUSE * 2.0 ** (min(self._refused, 8) - 1)) * (0.5 + chance / 2)
        until = now + min(max(wait, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        self._paused_until = max(self._paused_until, until)
        self.reported_remaining, self.room = 0, 1.0
        return self._paused_until

    def accept(self, remaining: int | None) -> None:
        """The vendor took a call, and may have said how many more it takes."""
        self._refused = 0
        self.reported_remaining = remaining
        self.room += 0.5

    def remaining(self, now: float) -> int | None:
        """How many calls may be sent now, as far as that is known."""
        if now < self._paused_until:
            return 0
        if self.per_minute <= 0:
            return self.reported_remaining
        self._forget(now)
        ours = max(0, self._limit - len(self._sent))
        return ours if self.reported_remaining is None else min(ours, self.reported_remaining)

    def paused_until(self, now: float) -> float | None:
        """The end of the pause that the vendor asked for, while there is one."""
        return self._paused_until if now < self._paused_until else None

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] + self._window <= now:
            self._sent.popleft()
