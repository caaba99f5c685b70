"""One list over several sources: their parts merged in order, page by page."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice, repeat
from typing import Any

from gateway.concurrency.gather import gather
from gateway.connector.fetching.source import Source
from gateway.connector.lists.cursor import pack
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.stream import SourceStream, StreamPosition
from gateway.connector.records.record import Record
from gateway.errors import GatewayError

_ALL = 2**31

Picked = tuple[SourceStream, int, int]


@dataclass(frozen=True)
class MergedEdge:
    """A record in a list, and the cursor that stands after it."""

    cursor: str
    node: Record


@dataclass(frozen=True)
class MergedPageInfo:
    """Whether there is more, and from where to go on."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class SourceFailure:
    """Why rows of a source are missing."""

    code: str
    message: str
    retry_after_seconds: float | None


@dataclass(frozen=True)
class SourceOutcome:
    """How one source took part in a list."""

    source: Source
    complete: bool
    count: int
    stale: bool
    error: SourceFailure | None


@dataclass
class MergedPage:
    """
    A page of a list over several sources, and what there is to say about it.

    `picked` are its records: a lane, and from where to where they stand there. `key` gives what tells the list from
    others.
    """

    key: Callable[[], str]
    order: SortOrder
    streams: Sequence[SourceStream]
    selected: Sequence[Picked]
    before: Mapping[str, StreamPosition]
    has_next_page: bool = False
    has_previous_page: bool = False
    _totals: asyncio.Task[list[tuple[int | None, bool]]] | None = field(default=None, repr=False)
    _cursors: list[str] | None = field(default=None, repr=False)

    @property
    def nodes(self) -> list[Record]:
        """The page's records."""
        if len(self.selected) == 1:
            lane, start, end = self.selected[0]
            return lane.state.records[start:end]
        return [record for lane, start, end in self.selected for record in lane.state.records[start:end]]

    @property
    def edges(self) -> list[MergedEdge]:
        """The page's records with their cursors."""
        return [MergedEdge(cursor, node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @property
    def cursors(self) -> list[str]:
        """The cursor after each record: the positions of all sources at that point."""
        if self._cursors is None:
            key, positions = self.key(), dict(self.before)
            self._cursors = []
            for lane, start, end in self.selected:
                name = lane.session.source.name
                for at in range(start, end):
                    positions[name] = lane.position_after(at)
                    self._cursors.append(pack(key, name, positions, self.order))
        return self._cursors

    @property
    def page_info(self) -> MergedPageInfo:
        """Where the page stands in the list."""
        cursors = self.cursors
        return MergedPageInfo(
            self.has_next_page,
            self.has_previous_page,
            cursors[0] if cursors else None,
            cursors[-1] if cursors else None,
        )

    @property
    def complete(self) -> bool:
        """Whether every source gave all that it had to."""
        return all(lane.state.error is None for lane in self.streams)

    @property
    def errors(self) -> list[GatewayError]:
        """What kept sources from giving all of their records, one for each source."""
        return [lane.state.error for lane in self.streams if lane.state.error is not None]

    @property
    def sources(self) -> list[SourceOutcome]:
        """How each source took part."""
        return [
            SourceOutcome(
                source=lane.session.source,
                complete=lane.state.error is None,
                count=sum(end - start for picked, start, end in self.selected if picked is lane),
                stale=lane.session.stale,
                error=None if lane.state.error is None else _fault(lane.state.error),
            )
            for lane in self.streams
        ]

    async def total_count(self) -> int | None:
        """How many records all sources have, as far as they tell; None where none of them does."""
        counts = [count for count, _ in await self._counted() if count is not None]
        return sum(counts) if counts or not self.streams else None

    async def total_is_exact(self) -> bool:
        """Whether the total is exact."""
        return all(exact for _, exact in await self._counted())

    async def _counted(self) -> list[tuple[int | None, bool]]:
        if self._totals is None:

            async def count() -> list[tuple[int | None, bool]]:
                return list(await asyncio.gather(*(lane.total() for lane in self.streams)))

            self._totals = asyncio.ensure_future(count())
        return await self._totals


def _fault(error: GatewayError) -> SourceFailure:
    return SourceFailure(error.code, error.message, getattr(error, "retry_after", None))


async def merge_forwards(
    streams: Sequence[SourceStream],
    count: int,
    *,
    key: Callable[[], str],
    order: SortOrder,
    after: Mapping[str, StreamPosition],
) -> MergedPage:
    """The next `wanted` records of all lanes together."""
    picked: list[Picked] = []
    left = count
    while left > 0:
        live = [lane for lane in streams if lane.state.ready or not lane.state.done]
        if not live:
            break
        share = -(-left // len(live))
        await gather([lane.fill(share) for lane in live if lane.state.ready < share and not lane.state.done])
        more_picked = _merged(live, left)
        left -= sum(end - start for _, start, end in more_picked)
        picked += more_picked
    more = False
    for lane in streams:
        more = more or await lane.has_more()
    return MergedPage(key, order, streams, picked, after, more, any(at.rank for at in after.values()))


def _merged(lanes: Sequence[SourceStream], wanted: int) -> list[Picked]:
    """Take in order, until enough, or until a lane that has more would have to be asked first."""
    if len(lanes) == 1:
        state = lanes[0].state
        first = state.taken
        state.taken += min(state.ready, wanted)
        return [(lanes[0], first, state.taken)]
    picked: list[Picked] = []
    if any(not lane.state.ready and not lane.state.done for lane in lanes):
        return picked
    for _, _, (lane, last), at in islice(merge(*map(_left, lanes)), wanted):
        picked.append((lane, at, at + 1))
        lane.state.taken = at + 1
        if at == last:
            break
    return picked


def _left(lane: SourceStream) -> Iterator[tuple[Any, int, tuple[SourceStream, int | None], int]]:
    """
    What a lane has left, as it is compared: no two sources are at one place, so that lanes themselves never are.

    With the lane comes its last place, where there may be more behind that.
    """
    left = range(lane.state.taken, len(lane.state.records))
    last = None if lane.state.done else left.stop - 1
    return zip(lane.sort_keys(left.start), repeat(lane.session.source.order), repeat((lane, last)), left)


async def merge_backwards(
    streams: Sequence[SourceStream],
    *,
    first: int | None,
    last: int | None,
    key: Callable[[], str],
    order: SortOrder,
    after: Mapping[str, StreamPosition],
    before: tuple[str, Mapping[str, StreamPosition]] | None,
) -> MergedPage:
    """A page that is counted from a list's end: its sources are read whole."""
    await gather([lane.fill(_ALL) for lane in streams])
    merged = [(lane, at) for _, _, (lane, _), at in merge(*map(_left, streams))]
    end = len(merged)
    if before is not None:
        end = _before(merged, *before)
    start = 0
    if first is not None:
        end = min(end, first)
    if last is not None:
        start = max(0, end - last)
    positions = dict(after)
    for lane, at in merged[:start]:
        positions[lane.session.source.name] = lane.position_after(at)
    page = [(lane, at, at + 1) for lane, at in merged[start:end]]
    return MergedPage(
        key,
        order,
        streams,
        page,
        positions,
        end < len(merged),
        start > 0 or any(at.rank for at in after.values()),
    )


def _before(
    merged: Sequence[tuple[SourceStream, int]], last: str, positions: Mapping[str, StreamPosition]
) -> int:
    """The place of the record that a cursor stands after, or of the first beyond its positions."""
    named = positions[last].native_id
    for place, (lane, at) in enumerate(merged):
        if lane.session.source.name == last and lane.state.records[at].native_id == named:
            return place
    for place, (lane, at) in enumerate(merged):
        position = positions.get(lane.session.source.name, StreamPosition())
        if lane.position_after(at).rank > position.rank:
            return place
    return len(merged)
