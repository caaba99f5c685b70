"""Retries: exponential backoff with full jitter, and a retry budget, as pure rules with time and chance passed in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """At most `attempts` attempts; between them up to `base`, 2 x `base`, ... seconds, at most `cap`."""

    attempts: int = 3
    base: float = 0.25
    cap: float = 4.0
    min_attempt: float = 0.05
    """Seconds that an attempt needs at least: with less time remaining none is started."""

    @classmethod
    def for_timeout(cls, timeout: float) -> "RetryPolicy":
        """Delays in proportion to an attempt's timeout in seconds."""
        return cls(base=timeout / 32, cap=timeout / 2, min_attempt=timeout / 64)


def next_delay(
    policy: RetryPolicy, attempt: int, *, remaining: float, chance: float, retry_after: float | None = None
) -> float | None:
    """
    Seconds to wait after the attempt of this number, or None to give up. `remaining` is the time in seconds for all
    further attempts, `chance` is between 0 and 1, `retry_after` is the vendor's wish in seconds.

    >>> policy = RetryPolicy()
    >>> [next_delay(policy, attempt, remaining=8.0, chance=0.5) for attempt in (1, 2, 3)]
    [0.125, 0.25, None]
    >>> [next_delay(policy, 1, remaining=8.0, chance=0.5, retry_after=seconds) for seconds in (2.0, 40.0)]
    [2.0, None]
    """
    if attempt >= policy.attempts:
        return None
    backoff = min(policy.cap, policy.base * 2.0 ** (attempt - 1)) * chance
    delay = max(backoff, retry_after or 0.0)
    return delay if delay + policy.min_attempt < remaining else None


@dataclass
class RetryBudget:
    """
    Token bucket of a source's retries: one for every two calls, and 20 to start with. It keeps a vendor in trouble from
    getting three times as many requests for long.

    >>> budget = RetryBudget(tokens=1.0)
    >>> budget.spend(), budget.spend()
    (True, False)
    >>> for _ in range(2): budget.earn()
    >>> budget.spend()
    True
    """

    tokens: float = 20.0
    tokens_per_call: float = 0.5
    max_tokens: float = 20.0

    def earn(self) -> None:
        """Count a call."""
        self.tokens = min(self.max_tokens, self.tokens + self.tokens_per_call)

    def spend(self) -> bool:
        """Take one retry; False if none remains."""
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True
