"""What has to be loaded before fields of records can be read: whole rows, reference tables, parts."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.connector.description.resource import Field, Link
from gateway.engine.explain.asks import Asked, ids_asks, part_asks
from gateway.engine.explain.groups import Group, lacking
from gateway.engine.explain.steps import Ask
from schema.binding import OWN


def needed(group: Group, names: Iterable[str], asked: Asked) -> list[Ask]:
    """The calls that these fields of a group's records take, beyond what the records bring."""
    asks = _asks(group, names, asked)
    return asks if group.some else [replace(ask, calls=ask.calls.perhaps()) for ask in asks]


def _asks(group: Group, names: Iterable[str], asked: Asked) -> list[Ask]:
    declared = [found for name in names if name not in OWN and (found := group.declared(name)) is not None]
    asks: list[Ask] = []
    if group.stub and declared:
        # Where all of it is told, a row may yet tell less than others do: what it leaves empty is asked for.
        asks += _whole_rows(group, asked, certain=False in map(group.is_told, declared))
    tables = {ref: None for found in declared if isinstance(found, Field | Link) for ref in found.refs}
    for ref in tables:
        resource = group.source.resources[ref]
        if resource.list is not None:
            asks += asked.whole(group.source, resource, {}, f"the reference table {ref}")
    parts = [part for found in declared if (part := lacking(found)) is not None]
    return asks + part_asks(group, parts, certain=[one.part for one in declared if isinstance(one.part, str)])


def _whole_rows(group: Group, asked: Asked, *, certain: bool) -> list[Ask]:
    told = (
        "not all is told by the row that names it: "
        if certain
        else "only where the row that names it does not tell: "
    )
    return [
        replace(ask, how=told + ask.how, calls=ask.calls.perhaps())
        for ask in ids_asks(group.source, group.resource, group.most, asked)
    ]
