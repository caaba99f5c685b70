"""Subscribers of one source, grouped by their filters: each filter is decided once for all who share it."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.fetching.session import Session
from gateway.connector.fetching.source import Source
from gateway.connector.lists.conditions import TRUE, Condition
from gateway.connector.lists.filtering import FilterOutcome, filter_rows
from gateway.connector.records.record import Record
from gateway.connector.records.rows import RecordRows
from gateway.live.comparison import RowComparison, RowPair, compare
from gateway.live.subscriber import Subscriber
from resolvers.asset_changes import ASSET, RecordChange, gap
from resolvers.context import RequestContext

OpenContext = Callable[[Source], RequestContext]
"""Makes the context of a poll, which takes no answer from the cache."""


@dataclass(frozen=True, kw_only=True)
class Interest:
    """
    The interest of subscribers: a filter, as a condition for one source as they see it. `key` identifies filter and
    rights.
    """

    key: bytes
    source: Source
    condition: Condition


@dataclass(eq=False)
class _Group:
    interest: Interest
    subscribers: dict[Subscriber, None] = field(default_factory=dict)  # in the order in which they came


class SubscriberGroups:
    """The subscribers of one source, by the interest that they share."""

    def __init__(self) -> None:
        self._groups: dict[bytes, _Group] = {}

    @property
    def is_empty(self) -> bool:
        """True if nobody subscribes."""
        return not self._groups

    def add(self, subscriber: Subscriber, interest: Interest) -> None:
        """Add a subscriber."""
        self._groups.setdefault(interest.key, _Group(interest)).subscribers[subscriber] = None

    def remove(self, subscriber: Subscriber, interest: Interest) -> None:
        """Remove a subscriber, if it is there."""
        group = self._groups.get(interest.key)
        if group is not None:
            group.subscribers.pop(subscriber, None)
            if not group.subscribers:
                del self._groups[interest.key]

    async def publish(self, pairs: Sequence[RowPair], session: Session, open_context: OpenContext) -> None:
        """
        Tell each subscriber of the changes of assets that satisfied its filter before or satisfy it now, as the source
        is shown to it: `session` reads the whole source. Where that could not be decided, there is a gap.
        """
        if not pairs:
            return
        seen_at = datetime.now(UTC)
        comparisons: dict[Source, RowComparison] = {}
        async with AsyncExitStack() as stack:
            for group in list(self._groups.values()):
                source = group.interest.source
                if source not in comparisons:
                    own = session
                    if source is not session.source:
                        context = open_context(source)
                        stack.push_async_callback(context.close)
                        own = context.session(source)
                    comparisons[source] = await compare(own, pairs, seen_at)
                changes = await _passing(group.interest.condition, comparisons[source])
                await _put(group, changes, session.time_slice)

    async def publish_gap(self, time_slice: TimeSlice) -> None:
        """Tell every subscriber of a gap."""
        seen_at = datetime.now(UTC)
        for group in list(self._groups.values()):
            await _put(group, [gap(group.interest.source, seen_at)], time_slice)


async def _put(group: _Group, changes: Sequence[RecordChange], time_slice: TimeSlice) -> None:
    for subscriber in list(group.subscribers) if changes else ():
        await time_slice.pause(len(changes))
        for change in changes:
            subscriber.put(change)


async def _passing(condition: Condition, comparison: RowComparison) -> list[RecordChange]:
    """The changes of assets that satisfy a condition, before or after; and a gap if that is not known of all."""
    session, compared, outcome = comparison.session, comparison.changes, FilterOutcome()
    outcome.error = comparison.error
    passing = {index: compared[index].change for index in range(len(compared)) if condition is TRUE}
    for records in ([change.before for change in compared], [change.after for change in compared]):
        indices = [
            index for index, record in enumerate(records) if record is not None and index not in passing
        ]
        present = [record for index in indices if (record := records[index]) is not None]
        for position in await _filtered(condition, session, present, outcome) if present else ():
            passing[indices[position]] = compared[indices[position]].change
    changes = [passing[index] for index in sorted(passing)]
    if outcome.error is not None:
        changes.append(gap(session.source, datetime.now(UTC)))
    return changes


async def _filtered(
    condition: Condition, session: Session, records: Sequence[Record], outcome: FilterOutcome
) -> Sequence[int]:
    rows = RecordRows.of(session, session.source.resources[ASSET], records)
    return await filter_rows(condition, rows, range(len(records)), outcome)
