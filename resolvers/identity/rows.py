"""Identity rows: a source's list rows as identity compares them, column by column, from what the list tells alone."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.connector.records.rows import RecordRows
from gateway.identity import IdentityRecord

#: The fields that identity compares, in the order of `IdentityRecord`'s.
IDENTITY_FIELDS = (
    "serial_number",
    "secondary_serial_number",
    "asset_tag",
    "name",
    "manufacturer",
    "model",
    "organisation",
    "purchase_date",
    "warranty.end_date",
    "mac_address",
)
_HIDDEN = "hidden"
_BLOCK = 64


class IdentityRows(NamedTuple):
    """The rows that lists show: their indices among all rows, and each as identity compares it."""

    indices: Sequence[int]
    records: Sequence[IdentityRecord]


def identity_tables(resource: Resource) -> frozenset[str]:
    """The reference tables that the identity fields need."""
    fields = map(resource.fields.get, (*IDENTITY_FIELDS, _HIDDEN))
    return frozenset(ref for field in fields if field is not None for ref in field.refs)


def identity_rows(
    source: str, resource: Resource, rows: RecordRows, tables: ReferenceTables
) -> Generator[None, None, IdentityRows]:
    """The rows of a list, in blocks with a step after each. A value that only a record's own call tells is none."""
    indices: list[int] = []
    records: list[IdentityRecord] = []
    raw_rows, native_ids = rows.indexed.rows, rows.indexed.native_ids
    for start in range(0, len(native_ids), _BLOCK):
        block = raw_rows[start : start + _BLOCK]
        read = _reader(resource, block, tables)
        columns = zip(*map(read, (_HIDDEN, *IDENTITY_FIELDS)), strict=True)
        for index, (is_hidden, *values) in enumerate(columns, start):
            if not is_hidden:
                indices.append(index)
                record_id = str(GlobalId(source, resource.type, native_ids[index]))
                records.append(IdentityRecord(record_id, source, *values))
        yield
    return IdentityRows(indices, records)


def _reader(
    resource: Resource, rows: Sequence[Row], tables: ReferenceTables
) -> Callable[[str], Sequence[Any]]:
    """A function from a field's name to its column. What several fields share is read once."""
    shared: dict[Any, Any] = {}

    def read(name: str) -> Sequence[Any]:
        field = resource.fields.get(name)
        if field is None:
            return [None] * len(rows)
        inside = field.shared_column
        if inside is None:
            return field.column(rows, tables)
        if inside not in shared:
            shared[inside] = inside(rows)
        return field.column(shared[inside], tables)

    return read
