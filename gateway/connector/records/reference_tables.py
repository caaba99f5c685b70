"""Reference tables (lookup tables): types, statuses, field definitions and the like, by native id."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Row
from gateway.connector.records.rows import RecordRows
from gateway.upstream.caching.answer import UpstreamAnswer, memoize_on


class TableRow:
    """A row of a reference table, shared by all operations: its fields need no other table."""

    __slots__ = ("resource", "row")

    def __init__(self, resource: Resource, row: Row) -> None:
        self.resource = resource
        self.row = row

    def get(self, name: str) -> Any:
        """The value of a field; None if the resource has no such field."""
        field = self.resource.fields.get(name)
        return None if field is None else field.value(self.row, {})


Table = Mapping[str, TableRow]


class LoadedTable(NamedTuple):
    """A table as it was last read, and the answers from which it was built."""

    answers: Sequence[UpstreamAnswer]
    table: Table


def index_rows(rows: RecordRows, answers: Sequence[UpstreamAnswer]) -> Table:
    """A table of a full list's rows by native id: the same object as long as its answers stay cached."""

    def build() -> Table:
        entries = zip(rows.indexed.native_ids, rows.indexed.rows, strict=True)
        return {native_id: TableRow(rows.resource, row) for native_id, row in entries}

    return memoize_on(answers, ("table", id(rows.resource), len(answers)), build)
