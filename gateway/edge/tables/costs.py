"""What a column costs at a source: nothing beyond the list, a reference table, or a call for each record."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.connector.description.resource import Detail, Field, Link, Resource
from gateway.connector.description.vocabulary import TYPES
from gateway.connector.fetching.source import Source
from gateway.edge.tables.columns import Column, Table

if TYPE_CHECKING:
    from gateway.connector.description.row_types import Row


def default_columns(table: Table, sources: Sequence[Source]) -> tuple[Column, ...]:
    """The columns that come unasked: those for which no source takes a call for each record."""
    return tuple(one for one in table.columns if not any(costs_calls(table, one, of) for of in sources))


def costs_calls(table: Table, column: Column, source: Source) -> bool:
    """Whether the source's list rows lack the column, so that each record takes a call of its own."""
    if column.needs is None:
        return False
    known = (source.resources.get(name) for name in TYPES[table.type])
    return any(_has_by_record(one, column.needs) for one in known if one is not None)


def needs_loading(resource: Resource, name: str) -> bool:
    """Whether a list's rows may lack a field or link, be it in a reference table or in another part of the record."""
    declared = _declared(resource, name)
    return declared is not None and (bool(declared.refs) or declared.detail is not None)


def _has_by_record(resource: Resource, name: str) -> bool:
    declared = _declared(resource, name)
    part = declared.detail if declared is not None else None
    if callable(part):
        # What a row needs that tells nothing by itself.
        nothing: Row = {}
        part = part(nothing, defaultdict(dict))
    return part is not None and resource.details.get(part, Detail()).by is None


def _declared(resource: Resource, name: str) -> Field | Link | None:
    return resource.links.get(name[:-3]) if name.endswith(".id") else resource.fields.get(name)
