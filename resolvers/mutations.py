"""How changes are made: what is asked is checked, done once, and told with everything that was refused."""

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
from resolvers.context import LevelResolver, RequestContext
from resolvers.once import check_key, run_once
from resolvers.payloads import MutationPayload, payload

_log = logging.getLogger(__name__)

InputValues = Mapping[str, Any]
Resolve = Callable[[RequestContext, InputValues], Awaitable[MutationPayload]]


def creating(type_name: str, shown: str, *, of: str | None = None) -> LevelResolver:
    """
    The resolver of a mutation that makes a record of a type, shown as `shown`.

    `of` is the field with the id that tells the source, where no `source` is given.
    """

    async def resolve(ctx: RequestContext, given: InputValues) -> MutationPayload:
        source = ctx.source(given["source"]) if of is None else _source_of(ctx, given[of], "Asset")
        return await _changed(ctx, source, given, _MutationTarget(type_name, "create", shown))

    return mutation(resolve, shown)


def changing(type_name: str, verb: str, shown: str) -> LevelResolver:
    """The resolver of a mutation that does something with a record, shown as `shown`."""

    async def resolve(ctx: RequestContext, given: InputValues) -> MutationPayload:
        wanted = ctx.checked_id(given["id"], type_name)
        source = ctx.sources[wanted.source]
        return await _changed(
            ctx, source, given, _MutationTarget(type_name, verb, shown), native=wanted.native
        )

    return mutation(resolve, shown)


def deleting(type_name: str) -> LevelResolver:
    """The resolver of a mutation that deletes a record."""

    async def resolve(ctx: RequestContext, given: InputValues) -> MutationPayload:
        wanted = ctx.checked_id(given["id"], type_name)
        source = ctx.sources[wanted.source]
        resource = source.resources.get(wanted.type)
        action = resource.actions.get("delete") if resource is not None else None
        if resource is None or action is None:
            raise InputRefused(not_supported(source, type_name, "delete"))
        values = read_values(source, action, given, SourceIdResolver(ctx, source), creating=False)
        change = Change(source=source, resource=resource, action=action, values=values, native=wanted.native)
        done = await perform(change, ctx, dry_run=given["dryRun"])
        warnings = [*((action.warning,) if action.warning else ()), *done.warnings]
        deleted = None if given["dryRun"] or done.user_errors else str(wanted)
        return payload(
            {"deleted_id": deleted, "warnings": warnings},
            source=source,
            refused=done.user_errors,
            planned=done.planned_requests,
        )

    return mutation(resolve, "deleted_id", {"warnings": []})


@dataclass(frozen=True)
class SourceIdResolver:
    """Reads the global ids in an input: only of the source that the input is for."""

    ctx: RequestContext
    source: Source

    def native(self, written: str, *types: str) -> str:
        """The native id. Raises Unfit where it is of another source or type, BadInput where it is no id."""
        wanted = self.ctx.checked_id(written)
        if wanted.source != self.source.name:
            raise InvalidValue(f"is an id of the source {wanted.source}, not of {self.source.name}")
        if wanted.type not in types:
            raise InvalidValue(f"is an id of type {wanted.type}, where {' or '.join(types)} is wanted")
        return wanted.native


@dataclass(frozen=True)
class _MutationTarget:
    type: str
    verb: str
    shown: str

    @property
    def name(self) -> str:
        return f"{self.type}.{self.verb}"


async def _changed(
    ctx: RequestContext,
    source: Source,
    given: InputValues,
    wanted: _MutationTarget,
    *,
    native: str | None = None,
) -> MutationPayload:
    resource = source.resources.get(wanted.type)
    action = resource.actions.get(wanted.verb) if resource is not None else None
    if resource is None or action is None:
        raise InputRefused(not_supported(source, wanted.type, wanted.verb))
    since = given.get("ifUnchangedSince")
    if since is not None and "updated_at" not in resource.fields:
        told = f"{source.name} does not tell when its records were changed."
        raise InputRefused(UserFault("NOT_SUPPORTED", told, ("ifUnchangedSince",)))
    check_key(given)
    values = read_values(
        source, action, given, SourceIdResolver(ctx, source), creating=wanted.verb == "create"
    )
    change = Change(
        source=source, resource=resource, action=action, values=values, native=native, since=since
    )
    if native is not None and wanted.verb == "update" and not values.by_field and not values.by_vendor_field:
        done = await _unchanged(ctx, change, native, dry_run=given["dryRun"])
    elif given["dryRun"]:
        done = await perform(change, ctx, dry_run=True)
    else:
        done = await run_once(ctx, change, wanted.name, given)
    return _told(source, wanted, done)


async def _unchanged(ctx: RequestContext, change: Change, native: str, *, dry_run: bool) -> ChangeResult:
    """Nothing is to be changed: nothing is sent."""
    if dry_run:
        return ChangeResult(planned_requests=())
    found = (await by_ids(ctx.session(change.source), change.resource, [native]))[native]
    if isinstance(found, GatewayError):
        raise found
    if found is None:
        raise InputRefused(not_found(change))
    if change.since is not None:
        check_unchanged(change, found)
    return ChangeResult(record=found)


def _told(source: Source, wanted: _MutationTarget, done: ChangeResult) -> MutationPayload:
    return payload(
        {wanted.shown: done.record, "warnings": list(done.warnings)},
        source=source,
        refused=done.user_errors,
        planned=done.planned_requests,
        error=done.error,
    )


def _source_of(ctx: RequestContext, written: str, type_name: str) -> Source:
    return ctx.sources[ctx.checked_id(written, type_name).source]


def not_supported(source: Source, type_name: str, verb: str) -> UserFault:
    """What is said of an operation that a source has not."""
    operation = f"{type_name[:1].lower()}{type_name[1:]}.{verb}"
    return UserFault(
        "NOT_SUPPORTED",
        f"{source.name} has no {operation}: `sources {{ name operations }}` tells which sources have it.",
    )


def mutation(resolve: Resolve, shown: str, beside: Mapping[str, Any] | None = None) -> LevelResolver:
    """A mutation that always has an answer: null where nothing was done, and why."""

    async def level(ctx: RequestContext, parents: Sequence[Any], args: InputValues) -> list[Any]:
        return [await _answered(ctx, args["input"])] * len(parents)

    async def _answered(ctx: RequestContext, given: InputValues) -> MutationPayload:
        nothing = {shown: None, **(beside or {})}
        try:
            return await resolve(ctx, given)
        except InputRefused as exc:
            return payload(nothing, refused=exc.faults)
        except GatewayError as exc:
            return payload(nothing, error=exc)
        except Exception:  # noqa: BLE001
            # Raised, it would take away what the mutations before it have told.
            _log.exception("a mutation failed in a way that nobody foresaw")
            told = "Internal error: look whether it was done before you repeat it"
            return payload(nothing, error=GatewayError(told))

    return level
