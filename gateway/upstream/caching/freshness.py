"""Freshness of cached responses: TTL, stale-while-revalidate and stale-if-error (RFC 5861), as a pure rule."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

#: A response with a TTL of a minute or more may be used for one more TTL while it is revalidated.
_MIN_REVALIDATE_TTL_SECONDS = 60.0
_STALE_IF_ERROR_SECONDS = 3600.0
CLOCK_SECONDS = 0.5
"""Seconds by which a clock may be set back without a response's age being unknown."""


class Freshness(Enum):
    """Use of a cached response: as it is, during revalidation, only if the vendor fails (and reported stale), none."""

    FRESH = "fresh"
    STALE_WHILE_REVALIDATE = "stale-while-revalidate"
    STALE_IF_ERROR = "stale-if-error"
    EXPIRED = "expired"


@dataclass(kw_only=True, slots=True)
class CachedResponse:
    """
    Cached response: body, time of arrival (seconds since 1970), TTL, and its validators (ETag or Last-Modified).

    `decodings` holds its decoded answers by decoder.
    """

    body: bytes = field(repr=False)
    stored_at: float
    ttl_seconds: float
    etag: str | None = None
    modified: str | None = None
    link: str | None = None
    decodings: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)


def freshness(cached: CachedResponse, now: float) -> Freshness:
    """
    Freshness of a cached response at a time (seconds since 1970).

    >>> rows, table = (CachedResponse(body=b"[]", stored_at=100.0, ttl_seconds=ttl) for ttl in (30.0, 300.0))
    >>> [freshness(rows, now).name for now in (129.0, 131.0, 100.0 + 3631.0)]
    ['FRESH', 'STALE_IF_ERROR', 'EXPIRED']
    >>> freshness(table, 450.0).name, freshness(table, 99.0).name
    ('STALE_WHILE_REVALIDATE', 'EXPIRED')
    """
    age = now - cached.stored_at
    if age < -CLOCK_SECONDS or age > cached.ttl_seconds + _STALE_IF_ERROR_SECONDS:
        return Freshness.EXPIRED  # the clock was set back: the age is unknown
    if age < cached.ttl_seconds:
        return Freshness.FRESH
    if cached.ttl_seconds >= _MIN_REVALIDATE_TTL_SECONDS and age < 2 * cached.ttl_seconds:
        return Freshness.STALE_WHILE_REVALIDATE
    return Freshness.STALE_IF_ERROR


def retention_seconds(ttl_seconds: float) -> float:
    """Seconds for which a response with this TTL is stored: beyond them it is expired."""
    return ttl_seconds + _STALE_IF_ERROR_SECONDS
