"""Indexed rows: the rows of a list's answer that are records of a resource, and their native ids."""

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

_LARGEST = 10**18  # what NUMBER takes


@dataclass(frozen=True, eq=False)
class IndexedRows:
    """
    Rows of a resource, and their native ids. What an answer comes to is the same for every operation that reads it.

    `raw` counts the answer's rows before any was left out, `odd` those that were left out as they have no id.
    """

    rows: Sequence[Row]
    native_ids: Sequence[str]
    row_count: int = 0
    skipped: int = 0

    @cached_property
    def index_of(self) -> Mapping[str, int]:
        """Where each id comes first."""
        return dict(zip(reversed(self.native_ids), range(len(self.native_ids) - 1, -1, -1), strict=True))

    @cached_property
    def by_id(self) -> Sequence[int]:
        """The places in the order of the ids."""
        joined = "".join(self.native_ids)
        numbered = joined.isascii() and joined.isdecimal()
        keys: list[Any] = list(map(int if numbered else native_key, self.native_ids))
        if all(map(le, keys, islice(keys, 1, None))):
            return range(len(keys))
        return sorted(range(len(keys)), key=keys.__getitem__)


def index_list(resource: Resource, raw_rows: Sequence[Any]) -> IndexedRows:
    """The rows of an answer that are records of the resource. Rows without an id of the vendor's form are skipped."""
    where = resource.list.row_filter if resource.list is not None else None
    explode = resource.list.explode if resource.list is not None else None
    natives = _natives(resource)
    if where is None and explode is None:
        ids = natives(raw_rows)
        if None not in ids:
            return IndexedRows(raw_rows, ids, len(raw_rows))
    rows: list[Any] = []
    for row in raw_rows:
        if not isinstance(row, Mapping):
            rows.append(row)
        elif where is None or where(row):
            rows += explode(row) if explode is not None else (row,)
    ids = natives(rows)
    sound = [(row, native) for row, native in zip(rows, ids, strict=True) if native is not None]
    odd = len(rows) - len(sound)
    return IndexedRows([row for row, _ in sound], [native for _, native in sound], len(raw_rows), odd)


def _natives(resource: Resource) -> Any:
    """The function from rows to their native ids, None for a row that has none of the vendor's form."""
    field, form = resource.fields["native_id"], resource.id_form.fullmatch
    key = field.key if field.convert is identity and resource.id_form is NUMBER else None

    def one(row: Any) -> str | None:
        if not isinstance(row, Mapping):
            return None
        native = field.value(row, {})
        return native if native is not None and form(native) is not None else None

    if key is None:
        return lambda rows: [one(row) for row in rows]

    # Most ids are plain numbers, and a list has thousands of them.
    return lambda rows: [
        str(raw)
        if (raw := row.get(key) if row.__class__ is dict else None).__class__ is int and 0 <= raw < _LARGEST
        else one(row)
        for row in rows
    ]
