"""The Retry-After header (RFC 9110, 10.2.3)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_SECONDS = 86400.0
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DATE = re.compile(r"[ -~]+")


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
    text = header.strip()
    try:
        if _SECONDS.fullmatch(text):
            return min(float(text), _MAX_SECONDS)
        if not _DATE.fullmatch(text) or "_" in text:
            return None
        until = parsedate_to_datetime(text)
        # a date without a zone is GMT
        seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), _MAX_SECONDS)
