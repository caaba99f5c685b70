"""Records of one source and resource, read column by column: a fraction of the time that each takes by itself."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gateway.connector.record import Record, alike
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.connector.spec import Field, Row


class Batch:
    """Some records of one source and resource. What is read must be ready, as for `Record.get`."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self._resource = records[0].resource
        self._session = records[0].session
        self._shared: dict[Any, Any] = {}

    def get(self, name: str) -> Sequence[Any]:
        """What `Record.get` gives for each record; the GatewayError that it raises stands in its place."""
        found = self._resource.fields.get(name)
        tables = self._session.tables
        if found is None or not self._is_sound or not all(ref in tables for ref in found.refs):
            return [_got(record, name) for record in self.records]
        return found.column(self._looked_at(found), tables)

    @cached_property
    def _is_sound(self) -> bool:
        """Whether nothing has failed that one of the records needs."""
        return not any(record.stub or record.failed for record in self.records)

    @cached_property
    def _rows(self) -> Sequence["Row"]:
        return [record.row for record in self.records]

    def _looked_at(self, field: "Field") -> Any:
        inside = field.inside
        if inside is None:
            return self._rows
        if inside not in self._shared:
            self._shared[inside] = inside(self._rows)
        return self._shared[inside]


def batches(records: Sequence[Record]) -> Iterator[tuple[Sequence[int], Batch]]:
    """The records of each source and resource, and their places among all."""
    for places in alike(records) if records else ():
        yield places, Batch([records[at] for at in places])


def read(records: Sequence[Record], names: Sequence[str]) -> Mapping[str, Sequence[Any]]:
    """
    What `Record.get` gives of each field for each record, of whatever source; the GatewayError that it raises stands in
    its place.
    """
    found: dict[str, list[Any]] = {name: [None] * len(records) for name in names}
    for places, batch in batches(records):
        for name, column in found.items():
            for at, value in zip(places, batch.get(name), strict=True):
                column[at] = value
    return found


def _got(record: Record, name: str) -> Any:
    try:
        return record.get(name)
    except GatewayError as exc:
        return exc
