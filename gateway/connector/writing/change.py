"""A change of one record: what is to be done, the record as it stands before, and what has come of it."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from gateway.connector.description import envelope
from gateway.connector.description.actions import Action, Body
from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.session import GONE, Session
from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.connector.writing.request_body import InputRefused, UserFault, WriteValues
from gateway.connector.writing.send import WriteRequest
from gateway.errors import GatewayError, UpstreamRejected


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be done: an action with its values, on the record `native`, or to make one."""

    source: Source
    resource: Resource
    action: Action
    values: WriteValues
    native: str | None = None
    since: datetime | None = None

    @property
    def deletes(self) -> bool:
        """Whether the record is gone afterwards."""
        return self.action.method == "DELETE"

    @property
    def look(self) -> WriteRequest:
        """The request that reads the record with all its details."""
        get = self.resource.get
        assert get is not None
        return WriteRequest(method="GET", path=self._at(get.path), params=get.params)

    def request(self, body: Body) -> WriteRequest:
        """The request that does it."""
        action = self.action
        sent = None if self.deletes else [body] if action.is_list_body else body
        return WriteRequest(method=action.method, path=self._at(action.path), body=sent)

    def _at(self, path: str) -> str:
        return path.replace("{id}", quote(self.native or "", safe=""))

    @property
    def must_read(self) -> bool:
        """Whether the record as it stands has to be known."""
        action = self.action
        looked_at = any(action.fields[name].reads_record for name in self.values.by_field)
        wanted = action.reads_record or action.full_replace is not None or looked_at or self.since is not None
        return wanted and self.native is not None


@dataclass(frozen=True, kw_only=True)
class ChangeResult:
    """
    What came of it. `record` is the record as it is now, `error` what kept it from being read whole; `warnings` is
    what the vendor says beside it, or what has to be known of how it was found out.
    """

    record: Record | None = None
    user_errors: tuple[UserFault, ...] = ()
    warnings: tuple[str, ...] = ()
    planned_requests: tuple[WriteRequest, ...] | None = None
    error: GatewayError | None = None


async def read_fresh(change: Change, session: Session) -> Row | None:
    """The record's row, from the vendor itself and from no cache; None where there is none."""
    look = change.look
    try:
        told = await session.source.upstream.get(look.path, look.params, reads=session.reads, ttl_seconds=0)
        row = envelope.find_record(told.answer, change.native or "")
    except UpstreamRejected as exc:
        if exc.status in GONE:
            return None
        raise
    except envelope.UnknownEnvelope as exc:
        raise session.invalid_response("a record was promised, something else came") from exc
    record = session.record(change.resource, row) if row is not None else None
    if row is not None and (record is None or record.native_id != change.native):
        # What is read here decides what is written, and where.
        raise session.invalid_response("another record came than was asked for")
    return row


def check_unchanged(change: Change, record: Record | None) -> None:
    """Refuse where the record is newer than the caller knows. Compared to the millisecond, as callers keep it."""
    assert change.since is not None
    where = ("ifUnchangedSince",)
    at = record.get("updated_at") if record is not None else None
    if not isinstance(at, datetime):
        told = f"{change.source.name} does not tell when this record was changed."
        raise InputRefused(UserFault("NOT_SUPPORTED", told, where))
    if _milliseconds(at) > _milliseconds(change.since):
        moment = at.isoformat().replace("+00:00", "Z")
        told = f"It was changed at {moment}: read it again, and decide anew."
        raise InputRefused(UserFault("CONFLICT", told, where))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1000 + at.microsecond // 1000


def not_found(change: Change) -> UserFault:
    """There is no such record (any more)."""
    return UserFault("NOT_FOUND", f"{change.source.name} has no record with this id.", ("id",))
