"""Validation of a source's description: all of its errors at once, before the first request."""

from collections.abc import Iterator

from gateway.connector.description.resource import Field, Link, Nested, Resource
from gateway.connector.description.vocabulary import FILTERS, TYPES
from gateway.connector.fetching.source import Source
from gateway.identity.fields import UNIFIED_FIELDS

_TABLES = frozenset({"TicketStatus", "TicketPriority", "AssetLicence"})


def check(source: Source) -> Iterator[str]:
    """Yield each error as `Type.field: message`."""
    types = {name for names in TYPES.values() for name in names} | _TABLES
    for name in set(source.best_for) - UNIFIED_FIELDS.keys():
        yield f"best_for: {name} is no field of a unified asset"
    for resource in source.resources.values():
        type_name = resource.type
        if type_name not in types:
            yield f"{type_name}: there is no such type"
        if "native_id" not in resource.fields:
            yield f"{type_name}: native_id is missing"
        if resource.list is None and resource.get is None and resource.embedded_in is None:
            yield f"{type_name}: nothing gives such records"
        for name in resource.filters.keys() - FILTERS.get(type_name, {}).keys():
            yield f"{type_name}: {name} is no filter of it"
        declared: dict[str, Field | Link | Nested] = {**resource.fields, **resource.links, **resource.nested}
        for name, declaration in declared.items():
            yield from (f"{type_name}.{name}: {error}" for error in _errors(source, resource, declaration))


def _errors(source: Source, resource: Resource, declaration: Field | Link | Nested) -> Iterator[str]:
    if isinstance(declaration.detail, str) and declaration.detail not in resource.details:
        yield f"there is no part {declaration.detail!r}"
    if not isinstance(declaration, Field) and declaration.type not in source.resources:
        yield f"the vendor has no {declaration.type}"
    if not isinstance(declaration, Nested):
        for ref in declaration.refs:
            if ref not in source.resources or source.resources[ref].list is None:
                yield f"there is no table {ref}"
