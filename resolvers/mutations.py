"""Mutation resolvers: the input is checked, the change done once, and every refusal is an error of the payload."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.description.actions import InvalidValue
from gateway.connector.fetching.by_id import by_ids
from gateway.connector.fetching.source import Source
from gateway.connector.writing.change import Change, ChangeResult, check_unchanged, not_found
from gateway.connector.writing.perform import perform
from gateway.connector.writing.request_body import InputRefused, UserFault, read_values
from gateway.errors import GatewayError
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldResolver, FieldsUsed, FunctionResolver
from resolvers.once import check_key, run_once
from resolvers.payloads import MutationPayload, payload
from resolvers.refused_writes import audit_refusal
from resolvers.write_access import check_write, seen_result, writable_resource

_log = logging.getLogger(__name__)

InputValues = Mapping[str, Any]
Resolve = Callable[[RequestContext, InputValues], Awaitable[MutationPayload]]


def create_resolver(type_name: str, payload_field: str, *, of: str | None = None) -> FieldResolver:
    """
    Resolver of a mutation that creates a record of a type, which is the payload's field `payload_field`.

    `of` is the input's field whose id names the source, if the input has no `source`.
    """

    async def resolve(ctx: RequestContext, input_values: InputValues) -> MutationPayload:
        source = (
            ctx.source(input_values["source"]) if of is None else _source_of(ctx, input_values[of], "Asset")
        )
        return await _change_record(
            ctx, source, input_values, _MutationTarget(type_name, "create", payload_field)
        )

    return mutation_resolver(resolve, payload_field, operation_of(type_name, "create"))


def change_resolver(type_name: str, verb: str, payload_field: str) -> FieldResolver:
    """Resolver of a mutation that changes a record, which is the payload's field `payload_field`."""

    async def resolve(ctx: RequestContext, input_values: InputValues) -> MutationPayload:
        global_id = ctx.checked_id(input_values["id"], type_name)
        source = ctx.sources[global_id.source]
        return await _change_record(
            ctx,
            source,
            input_values,
            _MutationTarget(type_name, verb, payload_field),
            native=global_id.native_id,
        )

    return mutation_resolver(resolve, payload_field, operation_of(type_name, verb))


def delete_resolver(type_name: str) -> FieldResolver:
    """Resolver of a mutation that deletes a record."""

    async def resolve(ctx: RequestContext, input_values: InputValues) -> MutationPayload:
        global_id = ctx.checked_id(input_values["id"], type_name)
        source = ctx.sources[global_id.source]
        native_id = global_id.native_id
        await check_write(ctx, source, global_id.type, "delete", input_values, native_id=native_id)
        resource = writable_resource(source, global_id.type)
        action = resource.actions.get("delete") if resource is not None else None
        if resource is None or action is None:
            raise InputRefused(not_supported(source, type_name, "delete"))
        values = read_values(source, action, input_values, SourceIdResolver(ctx, source), creating=False)
        change = Change(
            mutation=operation_of(type_name, "delete"),
            source=source,
            resource=resource,
            action=action,
            values=values,
            native_id=native_id,
        )
        result = await perform(change, ctx, dry_run=input_values["dryRun"])
        result = await seen_result(ctx, source, global_id.type, result)
        warnings = [*((action.warning,) if action.warning else ()), *result.warnings]
        deleted_id = None if input_values["dryRun"] or result.user_errors else str(global_id)
        if ctx.changes is not None and deleted_id is not None:
            ctx.changes.on_deleted(source, global_id)
        return payload(
            {"deleted_id": deleted_id, "warnings": warnings},
            source=source,
            refused=result.user_errors,
            planned=result.planned_requests,
        )

    return mutation_resolver(resolve, "deleted_id", operation_of(type_name, "delete"), {"warnings": []})


@dataclass(frozen=True)
class SourceIdResolver:
    """Resolves the global ids of an input to native ids, only of the source that the input is for."""

    ctx: RequestContext
    source: Source

    def native_id(self, written: str, *types: str) -> str:
        """The native id. Raises InvalidValue if it is of another source or type, BadInput if it is no id."""
        global_id = self.ctx.checked_id(written)
        if global_id.source != self.source.name:
            raise InvalidValue(f"is an id of the source {global_id.source}, not of {self.source.name}")
        if global_id.type not in types:
            raise InvalidValue(f"is an id of type {global_id.type}, where {' or '.join(types)} is wanted")
        return global_id.native_id


@dataclass(frozen=True)
class _MutationTarget:
    type: str
    verb: str
    payload_field: str

    @property
    def name(self) -> str:
        return f"{self.type}.{self.verb}"


async def _change_record(
    ctx: RequestContext,
    source: Source,
    input_values: InputValues,
    target: _MutationTarget,
    *,
    native: str | None = None,
) -> MutationPayload:
    await check_write(ctx, source, target.type, target.verb, input_values, native_id=native)
    resource = writable_resource(source, target.type)
    action = resource.actions.get(target.verb) if resource is not None else None
    if resource is None or action is None:
        raise InputRefused(not_supported(source, target.type, target.verb))
    since = input_values.get("ifUnchangedSince")
    if since is not None and "updated_at" not in resource.fields:
        message = f"{source.name} does not tell when its records were changed."
        raise InputRefused(UserFault("NOT_SUPPORTED", message, ("ifUnchangedSince",)))
    check_key(input_values)
    values = read_values(
        source, action, input_values, SourceIdResolver(ctx, source), creating=target.verb == "create"
    )
    change = Change(
        mutation=operation_of(target.type, target.verb),
        source=source,
        resource=resource,
        action=action,
        values=values,
        native_id=native,
        since=since,
        idempotency_key=input_values.get("idempotencyKey"),
    )
    if native is not None and target.verb == "update" and not values.by_field and not values.by_vendor_field:
        result = await _read_unchanged(ctx, change, native, dry_run=input_values["dryRun"])
    elif input_values["dryRun"]:
        result = await perform(change, ctx, dry_run=True)
    else:
        result = await run_once(ctx, change, target.name, input_values)
        if ctx.changes is not None and result.record is not None:
            ctx.changes.on_written(result.record)
    return _change_payload(source, target, await seen_result(ctx, source, target.type, result))


async def _read_unchanged(ctx: RequestContext, change: Change, native: str, *, dry_run: bool) -> ChangeResult:
    """The record as it is: an update without values sends no write."""
    if dry_run:
        return ChangeResult(planned_requests=())
    record = (await by_ids(ctx.session(change.source), change.resource, [native]))[native]
    if isinstance(record, GatewayError):
        raise record
    if record is None:
        raise InputRefused(not_found(change))
    if change.since is not None:
        check_unchanged(change, record)
    return ChangeResult(record=record)


def _change_payload(source: Source, target: _MutationTarget, result: ChangeResult) -> MutationPayload:
    return payload(
        {target.payload_field: result.record, "warnings": list(result.warnings)},
        source=source,
        refused=result.user_errors,
        planned=result.planned_requests,
        error=result.error,
    )


def _source_of(ctx: RequestContext, written: str, type_name: str) -> Source:
    return ctx.sources[ctx.checked_id(written, type_name).source]


def not_supported(source: Source, type_name: str, verb: str) -> UserFault:
    """The error for an operation that a source does not have."""
    return UserFault(
        "NOT_SUPPORTED",
        f"{source.name} has no {operation_of(type_name, verb)}: `sources {{ name operations }}` tells which sources "
        "have it.",
    )


def operation_of(type_name: str, verb: str) -> str:
    """
    The name of an operation.

    >>> operation_of("MeterReading", "create")
    'meterReading.create'
    """
    return f"{type_name[:1].lower()}{type_name[1:]}.{verb}"


def mutation_resolver(
    resolve: Resolve, payload_field: str, operation: str, defaults: Mapping[str, Any] | None = None
) -> FieldResolver:
    """Resolver of a mutation that always has a payload: null for its record, and the error, if nothing was done."""

    async def level(ctx: RequestContext, parents: Sequence[Any], args: InputValues) -> list[Any]:
        return [await _answer(ctx, args["input"])] * len(parents)

    async def _answer(ctx: RequestContext, input_values: InputValues) -> MutationPayload:
        null_answer = {payload_field: None, **(defaults or {})}
        begun = ctx.audit.begun
        try:
            return await resolve(ctx, input_values)
        except (InputRefused, GatewayError) as exc:
            if ctx.audit.begun == begun:
                audit_refusal(ctx, operation, input_values, exc)
            if isinstance(exc, InputRefused):
                return payload(null_answer, refused=exc.faults)
            return payload(null_answer, error=exc)
        except Exception:  # noqa: BLE001
            # Raised, it would null the payloads of the mutations before it.
            _log.exception("a mutation failed in a way that nobody foresaw")
            message = "Internal error: look whether it was done before you repeat it"
            return payload(null_answer, error=GatewayError(message))

    return FunctionResolver(level, FieldsUsed(unbounded=True), operation)
