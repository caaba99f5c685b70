"""Write access: what a caller may change, checked before anything is sent, and what it sees of the changed record."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.access.rights import Rights
from gateway.connector.description import ids
from gateway.connector.description.name_cases import snake_case
from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import FILTERS
from gateway.connector.fetching.restricted_source import SCHEMA_TYPES, schema_names, with_rules
from gateway.connector.fetching.source import Source
from gateway.connector.lists.filtering import visible_by_ids, visible_records
from gateway.connector.records.record import Record
from gateway.connector.writing.change import ChangeResult
from gateway.connector.writing.request_body import REQUEST_FIELDS, InputRefused, UserFault
from gateway.errors import BadInput, Forbidden, GatewayError
from resolvers.context import RequestContext

_ALL_ROWS = frozenset({"import"})


def writable_resource(source: Source, type_name: str) -> Resource | None:
    """The resource that a change is made with, whatever of it the caller may see; None if the source has none."""
    return (source.internal or source.resources).get(type_name)


async def check_write(
    ctx: RequestContext,
    source: Source,
    type_name: str,
    verb: str,
    input_values: Mapping[str, Any],
    *,
    native_id: str | None = None,
) -> None:
    """
    Raise Forbidden if the caller may not do this, or not with these values. A record that it may not see or change is
    one that is not there: raises InputRefused.
    """
    rights = ctx.rights
    if rights is None:
        return
    operation = f"{type_name[:1].lower()}{type_name[1:]}.{verb}"
    if not rights.may_write(operation, source.name):
        raise Forbidden(f"You may not do {operation} at {source.name}.")
    rules = rights.writable_rows(operation, source.name)
    _check_values(rights, source, type_name, verb, input_values, is_limited=rules is not None)
    await _check_ids(ctx, source, input_values)
    if native_id is None:
        return
    for resource in (
        source.resources.get(type_name),
        with_rules(source.readable(type_name), rules) if rules is not None else None,
    ):
        if resource is None or resource.row_rules is None:
            continue
        record = (await visible_by_ids(ctx.session(source), resource, [native_id]))[native_id]
        if isinstance(record, GatewayError):
            raise record
        if record is None:
            raise InputRefused(UserFault("NOT_FOUND", f"{source.name} has no record with this id.", ("id",)))


def _check_values(
    rights: Rights,
    source: Source,
    type_name: str,
    verb: str,
    input_values: Mapping[str, Any],
    *,
    is_limited: bool,
) -> None:
    shown = SCHEMA_TYPES[type_name]
    type_rights = rights.of_type(source.name, shown)
    hidden = frozenset() if type_rights is None else type_rights.hidden
    if verb in _ALL_ROWS and (is_limited or hidden):
        raise Forbidden(
            f"You may not import at {source.name}: a file may change rows or fields that you may not."
        )
    if input_values.get("vendorFields") and (is_limited or hidden):
        raise Forbidden(
            f"You may not write `vendorFields` at {source.name}: they may hold what you may not change."
        )
    for name in input_values:
        if not hidden.isdisjoint(_names(shown, name)):
            raise Forbidden(f"You may not write `{name}` at {source.name}.")


def _names(shown: str, name: str) -> Iterator[str]:
    """The names of the field that an input's field writes, or whose value it compares with."""
    if name == "ifUnchangedSince":
        yield from schema_names(shown, "updated_at")
    elif name not in REQUEST_FIELDS:
        term = FILTERS.get(shown, {}).get(name)
        yield from schema_names(shown, term.name if term is not None and term.name else snake_case(name))
        yield from schema_names(shown, snake_case(name.removesuffix("Id")))


async def _check_ids(ctx: RequestContext, source: Source, input_values: Mapping[str, Any]) -> None:
    """Raise InputRefused for the id of a record that the caller may not see: as of one that is not there."""
    for name, value in input_values.items():
        if name == "id" or not name.endswith(("Id", "Ids")):
            continue
        for written in value if isinstance(value, list) else [value]:
            if isinstance(written, str) and not await _is_visible(ctx, source, written):
                message = f"`{name}` is an id of no record of {source.name}."
                raise InputRefused(UserFault("INVALID", message, (name,)))


async def _is_visible(ctx: RequestContext, source: Source, written: str) -> bool:
    try:
        global_id = ids.parse(written)
    except BadInput:
        return True  # a vendor's own id, of a category and the like
    if global_id.source != source.name or global_id.type not in (source.internal or source.resources):
        return True  # refused for that
    resource = source.resources.get(global_id.type)
    if resource is None:
        return False
    return resource.row_rules is None or await ctx.record_by_id.load(global_id) is not None


async def seen_result(
    ctx: RequestContext, source: Source, type_name: str, result: ChangeResult
) -> ChangeResult:
    """The result as far as the caller may see it. Requests of a dry run hide values that they would send back."""
    if ctx.rights is None:
        return result
    resource = source.resources.get(type_name)
    if resource is writable_resource(source, type_name):
        return result
    planned = result.planned_requests
    if planned is not None:
        planned = tuple(dataclasses.replace(request, body=None) for request in planned)
    (record,) = await _seen_records(ctx, source, resource, [result.record])
    return dataclasses.replace(result, record=record, planned_requests=planned)


async def _seen_records(
    ctx: RequestContext, source: Source, resource: Resource | None, records: Sequence[Record | None]
) -> list[Record | None]:
    if resource is None:
        return [None] * len(records)
    copies = [record and _as_seen(record, resource) for record in records]
    visible = await visible_records(ctx.session(source), resource, copies)
    return [record if isinstance(record, Record) else None for record in visible]


def _as_seen(record: Record, resource: Resource) -> Record:
    """The record with the fields of a restricted resource alone."""
    return Record(
        record.origin, resource, record.row, record.native_id, loaded=record.loaded, stub=record.stub
    )
