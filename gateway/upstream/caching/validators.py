"""Validators for conditional requests (RFC 9110, 13): ETag and Last-Modified of a cached response."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from gateway.upstream.caching.freshness import CachedResponse


def validators(cached: CachedResponse) -> Mapping[str, str]:
    """
    Headers of a conditional request, empty if the response has no validator.

    >>> validators(CachedResponse(body=b"[]", stored_at=0.0, ttl_seconds=30.0, etag='"a"', modified="..."))
    {'If-None-Match': '"a"'}
    """
    if cached.etag:
        return {"If-None-Match": cached.etag}
    return {"If-Modified-Since": cached.modified} if cached.modified else {}


def modified(headers: Mapping[str, str]) -> str | None:
    """
    Last-Modified of a response, if it is a strong validator (RFC 9110, 8.8.2.2): at least a second before Date. A
    record that changed in the second of the response may change again in it, which the date would not show.

    >>> late = "Sun, 22 Nov 2026 12:00:09 GMT"
    >>> modified({"last-modified": "Sun, 22 Nov 2026 12:00:00 GMT", "date": late})
    'Sun, 22 Nov 2026 12:00:00 GMT'
    >>> modified({"last-modified": late, "date": late}), modified({"last-modified": late}), modified({})
    (None, None, None)
    """
    last_modified = headers.get("last-modified")
    if last_modified is None:
        return None
    try:
        changed, sent = parsedate_to_datetime(last_modified), parsedate_to_datetime(headers.get("date", ""))
        return last_modified if (sent - changed).total_seconds() >= 1 else None
    except (ValueError, TypeError, OverflowError):
        return None
