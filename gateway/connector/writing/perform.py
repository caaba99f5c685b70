"""Runs a write in its order: the record's turn, the record read, the body made, sent once, looked after."""

from contextlib import AsyncExitStack
from typing import Protocol

from gateway.connector.description.row_types import Row
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.writing.change import Change, ChangeResult, check_unchanged, not_found, read_fresh
from gateway.connector.writing.outcome import outcome, refusals, resolve_unknown
from gateway.connector.writing.request_body import InputRefused, UserFault, make_body
from gateway.connector.writing.send import WriteRequest, is_done, outcome_unknown, send
from gateway.errors import OutcomeUnknown
from gateway.upstream.http.target import WriteAnswer


class Sessions(Protocol):
    """The operation that a write belongs to."""

    def session(self, source: Source) -> Session:
        """Its dealings with a source."""
        ...

    def renew(self, source: Source) -> None:
        """Let everything be read anew within the operation."""
        ...


async def perform(
    change: Change, desk: Sessions, *, dry_run: bool = False, again: bool = False
) -> ChangeResult:
    """
    Do it, once.

    With `dry_run` nothing is written, and `planned` tells what would be sent. With `again` it was tried before, and
    nobody knows whether it was done: it is looked for, and not sent. Raises Refused for what the caller can mend,
    OutcomeUnknown where nobody knows whether it was done, and another GatewayError where it is certain that it was not.
    """
    async with AsyncExitStack() as held:
        if change.native is not None:
            await _turn(change, desk, held)
        desk.renew(change.source)
        session = desk.session(change.source)
        planned: list[WriteRequest] = []
        row: Row = {}
        if change.must_read:
            row = await _read(change, session, planned)
        body = await make_body(session, change.action, change.values, row=row)
        outgoing = change.request(body)
        if dry_run:
            return ChangeResult(planned_requests=(*planned, outgoing))
        try:
            answer = await _sent(session, outgoing, again=again)
        except OutcomeUnknown as lost:
            desk.renew(change.source)
            return await resolve_unknown(change, desk.session(change.source), body, lost)
        finally:
            desk.renew(change.source)
        if not is_done(answer):
            raise InputRefused(*refusals(change, answer))
        return await outcome(change, desk.session(change.source), answer, body)


async def _turn(change: Change, desk: Sessions, held: AsyncExitStack) -> None:
    """Wait until nobody else is writing the record."""
    ends = desk.session(change.source).reads.ends
    try:
        await held.enter_async_context(
            change.source.locks.hold(f"{change.resource.type} {change.native}", ends=ends)
        )
    except TimeoutError:
        told = "Others are changing this record, and were not done in time: nothing was sent; try again."
        raise InputRefused(UserFault("CONFLICT", told, ("id",))) from None


async def _sent(session: Session, outgoing: WriteRequest, *, again: bool) -> WriteAnswer:
    if again:
        told = (
            "an earlier request with this idempotencyKey was sent and not answered: look for the record, and if it is "
            "not there, repeat with a new key"
        )
        raise outcome_unknown(session.source, told)
    return await send(session, outgoing)


async def _read(change: Change, session: Session, planned: list[WriteRequest]) -> Row:
    """The record as it stands now, from the vendor itself."""
    row = await read_fresh(change, session)
    if row is None:
        raise InputRefused(not_found(change))
    planned.append(change.look)
    if change.since is not None:
        assert change.resource.get is not None
        check_unchanged(change, session.record(change.resource, row, loaded=change.resource.get.includes))
    return row
