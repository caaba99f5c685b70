"""
Probe of a source: a sign-in with a small read, then the first page of each list, for the operator: rows, times, missing
rights, calls left and the difference of the clocks.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.fetching.unread_values import UnreadValues, unread_values
from gateway.errors import GatewayError, UpstreamAuth, UpstreamError
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.dispatch.budget import Priority

_SECONDS = 120.0
#: Pages that a list may take beside its first, for the tables that its rows refer to.
_CALLS_PER_LIST = 10


@dataclass(frozen=True, kw_only=True)
class ProbeFailure:
    """Failure of a read: its code, the reason and host as the log has them, and a message."""

    code: str
    message: str
    reason: str | None = None
    host: str | None = None

    @property
    def is_missing_right(self) -> bool:
        """True if the vendor refuses the credential."""
        return self.code == UpstreamAuth.code


@dataclass(frozen=True, kw_only=True)
class ListProbe:
    """Outcome of reading the first page of one list. `rows` is None if it failed."""

    type: str
    milliseconds: float
    rows: int | None = None
    failure: ProbeFailure | None = None


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """
    Outcome of a probe. If `failure` is not None, the sign-in or the small read failed, and no list was read.

    `clock_difference` is the vendor's clock minus ours in seconds, None if it tells no time.
    """

    source: str
    vendor: str
    milliseconds: float
    failure: ProbeFailure | None = None
    lists: Sequence[ListProbe] = ()
    requests_remaining: int | None = None
    clock_difference: float | None = None
    unread_values: Sequence[UnreadValues] = ()


async def probe(source: Source) -> ProbeResult:
    """Probe a source. Its lists are read one after the other."""
    calls = 5 + _CALLS_PER_LIST * len(source.resources)
    reads = OperationReads(calls=calls, seconds=_SECONDS, priority=Priority.EXPORT)
    started_at = time.monotonic()
    lists: list[ListProbe] = []
    unread: list[UnreadValues] = []
    failure = difference = None
    try:
        date = await source.upstream.probe(source.probe, reads=reads)
        milliseconds = _since(started_at)
        difference = _clock_difference(date, datetime.now(UTC))
        session = Session(source, reads, caching=False)
        for resource in source.resources.values():
            if resource.list is not None:
                outcome, values = await _probe_list(session, resource.type)
                lists.append(outcome)
                unread += values
    except GatewayError as exc:
        milliseconds, failure = _since(started_at), _failure(exc)
    finally:
        await reads.close()
    return ProbeResult(
        source=source.name,
        vendor=source.vendor.lower(),
        milliseconds=milliseconds,
        failure=failure,
        lists=lists,
        requests_remaining=source.upstream.report().requests_remaining,
        clock_difference=difference,
        unread_values=unread,
    )


async def _probe_list(session: Session, type_name: str) -> tuple[ListProbe, Sequence[UnreadValues]]:
    resource = session.source.resources[type_name]
    started_at = time.monotonic()
    try:
        page = await session.pager(resource, {}).page(1)
    except GatewayError as exc:
        return ListProbe(type=type_name, milliseconds=_since(started_at), failure=_failure(exc)), ()
    rows = page.records.indexed.rows
    listed = ListProbe(type=type_name, milliseconds=_since(started_at), rows=len(rows))
    return listed, unread_values(session, resource, rows)


def _failure(error: GatewayError) -> ProbeFailure:
    if isinstance(error, UpstreamError):
        return ProbeFailure(code=error.code, message=error.message, reason=error.reason, host=error.host)
    return ProbeFailure(code=error.code, message=error.message)


def _since(started_at: float) -> float:
    return (time.monotonic() - started_at) * 1000


def _clock_difference(date: str | None, now: datetime) -> float | None:
    """
    Seconds by which the clock of an HTTP date is ahead; None if it is no date. Dates have no fractions of a second.

    >>> _clock_difference("Fri, 27 Nov 2026 10:00:30 GMT", datetime(2026, 11, 27, 10, tzinfo=UTC))
    30.0
    """
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
