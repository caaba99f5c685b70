"""What came of a write: by what the vendor answers, by a look at the record, or by neither."""

from dataclasses import replace
from typing import Any

from gateway.connector.description import convert, envelope
from gateway.connector.description.actions import Body
from gateway.connector.description.resource import Field, Link, Resource
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.by_id import by_ids
from gateway.connector.fetching.session import GONE, Session
from gateway.connector.records.record import Record
from gateway.connector.writing.change import Change, ChangeResult, not_found, read_fresh
from gateway.connector.writing.csv_import import shown_row
from gateway.connector.writing.request_body import UserFault, pointed_at
from gateway.connector.writing.send import outcome_unknown
from gateway.errors import GatewayError, OutcomeUnknown
from gateway.upstream.http.target import WriteAnswer

#: Where an answer may have a remark that is none of the record's values.
_SAID = "_warning"
_GONE_ANYHOW = "The vendor's answer was lost. The record is not there now, and may have been gone before."


def refusals(change: Change, answer: WriteAnswer) -> list[UserFault]:
    """Why the vendor does not do it, in our words, and of which of our fields it speaks."""
    special = change.action.refusals.get(answer.status)
    places = pointed_at(answer.body, change.action, change.values)
    if special is not None:
        return [UserFault(special.code, special.message, special.field or next(iter(places), None))]
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
        return [UserFault(code, told)]
    said = {"NOT_FOUND": f"{name} does not find what {{}} names."}.get(
        code, f"{name} refuses the value of {{}}."
    )
    return [UserFault(code, said.format(f"`{'.'.join(place)}`"), place) for place in places]


async def outcome(change: Change, session: Session, answer: WriteAnswer, body: Body) -> ChangeResult:
    """
    What came of a write that the vendor says it has done, with the record: out of the answer where that is whole, else
    read again.
    """
    if answer.is_invalid:
        lost = outcome_unknown(session.source, "what it answered to the change is not what its API promises")
        return await resolve_unknown(change, session, body, lost)
    row = _row(answer.body)
    said = _said(row)
    if change.deletes:
        return await _deleted(change, session, said) if said else ChangeResult()
    reported = (
        change.action.partial_failure(row)
        if change.action.partial_failure is not None and row is not None
        else None
    )
    if reported is not None and row is not None:
        record = session.record(change.resource, row) if reported.shows_record else None
        fault = UserFault(reported.code, reported.message, reported.field)
        return ChangeResult(record=record, user_errors=(fault,), warnings=said)
    record = session.record(change.resource, row) if row is not None and _names_one(row) else None
    native = change.native or (record.native_id if record is not None else None)
    if record is not None and record.native_id == native and not said and _tells(record, details=False):
        get = change.resource.get
        if row is not None and get is not None and _tells(record, details=True):
            record = session.record(change.resource, row, loaded=get.includes)
        return ChangeResult(record=record)
    if native is None:
        lost = outcome_unknown(
            session.source, "the vendor took it, and its answer does not say under which id"
        )
        return await resolve_unknown(change, session, body, lost)
    done = await _read_back(session, change.resource, native, told=row)
    return _heeded(change, done, body, said) if said else done


async def _deleted(change: Change, session: Session, said: tuple[str, ...]) -> ChangeResult:
    """Whether a record is gone that the vendor had something to say about."""
    try:
        row = await read_fresh(change, session)
    except GatewayError as exc:
        raise outcome_unknown(
            session.source, "the vendor had something to say, and does not tell the record"
        ) from exc
    if row is None:
        return ChangeResult(warnings=said)
    fault = UserFault("CONFLICT", f"{change.source.name} did not delete it: see `warnings`.", ("id",))
    return ChangeResult(user_errors=(fault,), warnings=said)


def _heeded(change: Change, done: ChangeResult, body: Body, said: tuple[str, ...]) -> ChangeResult:
    """A change that was answered with a warning, and is not there when it is looked for, was not made."""
    shows, record = change.action.matches_record, done.record
    if shows is None or record is None or done.error is not None or shows(record.row, body):
        return replace(done, warnings=said)
    told = f"{change.source.name} did not keep all of this: see `warnings`."
    return replace(done, user_errors=(UserFault("CONFLICT", told),), warnings=said)


async def _read_back(
    session: Session, resource: Resource, native: str, *, told: Row | None = None
) -> ChangeResult:
    """A record that was written, as it stands now. Where it cannot be read, what is known of it, and the error."""
    found = (await by_ids(session, resource, [native]))[native]
    if isinstance(found, Record):
        # What a vendor says of the write itself is in its answer only.
        beside = {key: value for key, value in (told or {}).items() if key.startswith("_")}
        row = {**found.row, **beside}
        return ChangeResult(record=session.record(resource, row, loaded=found.loaded))
    known = Record(session, resource, told or {}, native, stub=True)
    if isinstance(found, GatewayError):
        return ChangeResult(record=known, error=found)
    return ChangeResult(
        record=known, error=session.invalid_response("it was written, and is not found afterwards")
    )


def _said(row: Row | None) -> tuple[str, ...]:
    """What the vendor says beside the record."""
    told = (row or {}).get(_SAID)
    return (shown_row(told),) if isinstance(told, str) and told.strip() else ()


def _names_one(row: Row) -> bool:
    """Whether a row's id can be a record's: vendors count from 1, and 0 stands for none."""
    return convert.identity(row.get("id")) != "0"


def _row(body: Any) -> Row | None:
    try:
        return envelope.find_record(body)
    except envelope.UnknownEnvelope:
        return None


def _tells(record: Record, *, details: bool) -> bool:
    """Whether an answer's row has all that a list's row has, or all details. Several keys are alternatives."""
    declared: tuple[Field | Link, ...] = (*record.resource.fields.values(), *record.resource.links.values())
    looked_at = [one.keys for one in declared if one.keys and (one.detail is not None) is details]
    return all(any(key in record.row or key.startswith("_") for key in uses) for uses in looked_at)


# after a lost answer


async def resolve_unknown(change: Change, session: Session, body: Body, lost: OutcomeUnknown) -> ChangeResult:
    """What a careful look says of a write that was not answered. Raises `lost` where it says nothing."""
    try:
        done = await _looked(change, session, body)
    except (GatewayError, envelope.UnknownEnvelope):
        done = None
    if done is None:
        raise lost
    return done


async def _looked(change: Change, session: Session, body: Body) -> ChangeResult | None:
    if change.native is None:
        found = await _searched(change, session, body)
        return None if found is None else ChangeResult(record=found)
    row = await read_fresh(change, session)
    if change.deletes:
        return ChangeResult(warnings=(_GONE_ANYHOW,)) if row is None else None
    if row is None or change.action.matches_record is None or not change.action.matches_record(row, body):
        return None
    assert change.resource.get is not None
    return ChangeResult(record=session.record(change.resource, row, loaded=change.resource.get.includes))


async def _searched(change: Change, session: Session, body: Body) -> Record | None:
    """The one record that is just as the new one was to be. None where there is none, or more than one."""
    action = change.action
    params = action.search(change.values.by_field) if action.search is not None else None
    if params is None or action.matches_record is None or change.resource.list is None:
        return None
    listed, fault = await session.pager(change.resource, params).read_all()
    if fault is not None:
        raise fault
    found = [record for record in listed if action.matches_record(record.row, body)]
    return found[0] if len(found) == 1 else None
