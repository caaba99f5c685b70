"""
Literals: text as a number (RFC 8259), a day or a moment (ISO 8601, extended format, calendar dates).

Python itself reads more: `1_000`, other scripts' digits, `2024-W03-1`, `20240115`. Nobody who writes these means what
Python makes of them, so they are no values here.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

#: A number of JSON, as a pattern to build on.
NUMBER_PATTERN = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(NUMBER_PATTERN)
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT_PATTERN = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2}(?::[0-9]{2})?)?)?)?"
)
_MOMENT = re.compile(_MOMENT_PATTERN)
_MOMENTS = re.compile(rf"{_MOMENT_PATTERN}(?:\n{_MOMENT_PATTERN})*")
_MAX_DIGITS = 400
_MAX_ID_DIGITS = 40


def is_digits(text: str) -> bool:
    """
    True for a number without a sign, of at most 40 ASCII digits, as vendors' ids are: `int` takes it as it is written.

    >>> [is_digits(text) for text in ("0042", "", "-1", "\N{ARABIC-INDIC DIGIT THREE}", "9" * 5000)]
    [True, False, False, False, False]
    """
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_ID_DIGITS


def are_digits(texts: Sequence[str]) -> bool:
    """
    Column version of `is_digits`: True if each text is such a number.

    >>> are_digits(["7", "0042"]), are_digits(["7", ""]), are_digits(["7", "9" * 5000]), are_digits([])
    (True, False, False, True)
    """
    joined, lengths = "".join(texts), set(map(len, texts))
    return not texts or (
        joined.isascii() and joined.isdecimal() and 0 not in lengths and max(lengths) <= _MAX_ID_DIGITS
    )


def parse_decimal(text: str) -> Decimal:
    """
    The exact number. Raises ValueError.

    >>> parse_decimal("-1450.00"), parse_decimal("1e3")
    (Decimal('-1450.00'), Decimal('1E+3'))
    >>> parse_decimal("1_000")
    Traceback (most recent call last):
    ValueError: not a number
    """
    if len(text) > _MAX_DIGITS or not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    try:
        return Decimal(text)
    except ArithmeticError as exc:  # an exponent that no Decimal can hold
        raise ValueError("not a number") from exc


def parse_whole(text: str) -> int:
    """
    The whole number. Raises ValueError.

    >>> parse_whole("42")
    42
    >>> parse_whole("0x2A")
    Traceback (most recent call last):
    ValueError: not a whole number
    """
    if len(text) > _MAX_DIGITS or not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def parse_day(text: str) -> date:
    """
    The calendar day `YYYY-MM-DD`. Raises ValueError.

    >>> parse_day("2024-01-15")
    datetime.date(2024, 1, 15)
    >>> parse_day("2024-W03-1")
    Traceback (most recent call last):
    ValueError: not a day
    """
    if not _DAY.fullmatch(text):
        raise ValueError("not a day")
    return date.fromisoformat(text)


def parse_moment(text: str) -> datetime:
    """
    The day and time, aware if the text has an offset; midnight if it is a day alone. Raises ValueError.

    >>> parse_moment("2024-01-15T09:30:00.5Z")
    datetime.datetime(2024, 1, 15, 9, 30, 0, 500000, tzinfo=datetime.timezone.utc)
    >>> parse_moment("20240115T093000Z")
    Traceback (most recent call last):
    ValueError: not a moment
    """
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a moment")
    return datetime.fromisoformat(text.upper())


def parse_moments(texts: Sequence[str]) -> list[datetime]:
    """
    Column version of `parse_moment`: each text's moment. Raises ValueError if one is none.

    >>> parse_moments(["2024-01-15T09:30:00", "2024-01-16"])
    [datetime.datetime(2024, 1, 15, 9, 30), datetime.datetime(2024, 1, 16, 0, 0)]
    """
    if not _MOMENTS.fullmatch("\n".join(texts)):
        raise ValueError("not moments")
    return list(map(datetime.fromisoformat, map(str.upper, texts)))
