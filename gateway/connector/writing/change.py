"""Change of a record: the action to perform, its checks against the current record, and its result."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from gateway.connector.description import envelope
from gateway.connector.description.actions import Action, Body
from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Row
from gateway.connector.fetching.session import NOT_FOUND_STATUSES, Session
from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.connector.writing.request_body import InputRefused, UserFault, WriteValues
from gateway.connector.writing.send import WriteRequest
from gateway.errors import GatewayError, UpstreamRejected


@dataclass(frozen=True, kw_only=True)
class Change:
    """
    A write to perform: an action with its values, on the record with the id `native`, or None to create a record.

    `mutation` is named as in a source's operations (`asset.update`), `row` is a row of an import's file. `since` is
    `ifUnchangedSince`: the change is refused if the record is newer.
    """

    mutation: str
    source: Source
    resource: Resource
    action: Action
    values: WriteValues
    native_id: str | None = None
    since: datetime | None = None
    idempotency_key: str | None = None
    row: int | None = None

    @property
    def deletes(self) -> bool:
        """True if the action deletes the record."""
        return self.action.method == "DELETE"

    @property
    def read_request(self) -> WriteRequest:
        """The request that reads the record with all its details."""
        get = self.resource.get
        assert get is not None
        return WriteRequest(method="GET", path=self._with_id(get.path), params=get.params)

    def request(self, body: Body) -> WriteRequest:
        """The request that performs the change."""
        action = self.action
        payload = None if self.deletes else [body] if action.is_list_body else body
        return WriteRequest(method=action.method, path=self._with_id(action.path), body=payload)

    def _with_id(self, path: str) -> str:
        return path.replace("{id}", quote(self.native_id or "", safe=""))

    @property
    def must_read(self) -> bool:
        """True if the current record has to be read before the change."""
        action = self.action
        uses_record = any(action.fields[name].reads_record for name in self.values.by_field)
        is_needed = (
            action.reads_record or action.full_replace is not None or uses_record or self.since is not None
        )
        return is_needed and self.native_id is not None


@dataclass(frozen=True, kw_only=True)
class ChangeResult:
    """
    Result of a change. `record` is the record after it, `error` the failure that kept it from being read in full;
    `warnings` are the vendor's, or say how the outcome was verified.
    """

    record: Record | None = None
    user_errors: tuple[UserFault, ...] = ()
    warnings: tuple[str, ...] = ()
    planned_requests: tuple[WriteRequest, ...] | None = None
    error: GatewayError | None = None


async def read_fresh(change: Change, session: Session) -> Row | None:
    """The record's row, from the vendor and never from a cache; None if there is no such record."""
    request = change.read_request
    try:
        response = await session.source.upstream.get(
            request.path, request.params, reads=session.reads, ttl_seconds=0
        )
        row = envelope.find_record(response.decoded, change.native_id or "")
    except UpstreamRejected as exc:
        if exc.status in NOT_FOUND_STATUSES:
            return None
        raise
    except envelope.UnknownEnvelope as exc:
        raise session.invalid_response("a record was promised, something else came") from exc
    record = session.record(change.resource, row) if row is not None else None
    if row is not None and (record is None or record.native_id != change.native_id):
        # The row that is read here decides the request that is written.
        raise session.invalid_response("another record came than was asked for")
    return row


def check_unchanged(change: Change, record: Record | None) -> None:
    """
    Optimistic concurrency control: raises InputRefused if the record was changed after `change.since`.

    Times are compared to the millisecond, as callers store them.
    """
    assert change.since is not None
    field_path = ("ifUnchangedSince",)
    updated_at = record.get("updated_at") if record is not None else None
    if not isinstance(updated_at, datetime):
        message = f"{change.source.name} does not tell when this record was changed."
        raise InputRefused(UserFault("NOT_SUPPORTED", message, field_path))
    if _milliseconds(updated_at) > _milliseconds(change.since):
        timestamp = updated_at.isoformat().replace("+00:00", "Z")
        message = f"It was changed at {timestamp}: read it again, and decide anew."
        raise InputRefused(UserFault("CONFLICT", message, field_path))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def not_found(change: Change) -> UserFault:
    """The user error for a record that does not exist (any more)."""
    return UserFault("NOT_FOUND", f"{change.source.name} has no record with this id.", ("id",))
