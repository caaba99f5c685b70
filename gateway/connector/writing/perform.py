"""Performs a write: lock the record, read it, make the body, send it once, and verify the outcome."""

from contextlib import AsyncExitStack
from typing import Protocol

from gateway.access.audit import OperationAudit
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.writing.audited import audited, change_entry, set_result
from gateway.connector.writing.change import Change, ChangeResult, check_unchanged, not_found, read_fresh
from gateway.connector.writing.outcome import outcome, refusals, resolve_unknown
from gateway.connector.writing.request_body import InputRefused, UserFault, make_body
from gateway.connector.writing.send import WriteRequest, is_done, outcome_unknown, send
from gateway.errors import OutcomeUnknown
from gateway.upstream.http.target import WriteAnswer


class Sessions(Protocol):
    """The operation that a write belongs to: its sessions, and its audit."""

    @property
    def audit(self) -> OperationAudit:
        """The audit of the operation's writes."""
        ...

    def session(self, source: Source) -> Session:
        """The operation's session with a source."""
        ...

    def renew(self, source: Source) -> None:
        """Drop the operation's reads of a source, so that they are repeated."""
        ...


async def perform(
    change: Change,
    operation: Sessions,
    *,
    dry_run: bool = False,
    verify_only: bool = False,
    assumed_row: Row | None = None,
) -> ChangeResult:
    """
    Perform a change, sending it at most once.

    With `dry_run` nothing is written, and `planned_requests` has the requests that would be sent. With `again` it was
    sent before with an unknown outcome: it is only verified, and not sent. `assumed_row`, of a dry run only, stands for
    the current row of a record that does not exist yet. Cancelling releases the record's lock.

    Raises InputRefused for errors that the caller can fix, OutcomeUnknown if it is not known whether it was done, and
    another GatewayError if it was certainly not done.
    """
    with audited(operation.audit, change_entry(change, dry_run=dry_run)) as outcome_entry:
        result = await _perform(
            change, operation, dry_run=dry_run, verify_only=verify_only, assumed_row=assumed_row
        )
        set_result(outcome_entry, result)
        return result


async def _perform(
    change: Change, operation: Sessions, *, dry_run: bool, verify_only: bool, assumed_row: Row | None
) -> ChangeResult:
    async with AsyncExitStack() as held_locks:
        if change.native_id is not None:
            await _lock_record(change, operation, held_locks)
        operation.renew(change.source)
        session = operation.session(change.source)
        planned: list[WriteRequest] = []
        row: Row = {}
        if change.must_read and assumed_row is not None:
            row = assumed_row
            planned.append(change.read_request)
        elif change.must_read:
            row = await _read_current(change, session, planned)
        body = await make_body(session, change.action, change.values, row=row)
        request = change.request(body)
        if dry_run:
            return ChangeResult(planned_requests=(*planned, request))
        try:
            answer = await _send_once(session, request, verify_only=verify_only)
        except OutcomeUnknown as unknown:
            operation.renew(change.source)
            return await resolve_unknown(change, operation.session(change.source), body, unknown)
        finally:
            operation.renew(change.source)
        if not is_done(answer):
            raise InputRefused(*refusals(change, answer))
        return await outcome(change, operation.session(change.source), answer, body)


async def _lock_record(change: Change, operation: Sessions, held_locks: AsyncExitStack) -> None:
    """Acquire the record's lock until the operation's deadline. Raises InputRefused if that is not possible in time."""
    deadline = operation.session(change.source).reads.ends
    try:
        await held_locks.enter_async_context(
            change.source.locks.hold(f"{change.resource.type} {change.native_id}", deadline=deadline)
        )
    except TimeoutError:
        message = "Others are changing this record, and were not done in time: nothing was sent; try again."
        raise InputRefused(UserFault("CONFLICT", message, ("id",))) from None


async def _send_once(session: Session, request: WriteRequest, *, verify_only: bool) -> WriteAnswer:
    if verify_only:
        reason = (
            "an earlier request with this idempotencyKey was sent and not answered: look for the record, and if it is "
            "not there, repeat with a new key"
        )
        raise outcome_unknown(session.source, reason)
    return await send(session, request)


async def _read_current(change: Change, session: Session, planned: list[WriteRequest]) -> Row:
    """The record's current row, read from the vendor. Raises InputRefused if it is missing or newer than `since`."""
    row = await read_fresh(change, session)
    if row is None:
        raise InputRefused(not_found(change))
    planned.append(change.read_request)
    if change.since is not None:
        assert change.resource.get is not None
        check_unchanged(change, session.record(change.resource, row, loaded=change.resource.get.includes))
    return row
