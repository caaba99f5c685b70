"""Values as Halo writes them: dates in several forms, sentinels for what is not set, ids of its own."""

from datetime import UTC, date, datetime
from typing import Any
from zlib import crc32

Row = dict[str, Any]

UNSET_DATE = "1900-01-01T00:00:00"
NONE_ID = -1
NOBODY_ID = -99


def draw(*of: object) -> int:
    """A number that looks thrown but is always the same for the same arguments."""
    return crc32(repr(of).encode())


def moment(value: datetime | None, form: int) -> str:
    """
    A point in time, in one of the four forms that Halo mixes; unset is 1900.

    >>> from datetime import timedelta
    >>> then = datetime(2026, 1, 15, 9, 30, tzinfo=UTC) + timedelta(microseconds=489255)
    >>> moment(then, 0), moment(then, 3)
    ('2026-01-15T09:30:00', '2026-01-15T09:30:00Z')
    >>> moment(then, 1), moment(then, 2)
    ('2026-01-15T09:30:00.489', '2026-01-15T09:30:00.4892555+00:00')
    """
    if value is None:
        return UNSET_DATE
    seconds = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    match form % 4:
        case 1:
            return f"{seconds}.{value.microsecond // 1000:03}"
        case 2:
            return f"{seconds}.{value.microsecond:06}5+00:00"
        case 3:
            return f"{seconds}Z"
        case _:
            return seconds


def day(value: date | None) -> str:
    """A day as midnight without a zone; unset is 1900."""
    return f"{value.isoformat()}T00:00:00" if value else UNSET_DATE


def asset_id(number: int) -> int:
    """The id in Halo of the company's device `number`."""
    return 1840 + 3 * number


def ticket_id(number: int) -> int:
    """The id in Halo of the company's ticket `number`."""
    return 4100 + number


def user_id(number: int) -> int:
    """The id in Halo of the company's person `number`, as a user."""
    return 310 + 2 * number


def agent_id(number: int) -> int:
    """The id in Halo of the company's technician `number`, as an agent: a different id space from users."""
    return 3 + number


def site_id(number: int) -> int:
    """The id in Halo of the company's site `number`."""
    return 18 + 5 * number
