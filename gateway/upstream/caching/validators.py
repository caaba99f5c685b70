"""Asking whether an answer that we keep still holds."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from gateway.upstream.caching.freshness import CachedResponse


def validators(cached: CachedResponse) -> Mapping[str, str]:
    """
    The headers to ask with, empty where the vendor gave nothing to ask by.

    >>> validators(Kept(body=b"[]", stored_at=0.0, seconds=30.0, etag='"a"', modified="..."))
    {'If-None-Match': '"a"'}
    """
    if cached.etag:
        return {"If-None-Match": cached.etag}
    return {"If-Modified-Since": cached.modified} if cached.modified else {}


def modified(headers: Mapping[str, str]) -> str | None:
    """
    When the answer was last changed, where that can be relied on: something changed within the same second as it was
    told may change once more in it, so that the date alone would not show it.

    >>> late = "Sun, 22 Nov 2026 12:00:09 GMT"
    >>> modified({"last-modified": "Sun, 22 Nov 2026 12:00:00 GMT", "date": late})
    'Sun, 22 Nov 2026 12:00:00 GMT'
    >>> modified({"last-modified": late, "date": late}), modified({"last-modified": late}), modified({})
    (None, None, None)
    """
    told = headers.get("last-modified")
    if told is None:
        return None
    try:
        changed, sent = parsedate_to_datetime(told), parsedate_to_datetime(headers.get("date", ""))
        return told if (sent - changed).total_seconds() >= 1 else None
    except (ValueError, TypeError, OverflowError):
        return None
