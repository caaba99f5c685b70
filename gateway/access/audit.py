"""Audit: a line before and after each write, with who did what to which record, and never a value that was written."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from gateway.access.caller import Caller
from gateway.errors import AuditUnavailable

_log = logging.getLogger("gateway.audit")

_MAX_FIELDS = 200
_MAX_NAME = 200


class AuditSink(Protocol):
    """Destination of audit lines: a file or standard error."""

    def append(self, fields: Mapping[str, Any]) -> int:
        """Write a line with these fields and the next sequence number, which is returned. Raises OSError."""
        ...


@dataclass(frozen=True, kw_only=True)
class WriteEntry:
    """
    A write as it is audited. `mutation` is named as in roles (`asset.update`); `record_type` and `native_id` are the
    record's, None for a new one; `fields` are the names of what it changes; `row` is the row of an import's file.
    """

    mutation: str
    source: str
    record_type: str
    native_id: str | None = None
    fields: tuple[str, ...] = ()
    dry_run: bool = False
    idempotency_key: str | None = None
    row: int | None = None


@dataclass
class WriteOutcome:
    """
    Outcome of a write: `done`, `planned` (a dry run), `refused` by rules of ours or of the vendor, `failed` (not done),
    or `unknown`, which it is until something else is certain.
    """

    entry: WriteEntry
    outcome: str = "unknown"
    codes: tuple[str, ...] = ()
    native_id: str | None = None


@dataclass
class OperationAudit:
    """Audit of one operation: its caller, and the id of its request. Without a sink nothing is audited."""

    sink: AuditSink | None = None
    caller: Caller | None = None
    request_id: str = "-"
    own_accounts: frozenset[str] = frozenset()
    """The sources that are written by an account of the caller's own."""
    begun: int = 0
    """The writes that have begun."""

    @contextmanager
    def write(self, entry: WriteEntry) -> Iterator[WriteOutcome]:
        """
        Audit the write that the block performs, which sets its outcome. Raises AuditUnavailable before the write if the
        line before it cannot be written; if the line after it cannot, the log says so.
        """
        outcome = WriteOutcome(entry, native_id=entry.native_id)
        self.begun += 1
        if self.sink is None:
            yield outcome
            return
        fields = self._fields(entry)
        try:
            begun = self.sink.append({"event": "begin", "time": _now(), **fields})
        except OSError as exc:
            _log.error("the audit cannot be written, so that writes are refused: %s", exc.strerror)
            raise AuditUnavailable from exc
        try:
            yield outcome
        finally:
            end = {"native_id": outcome.native_id, "outcome": outcome.outcome, "codes": list(outcome.codes)}
            try:
                self.sink.append({"event": "end", "begun": begun, "time": _now(), **fields, **end})
            except OSError:
                _log.error("the audit lacks the end of write %d: %s", begun, json.dumps({**fields, **end}))

    def refuse(self, entry: WriteEntry, outcome: str, codes: tuple[str, ...]) -> None:
        """Audit a write that was refused before it began. If the line cannot be written, the log says so."""
        if self.sink is None:
            return
        fields = {**self._fields(entry), "outcome": outcome, "codes": list(codes)}
        try:
            self.sink.append({"event": "refused", "time": _now(), **fields})
        except OSError:
            _log.error("the audit lacks a refused write: %s", json.dumps(fields))

    def _fields(self, entry: WriteEntry) -> dict[str, Any]:
        key = entry.idempotency_key
        names = [name[:_MAX_NAME] for name in entry.fields[:_MAX_FIELDS]]
        return {
            "caller": None if self.caller is None else self.caller.name,
            "caller_digest": None if self.caller is None else self.caller.digest,
            "request_id": self.request_id,
            "mutation": entry.mutation,
            "source": entry.source,
            "own_account": entry.source in self.own_accounts,
            "type": entry.record_type,
            "native_id": entry.native_id,
            "fields": names,
            "row": entry.row,
            "dry_run": entry.dry_run,
            "idempotency_key": None if key is None else sha256(key.encode()).hexdigest(),
        }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
