"""
Conditional and range requests on one file (RFC 9110, sections 13 and 14): which part of it is sent, or why none is.

One range is answered with 206; several with the whole file, which the RFC allows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_RANGE = re.compile(r"\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Validators:
    """Validators of a file (RFC 9110, 8.8): its entity tag with its quotes, when it was changed, and its length."""

    tag: str
    modified: datetime
    size: int

    @property
    def last_modified(self) -> str:
        """The moment as HTTP writes it."""
        return format_datetime(self.modified.astimezone(UTC).replace(microsecond=0), usegmt=True)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A status, and the bytes to send: from `start` to `end`, which is not sent any more."""

    status: int
    start: int = 0
    end: int = 0


def evaluate(method: str, headers: Mapping[str, str], file: Validators) -> Outcome:
    """
    The answer to a GET or HEAD with these headers.

    >>> file = Validators(tag='"a"', modified=datetime(2026, 11, 27, tzinfo=UTC), size=100)
    >>> evaluate("GET", {"range": "bytes=0-9"}, file), evaluate("GET", {"range": "bytes=-5"}, file)
    (Outcome(status=206, start=0, end=10), Outcome(status=206, start=95, end=100))
    >>> evaluate("GET", {"range": "bytes=100-"}, file), evaluate("GET", {"range": "bytes=0-1,4-5"}, file)
    (Outcome(status=416, start=0, end=0), Outcome(status=200, start=0, end=100))
    >>> evaluate("GET", {"range": "bytes=0-9", "if-range": '"b"'}, file).status
    200
    >>> evaluate("GET", {"if-none-match": 'W/"a"'}, file).status, evaluate("GET", {"if-match": '"b"'}, file).status
    (304, 412)
    """
    whole = Outcome(status=200, end=file.size)
    if "if-match" in headers:
        if not _matches(headers["if-match"], file.tag, weakly=False):
            return Outcome(status=412)
    elif (since := _moment(headers.get("if-unmodified-since"))) and _seconds(file.modified) > since:
        return Outcome(status=412)
    if "if-none-match" in headers:
        if _matches(headers["if-none-match"], file.tag, weakly=True):
            return Outcome(status=304)
    elif (since := _moment(headers.get("if-modified-since"))) and _seconds(file.modified) <= since:
        return Outcome(status=304)
    written = headers.get("range")
    if method != "GET" or written is None or not _applies(headers.get("if-range"), file):
        return whole
    return _part(written, file.size) or whole


def _part(written: str, size: int) -> Outcome | None:
    """The part that is meant; None if it is no single range of bytes."""
    unit, _, ranges = written.partition("=")
    match = _RANGE.fullmatch(ranges)
    if unit.strip().lower() != "bytes" or match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    return Outcome(status=206, start=start, end=end) if start < end else Outcome(status=416)


def _applies(if_range: str | None, file: Validators) -> bool:
    """True if the range is one of this very file (If-Range)."""
    if if_range is None or if_range.strip() == file.tag:
        return True
    return '"' not in if_range and _moment(if_range) == _seconds(file.modified)


def _matches(written: str, tag: str, *, weakly: bool) -> bool:
    tags = [part.strip() for part in written.split(",")]
    return "*" in tags or tag in (tags if not weakly else [part.removeprefix("W/") for part in tags])


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        return parsedate_to_datetime(written).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
