"""Whether a source's description is sound: every fault at once, before anything is asked."""

from collections.abc import Iterator

from gateway.connector.description.resource import Field, Link, Nested, Resource
from gateway.connector.description.vocabulary import FILTERS, TYPES
from gateway.connector.fetching.source import Source

_TABLES = frozenset({"TicketStatus", "TicketPriority"})


def check(source: Source) -> Iterator[str]:
    """Yield each fault as `Type.field: what is wrong`."""
    known = {name for names in TYPES.values() for name in names} | _TABLES
    for resource in source.resources.values():
        where = resource.type
        if resource.type not in known:
            yield f"{where}: there is no such type"
        if "native_id" not in resource.fields:
            yield f"{where}: native_id is missing"
        if resource.list is None and resource.get is None and resource.embedded_in is None:
            yield f"{where}: nothing gives such records"
        for name in resource.filters.keys() - FILTERS.get(resource.type, {}).keys():
            yield f"{where}: {name} is no filter of it"
        declared: dict[str, Field | Link | Nested] = {**resource.fields, **resource.links, **resource.nested}
        for name, found in declared.items():
            yield from (f"{where}.{name}: {fault}" for fault in _faults(source, resource, found))


def _faults(source: Source, resource: Resource, found: Field | Link | Nested) -> Iterator[str]:
    if isinstance(found.detail, str) and found.detail not in resource.details:
        yield f"there is no part {found.detail!r}"
    if not isinstance(found, Field) and found.type not in source.resources:
        yield f"the vendor has no {found.type}"
    if not isinstance(found, Nested):
        for ref in found.refs:
            if ref not in source.resources or source.resources[ref].list is None:
                yield f"there is no table {ref}"
