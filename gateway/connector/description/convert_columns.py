"""
Column conversions: those of `convert.py` for all values of a column at once.

The values of a column mostly have the same type. That is checked for all of them together, in a fraction of the time
that a check of each value takes; if the types differ, each value is converted by itself.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from types import MappingProxyType, NoneType
from typing import Any

from gateway.connector.description import convert
from gateway.literals import NUMBER_PATTERN, parse_moments

ConvertColumn = Callable[[list[Any]], list[Any]]

_TEXTS, _FLAGS = frozenset({str, NoneType}), frozenset({bool, NoneType})
_NUMBERS_OR_NONE = frozenset({int, NoneType})
_LARGEST, _LONGEST, _LARGEST_ID = 10**30, 30, 2**63
_NUMBERS = re.compile(rf"{NUMBER_PATTERN}(?:\n{NUMBER_PATTERN})*")
_DAY_CHARACTERS = re.compile("[0-9-]*")
_DAY_LENGTH = 10
_ZONE = attrgetter("tzinfo")
#: The blanks that `str.strip` leaves.
_NO_WIDTH = tuple(blank for blank in convert.BLANKS if not blank.isspace())


def column_converter(convert: Callable[[Any], Any]) -> ConvertColumn:
    """
    Column version of a conversion: a function that converts each value of a column as `convert` does.

    >>> column_converter(convert.text)(["5CG0", None, 7440])
    ['5CG0', None, '7440']
    >>> column_converter(convert.day)(["2024-01-15", "", "soon"])
    [datetime.date(2024, 1, 15), None, None]
    """
    return _COLUMN_CONVERTERS.get(convert) or (lambda column: list(map(convert, column)))


def distinct_converter(convert: Callable[[Any], Any]) -> ConvertColumn:
    """
    Column version of a conversion, for columns with few distinct values: each distinct value is converted once.

    `convert` has to give equal results for equal values.
    """

    def convert_column(column: list[Any]) -> list[Any]:
        try:
            converted = {raw: convert(raw) for raw in set(column)}
        except TypeError:  # a list or an object instead of the documented word
            return list(map(convert, column))
        return list(map(converted.__getitem__, column))

    return convert_column


def _texts(column: list[Any]) -> list[Any]:
    try:
        return column if _is_trimmed(column) else list(map(convert.text, column))
    except TypeError:  # not all of them are text
        types = set(map(type, column))
    if types <= _TEXTS:
        texts = list(filter(None, column))
        if len(texts) + column.count(None) == len(column) and _is_trimmed(texts):
            return column
    if types == {int} and min(column) > -_LARGEST and max(column) < _LARGEST:
        return list(map(str, column))
    return list(map(convert.text, column))


def _is_trimmed(texts: list[str]) -> bool:
    """True if no text is empty, or has blanks at its ends. Raises TypeError if one is no text."""
    if list(map(str.strip, texts)) != texts or not all(texts):
        return False
    joined = "".join(texts)
    return joined.isascii() or not any(map(joined.__contains__, _NO_WIDTH))


def _free_texts(column: list[Any]) -> list[Any]:
    return column if set(map(type, column)) <= _TEXTS else list(map(convert.free_text, column))


def _identities(column: list[Any]) -> list[Any]:
    types = set(map(type, column))
    ids = column if None not in column else [raw for raw in column if raw is not None]
    if types <= _NUMBERS_OR_NONE and ids and min(ids) >= -_LARGEST_ID and max(ids) <= _LARGEST_ID:
        return [None if raw is None else str(raw) for raw in column]
    return column if types <= _TEXTS and _is_trimmed(ids) else list(map(convert.identity, column))


def _integers(column: list[Any]) -> list[Any]:
    if set(map(type, column)) == {int} and min(column) > -(2**31) and max(column) < 2**31:
        return column
    return list(map(convert.integer, column))


def _flags(column: list[Any]) -> list[Any]:
    return column if set(map(type, column)) <= _FLAGS else list(map(convert.flag, column))


def _days(column: list[Any]) -> list[Any]:
    def convert_all(texts: Sequence[str]) -> list[Any] | None:
        if set(map(len, texts)) != {_DAY_LENGTH}:
            return [moment.date() for moment in parse_moments(texts)]
        return list(map(date.fromisoformat, texts)) if _DAY_CHARACTERS.fullmatch("".join(texts)) else None

    return _convert_texts(column, convert_all, convert.day)


def _moments(column: list[Any]) -> list[Any]:
    def convert_all(texts: Sequence[str]) -> list[Any] | None:
        if not _are_plain_moments("".join(texts), len(texts)):
            return None
        moments = list(map(datetime.fromisoformat, texts))
        return moments if set(map(_ZONE, moments)) == {UTC} else None

    return _convert_texts(column, convert_all, convert.moment)


def _are_plain_moments(joined: str, count: int) -> bool:
    """
    True if texts that Python reads as moments are all written `YYYY-MM-DDThh:mm:ss...Z`, by their punctuation.

    >>> _are_plain_moments("2024-01-15T09:30:00Z2024-01-15T09:30:00.5Z", 2), _are_plain_moments("20240115T093000Z", 1)
    (True, False)
    """
    return (
        joined.isascii()
        and joined.count("T") == joined.count("Z") == count
        and joined.count("-") == joined.count(":") == 2 * count
        and "W" not in joined
    )


def _decimals(column: list[Any]) -> list[Any]:
    def convert_all(texts: Sequence[str]) -> list[Any] | None:
        is_plain = max(map(len, texts)) <= _LONGEST and _NUMBERS.fullmatch("\n".join(texts))
        return list(map(Decimal, texts)) if is_plain else None

    return _convert_texts(column, convert_all, convert.decimal)


def _convert_texts(
    column: list[Any], convert_all: Callable[[Sequence[str]], list[Any] | None], convert: Callable[[Any], Any]
) -> list[Any]:
    """
    Converted values of a column of text; a missing or empty text becomes None.

    `convert_all` converts the texts that are not empty, or gives None if it cannot: then `convert` does, one by one.
    """
    if set(map(type, column)) <= _TEXTS:
        texts = column if all(column) else [raw for raw in column if raw]
        try:
            values = convert_all(texts) if texts else []
        except (ValueError, InvalidOperation):
            values = None
        if values is not None:
            if texts is column:
                return values
            remaining = iter(values)
            return [next(remaining) if raw else None for raw in column]
    return list(map(convert, column))


_COLUMN_CONVERTERS = MappingProxyType[Callable[[Any], Any], ConvertColumn](
    {
        convert.text: _texts,
        convert.free_text: _free_texts,
        convert.identity: _identities,
        convert.integer: _integers,
        convert.flag: _flags,
        convert.day: _days,
        convert.moment: _moments,
        convert.decimal: _decimals,
    }
)
