"""Values of Fiwit's custom fields, as columns: one column of values for all records that have the field."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress
from operator import sub
from typing import Any

import msgspec

from gateway.connector.description import convert
from gateway.connector.description.fields import get_path_column
from gateway.connector.description.row_types import Row


class Value(msgspec.Struct, gc=False):
    """
    Value of a custom field on a record: the keys of it that are read.

    It is not tracked by the garbage collector: its members cannot refer back to it.
    """

    custom_field_id: Any = None
    value: Any = None
    deleted_at: Any = None


_VALUE_KEYS = Value.__struct_fields__
_VALUES_COLUMN = get_path_column("custom_field_values")


@dataclass(frozen=True, slots=True, eq=False)
class _RecordGroup:
    """
    Records that have values of the same fields in the same order.

    `records` are their indices among all records, `starts` the index of each record's first value among all values,
    `offsets` by field id the distances of that field's values from the first.
    """

    offsets: Mapping[str | None, Sequence[int]]
    records: Sequence[int]
    starts: Sequence[int]


class Values:
    """
    Values of many records by field. Most records of one kind have the same fields in the same order: they form a group
    whose layout is examined once.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        records: Sequence[Sequence[Value]] = _VALUES_COLUMN(rows, {})
        try:
            values, counts = _flatten(records)
        except (AttributeError, TypeError):  # rows that were decoded in full, or are not as documented
            values, counts = _flatten(read_values(rows))
        self._count = len(counts)
        self._values = [value.value for value in values]
        self._groups = _group([value.custom_field_id for value in values], counts)

    def first(self, fields: Sequence[str], *, is_missing: Callable[[Any], bool] | None = None) -> list[Any]:
        """
        For each record its first value that is not empty, in the order of these field ids; None if it has none.

        `is_missing` is true for further values that count as empty.
        """
        merged: list[Any] | None = None
        for raw_column in chain.from_iterable(map(self._columns, fields)):
            column = raw_column
            if is_missing is not None:
                column = [None if is_missing(value) else value for value in raw_column]
            if merged is None:
                merged = column
            else:
                merged = [
                    fallback if value is None or value == "" else value
                    for value, fallback in zip(merged, column, strict=True)
                ]
            if all(merged):
                return merged
        if merged is None:
            return [None] * self._count
        return [None if value == "" else value for value in merged]

    def _columns(self, field: str) -> Iterable[list[Any]]:
        """Columns of a field: each record's first value of it, then each record's second, as long as there are any."""
        groups = self._groups
        if groups and isinstance(groups[0].starts, range):
            width = groups[0].starts.step
            return [self._values[offset::width] for offset in groups[0].offsets.get(field, ())]
        groups = [group for group in groups if field in group.offsets]
        column_count = max((len(group.offsets[field]) for group in groups), default=0)
        return (self._column(groups, field, nth) for nth in range(column_count))

    def _column(self, groups: Sequence[_RecordGroup], field: str, nth: int) -> list[Any]:
        column: list[Any] = [None] * self._count
        for group in groups:
            offsets = group.offsets[field]
            if nth < len(offsets):
                offset = offsets[nth]
                for record, start in zip(group.records, group.starts, strict=True):
                    column[record] = self._values[start + offset]
        return column


def read_values(rows: Sequence[Row]) -> Sequence[Sequence[Value]]:
    """The values of each row, from rows that were decoded in full or only in part."""
    return [
        [
            value if isinstance(value, Value) else Value(*map(value.get, _VALUE_KEYS))
            for value in values
            if isinstance(value, dict | Value)
        ]
        if isinstance(values, list)
        else ()
        for values in _VALUES_COLUMN(rows, {})
    ]


def _flatten(records: Sequence[Sequence[Value]]) -> tuple[list[Value], list[int]]:
    """The values of all records in one list, without those that were deleted, and the number of each record's."""
    values, counts = list(chain.from_iterable(records)), list(map(len, records))
    are_there = [value.deleted_at is None for value in values]
    if all(are_there):
        return values, counts
    preceding = list(accumulate(are_there, initial=0))
    bounds = [preceding[index] for index in accumulate(counts, initial=0)]
    return list(compress(values, are_there)), list(map(sub, bounds[1:], bounds))


def _group(field_ids: list[Any], counts: list[int]) -> Sequence[_RecordGroup]:
    """Groups of records. `field_ids` are those of all values, `counts` the number of values of each record."""
    if not field_ids:
        return ()
    width = counts[0]
    if counts.count(width) == len(counts) and field_ids == field_ids[:width] * len(counts):
        starts = range(0, len(field_ids), width)
        return (_RecordGroup(_offsets(field_ids[:width]), range(len(counts)), starts),)
    first_indices = list(accumulate(counts, initial=0))
    by_layout: defaultdict[tuple[Hashable, ...], list[int]] = defaultdict(list)
    try:
        for record, count in enumerate(counts):
            start = first_indices[record]
            by_layout[tuple(field_ids[start : start + count])].append(record)
    except TypeError:  # An id is not as documented: only its value is lost.
        return _group(list(map(convert.identity, field_ids)), counts)
    return [
        _RecordGroup(_offsets(layout), records, [first_indices[record] for record in records])
        for layout, records in by_layout.items()
    ]


def _offsets(layout: Sequence[Any]) -> Mapping[str | None, Sequence[int]]:
    offsets: defaultdict[str | None, list[int]] = defaultdict(list)
    for offset, field_id in enumerate(layout):
        offsets[convert.identity(field_id)].append(offset)
    return offsets
