"""What has to be loaded before fields of records can be read: whole rows, reference tables, parts."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.connector.description.resource import Field, Link
from gateway.engine.explain.asks import PlannedCalls, calls_of_details, calls_of_ids
from gateway.engine.explain.groups import RecordGroup, lacking
from gateway.engine.explain.steps import PlannedCall
from schema.binding import OWN


def needed(group: RecordGroup, names: Iterable[str], planned: PlannedCalls) -> list[PlannedCall]:
    """The calls that these fields of a group's records take, beyond what the records bring."""
    asks = _asks(group, names, planned)
    return asks if group.sample else [replace(ask, calls=ask.calls.perhaps()) for ask in asks]


def _asks(group: RecordGroup, names: Iterable[str], asked: PlannedCalls) -> list[PlannedCall]:
    declared = [found for name in names if name not in OWN and (found := group.declared(name)) is not None]
    asks: list[PlannedCall] = []
    if group.stub and declared:
        # Where all of it is told, a row may yet tell less than others do: what it leaves empty is asked for.
        asks += _whole_rows(group, asked, certain=False in map(group.is_known, declared))
    tables = {ref: None for found in declared if isinstance(found, Field | Link) for ref in found.refs}
    for ref in tables:
        resource = group.source.resources[ref]
        if resource.list is not None:
            asks += asked.whole(group.source, resource, {}, f"the reference table {ref}")
    parts = [part for found in declared if (part := lacking(found)) is not None]
    return asks + calls_of_details(
        group, parts, certain=[one.detail for one in declared if isinstance(one.detail, str)]
    )


def _whole_rows(group: RecordGroup, asked: PlannedCalls, *, certain: bool) -> list[PlannedCall]:
    told = (
        "not all is told by the row that names it: "
        if certain
        else "only where the row that names it does not tell: "
    )
    return [
        replace(ask, how=told + ask.how, calls=ask.calls.perhaps())
        for ask in calls_of_ids(group.source, group.resource, group.most, asked)
    ]
