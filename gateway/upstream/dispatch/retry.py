"""Whether to try again, and when: rules alone, with time and chance handed in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """At most so many attempts; between them up to `base`, 2 x `base`, ... seconds, never more than `cap`."""

    attempts: int = 3
    base: float = 0.25
    cap: float = 4.0
    shortest: float = 0.05
    """What an attempt needs at least, in seconds: with less left none is begun."""

    @classmethod
    def within(cls, timeout: float) -> "RetryPolicy":
        """Pauses that suit attempts of so many seconds."""
        return cls(base=timeout / 32, cap=timeout / 2, shortest=timeout / 64)


def next_delay(
    policy: RetryPolicy, attempt: int, *, remaining: float, chance: float, retry_after: float | None = None
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
    return delay if delay + policy.shortest < remaining else None


@dataclass
class RetryBudget:
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
