"""Whether to try again, and when: rules alone, with time and chance handed in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_A_DAY = 86400.0


@dataclass(frozen=True)
class Policy:
    """At most so many attempts; between them up to `base`, 2 x `base`, ... seconds, never more than `cap`."""

    attempts: int = 3
    base: float = 0.25
    cap: float = 4.0
    shortest: float = 0.05
    """What an attempt needs at least, in seconds: with less left none is begun."""

    @classmethod
    def within(cls, timeout: float) -> "Policy":
        """Pauses that suit attempts of so many seconds."""
        return cls(base=timeout / 32, cap=timeout / 2, shortest=timeout / 64)


def next_delay(
    policy: Policy, attempt: int, *, left: float, chance: float, retry_after: float | None = None
) -> float | None:
    """
    Seconds to wait after so many attempts, or None to give up. `left` is what all attempts together still have,
    `chance` is between 0 and 1, `retry_after` what the vendor asks for.

    >>> next_delay(Policy(), 1, left=8.0, chance=0.5), next_delay(Policy(), 2, left=8.0, chance=0.5)
    (0.125, 0.25)
    >>> next_delay(Policy(), 1, left=8.0, chance=0.5, retry_after=2.0)
    2.0
    >>> next_delay(Policy(), 1, left=8.0, chance=0.5, retry_after=40.0), next_delay(Policy(), 3, left=8.0, chance=0.5)
    (None, None)
    """
    if attempt >= policy.attempts:
        return None
    backoff = min(policy.cap, policy.base * 2.0 ** (attempt - 1)) * chance
    delay = max(backoff, retry_after or 0.0)
    return delay if delay + policy.shortest < left else None


@dataclass
class Allowance:
    """
    How many retries a source gets: one for every two calls, and some in stock. A vendor in trouble is not asked three
    times as much for long.

    >>> allowance = Allowance(stock=1.0)
    >>> allowance.spend(), allowance.spend()
    (True, False)
    >>> for _ in range(2): allowance.earn()
    >>> allowance.spend()
    True
    """

    stock: float = 20.0
    share: float = 0.5
    most: float = 20.0

    def earn(self) -> None:
        """A call is made."""
        self.stock = min(self.most, self.stock + self.share)

    def spend(self) -> bool:
        """Take one retry; False where none is left."""
        if self.stock < 1.0:
            return False
        self.stock -= 1.0
        return True


def retry_after(header: str | None, now: datetime) -> float | None:
    """
    Seconds to wait by a Retry-After header, which holds seconds or a date. At most a day.

    >>> now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    >>> retry_after("40", now), retry_after("1.5", now), retry_after("Sun, 22 Nov 2026 12:00:30 GMT", now)
    (40.0, 1.5, 30.0)
    >>> retry_after("soon", now), retry_after("-5", now), retry_after("nan", now), retry_after("9" * 400, now)
    (None, None, None, 86400.0)
    """
    if header is None:
        return None
    written = header.strip()
    try:
        if written.isascii() and written.replace(".", "", 1).isdigit():
            return min(float(written), _A_DAY)
        until = parsedate_to_datetime(written)
        # a date without a zone is GMT
        seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), _A_DAY)
