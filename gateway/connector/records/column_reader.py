"""Records of one source and resource, read column by column: a fraction of the time that each takes by itself."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gateway.connector.description.resource import Nested
from gateway.connector.records.record import Record, group_by_resource
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.connector.description.resource import Field
    from gateway.connector.description.row_types import Row


class RecordColumns:
    """
    Some records of one source and resource. What is read must be ready, as for `Record.get`; what is loaded
    later is not seen.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self._resource = records[0].resource
        self._origin = records[0].origin
        self._shared: dict[Any, Any] = {}

    def get(self, name: str) -> Sequence[Any]:
        """What `Record.get` gives for each record; the GatewayError that it raises stands in its place."""
        found = self._resource.fields.get(name)
        tables = self._origin.tables
        if found is None and name != "native_id" and not name.endswith(".id"):
            return [None] * len(self.records)
        if found is None or not self._is_sound or not all(ref in tables for ref in found.refs):
            return [_got(record, name) for record in self.records]
        return found.column(self._looked_at(found), tables)

    def unready(self, name: str) -> int:
        """How many of the records are not ready to be asked for it."""
        found = self._resource.declared(name)
        told = found is None or (
            found.detail is None
            and not any(record.stub for record in self.records)
            and (isinstance(found, Nested) or not self._origin.unread(found.refs))
        )
        return 0 if told else sum(not record.is_ready(name) for record in self.records)

    @cached_property
    def _is_sound(self) -> bool:
        """Whether nothing has failed that one of the records needs."""
        return not any(record.stub or record.failed for record in self.records)

    @cached_property
    def _rows(self) -> Sequence["Row"]:
        return [record.row for record in self.records]

    def _looked_at(self, field: "Field") -> Any:
        inside = field.shared_column
        if inside is None:
            return self._rows
        if inside not in self._shared:
            self._shared[inside] = inside(self._rows)
        return self._shared[inside]


class RecordGroups:
    """Records of whatever sources: `parts` are those of each source and resource, and their places among all."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._count = len(records)
        self.parts = [
            (places, RecordColumns([records[at] for at in places]))
            for places in (group_by_resource(records) if records else ())
        ]

    def read(self, column: Callable[[RecordColumns], Sequence[Any]]) -> list[Any]:
        """What `column` gives for the records of each part, in the order of all records."""
        found: list[Any] = [None] * self._count
        for places, some in self.parts:
            for at, value in zip(places, column(some), strict=True):
                found[at] = value
        return found


def _got(record: Record, name: str) -> Any:
    try:
        return record.get(name)
    except GatewayError as exc:
        return exc
