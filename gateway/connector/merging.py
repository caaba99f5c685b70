"""One list over several sources: their parts merged in order, page by page."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.connector.cursor import pack
from gateway.connector.lanes import Item, Lane, Position
from gateway.connector.ordering import Order
from gateway.connector.record import Record
from gateway.connector.source import Source
from gateway.connector.whole_lane import WholeLane
from gateway.errors import GatewayError
from gateway.waiting import together


@dataclass(frozen=True)
class Edge:
    """A record in a list, and the cursor that stands after it."""

    cursor: str
    node: Record


@dataclass(frozen=True)
class PageInfo:
    """Whether there is more, and from where to go on."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class SourceFault:
    """Why rows of a source are missing."""

    code: str
    message: str
    retry_after_seconds: float | None


@dataclass(frozen=True)
class SourceResult:
    """How one source took part in a list."""

    source: Source
    complete: bool
    count: int
    stale: bool
    error: SourceFault | None


@dataclass
class Connection:
    """A page of a list over several sources, and what there is to say about it."""

    key: str
    order: Order
    lanes: Sequence[Lane]
    items: list[tuple[Lane, Item]]
    before: Mapping[str, Position]
    has_next_page: bool = False
    has_previous_page: bool = False
    _totals: asyncio.Task[list[tuple[int | None, bool]]] | None = field(default=None, repr=False)
    _cursors: list[str] | None = field(default=None, repr=False)

    @property
    def nodes(self) -> list[Record]:
        """The page's records."""
        return [item.record for _, item in self.items]

    @property
    def edges(self) -> list[Edge]:
        """The page's records with their cursors."""
        return [Edge(cursor, item.record) for cursor, (_, item) in zip(self.cursors, self.items, strict=True)]

    @property
    def cursors(self) -> list[str]:
        """The cursor after each record: the positions of all sources at that point."""
        if self._cursors is None:
            positions = dict(self.before)
            self._cursors = []
            for lane, item in self.items:
                name = lane.session.source.name
                positions[name] = item.after
                self._cursors.append(pack(self.key, name, positions, self.order))
        return self._cursors

    @property
    def page_info(self) -> PageInfo:
        """Where the page stands in the list."""
        cursors = self.cursors
        return PageInfo(
            self.has_next_page,
            self.has_previous_page,
            cursors[0] if cursors else None,
            cursors[-1] if cursors else None,
        )

    @property
    def complete(self) -> bool:
        """Whether every source gave all that it had to."""
        return all(lane.state.error is None for lane in self.lanes)

    @property
    def faults(self) -> list[GatewayError]:
        """What kept sources from giving all of their records, one for each source."""
        return [lane.state.error for lane in self.lanes if lane.state.error is not None]

    @property
    def sources(self) -> list[SourceResult]:
        """How each source took part."""
        return [
            SourceResult(
                source=lane.session.source,
                complete=lane.state.error is None,
                count=sum(taken is lane for taken, _ in self.items),
                stale=lane.session.stale,
                error=None if lane.state.error is None else _fault(lane.state.error),
            )
            for lane in self.lanes
        ]

    async def total_count(self) -> int | None:
        """How many records all sources have, as far as they tell; None where none of them does."""
        counts = [count for count, _ in await self._counted() if count is not None]
        return sum(counts) if counts or not self.lanes else None

    async def total_is_exact(self) -> bool:
        """Whether the total is exact."""
        return all(exact for _, exact in await self._counted())

    async def _counted(self) -> list[tuple[int | None, bool]]:
        if self._totals is None:

            async def count() -> list[tuple[int | None, bool]]:
                return list(await asyncio.gather(*(lane.total() for lane in self.lanes)))

            self._totals = asyncio.ensure_future(count())
        return await self._totals


def _fault(error: GatewayError) -> SourceFault:
    return SourceFault(error.code, error.message, getattr(error, "retry_after", None))


async def forwards(
    lanes: Sequence[Lane], wanted: int, *, key: str, order: Order, after: Mapping[str, Position]
) -> Connection:
    """The next `wanted` records of all lanes together."""
    taken: list[tuple[Lane, Item]] = []
    while len(taken) < wanted:
        live = [lane for lane in lanes if lane.state.items or not lane.state.done]
        if not live:
            break
        share = -(-(wanted - len(taken)) // len(live))
        await together([lane.fill(share) for lane in live])
        _take(live, taken, wanted)
    more = False
    for lane in lanes:
        more = more or await lane.more()
    return Connection(key, order, lanes, taken, after, more, any(at.rank for at in after.values()))


def _take(lanes: Sequence[Lane], taken: list[tuple[Lane, Item]], wanted: int) -> None:
    """Take in order, until enough, or until a lane that has more would have to be asked first."""
    if len(lanes) == 1:
        items = lanes[0].state.items
        taken += [(lanes[0], items.popleft()) for _ in range(min(len(items), wanted - len(taken)))]
        return
    while len(taken) < wanted:
        ready = [lane for lane in lanes if lane.state.items]
        if not ready or any(not lane.state.items and not lane.state.done for lane in lanes):
            return
        first = min(ready, key=lambda lane: (lane.state.items[0].sort, lane.session.source.order))
        taken.append((first, first.state.items.popleft()))


async def backwards(
    lanes: Sequence[WholeLane],
    *,
    first: int | None,
    last: int | None,
    key: str,
    order: Order,
    after: Mapping[str, Position],
    before: tuple[str, Mapping[str, Position]] | None,
) -> Connection:
    """A page that is counted from a list's end: its sources are read whole."""
    await together([lane.fill(1) for lane in lanes])
    merged: list[tuple[Lane, Item]] = sorted(
        ((lane, item) for lane in lanes for item in lane.state.items),
        key=lambda pair: (pair[1].sort, pair[0].session.source.order),
    )
    end = len(merged)
    if before is not None:
        end = _before(merged, *before)
    start = 0
    if first is not None:
        end = min(end, first)
    if last is not None:
        start = max(0, end - last)
    positions = dict(after)
    for lane, item in merged[:start]:
        positions[lane.session.source.name] = item.after
    page = merged[start:end]
    return Connection(
        key,
        order,
        lanes,
        page,
        positions,
        end < len(merged),
        start > 0 or any(at.rank for at in after.values()),
    )


def _before(merged: Sequence[tuple[Lane, Item]], last: str, positions: Mapping[str, Position]) -> int:
    """The place of the record that a cursor stands after, or of the first beyond its positions."""
    named = positions[last].native_id
    for at, (lane, item) in enumerate(merged):
        if lane.session.source.name == last and item.record.native_id == named:
            return at
    for at, (lane, item) in enumerate(merged):
        position = positions.get(lane.session.source.name, Position())
        if item.after.rank > position.rank:
            return at
    return len(merged)
