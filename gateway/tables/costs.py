"""The cost of a column at a source: nothing beyond the list, a reference table, or a call for each record."""

from collections import defaultdict

from gateway.connector.description.resource import Detail, Field, Link, Resource
from gateway.connector.description.vocabulary import TYPES
from gateway.connector.fetching.source import Source
from gateway.tables.columns import FlatColumn, FlatTable


def costs_calls(table: FlatTable, column: FlatColumn, source: Source) -> bool:
    """True if the source's list rows lack the column, so that each record takes a call of its own."""
    if column.needs is None:
        return False
    resources = (source.resources.get(name) for name in TYPES[table.type])
    return any(is_by_record(resource, column.needs) for resource in resources if resource is not None)


def needs_loading(resource: Resource, name: str) -> bool:
    """True if a list's rows may lack a field or link, be it in a reference table or in another part of the record."""
    declared = _declared(resource, name)
    return declared is not None and (bool(declared.refs) or declared.detail is not None)


def is_by_record(resource: Resource, name: str) -> bool:
    """True if a field or link of the resource takes a call for each record."""
    declared = _declared(resource, name)
    part = declared.detail if declared is not None else None
    if callable(part):
        # The part that a row needs that holds nothing by itself.
        part = part({}, defaultdict(dict))
    return part is not None and resource.details.get(part, Detail()).by is None


def _declared(resource: Resource, name: str) -> Field | Link | None:
    return resource.links.get(name[:-3]) if name.endswith(".id") else resource.fields.get(name)
