"""The values of Fiwit's custom fields that hang on many records, as columns."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any

import msgspec

from gateway.connector.description import convert
from gateway.connector.description.fields import get_path_column
from gateway.connector.description.row_types import Row


class Value(msgspec.Struct, gc=False):
    """One of a record's values: what is looked at of it. It refers to nothing that could refer to it."""

    custom_field_id: Any = None
    value: Any = None
    deleted_at: Any = None


_LOOKED_AT = Value.__struct_fields__
_COLUMN = get_path_column("custom_field_values")


@dataclass(frozen=True, slots=True, eq=False)
class _Alike:
    """
    The records that have values of the same fields in the same order: where they stand among all records, and each
    one's first value among all values; `places` are those of a field's values after that.
    """

    places: Mapping[str | None, Sequence[int]]
    records: Sequence[int]
    starts: Sequence[int]


class Values:
    """
    The values of many records by their fields. Records of one kind mostly have the same fields in the same order: what
    a record has is looked at once for each such order.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        records: Sequence[Sequence[Value]] = _COLUMN(rows)
        try:
            flat, deleted = _looked_at(records)
        except (AttributeError, TypeError):  # rows that were decoded whole, or are not as documented
            records = told(rows)
            flat, deleted = _looked_at(records)
        if deleted:
            records = [[one for one in values if one.deleted_at is None] for values in records]
            flat = list(chain.from_iterable(records))
        self._count = len(records)
        self._values = [one.value for one in flat]
        self._groups = _grouped([one.custom_field_id for one in flat], list(map(len, records)))

    def first(self, fields: Sequence[str]) -> list[Any]:
        """
        For each record the first value that is not empty: of the first of these fields, named by their ids, that has
        one.
        """
        found: list[Any] | None = None
        for column in chain.from_iterable(map(self._columns, fields)):
            if found is None:
                found = column
            else:
                found = [
                    one if before is None or before == "" else before
                    for one, before in zip(column, found, strict=True)
                ]
            if all(found):
                return found
        return [None] * self._count if found is None else [None if one == "" else one for one in found]

    def _columns(self, field: str) -> Iterable[list[Any]]:
        """Each record's value of a field, and further ones as long as a record has them."""
        groups = self._groups
        if groups and isinstance(groups[0].starts, range):
            width = groups[0].starts.step
            return [self._values[place::width] for place in groups[0].places.get(field, ())]
        having = [(one, one.places[field]) for one in groups if field in one.places]
        most = max((len(places) for _, places in having), default=0)
        return (self._gathered(having, nth) for nth in range(most))

    def _gathered(self, having: Sequence[tuple[_Alike, Sequence[int]]], nth: int) -> list[Any]:
        column: list[Any] = [None] * self._count
        for group, places in having:
            if nth < len(places):
                place = places[nth]
                for record, start in zip(group.records, group.starts, strict=True):
                    column[record] = self._values[start + place]
        return column


def told(rows: Sequence[Row]) -> Sequence[Sequence[Value]]:
    """The rows' values, however much of the rows was decoded."""
    return [
        [
            one if isinstance(one, Value) else Value(*map(one.get, _LOOKED_AT))
            for one in values
            if isinstance(one, dict | Value)
        ]
        if isinstance(values, list)
        else ()
        for values in _COLUMN(rows)
    ]


def _looked_at(records: Sequence[Sequence[Value]]) -> tuple[list[Value], list[Value]]:
    """All values, and those of them that were deleted."""
    flat = list(chain.from_iterable(records))
    return flat, [one for one in flat if one.deleted_at is not None]


def _grouped(ids: list[Any], counts: list[int]) -> Sequence[_Alike]:
    """The records by the fields that they have, of all values' ids and how many values each record has."""
    if not ids:
        return ()
    width = counts[0]
    if counts.count(width) == len(counts) and ids == ids[:width] * len(counts):
        return (_Alike(_places(ids[:width]), range(len(counts)), range(0, len(ids), width)),)
    starts = list(accumulate(counts, initial=0))
    by_order: defaultdict[tuple[Hashable, ...], list[int]] = defaultdict(list)
    try:
        for record, count in enumerate(counts):
            start = starts[record]
            by_order[tuple(ids[start : start + count])].append(record)
    except TypeError:  # An id is not as documented: that costs its value, not the others.
        return _grouped(list(map(convert.identity, ids)), counts)
    return [
        _Alike(_places(order), records, [starts[one] for one in records])
        for order, records in by_order.items()
    ]


def _places(order: Sequence[Any]) -> Mapping[str | None, Sequence[int]]:
    places: defaultdict[str | None, list[int]] = defaultdict(list)
    for place, one in enumerate(order):
        places[convert.identity(one)].append(place)
    return places
