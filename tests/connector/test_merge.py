"""Sources take turns in a list, however many records each has, and however few of them come at a time."""

import itertools
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.description.resource import Resource
from gateway.connector.lists.merge import MergedPage, merge_forwards
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.stream import StreamPosition, StreamState
from gateway.connector.records.rows import RecordRows
from gateway.errors import UpstreamUnavailable


class Stream:
    """A stream of so many records, of which so many come at a time; with `fails` there would have been more."""

    def __init__(self, order: int, records: int, *, at_once: int, rank: int = 0, fails: bool = False) -> None:
        self.session: Any = SimpleNamespace(
            source=SimpleNamespace(name="abcdef"[order], order=order), time_slice=TimeSlice()
        )
        self.state = StreamState()
        self.asked = 0
        self._rank = rank
        listed: list[Any] = [
            SimpleNamespace(row={}, native_id=str(at), turn=(rank + at, order)) for at in range(records)
        ]
        self._rows = RecordRows.of(self.session, Resource(type="Asset", fields={}), listed)
        self._at_once = at_once
        self._fails = fails

    async def fill(self, count: int) -> None:
        while self.state.ready < count and not self.state.done:
            self.asked += 1
            read = len(self.state.records)
            self.state.records.add(self._rows, range(len(self._rows))[read : read + self._at_once])
            self.state.done = len(self.state.records) == len(self._rows)
            if self.state.done and self._fails:
                self.state.error = UpstreamUnavailable("down", source="a", vendor="b")

    def sort_keys(self, first: int) -> Iterable[Any]:
        return itertools.count(self._rank + first)

    def position_after(self, index: int) -> StreamPosition:
        return StreamPosition(self._rank + index + 1, str(index))

    async def has_more(self) -> bool:
        await self.fill(1)
        return bool(self.state.ready)

    async def total(self) -> tuple[int | None, bool]:
        return None, False


async def page(lanes: list[Stream], wanted: int) -> MergedPage:
    return await merge_forwards(lanes, wanted, key=str, order=SortOrder("Asset", ()), after={})


def turns(page: MergedPage) -> list[Any]:
    records: list[Any] = list(page.nodes)
    return [record.turn for record in records]


@pytest.mark.parametrize("wanted", [1, 2, 3, 5, 7, 11, 100])
@pytest.mark.parametrize("at_once", [1, 2, 3, 50])
async def test_turns_go_round_past_those_that_have_ended_or_failed(wanted: int, at_once: int) -> None:
    having = [(0, 4, 0), (1, 0, 0), (2, 7, 0), (3, 2, 3), (4, 5, 0)]
    lanes = [
        Stream(order, records, at_once=at_once, rank=rank, fails=order == 2)
        for order, records, rank in having
    ]
    every = sorted((rank + at, order) for order, records, rank in having for at in range(records))
    told: list[Any] = []
    while True:
        found = await page(lanes, wanted)
        told += turns(found)
        assert len(found.nodes) == min(wanted, len(every) - len(told) + len(found.nodes))
        if not found.has_next_page:
            break
    assert told == every
    assert [error.code for error in found.errors] == ["UPSTREAM_UNAVAILABLE"]


async def test_a_lane_that_has_enough_is_not_asked_again() -> None:
    lanes = [Stream(0, 100, at_once=50), Stream(1, 3, at_once=1)]
    found = await page(lanes, 20)
    assert turns(found)[:7] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1), (3, 0)]
    assert (lanes[0].asked, lanes[1].asked) == (1, 3)


async def test_each_cursor_tells_how_far_every_source_had_come() -> None:
    found = await page([Stream(0, 2, at_once=1), Stream(1, 1, at_once=1)], 3)
    assert len(set(found.cursors)) == 3
    assert found.page_info.end_cursor == found.cursors[-1]
