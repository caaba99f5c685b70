"""How long an answer may be used again: the rule alone, with its age handed in."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

#: An answer that is kept for minutes may be used as long again while it is read anew.
_SLOW = 60.0
_FALLBACK = 3600.0


class Freshness(Enum):
    """What a kept answer is good for."""

    FRESH = "as it is"
    STALE_WHILE_REVALIDATE = "as it is, while it is read anew"
    STALE_IF_ERROR = "only where the vendor fails, and then it is said"
    EXPIRED = "nothing"


@dataclass(kw_only=True, slots=True)
class CachedResponse:
    """
    An answer's body, when it came (seconds since 1970), how long it is fresh, and how to ask whether it still holds.

    `read` is what was decoded of it, by how it was decoded.
    """

    body: bytes = field(repr=False)
    stored_at: float
    ttl_seconds: float
    etag: str | None = None
    modified: str | None = None
    decodings: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)


def freshness(cached: CachedResponse, now: float) -> Freshness:
    """
    What a kept answer is good for now.

    >>> rows, table = (Kept(body=b"[]", stored_at=100.0, seconds=one) for one in (30.0, 300.0))
    >>> [use(rows, at).name for at in (129.0, 131.0, 100.0 + 3631.0)]
    ['FRESH', 'FALLBACK', 'GONE']
    >>> use(table, 450.0).name, use(table, 99.0).name
    ('REFRESH', 'GONE')
    """
    age = now - cached.stored_at
    if age < -0.5 or age > cached.ttl_seconds + _FALLBACK:
        return Freshness.EXPIRED  # a clock that was set back tells nothing
    if age < cached.ttl_seconds:
        return Freshness.FRESH
    if cached.ttl_seconds >= _SLOW and age < 2 * cached.ttl_seconds:
        return Freshness.STALE_WHILE_REVALIDATE
    return Freshness.STALE_IF_ERROR


def retention_seconds(seconds: float) -> float:
    """How long an answer that is fresh for so long is worth its place."""
    return seconds + _FALLBACK
