"""Queues of subscribers: bounded, however many changes there are and however many subscribers."""

from datetime import UTC, datetime
from unittest.mock import Mock

from gateway.live.subscriber import CAPACITY, Subscriber
from resolvers.asset_changes import RecordChange

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def change(source: Mock, native_id: int) -> RecordChange:
    return RecordChange(kind="CREATED", source=source, seen_at=NOW, native_id=str(native_id))


async def test_changes_come_in_order() -> None:
    subscriber, source = Subscriber(), Mock()
    for native_id in range(CAPACITY):
        subscriber.put(change(source, native_id))
    assert [(await subscriber.next()).native_id for _ in range(CAPACITY)] == list(map(str, range(CAPACITY)))


async def test_too_many_changes_are_a_gap_of_each_source() -> None:
    subscriber, first, second = Subscriber(), Mock(), Mock()
    first.name, second.name = "first", "second"
    for native_id in range(CAPACITY):
        subscriber.put(change(first, native_id))
    subscriber.put(change(second, 1))
    subscriber.put(change(first, CAPACITY))
    told = [await subscriber.next() for _ in range(3)]
    assert [(one.kind, one.source.name) for one in told] == [
        ("GAP", "first"),
        ("GAP", "second"),
        ("CREATED", "first"),
    ]
