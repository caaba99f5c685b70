"""Columnar reads of records of one source and resource: much faster than record by record."""

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gateway.connector.description.resource import Nested
from gateway.connector.records.record import Record, group_by_resource
from gateway.connector.records.rows import LazyRecords, built_of, have_stubs, owners_of, records_at
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.connector.description.resource import Field
    from gateway.connector.description.row_types import Row

_FAILED, _STUB = attrgetter("failed"), attrgetter("stub")


class RecordColumns:
    """
    Columns of records of one source and resource. The fields that are read must be ready, as for `Record.get`; data
    that is loaded into the records later is not seen.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        owner = owners_of(records)[0]
        self._resource = owner.resource
        self._origin = owner.origin
        self._shared: dict[Any, Any] = {}

    def get(self, name: str) -> Sequence[Any]:
        """A field's values as by `Record.get`, with the GatewayError in place of a value that cannot be read."""
        if name.endswith(".id"):
            return self._linked_ids(name)
        field = self._resource.fields.get(name)
        if field is None and name != "native_id":
            return [None] * len(self.records)
        tables = self._origin.tables
        if field is None or not self._is_complete or not all(ref in tables for ref in field.refs):
            return [_value_or_error(record, name) for record in self.records]
        values = field.column(self._column_input(field), tables)
        if unread := field.count_unread(self._rows, values):
            self._origin.count_unread(self._resource.type, name, unread)
        return values

    def _linked_ids(self, name: str) -> Sequence[Any]:
        link = self._resource.links.get(name.removesuffix(".id"))
        if link is None:
            return [None] * len(self.records)
        tables = self._origin.tables
        if not self._is_complete or not all(ref in tables for ref in link.refs):
            return [_value_or_error(record, name) for record in self.records]
        ids = link.ids(self._rows, tables)
        target = self._origin.source.resources.get(link.type)
        if target is None:
            return ids
        matches_form = target.id_form.fullmatch
        well_formed = {
            native_id for native_id in set(ids) if native_id is not None and matches_form(native_id)
        }
        return [native_id if native_id in well_formed else None for native_id in ids]

    def count_unready(self, name: str) -> int:
        """Number of records whose field `name` cannot be read without a request."""
        declared = self._resource.declared(name)
        all_ready = declared is None or (
            declared.detail is None
            and not have_stubs(self.records)
            and (isinstance(declared, Nested) or not self._origin.unread(declared.refs))
        )
        return 0 if all_ready else sum(not record.is_ready(name) for record in self.records)

    @cached_property
    def _is_complete(self) -> bool:
        """True if no record is a stub and nothing has failed to load for any of them."""
        built = built_of(self.records)
        return not any(map(_STUB, built)) and not any(map(_FAILED, built))

    @cached_property
    def _rows(self) -> Sequence["Row"]:
        if type(self.records) is LazyRecords:
            return self.records.current_rows()
        return [record.row for record in self.records]

    def _column_input(self, field: "Field") -> Any:
        shared_column = field.shared_column
        if shared_column is None:
            return self._rows
        if shared_column not in self._shared:
            self._shared[shared_column] = shared_column(self._rows)
        return self._shared[shared_column]


class RecordGroups:
    """Records grouped by source and resource. `parts` has each group's indices among all records, and its columns."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._count = len(records)
        self.groups = [
            (indices, RecordColumns(records_at(records, indices)))
            for indices in (group_by_resource(owners_of(records)) if records else ())
        ]

    def read(self, column: Callable[[RecordColumns], Sequence[Any]]) -> list[Any]:
        """The values that `column` gives for each group, in the order of all records."""
        values: list[Any] = [None] * self._count
        for indices, columns in self.groups:
            for index, value in zip(indices, column(columns), strict=True):
                values[index] = value
        return values


def _value_or_error(record: Record, name: str) -> Any:
    try:
        return record.get(name)
    except GatewayError as exc:
        return exc
