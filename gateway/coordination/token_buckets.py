"""
Token buckets by the generic cell rate algorithm (GCRA): of a bucket only one number is kept, the moment at which it is
full again. What is taken may exceed what there is; the bucket is then in debt.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from cachetools import LRUCache

_MAX_OWNERS = 10_000

FullAt = tuple[float, ...]
"""The moments at which an owner's buckets are full again, in the order of the buckets."""


class Bucket(NamedTuple):
    """A bucket that holds `quota` tokens, and fills within `window` seconds."""

    name: str
    quota: float
    window: float

    def after(self, full_at: float, now: float, tokens: float) -> float:
        """
        The moment at which the bucket is full again once tokens are taken.

        >>> Bucket("calls", 60, 60).after(0.0, 100.0, 3)
        103.0
        """
        return max(full_at, now) + tokens * self.window / self.quota

    def remaining(self, full_at: float, now: float) -> float:
        """Tokens in the bucket, negative if it is in debt."""
        return self.quota - max(0.0, full_at - now) * self.quota / self.window

    def wait(self, full_at: float, now: float) -> float:
        """
        Seconds until there is a token, 0 if there is one.

        >>> Bucket("calls", 2, 60).wait(0.0, 100.0), Bucket("calls", 2, 60).wait(160.0, 100.0)
        (0.0, 30.0)
        """
        return max(0.0, full_at - now - self.window + self.window / self.quota)


class Taken(NamedTuple):
    """Buckets after tokens were taken, or were not, since one had none; `now` is the store's own clock's time."""

    full_at: FullAt
    now: float
    is_taken: bool


def take_tokens(
    full_at: FullAt, buckets: Sequence[Bucket], tokens: Sequence[float], *, now: float, if_any: bool
) -> Taken:
    """Take tokens of each bucket; with `if_any` only if each of them has at least one."""
    if if_any and any(bucket.wait(moment, now) > 0 for bucket, moment in zip(buckets, full_at, strict=True)):
        return Taken(full_at, now, is_taken=False)
    after = (
        bucket.after(moment, now, count) if count else moment
        for bucket, moment, count in zip(buckets, full_at, tokens, strict=True)
    )
    return Taken(tuple(after), now, is_taken=True)


class InProcessBuckets:
    """Buckets of this process by owner. Of too many owners the least recent are forgotten: their buckets are full."""

    def __init__(self) -> None:
        self._full_at: LRUCache[str, FullAt] = LRUCache(_MAX_OWNERS)

    def take(self, owner: str, buckets: Sequence[Bucket], tokens: Sequence[float], *, if_any: bool) -> Taken:
        """As `take_tokens`, of the owner's buckets."""
        before = self._full_at.get(owner, (0.0,) * len(buckets))
        taken = take_tokens(before, buckets, tokens, now=time.monotonic(), if_any=if_any)
        self._full_at[owner] = taken.full_at
        return taken
