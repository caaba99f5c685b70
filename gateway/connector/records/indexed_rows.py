"""Indexed rows: the rows of a list's answer that are records of a resource, with their native ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import le
from typing import Any

from gateway.connector.description.convert import identity
from gateway.connector.description.ids import native_key
from gateway.connector.description.resource import NUMBER, Resource
from gateway.connector.description.row_types import Row
from gateway.literals import are_digits

_NUMBER_LIMIT = 10**18  # NUMBER takes smaller numbers


@dataclass(frozen=True, eq=False)
class IndexedRows:
    """
    Rows of a resource with their native ids, each id once. They depend on the answer only: all its readers share them.

    `row_count` counts the answer's rows before filtering, a repeated row once. Of the rows that were left out,
    `skipped` had no id, and `repeated` that of an earlier row, from which `conflicts` of them differ.
    """

    rows: Sequence[Row]
    native_ids: Sequence[str]
    row_count: int = 0
    skipped: int = 0
    repeated: int = 0
    conflicts: int = 0

    @cached_property
    def index_of(self) -> Mapping[str, int]:
        """The index of the row with each native id."""
        return dict(zip(self.native_ids, range(len(self.native_ids)), strict=True))

    @cached_property
    def by_id(self) -> Sequence[int]:
        """The indices of the rows, ordered by native id."""
        convert_id = int if are_digits(self.native_ids) else native_key
        keys: list[Any] = list(map(convert_id, self.native_ids))
        if all(map(le, keys, islice(keys, 1, None))):
            return range(len(keys))
        return sorted(range(len(keys)), key=keys.__getitem__)


def index_list(resource: Resource, raw_rows: Sequence[Any]) -> IndexedRows:
    """
    Index the rows of an answer that are records of the resource.

    Rows without an id of its form are skipped; of several rows with one id the first is kept.
    """
    row_filter = resource.list.row_filter if resource.list is not None else None
    explode = resource.list.explode if resource.list is not None else None
    read_ids = _id_reader(resource)
    if row_filter is None and explode is None:
        ids = read_ids(raw_rows)
        if None not in ids and len(set(ids)) == len(ids):
            return IndexedRows(raw_rows, ids, len(raw_rows))
    rows: list[Any] = []
    for row in raw_rows:
        if not isinstance(row, Mapping):
            rows.append(row)
        elif row_filter is None or row_filter(row):
            rows += explode(row) if explode is not None else (row,)
    first_rows: dict[str, Row] = {}
    skipped = repeated = conflicts = 0
    for row, native_id in zip(rows, read_ids(rows), strict=True):
        if native_id is None:
            skipped += 1
            continue
        first = first_rows.setdefault(native_id, row)
        if first is not row:
            repeated += 1
            conflicts += first != row
    return IndexedRows(
        list(first_rows.values()),
        list(first_rows),
        len(raw_rows) - (repeated if explode is None else 0),
        skipped,
        repeated,
        conflicts,
    )


def _id_reader(resource: Resource) -> Any:
    """A function from rows to their native ids; None for a row without an id of the vendor's form."""
    field, matches_form = resource.fields["native_id"], resource.id_form.fullmatch
    key = field.key if field.convert is identity and resource.id_form is NUMBER else None

    def read_id(row: Any) -> str | None:
        if not isinstance(row, Mapping):
            return None
        native_id = field.value(row, {})
        return native_id if native_id is not None and matches_form(native_id) is not None else None

    def read_ids(rows: Sequence[Any]) -> list[str | None]:
        if set(map(type, rows)) != {dict}:
            return list(map(read_id, rows))
        ids = field.values(rows, {})
        return [native_id if native_id is not None and matches_form(native_id) else None for native_id in ids]

    if key is None:
        return read_ids

    # Most ids are plain numbers, and a list has thousands of them.
    return lambda rows: [
        str(raw)
        if (raw := row.get(key) if row.__class__ is dict else None).__class__ is int
        and 0 <= raw < _NUMBER_LIMIT
        else read_id(row)
        for row in rows
    ]
