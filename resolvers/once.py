"""Idempotency keys: a change is done once for each key, however often and however fast it is repeated."""

from collections.abc import Mapping
from typing import Any

from gateway.connector.fetching.by_id import by_ids
from gateway.connector.records.record import Record
from gateway.connector.writing.change import Change, ChangeResult
from gateway.connector.writing.perform import perform
from gateway.connector.writing.request_body import InputRefused, UserFault
from gateway.coordination.idempotency import Claim, ClaimState, fingerprint
from gateway.errors import GatewayError, OutcomeUnknown
from resolvers.context import RequestContext

_MAX_KEY_LENGTH = 255
_KEY_PATH = ("idempotencyKey",)


def check_key(input_values: Mapping[str, Any]) -> None:
    """Raises InputRefused if the idempotency key is empty or too long."""
    key = input_values.get("idempotencyKey")
    if key is not None and not 0 < len(key) <= _MAX_KEY_LENGTH:
        raise InputRefused(
            UserFault("INVALID", f"`idempotencyKey` must have 1 to {_MAX_KEY_LENGTH} characters.", _KEY_PATH)
        )


async def run_once(
    ctx: RequestContext, change: Change, name: str, input_values: Mapping[str, Any]
) -> ChangeResult:
    """The result of the change, done now or earlier under the same key. Raises InputRefused and GatewayError."""
    key = input_values.get("idempotencyKey")
    if key is None:
        return await perform(change, ctx)
    key = ctx.own_key(key)
    keys = change.source.idempotency
    fingerprinted = {
        field: value for field, value in input_values.items() if field not in {"idempotencyKey", "dryRun"}
    }
    claim = await keys.claim(key, fingerprint(name, fingerprinted))
    if claim.state is ClaimState.MISMATCH:
        message = "This key was used for another request within the last 24 hours: give each request its own."
        raise InputRefused(UserFault("CONFLICT", message, _KEY_PATH))
    if claim.state is ClaimState.DONE:
        return await _replay(ctx, change, claim)
    return await _run_claimed(ctx, change, key, claim)


async def _run_claimed(ctx: RequestContext, change: Change, key: str, claim: Claim) -> ChangeResult:
    keys = change.source.idempotency
    is_retry = claim.state is ClaimState.UNKNOWN
    try:
        result = await perform(change, ctx, verify_only=is_retry)
    except (InputRefused, GatewayError) as exc:
        # Not done now; but the outcome of an earlier try stays unknown.
        in_doubt = is_retry or isinstance(exc, OutcomeUnknown)
        await (keys.mark_unknown(key) if in_doubt else keys.release(key))
        raise
    except BaseException:
        # Cancelled while it was under way.
        await keys.mark_unknown(key)
        raise
    if result.user_errors:
        await keys.release(key)
    else:
        await keys.complete(key, _stored_result(result.record))
    return result


def _stored_result(record: Record | None) -> Mapping[str, Any]:
    """The stored part of a result, enough to read the record again: nothing of the vendor's answer."""
    return {} if record is None else {"native": record.native_id}


async def _replay(ctx: RequestContext, change: Change, claim: Claim) -> ChangeResult:
    """The result of a change that was done earlier: its record as it is now."""
    native_id = (claim.result or {}).get("native")
    if native_id is None:
        return ChangeResult()
    session = ctx.session(change.source)
    record = (await by_ids(session, change.resource, [native_id]))[native_id]
    if record is None:
        message = "It was done before under this key; the record is there no more."
        raise InputRefused(UserFault("NOT_FOUND", message, _KEY_PATH))
    if isinstance(record, GatewayError):
        raise record
    return ChangeResult(record=record)
