"""Changed fields of an asset, in the schema's names, from its list rows before and after."""

from collections.abc import Iterator
from typing import Any

from gateway.connector.description.ids import GlobalId
from gateway.connector.description.record_fields import RECORD_FIELDS
from gateway.connector.description.resource import Nested, Resource
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from resolvers.asset_changes import FieldChange

#: What is no value of the asset's own.
_LEFT_OUT = frozenset({"native_id", "qr_code_url"})


def compared_fields(resource: Resource) -> tuple[str, ...]:
    """The fields and links that list rows have; what costs a call for each record is not among them."""
    names = sorted(RECORD_FIELDS[resource.type] - _LEFT_OUT)
    return tuple(name for name in names if _is_in_list(resource, name))


def needed_tables(resource: Resource) -> frozenset[str]:
    """The reference tables that the compared fields need."""
    declared = (resource.declared(name) for name in compared_fields(resource))
    return frozenset(
        ref for part in declared if part is not None and not isinstance(part, Nested) for ref in part.refs
    )


def field_changes(before: Record, after: Record) -> tuple[FieldChange, ...]:
    """The fields that differ. One that cannot be read is none of them."""
    return tuple(_changes(before, after))


def _changes(before: Record, after: Record) -> Iterator[FieldChange]:
    for name in compared_fields(after.resource):
        try:
            old, new = _value(before, name), _value(after, name)
        except GatewayError:
            continue
        if old != new:
            yield FieldChange(_camel(name), old, new)


def _value(record: Record, name: str) -> Any:
    link = record.resource.links.get(name)
    if link is None:
        return record.get(name)
    native_id = record.linked_id(name)
    return None if native_id is None else str(GlobalId(record.source.name, link.type, native_id))


def _is_in_list(resource: Resource, name: str) -> bool:
    declared = resource.declared(name)
    return declared is not None and not isinstance(declared, Nested) and declared.detail is None


def _camel(name: str) -> str:
    """
    A field's name in the schema.

    >>> _camel("warranty.end_date")
    'warranty.endDate'
    """
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)
