"""
The conversions of `convert.py` for whole columns.

The values of a column are mostly of one kind. Whether they are is told for all of them at once, in a fraction of the
time that it takes to look at each; where they are not, each is converted by itself.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from types import MappingProxyType, NoneType
from typing import Any

from gateway.connector.description import convert

Many = Callable[[list[Any]], list[Any]]

_TEXTS, _FLAGS = frozenset({str, NoneType}), frozenset({bool, NoneType})
_LARGEST, _LONGEST = 10**30, 30
_PLAIN_NUMBERS = re.compile(r"[0-9.-]*")
_ZONE = attrgetter("tzinfo")


def column_converter(convert: Callable[[Any], Any]) -> Many:
    """
    What converts a column as `one` converts a value.

    >>> many(convert.text)(["5CG0", None, 7440]), many(convert.day)(["2024-01-15", "", "soon"])
    (['5CG0', None, '7440'], [datetime.date(2024, 1, 15), None, None])
    """
    return _MANY.get(convert) or (lambda column: list(map(convert, column)))


def distinct_converter(convert: Callable[[Any], Any]) -> Many:
    """The same for a conversion that gives equal values for equal ones, of a column that has few of them."""

    def convert_column(column: list[Any]) -> list[Any]:
        try:
            known = {raw: convert(raw) for raw in set(column)}
        except TypeError:  # a list or an object, where a word was promised
            return list(map(convert, column))
        return list(map(known.__getitem__, column))

    return convert_column


def _texts(column: list[Any]) -> list[Any]:
    kinds = set(map(type, column))
    if kinds <= _TEXTS:
        return column
    if kinds == {int} and min(column) > -_LARGEST and max(column) < _LARGEST:
        return list(map(str, column))
    return list(map(convert.text, column))


def _wholes(column: list[Any]) -> list[Any]:
    if set(map(type, column)) == {int} and min(column) > -(2**31) and max(column) < 2**31:
        return column
    return list(map(convert.whole, column))


def _flags(column: list[Any]) -> list[Any]:
    return column if set(map(type, column)) <= _FLAGS else list(map(convert.flag, column))


def _days(column: list[Any]) -> list[Any]:
    def convert_all(written: Sequence[str]) -> list[Any] | None:
        return list(map(date.fromisoformat, written)) if max(map(len, written)) <= 10 else None

    return _written(column, convert_all, convert.day)


def _moments(column: list[Any]) -> list[Any]:
    def convert_all(written: Sequence[str]) -> list[Any] | None:
        found = list(map(datetime.fromisoformat, written))
        return found if set(map(_ZONE, found)) == {UTC} else None

    return _written(column, convert_all, convert.moment)


def _decimals(column: list[Any]) -> list[Any]:
    def convert_all(written: Sequence[str]) -> list[Any] | None:
        is_plain = max(map(len, written)) <= _LONGEST and _PLAIN_NUMBERS.fullmatch("".join(written))
        return list(map(Decimal, written)) if is_plain else None

    return _written(column, convert_all, convert.decimal)


def _written(
    column: list[Any], convert_all: Callable[[Sequence[str]], list[Any] | None], one: Callable[[Any], Any]
) -> list[Any]:
    """A column of text, of which what is missing or empty is None."""
    kinds = set(map(type, column))
    if kinds <= _TEXTS:
        written = column if all(column) else [raw for raw in column if raw]
        try:
            found = convert_all(written) if written else []
        except (ValueError, InvalidOperation):
            found = None
        if found is not None:
            if written is column:
                return found
            following = iter(found)
            return [next(following) if raw else None for raw in column]
    return list(map(one, column))


_MANY = MappingProxyType[Callable[[Any], Any], Many](
    {
        convert.text: _texts,
        convert.whole: _wholes,
        convert.flag: _flags,
        convert.day: _days,
        convert.moment: _moments,
        convert.decimal: _decimals,
    }
)
