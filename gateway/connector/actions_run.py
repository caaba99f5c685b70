"""Runs a write from its values to the record that comes of it: read, merged, sent once, and looked after."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from gateway.connector import envelope
from gateway.connector.actions import Fault, Refused, Values, make_body, pointed_at
from gateway.connector.actions_send import Outgoing, is_done, send, unknown
from gateway.connector.actions_spec import Action, Body
from gateway.connector.lookup import by_ids
from gateway.connector.record import Record
from gateway.connector.session import GONE, Session
from gateway.connector.source import Source
from gateway.connector.spec import Field, Link, Resource, Row
from gateway.errors import GatewayError, OutcomeUnknown, UpstreamRejected
from gateway.upstream.client import Answer

_CANDIDATES = 3


class Desk(Protocol):
    """The operation that a write belongs to."""

    def session(self, source: Source) -> Session:
        """Its dealings with a source."""
        ...

    def renew(self, source: Source) -> None:
        """Let everything be read anew within the operation."""
        ...


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be done: an action with its values, on the record `native`, or to make one."""

    source: Source
    resource: Resource
    action: Action
    values: Values
    native: str | None = None
    since: datetime | None = None

    @property
    def deletes(self) -> bool:
        """Whether the record is gone afterwards."""
        return self.action.method == "DELETE"

    @property
    def must_read(self) -> bool:
        """Whether the record as it stands has to be known."""
        action = self.action
        looked_at = any(action.takes[name].reads for name in self.values.ours)
        wanted = action.reads or action.carries is not None or looked_at or self.since is not None
        return wanted and self.native is not None


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of it. `record` is the record as it is now, `error` what kept it from being read whole."""

    record: Record | None = None
    faults: tuple[Fault, ...] = ()
    planned: tuple[Outgoing, ...] | None = None
    error: GatewayError | None = None


async def perform(change: Change, desk: Desk, *, dry_run: bool = False, again: bool = False) -> Done:
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
        planned: list[Outgoing] = []
        row: Row = {}
        if change.must_read:
            row = await _read(change, session, planned)
        body = await make_body(session, change.action, change.values, row=row)
        outgoing = _outgoing(change, body)
        if dry_run:
            return Done(planned=(*planned, outgoing))
        try:
            answer = await _sent(session, outgoing, again=again)
        except OutcomeUnknown as lost:
            desk.renew(change.source)
            return await _settled(change, desk.session(change.source), body, lost)
        finally:
            desk.renew(change.source)
        if not is_done(answer):
            raise Refused(*_refusals(change, answer))
        return await _outcome(change, desk.session(change.source), answer, body)


async def _turn(change: Change, desk: Desk, held: AsyncExitStack) -> None:
    """Wait until nobody else is writing the record."""
    ends = desk.session(change.source).budget.ends
    try:
        await held.enter_async_context(
            change.source.locks.hold(f"{change.resource.type} {change.native}", ends=ends)
        )
    except TimeoutError:
        told = "Others are changing this record, and were not done in time: nothing was sent; try again."
        raise Refused(Fault("CONFLICT", told, ("id",))) from None


async def _sent(session: Session, outgoing: Outgoing, *, again: bool) -> Answer:
    if again:
        told = (
            "an earlier request with this idempotencyKey was sent and not answered: look for the record, and if it is "
            "not there, repeat with a new key"
        )
        raise unknown(session.source, told)
    return await send(session, outgoing)


def _outgoing(change: Change, body: Body) -> Outgoing:
    path = change.action.path.replace("{id}", quote(change.native or "", safe=""))
    if change.deletes:
        return Outgoing(method=change.action.method, path=path)
    return Outgoing(method=change.action.method, path=path, body=[body] if change.action.listed else body)


async def _read(change: Change, session: Session, planned: list[Outgoing]) -> Row:
    """The record as it stands now, from the vendor itself."""
    assert change.native is not None
    row = await fresh(change, session)
    if row is None:
        raise Refused(not_found(change))
    assert change.resource.get is not None
    planned.append(Outgoing(method="GET", path=_get_path(change), params=change.resource.get.params))
    if change.since is not None:
        assert change.resource.get is not None
        check_unchanged(change, session.record(change.resource, row, loaded=change.resource.get.has))
    return row


def _get_path(change: Change) -> str:
    assert change.resource.get is not None
    return change.resource.get.path.replace("{id}", quote(change.native or "", safe=""))


async def fresh(change: Change, session: Session) -> Row | None:
    """The record's row, from the vendor itself and from no cache; None where there is none."""
    assert change.resource.get is not None
    try:
        body = await session.source.upstream.get(
            _get_path(change), change.resource.get.params, budget=session.budget, keep_seconds=0
        )
        row = envelope.one(body, change.native or "")
    except UpstreamRejected as exc:
        if exc.status in GONE:
            return None
        raise
    except envelope.OddEnvelope as exc:
        raise session.garbled("a record was promised, something else came") from exc
    record = session.record(change.resource, row) if row is not None else None
    if row is not None and (record is None or record.native_id != change.native):
        # What is read here decides what is written, and where.
        raise session.garbled("another record came than was asked for")
    return row


def check_unchanged(change: Change, record: Record | None) -> None:
    """Refuse where the record is newer than the caller knows. Compared to the millisecond, as callers keep it."""
    assert change.since is not None
    where = ("ifUnchangedSince",)
    at = record.get("updated_at") if record is not None else None
    if not isinstance(at, datetime):
        told = f"{change.source.name} does not tell when this record was changed."
        raise Refused(Fault("NOT_SUPPORTED", told, where))
    if _milliseconds(at) > _milliseconds(change.since):
        moment = at.isoformat().replace("+00:00", "Z")
        told = f"It was changed at {moment}: read it again, and decide anew."
        raise Refused(Fault("CONFLICT", told, where))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1000 + at.microsecond // 1000


def not_found(change: Change) -> Fault:
    """There is no such record (any more)."""
    return Fault("NOT_FOUND", f"{change.source.name} has no record with this id.", ("id",))


# after the answer


def _refusals(change: Change, answer: Answer) -> list[Fault]:
    """Why the vendor does not do it, in our words, and of which of our fields it speaks."""
    special = change.action.refusals.get(answer.status)
    places = pointed_at(answer.body, change.action, change.values)
    if special is not None:
        return [Fault(special.code, special.message, special.field or next(iter(places), None))]
    name = change.source.name
    if answer.status in GONE and not places and change.native is not None:
        return [not_found(change)]
    code = {402: "QUOTA_EXCEEDED", 404: "NOT_FOUND", 409: "CONFLICT", 410: "NOT_FOUND"}.get(
        answer.status, "INVALID"
    )
    if not places:
        told = {
            "QUOTA_EXCEEDED": f"{name} says that its plan allows no more.",
            "CONFLICT": f"{name} says that the record's state does not allow this.",
            "NOT_FOUND": f"{name} does not find what this refers to.",
        }.get(code, f"{name} refuses these values (status {answer.status}).")
        return [Fault(code, told)]
    said = {"NOT_FOUND": f"{name} does not find what {{}} names."}.get(
        code, f"{name} refuses the value of {{}}."
    )
    return [Fault(code, said.format(f"`{'.'.join(place)}`"), place) for place in places]


async def _outcome(change: Change, session: Session, answer: Answer, body: Body) -> Done:
    """The record that came of it: out of the answer where that is whole, else read again."""
    if answer.garbled:
        lost = unknown(session.source, "what it answered to the change is not what its API promises")
        return await _settled(change, session, body, lost)
    if change.deletes:
        return Done()
    row = _row(answer.body)
    reported = change.action.reports(row) if change.action.reports is not None and row is not None else None
    if reported is not None:
        assert row is not None
        told = session.record(change.resource, row)
        return Done(record=told, faults=(Fault(reported.code, reported.message, reported.field),))
    record = session.record(change.resource, row) if row is not None else None
    native = change.native or (record.native_id if record is not None else None)
    if record is not None and record.native_id == native and _tells(record, details=False):
        get = change.resource.get
        if row is not None and get is not None and _tells(record, details=True):
            record = session.record(change.resource, row, loaded=get.has)
        return Done(record=record)
    if native is None:
        lost = unknown(session.source, "the vendor took it, and its answer does not say under which id")
        return await _settled(change, session, body, lost)
    return _heeded(change, await read_back(session, change.resource, native, told=row), row, body)


def _heeded(change: Change, done: Done, row: Row | None, body: Body) -> Done:
    """A change that was answered with a warning, and is not there when it is looked for, was not made."""
    shows = change.action.shows
    if shows is None or done.record is None or done.error is not None or not (row or {}).get("_warning"):
        return done
    if shows(done.record.row, body):
        return done
    told = f"{change.source.name} did not keep all of this: see `warnings`."
    return replace(done, faults=(Fault("CONFLICT", told),))


async def read_back(session: Session, resource: Resource, native: str, *, told: Row | None = None) -> Done:
    """A record that was written, as it stands now. Where it cannot be read, what is known of it, and the error."""
    found = (await by_ids(session, resource, [native]))[native]
    if isinstance(found, Record):
        # What a vendor says of the write itself is in its answer only.
        beside = {key: value for key, value in (told or {}).items() if key.startswith("_")}
        row = {**found.row, **beside}
        return Done(record=session.record(resource, row, loaded=found.loaded))
    known = Record(session, resource, told or {}, native, stub=True)
    if isinstance(found, GatewayError):
        return Done(record=known, error=found)
    return Done(record=known, error=session.garbled("it was written, and is not found afterwards"))


def _row(body: Any) -> Row | None:
    try:
        return envelope.one(body)
    except envelope.OddEnvelope:
        return None


def _tells(record: Record, *, details: bool) -> bool:
    """Whether an answer's row has all that a list's row has, or all details. Several keys are alternatives."""
    declared: tuple[Field | Link, ...] = (*record.resource.fields.values(), *record.resource.links.values())
    looked_at = [one.uses for one in declared if one.uses and (one.part is not None) is details]
    return all(any(key in record.row or key.startswith("_") for key in uses) for uses in looked_at)


# after a lost answer


async def _settled(change: Change, session: Session, body: Body, lost: OutcomeUnknown) -> Done:
    """What a careful look says of a write that was not answered. Raises `lost` where it says nothing."""
    try:
        done = await _looked(change, session, body)
    except (GatewayError, envelope.OddEnvelope):
        done = None
    if done is None:
        raise lost
    return done


async def _looked(change: Change, session: Session, body: Body) -> Done | None:
    if change.native is None:
        found = await _searched(change, session, body)
        return None if found is None else Done(record=found)
    row = await fresh(change, session)
    if change.deletes:
        return Done() if row is None else None
    if row is None or change.action.shows is None or not change.action.shows(row, body):
        return None
    assert change.resource.get is not None
    return Done(record=session.record(change.resource, row, loaded=change.resource.get.has))


async def _searched(change: Change, session: Session, body: Body) -> Record | None:
    """The one record that is just as the new one was to be. None where there is none, or more than one."""
    action = change.action
    params = action.search(change.values.ours) if action.search is not None else None
    if params is None or action.shows is None or change.resource.list is None:
        return None
    listed, fault = await session.pager(change.resource, params).everything()
    if fault is not None:
        raise fault
    found: list[Record] = []
    for record in listed if change.resource.parts else ():
        if len(listed) <= _CANDIDATES:
            whole = (await by_ids(session, change.resource, [record.native_id]))[record.native_id]
            found += [whole] if isinstance(whole, Record) and action.shows(whole.row, body) else []
    if not change.resource.parts:
        found = [record for record in listed if action.shows(record.row, body)]
    return found[0] if len(found) == 1 else None
