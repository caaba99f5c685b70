"""Reference tables: types, statuses, field definitions and the like, by native id."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Row
from gateway.connector.records.rows import RecordRows
from gateway.upstream.caching.answer import UpstreamAnswer, memoize_on


class TableRow:
    """A row of a table. Operations share it, so it belongs to none: its fields need no other table."""

    __slots__ = ("resource", "row")

    def __init__(self, resource: Resource, row: Row) -> None:
        self.resource = resource
        self.row = row

    def get(self, name: str) -> Any:
        """The value of a field; None where the resource has no such field."""
        field = self.resource.fields.get(name)
        return None if field is None else field.value(self.row, {})


Table = Mapping[str, TableRow]


class LoadedTable(NamedTuple):
    """A table as it was read last, and the answers that it is made of."""

    answers: Sequence[UpstreamAnswer]
    table: Table


def index_rows(rows: RecordRows, answers: Sequence[UpstreamAnswer]) -> Table:
    """The rows of a whole list as a table: the same object as long as its answers are kept."""

    def made() -> Table:
        entries = zip(rows.sheet.native_ids, rows.sheet.rows, strict=True)
        return {native: TableRow(rows.resource, row) for native, row in entries}

    return memoize_on(answers, ("table", id(rows.resource)), made)
