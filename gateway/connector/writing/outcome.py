"""Outcome of a write: read from the vendor's answer, or verified by reading the record, or unknown."""

from dataclasses import replace
from typing import Any

from gateway.connector.description import convert, envelope
from gateway.connector.description.actions import Body
from gateway.connector.description.resource import Field, Link, Resource
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.by_id import by_ids
from gateway.connector.fetching.session import NOT_FOUND_STATUSES, Session
from gateway.connector.records.record import Record
from gateway.connector.writing.change import Change, ChangeResult, not_found, read_fresh
from gateway.connector.writing.csv_import import short_message
from gateway.connector.writing.request_body import UserFault, refused_fields
from gateway.connector.writing.send import outcome_unknown
from gateway.errors import GatewayError, OutcomeUnknown
from gateway.upstream.http.target import WriteAnswer

#: Key of an answer under which a vendor may put a warning beside the record's values.
_WARNING_KEY = "_warning"
_MAY_HAVE_BEEN_GONE = (
    "The vendor's answer was lost. The record is not there now, and may have been gone before."
)


def refusals(change: Change, answer: WriteAnswer) -> list[UserFault]:
    """The user errors of a vendor's refusal, in our words, with the input fields that it names."""
    refusal = change.action.refusals.get(answer.status)
    field_paths = refused_fields(answer.body, change.action, change.values)
    if refusal is not None:
        return [UserFault(refusal.code, refusal.message, refusal.field or next(iter(field_paths), None))]
    name = change.source.name
    if answer.status in NOT_FOUND_STATUSES and not field_paths and change.native_id is not None:
        return [not_found(change)]
    code = {402: "QUOTA_EXCEEDED", 404: "NOT_FOUND", 409: "CONFLICT", 410: "NOT_FOUND"}.get(
        answer.status, "INVALID"
    )
    if not field_paths:
        message = {
            "QUOTA_EXCEEDED": f"{name} says that its plan allows no more.",
            "CONFLICT": f"{name} says that the record's state does not allow this.",
            "NOT_FOUND": f"{name} does not find what this refers to.",
        }.get(code, f"{name} refuses these values (status {answer.status}).")
        return [UserFault(code, message)]
    template = {"NOT_FOUND": f"{name} does not find what {{}} names."}.get(
        code, f"{name} refuses the value of {{}}."
    )
    return [
        UserFault(code, template.format(f"`{'.'.join(field_path)}`"), field_path)
        for field_path in field_paths
    ]


async def outcome(change: Change, session: Session, answer: WriteAnswer, body: Body) -> ChangeResult:
    """
    The result of a write that the vendor reports as done, with the record: from the answer if that is complete, else
    read again.

    Raises OutcomeUnknown if the answer leaves open whether it was done, and verification cannot tell either.
    """
    if answer.is_invalid:
        unknown = outcome_unknown(
            session.source, "what it answered to the change is not what its API promises"
        )
        return await resolve_unknown(change, session, body, unknown)
    row = _find_row(answer.body)
    warnings = _warnings(row)
    if change.deletes:
        return await _confirm_deleted(change, session, warnings) if warnings else ChangeResult()
    failure = (
        change.action.partial_failure(row)
        if change.action.partial_failure is not None and row is not None
        else None
    )
    if failure is not None and row is not None:
        record = session.record(change.resource, row) if failure.shows_record else None
        fault = UserFault(failure.code, failure.message, failure.field)
        return ChangeResult(record=record, user_errors=(fault,), warnings=warnings)
    record = session.record(change.resource, row) if row is not None and _has_record_id(row) else None
    native_id = change.native_id or (record.native_id if record is not None else None)
    if (
        record is not None
        and record.native_id == native_id
        and not warnings
        and _covers(record, details=False)
    ):
        get = change.resource.get
        if row is not None and get is not None and _covers(record, details=True):
            record = session.record(change.resource, row, loaded=get.includes)
        return ChangeResult(record=record)
    if native_id is None:
        unknown = outcome_unknown(
            session.source, "the vendor took it, and its answer does not say under which id"
        )
        return await resolve_unknown(change, session, body, unknown)
    result = await _read_back(session, change.resource, native_id, answer_row=row)
    return _check_warned(change, result, body, warnings) if warnings else result


async def _confirm_deleted(change: Change, session: Session, warnings: tuple[str, ...]) -> ChangeResult:
    """Verify a deletion that was answered with a warning: read the record again."""
    try:
        row = await read_fresh(change, session)
    except GatewayError as exc:
        raise outcome_unknown(
            session.source, "the vendor had something to say, and does not tell the record"
        ) from exc
    if row is None:
        return ChangeResult(warnings=warnings)
    fault = UserFault("CONFLICT", f"{change.source.name} did not delete it: see `warnings`.", ("id",))
    return ChangeResult(user_errors=(fault,), warnings=warnings)


def _check_warned(
    change: Change, result: ChangeResult, body: Body, warnings: tuple[str, ...]
) -> ChangeResult:
    """A change that was answered with a warning is reported as CONFLICT if the record read again does not show it."""
    matches, record = change.action.matches_record, result.record
    if matches is None or record is None or result.error is not None or matches(record.row, body):
        return replace(result, warnings=warnings)
    message = f"{change.source.name} did not keep all of this: see `warnings`."
    return replace(result, user_errors=(UserFault("CONFLICT", message),), warnings=warnings)


async def _read_back(
    session: Session, resource: Resource, native_id: str, *, answer_row: Row | None = None
) -> ChangeResult:
    """The written record, read again. If it cannot be read: a stub of the answer's row, and the error."""
    reread = (await by_ids(session, resource, [native_id]))[native_id]
    if isinstance(reread, Record):
        # A vendor's remarks on the write itself are in its answer only.
        remarks = {key: value for key, value in (answer_row or {}).items() if key.startswith("_")}
        row = {**reread.row, **remarks}
        return ChangeResult(record=session.record(resource, row, loaded=reread.loaded))
    stub = Record(session, resource, answer_row or {}, native_id, stub=True)
    if isinstance(reread, GatewayError):
        return ChangeResult(record=stub, error=reread)
    return ChangeResult(
        record=stub, error=session.invalid_response("it was written, and is not found afterwards")
    )


def _warnings(row: Row | None) -> tuple[str, ...]:
    """The vendor's warnings beside the record."""
    remark = (row or {}).get(_WARNING_KEY)
    return (short_message(remark),) if isinstance(remark, str) and remark.strip() else ()


def _has_record_id(row: Row) -> bool:
    """True if a row's id can be that of a record: vendors count from 1, and 0 stands for none."""
    return convert.identity(row.get("id")) != "0"


def _find_row(body: Any) -> Row | None:
    try:
        return envelope.find_record(body)
    except envelope.UnknownEnvelope:
        return None


def _covers(record: Record, *, details: bool) -> bool:
    """
    True if an answer's row has all that a list's row has, or (`details`) all details.

    The keys of a field are alternatives: one of them is enough.
    """
    declared: tuple[Field | Link, ...] = (*record.resource.fields.values(), *record.resource.links.values())
    key_sets = [
        declaration.keys
        for declaration in declared
        if declaration.keys and (declaration.detail is not None) is details
    ]
    return all(any(key in record.row or key.startswith("_") for key in keys) for keys in key_sets)


# verification after an unknown outcome


async def resolve_unknown(
    change: Change, session: Session, body: Body, unknown: OutcomeUnknown
) -> ChangeResult:
    """Verify a write that was not answered by reading the record. Raises `unknown` if that cannot tell."""
    try:
        result = await _verify(change, session, body)
    except (GatewayError, envelope.UnknownEnvelope):
        result = None
    if result is None:
        raise unknown
    return result


async def _verify(change: Change, session: Session, body: Body) -> ChangeResult | None:
    if change.native_id is None:
        record = await _search_created(change, session, body)
        return None if record is None else ChangeResult(record=record)
    row = await read_fresh(change, session)
    if change.deletes:
        return ChangeResult(warnings=(_MAY_HAVE_BEEN_GONE,)) if row is None else None
    if row is None or change.action.matches_record is None or not change.action.matches_record(row, body):
        return None
    assert change.resource.get is not None
    return ChangeResult(record=session.record(change.resource, row, loaded=change.resource.get.includes))


async def _search_created(change: Change, session: Session, body: Body) -> Record | None:
    """The record that matches the one to be created. None if there is none, or more than a single match."""
    action = change.action
    params = action.search(change.values.by_field) if action.search is not None else None
    if params is None or action.matches_record is None or change.resource.list is None:
        return None
    listed, error = await session.pager(change.resource, params).read_all()
    if error is not None:
        raise error
    matching = [record for record in listed if action.matches_record(record.row, body)]
    return matching[0] if len(matching) == 1 else None
