"""A change is done once for each of the caller's keys, however often and however fast it is asked for."""

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

_LONGEST = 255
_WHERE = ("idempotencyKey",)


def check_key(input_values: Mapping[str, Any]) -> None:
    """Raises Refused where a key is given that is none."""
    key = input_values.get("idempotencyKey")
    if key is not None and not 0 < len(key) <= _LONGEST:
        raise InputRefused(
            UserFault("INVALID", f"`idempotencyKey` must have 1 to {_LONGEST} characters.", _WHERE)
        )


async def run_once(
    ctx: RequestContext, change: Change, name: str, input_values: Mapping[str, Any]
) -> ChangeResult:
    """What came of the change: of doing it now, or of doing it before under the same key."""
    key = input_values.get("idempotencyKey")
    if key is None:
        return await perform(change, ctx)
    keys = change.source.idempotency
    asked = {
        field: value for field, value in input_values.items() if field not in {"idempotencyKey", "dryRun"}
    }
    claim = await keys.claim(key, fingerprint(name, asked))
    if claim.state is ClaimState.OTHER:
        told = "This key was used for another request within the last 24 hours: give each request its own."
        raise InputRefused(UserFault("CONFLICT", told, _WHERE))
    if claim.state is ClaimState.DONE:
        return await _again(ctx, change, claim)
    return await _claimed(ctx, change, key, claim)


async def _claimed(ctx: RequestContext, change: Change, key: str, claim: Claim) -> ChangeResult:
    keys = change.source.idempotency
    tried = claim.state is ClaimState.UNKNOWN
    try:
        done = await perform(change, ctx, again=tried)
    except (InputRefused, GatewayError) as exc:
        # Not done now; but what an earlier try has done is not known any better for that.
        in_doubt = tried or isinstance(exc, OutcomeUnknown)
        await (keys.mark_unknown(key) if in_doubt else keys.release(key))
        raise
    except BaseException:
        # Ended while it was under way.
        await keys.mark_unknown(key)
        raise
    if done.user_errors:
        await keys.release(key)
    else:
        await keys.complete(key, _kept(done.record))
    return done


def _kept(record: Record | None) -> Mapping[str, Any]:
    """What is needed to find the result again: nothing of the vendor's answer."""
    return {} if record is None else {"native": record.native_id}


async def _again(ctx: RequestContext, change: Change, claim: Claim) -> ChangeResult:
    """The record that was made or changed then."""
    native = (claim.result or {}).get("native")
    if native is None:
        return ChangeResult()
    session = ctx.session(change.source)
    found = (await by_ids(session, change.resource, [native]))[native]
    if found is None:
        told = "It was done before under this key; the record is there no more."
        raise InputRefused(UserFault("NOT_FOUND", told, _WHERE))
    if isinstance(found, GatewayError):
        raise found
    return ChangeResult(record=found)
