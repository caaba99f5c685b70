"""Loads that fields of records need before they can be read: whole rows, reference tables, details."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.connector.description.resource import Field, Link
from gateway.engine.explain.groups import RecordGroup, missing_detail
from gateway.engine.explain.planned_calls import PlannedCalls, calls_of_details, calls_of_ids
from gateway.engine.explain.steps import PlannedCall
from schema.binding import OWN


def needed(group: RecordGroup, names: Iterable[str], planned: PlannedCalls) -> list[PlannedCall]:
    """
    The calls that these fields of a group's records take, beyond those that gave the records; and those that the rules
    read by which a caller sees them.
    """
    rules = (name for rule in group.resource.row_rules or () for name in rule)
    calls = _calls(group, dict.fromkeys([*names, *rules]), planned)
    return calls if group.sample else [replace(call, calls=call.calls.perhaps()) for call in calls]


def needed_tables(group: RecordGroup, names: Iterable[str], planned: PlannedCalls) -> list[PlannedCall]:
    """The reference tables that these fields of a group's records need. Details are not loaded for them."""
    calls: list[PlannedCall] = []
    for ref in _tables(group, names):
        resource = group.source.readable(ref)
        if resource.list is not None:
            calls += planned.whole(group.source, resource, {}, f"the reference table {ref}")
    return calls if group.sample else [replace(call, calls=call.calls.perhaps()) for call in calls]


def _tables(group: RecordGroup, names: Iterable[str]) -> list[str]:
    declared = [declaration for name in names for declaration in group.declarations(name)]
    return list(
        dict.fromkeys(
            ref
            for declaration in declared
            if isinstance(declaration, Field | Link)
            for ref in declaration.refs
        )
    )


def _calls(group: RecordGroup, names: Iterable[str], planned: PlannedCalls) -> list[PlannedCall]:
    declared = [
        declaration for name in names if name not in OWN and (declaration := group.declared(name)) is not None
    ]
    calls: list[PlannedCall] = []
    if group.stub and declared:
        # Even if a stub's row has all of the keys, a value may be empty in it, and is then loaded.
        calls += _whole_rows(group, planned, certain=False in map(group.is_known, declared))
    tables = {
        ref: None
        for declaration in declared
        if isinstance(declaration, Field | Link)
        for ref in declaration.refs
    }
    for ref in tables:
        resource = group.source.readable(ref)
        if resource.list is not None:
            calls += planned.whole(group.source, resource, {}, f"the reference table {ref}")
    details = [detail for declaration in declared if (detail := missing_detail(declaration)) is not None]
    return calls + calls_of_details(
        group,
        details,
        certain=[declaration.detail for declaration in declared if isinstance(declaration.detail, str)],
    )


def _whole_rows(group: RecordGroup, planned: PlannedCalls, *, certain: bool) -> list[PlannedCall]:
    reason = (
        "not all is told by the row that names it: "
        if certain
        else "only where the row that names it does not tell: "
    )
    return [
        replace(call, how=reason + call.how, calls=call.calls.perhaps())
        for call in calls_of_ids(group.source, group.resource, group.most, planned)
    ]
