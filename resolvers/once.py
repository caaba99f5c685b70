"""A change is done once for each of the caller's keys, however often and however fast it is asked for."""

from collections.abc import Mapping
from typing import Any

from gateway.connector.fetching.by_id import by_ids
from gateway.connector.records.record import Record
from gateway.connector.writing.change import Change, Done
from gateway.connector.writing.perform import perform
from gateway.connector.writing.request_body import Fault, Refused
from gateway.coordination.idempotency import Claim, State, fingerprint
from gateway.errors import GatewayError, OutcomeUnknown
from resolvers.context import Context

_LONGEST = 255
_WHERE = ("idempotencyKey",)


def check_key(given: Mapping[str, Any]) -> None:
    """Raises Refused where a key is given that is none."""
    key = given.get("idempotencyKey")
    if key is not None and not 0 < len(key) <= _LONGEST:
        raise Refused(Fault("INVALID", f"`idempotencyKey` must have 1 to {_LONGEST} characters.", _WHERE))


async def once(ctx: Context, change: Change, name: str, given: Mapping[str, Any]) -> Done:
    """What came of the change: of doing it now, or of doing it before under the same key."""
    key = given.get("idempotencyKey")
    if key is None:
        return await perform(change, ctx)
    keys = change.source.keys
    asked = {field: value for field, value in given.items() if field not in {"idempotencyKey", "dryRun"}}
    claim = await keys.claim(key, fingerprint(name, asked))
    if claim.state is State.OTHER:
        told = "This key was used for another request within the last 24 hours: give each request its own."
        raise Refused(Fault("CONFLICT", told, _WHERE))
    if claim.state is State.DONE:
        return await _again(ctx, change, claim)
    return await _claimed(ctx, change, key, claim)


async def _claimed(ctx: Context, change: Change, key: str, claim: Claim) -> Done:
    keys = change.source.keys
    tried = claim.state is State.UNKNOWN
    try:
        done = await perform(change, ctx, again=tried)
    except (Refused, GatewayError) as exc:
        # Not done now; but what an earlier try has done is not known any better for that.
        in_doubt = tried or isinstance(exc, OutcomeUnknown)
        await (keys.doubt(key) if in_doubt else keys.release(key))
        raise
    except BaseException:
        # Ended while it was under way.
        await keys.doubt(key)
        raise
    if done.faults:
        await keys.release(key)
    else:
        await keys.keep(key, _kept(done.record))
    return done


def _kept(record: Record | None) -> Mapping[str, Any]:
    """What is needed to find the result again: nothing of the vendor's answer."""
    return {} if record is None else {"native": record.native_id}


async def _again(ctx: Context, change: Change, claim: Claim) -> Done:
    """The record that was made or changed then."""
    native = (claim.result or {}).get("native")
    if native is None:
        return Done()
    session = ctx.session(change.source)
    found = (await by_ids(session, change.resource, [native]))[native]
    if found is None:
        told = "It was done before under this key; the record is there no more."
        raise Refused(Fault("NOT_FOUND", told, _WHERE))
    if isinstance(found, GatewayError):
        raise found
    return Done(record=found)
