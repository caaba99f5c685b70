"""Conversions of a vendor's JSON values to ours. A value of another type becomes None: only that field is lost."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.identity.canonical import canonical_number, canonical_tag
from gateway.identity.placeholders import identifies_nothing, is_mixed, is_placeholder_word
from gateway.literals import parse_day, parse_decimal, parse_moment

_LARGEST_INT = 2**31 - 1  # GraphQL's Int
_SHORTEST_SERIAL = 4


#: White space, and characters without a width: joiners, marks of direction, the byte order mark, soft hyphens.
BLANKS = "".join(
    chr(code)
    for first, last in (
        (0x09, 0x0D),
        (0x1C, 0x20),
        (0x85, 0x85),
        (0xA0, 0xA0),
        (0xAD, 0xAD),
        (0x061C, 0x061C),
        (0x1680, 0x1680),
        (0x180E, 0x180E),
        (0x2000, 0x200F),
        (0x2028, 0x202F),
        (0x205F, 0x206F),
        (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    )
    for code in range(first, last + 1)
)


def text(raw: Any) -> str | None:
    r"""
    Text of one line: without blanks at its ends, and None if there is nothing else. A number is text as it is written.

    >>> text(" 5CG0 X\u00a0"), text(7440), text({"a": 1}), text(True), text("\u200b ")
    ('5CG0 X', '7440', None, None, None)
    """
    if isinstance(raw, str):
        return raw.strip(BLANKS) or None
    return free_text(raw)


def free_text(raw: Any) -> str | None:
    r"""
    Free text: a string unchanged, a number as it is written.

    >>> free_text(" two\n lines "), free_text(7440), free_text("")
    (' two\n lines ', '7440', '')
    """
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return str(raw) if abs(raw) < 10**30 else None
    number = decimal(raw)
    return None if number is None else format(number, "f")


def is_blank(raw: Any) -> bool:
    r"""
    True if a value is missing: None, or text that is empty or has only blanks.

    >>> is_blank(None), is_blank("\u00a0"), is_blank(0)
    (True, True, False)
    """
    return raw is None or (isinstance(raw, str) and not raw.strip(BLANKS))


def identity(raw: Any) -> str | None:
    """
    Native id as text. Halo types some ids as doubles.

    >>> identity(5), identity(Decimal("5.0")), identity("abc"), identity(""), identity(True)
    ('5', '5', 'abc', None, None)
    """
    if raw.__class__ is int and -(2**63) <= raw <= 2**63:
        return str(raw)
    number = integer(raw, largest=2**63) if not isinstance(raw, str) else None
    if number is not None:
        return str(number)
    return raw if isinstance(raw, str) and not is_blank(raw) else None


def integer(raw: Any, *, largest: int = _LARGEST_INT) -> int | None:
    """
    Integer within GraphQL's Int, or None.

    >>> integer(5), integer("5"), integer(Decimal("5.0")), integer("5.5"), integer(2**40), integer(False)
    (5, 5, 5, None, None, None)
    """
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw if abs(raw) <= largest else None
    number = decimal(raw)
    if number is None or abs(number) > largest or number != number.to_integral_value():
        return None
    return int(number)


def decimal(raw: Any) -> Decimal | None:
    """
    Exact decimal, from a number or from text that JSON would take for a number.

    >>> decimal("3499.00"), decimal(1450), decimal("n/a"), decimal("NaN"), decimal(True), decimal("1_000")
    (Decimal('3499.00'), Decimal('1450'), None, None, None, None)
    """
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        return None
    try:
        if isinstance(raw, str):
            number = parse_decimal(raw.strip())
        else:
            number = raw if isinstance(raw, Decimal) else Decimal(str(raw))
    except ValueError:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return None
    return number


def flag(raw: Any) -> bool | None:
    """
    Boolean; 0 and 1, and "true" and "false" as text, are accepted as well.

    >>> flag(True), flag(0), flag("true"), flag("perhaps"), flag(None)
    (True, False, True, None, None)
    """
    if isinstance(raw, bool):
        return raw
    if raw in (0, 1):
        return bool(raw)
    if isinstance(raw, str):
        return {"true": True, "false": False}.get(raw.strip().lower())
    return None


def day(raw: Any) -> date | None:
    """
    Calendar day, from an ISO 8601 date or from the date of an ISO 8601 date and time.

    >>> day("2024-01-15"), day("2024-01-15T09:30:00"), day(""), day("soon"), day("2024-W03-1")
    (datetime.date(2024, 1, 15), datetime.date(2024, 1, 15), None, None, None)
    """
    if not isinstance(raw, str):
        return None
    iso = raw.strip()
    try:
        return parse_day(iso) if len(iso) <= 10 else parse_moment(iso).date()
    except ValueError:
        return None


def moment(raw: Any, zone: tzinfo = UTC) -> datetime | None:
    """
    Date and time in UTC, from ISO 8601. Text without an offset is local to `zone`.

    >>> moment("2024-01-15T09:30:00.4892555+02:00")
    datetime.datetime(2024, 1, 15, 7, 30, 0, 489255, tzinfo=datetime.timezone.utc)
    >>> moment("2024-01-15T09:30:00", ZoneInfo("Europe/Brussels"))
    datetime.datetime(2024, 1, 15, 8, 30, tzinfo=datetime.timezone.utc)
    >>> moment("yesterday")
    """
    if not isinstance(raw, str):
        return None
    try:
        parsed = parse_moment(raw.strip())
        if parsed.tzinfo is UTC:
            return parsed
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def carbon(raw: Any) -> datetime | None:
    """
    Date and time in UTC, from PHP's Carbon `{date, timezone_type, timezone}`: wall time with a zone name or offset.

    >>> carbon({"date": "2018-01-16 09:42:50.000000", "timezone_type": 3, "timezone": "Europe/Brussels"})
    datetime.datetime(2018, 1, 16, 8, 42, 50, tzinfo=datetime.timezone.utc)
    >>> carbon({"date": "2018-01-16 09:42:50.000000", "timezone_type": 1, "timezone": "+02:00"})
    datetime.datetime(2018, 1, 16, 7, 42, 50, tzinfo=datetime.timezone.utc)
    >>> carbon({"date": "2018-07-16 09:42:50.000000", "timezone_type": 2, "timezone": "CEST"})
    datetime.datetime(2018, 7, 16, 7, 42, 50, tzinfo=datetime.timezone.utc)
    """
    if not isinstance(raw, Mapping):
        return moment(raw)
    name = raw.get("timezone")
    wall_time = raw.get("date")
    if not isinstance(wall_time, str) or not isinstance(name, str):
        return None
    zone = _zone(name)
    return None if zone is None else moment(wall_time, zone)


# PHP's timezone type 2 is an abbreviation. These have a single offset each; S3S builds and ships in these regions.
_ABBREVIATIONS = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "WEST": 1,
    "BST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
}
_ABBREVIATIONS |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}


def _zone(name: str) -> tzinfo | None:
    hours = _ABBREVIATIONS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    try:
        if name[:1] in {"+", "-"}:
            return parse_moment(f"2000-01-01T00:00:00{name}").tzinfo
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None


def normalize_serial(serial_number: str | None) -> str | None:
    """
    Normalized serial number, for comparison: upper case, no white space; dots and dashes stay.

    >>> normalize_serial(" c02x l123456 "), normalize_serial("US.2018.213")
    ('C02XL123456', 'US.2018.213')
    """
    return None if serial_number is None else "".join(serial_number.split()).upper()


def is_identifying(serial_number: str | None) -> bool:
    """
    True if a serial number can identify a device: manufacturers leave placeholders, which cannot.

    >>> list(map(is_identifying, ["5CG0XY9876", "SN-9"]))
    [True, True]
    >>> list(map(is_identifying, ["To be filled by O.E.M.", "n. a.", "0000-0000", "S/N: unknown", "123", None]))
    [False, False, False, False, False, False]
    """
    normalized = normalize_serial(serial_number)
    if normalized is None or len(normalized) < _SHORTEST_SERIAL:
        return False
    number = canonical_number(serial_number)
    if len(number) < _SHORTEST_SERIAL:
        return number != "" and is_mixed(number)
    return not identifies_nothing(number, normalized)


def is_identifying_tag(asset_tag: str | None) -> bool:
    """
    True if an asset tag can identify an asset of its source. Tags may be short; a word such as "N/A" is none.

    >>> list(map(is_identifying_tag, ["7", "EQ-7006", "n/a", " - ", None]))
    [True, True, False, False, False]
    """
    tag = canonical_tag(asset_tag)
    return tag != "" and not is_placeholder_word(tag)
