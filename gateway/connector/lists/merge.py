"""K-way merge: a list over all sources, merged from their ordered streams page by page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from heapq import merge
from itertools import chain, islice, repeat
from typing import Any

from gateway.concurrency.gather import gather
from gateway.concurrency.time_slice import ROWS
from gateway.connector.fetching.source import Source
from gateway.connector.lists.cursor import pack
from gateway.connector.lists.ordering import SortOrder
from gateway.connector.lists.stream import SourceStream, StreamPosition
from gateway.connector.records.record import Record
from gateway.connector.records.rows import LazyRecords
from gateway.errors import GatewayError, drop_traceback

_UNBOUNDED = 2**31
#: At most this many records are merged between two pauses.
_BATCH = 5 * ROWS

Selection = tuple[SourceStream, int, int]


@dataclass(frozen=True)
class MergedEdge:
    """A record in a list, and the cursor after it."""

    cursor: str
    node: Record


@dataclass(frozen=True)
class MergedPageInfo:
    """Page information as of the Relay cursor connections specification."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class SourceFailure:
    """The error that kept records of a source from being listed."""

    code: str
    message: str
    retry_after_seconds: float | None

    @property
    def kind(self) -> str:
        """The code, which the schema has as an enum, too."""
        return self.code


@dataclass(frozen=True)
class SourceOutcome:
    """
    Outcome of one source in a list: the number of its records on the page, and its failure, if any.

    `total_count` counts all of its records in the list; None if lists of this kind are not counted by source.
    """

    source: Source
    complete: bool
    count: int
    stale: bool
    error: SourceFailure | None
    total_count: Callable[[], Awaitable[int | None]] | None = None


@dataclass
class MergedPage:
    """
    A page of a list over all sources, with its cursors, totals and the outcome of each source.

    `selected` are its records: a stream, and the range (start, end) of indices in it. `before` are the streams'
    positions at the start of the page. `key` gives the list's key (`cursor.list_key`). A page that `is_refused` stands
    for a list that the caller may not read.
    """

    key: Callable[[], str]
    order: SortOrder
    streams: Sequence[SourceStream]
    selected: Sequence[Selection]
    before: Mapping[str, StreamPosition]
    has_next_page: bool = False
    has_previous_page: bool = False
    is_refused: bool = False
    _totals: asyncio.Task[list[tuple[int | None, bool] | GatewayError]] | None = field(
        default=None, repr=False
    )
    _cursors: list[str] | None = field(default=None, repr=False)

    @cached_property
    def size(self) -> int:
        """The number of its records."""
        return _size(self.selected)

    @property
    def nodes(self) -> LazyRecords:
        """The page's records."""
        if len(self.selected) == 1:
            stream, start, end = self.selected[0]
            return stream.state.records[start:end]
        ranges = [(stream.state.records, range(start, end)) for stream, start, end in self.selected]
        return LazyRecords(
            [records.owners[index] for records, indices in ranges for index in indices],
            [records.indices[index] for records, indices in ranges for index in indices],
        )

    @property
    def edges(self) -> list[MergedEdge]:
        """The page's records with their cursors."""
        return [MergedEdge(cursor, node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @property
    def cursors(self) -> list[str]:
        """The cursor after each record: the positions of all streams at that point."""
        if self._cursors is None:
            key, positions = self.key(), dict(self.before)
            self._cursors = []
            for stream, start, end in self.selected:
                name = stream.session.source.name
                for index in range(start, end):
                    positions[name] = stream.position_after(index)
                    self._cursors.append(pack(key, name, positions, self.order))
        return self._cursors

    @property
    def page_info(self) -> MergedPageInfo:
        """The page information of the connection."""
        cursors = self.cursors
        return MergedPageInfo(
            self.has_next_page,
            self.has_previous_page,
            cursors[0] if cursors else None,
            cursors[-1] if cursors else None,
        )

    @property
    def complete(self) -> bool:
        """True if no source failed."""
        return not self.is_refused and all(stream.state.error is None for stream in self.streams)

    @property
    def errors(self) -> list[GatewayError]:
        """The failures of the sources that could not give all of their records, one for each of these."""
        return [stream.state.error for stream in self.streams if stream.state.error is not None]

    @property
    def sources(self) -> list[SourceOutcome]:
        """The outcome of each source."""
        return [
            SourceOutcome(
                source=stream.session.source,
                complete=stream.state.error is None,
                count=_size([selection for selection in self.selected if selection[0] is stream]),
                stale=stream.session.stale,
                error=None if stream.state.error is None else source_failure(stream.state.error),
                total_count=partial(self._total_of, index),
            )
            for index, stream in enumerate(self.streams)
        ]

    async def total_count(self) -> int | None:
        """
        The number of records of all sources but those that failed; None if no total is known.

        Raises GatewayError if a source cannot be counted that has not failed: without it the number would look right.
        """
        counts: list[int] = []
        for total in await self._count_totals():
            if isinstance(total, GatewayError):
                raise total
            if total[0] is not None:
                counts.append(total[0])
        return sum(counts) if counts or not (self.streams or self.is_refused) else None

    async def total_is_exact(self) -> bool:
        """True if the total is exact."""
        return not self.is_refused and all(
            not isinstance(total, GatewayError) and total[1] for total in await self._count_totals()
        )

    async def _total_of(self, index: int) -> int | None:
        """The number of one source's records; None if it is not known exactly. Raises as `total_count`."""
        total = (await self._count_totals())[index]
        if isinstance(total, GatewayError):
            raise total
        return total[0] if total[1] else None

    async def _count_totals(self) -> list[tuple[int | None, bool] | GatewayError]:
        if self._totals is None:
            self._totals = asyncio.ensure_future(_gather_totals(self.streams))
        return await self._totals


async def _gather_totals(streams: Sequence[SourceStream]) -> list[tuple[int | None, bool] | GatewayError]:
    return await gather([_total(stream) for stream in streams])


async def _total(stream: SourceStream) -> tuple[int | None, bool] | GatewayError:
    try:
        return await stream.total()
    except GatewayError as exc:
        drop_traceback(exc)
        return exc


def source_failure(error: GatewayError) -> SourceFailure:
    """An error as a source's outcome shows it."""
    return SourceFailure(error.code, error.message, getattr(error, "retry_after", None))


async def merge_forwards(
    streams: Sequence[SourceStream],
    count: int,
    *,
    key: Callable[[], str],
    order: SortOrder,
    after: Mapping[str, StreamPosition],
) -> MergedPage:
    """The page of the next `count` records of all streams, in merge order."""
    selected: list[Selection] = []
    remaining = count
    while remaining > 0:
        live = [stream for stream in streams if not stream.state.done or stream.state.ready]
        if not live:
            break
        share = -(-remaining // len(live))
        await gather(
            [stream.fill(share) for stream in live if not stream.state.done and stream.state.ready < share]
        )
        await streams[0].session.time_slice.pause(min(remaining, _BATCH))
        batch = _take_merged(live, min(remaining, _BATCH))
        remaining -= _size(batch)
        selected += batch
    has_more = False
    for stream in streams:
        has_more = has_more or await stream.has_more()
    return MergedPage(
        key, order, streams, selected, after, has_more, any(position.rank for position in after.values())
    )


def _take_merged(streams: Sequence[SourceStream], count: int) -> list[Selection]:
    """Take up to `count` records in merge order; stops at a stream that has to be filled before the merge goes on."""
    if len(streams) == 1:
        state = streams[0].state
        start = state.taken
        state.taken += min(state.ready, count)
        return [(streams[0], start, state.taken)]
    selected: list[Selection] = []
    for stream in streams:
        if not stream.state.done and not stream.state.ready:
            return selected
    # The entries of each stream are in order: sorting merges such runs, at the speed of C.
    entries = sorted(chain.from_iterable([islice(_remaining(stream), count) for stream in streams]))
    for _, _, (stream, last), index in entries[:count]:
        selected.append((stream, index, index + 1))
        stream.state.taken = index + 1
        if index == last:
            break
    return selected


def _size(selected: Sequence[Selection]) -> int:
    """The number of records that are selected."""
    return sum([end - start for _, start, end in selected])


def _remaining(stream: SourceStream) -> Iterator[tuple[Any, int, tuple[SourceStream, int | None], int]]:
    """
    The merge entries of a stream's ready records: merge key, rank of the source, (stream, last index), index.

    No two sources have the same rank, so that streams themselves are never compared. The last index is None if the
    stream has no more records after it.
    """
    indices = range(stream.state.taken, len(stream.state.records.indices))
    last = None if stream.state.done else indices.stop - 1
    return zip(
        stream.sort_keys(indices.start), repeat(stream.session.source.order), repeat((stream, last)), indices
    )


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
    """A page that is counted from the end of the list: all sources are read in full."""
    await gather([stream.fill(_UNBOUNDED) for stream in streams])
    merged: list[tuple[SourceStream, int]] = []
    entries = merge(*map(_remaining, streams))
    while chunk := [(stream, index) for _, _, (stream, _), index in islice(entries, ROWS)]:
        merged += chunk
        await streams[0].session.time_slice.pause(len(chunk))
    end = len(merged)
    if before is not None:
        end = _index_before(merged, *before)
    start = 0
    if first is not None:
        end = min(end, first)
    if last is not None:
        start = max(0, end - last)
    positions = dict(after)
    last_before = {stream.session.source.name: (stream, index) for stream, index in merged[:start]}
    for name, (stream, index) in last_before.items():
        positions[name] = stream.position_after(index)
    page = [(stream, index, index + 1) for stream, index in merged[start:end]]
    return MergedPage(
        key,
        order,
        streams,
        page,
        positions,
        end < len(merged),
        start > 0 or any(position.rank for position in after.values()),
    )


def _index_before(
    merged: Sequence[tuple[SourceStream, int]], last: str, positions: Mapping[str, StreamPosition]
) -> int:
    """The index of the record that a cursor follows, or else of the first record beyond its positions."""
    for merged_index, (stream, index) in enumerate(merged):
        if (
            stream.session.source.name == last
            and stream.position_after(index).native_id == positions[last].native_id
        ):
            return merged_index
    for merged_index, (stream, index) in enumerate(merged):
        position = positions.get(stream.session.source.name, StreamPosition())
        if stream.position_after(index).rank > position.rank:
            return merged_index
    return len(merged)
