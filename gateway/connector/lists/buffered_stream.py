"""Buffered stream: a source's records read in full, and then filtered, sorted and cut here."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count, islice, pairwise
from typing import Any

from gateway.concurrency.gather import gather
from gateway.concurrency.sorting import sort
from gateway.connector.description.ids import native_key
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.by_id import by_ids
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import Session
from gateway.connector.lists.filtering import FilterOutcome, filter_rows
from gateway.connector.lists.linked_names import read_linked_names
from gateway.connector.lists.ordering import SortKey, SortOrder
from gateway.connector.lists.pushdown import SourcePlan
from gateway.connector.lists.stream import StreamPosition, StreamState
from gateway.connector.records.record import Record
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError


@dataclass
class BufferedStream:
    """
    Stream of a list without pages, or in an order that the vendor does not have.

    `records` are records that were read already, as those embedded in their parent.
    """

    session: Session
    resource: Resource
    plan: SourcePlan
    order: SortOrder
    start: StreamPosition | None = None
    records: Sequence[Record] | None = None
    state: StreamState = field(default_factory=StreamState)
    _rows: RecordRows | None = None
    _indices: Sequence[int] = ()
    """The row indices of the list's records, in the list's order."""
    _keys: Sequence[SortKey] = ()
    """The records' sort keys, if there is an order."""
    _offset: int = 0
    """The index in `_indices` of the first record after the start."""

    async def fill(self, count: int) -> None:
        """Read the list, the first time, and have `count` records ready."""
        state = self.state
        if state.done:
            return
        try:
            if self._rows is None:
                await self._read()
        except GatewayError as exc:
            state.error = exc
            state.done = True
            return
        assert self._rows is not None
        begin = self._offset + state.taken + state.ready
        end = min(self._offset + state.taken + count, len(self._indices))
        state.records.add(self._rows, self._indices[begin:end])
        state.done = max(begin, end) >= len(self._indices)

    async def select(self) -> tuple[RecordRows, Sequence[int]]:
        """
        All rows of the list, and the indices of its records among them. The rows are read and filtered; no record is
        built. Raises GatewayError if there are no rows; what is missing in them is in `state.error`.
        """
        if self._rows is None:
            await self._read()
        assert self._rows is not None
        return self._rows, self._indices

    def sort_keys(self, first: int) -> Iterable[Any]:
        """The merge keys of the records from index `first` on."""
        if self.order.terms:
            return map(self.order.sortable, islice(self._keys, self._offset + first, None))
        return count(self._rank + first)

    def position_after(self, index: int) -> StreamPosition:
        """The position after the record at an index."""
        key = self._keys[self._offset + index] if self.order.terms else ()
        return StreamPosition(self._rank + index + 1, self._native_id(index), key)

    def _native_id(self, index: int) -> str:
        assert self._rows is not None
        return self._rows.indexed.native_ids[self._indices[self._offset + index]]

    async def has_more(self) -> bool:
        """True if there is a record beyond those taken."""
        if not self.state.done:
            await self.fill(1)
        return bool(self.state.ready)

    async def total(self) -> tuple[int | None, bool]:
        """The number of all records, and True if exact: known once the list is read."""
        await self.fill(1)
        return (None if self._rows is None else len(self._indices)), self.state.error is None

    @property
    def _rank(self) -> int:
        # Records may have come or gone since: the sources take turns from the cursor's rank on.
        return self.start.rank if self.start is not None else 0

    async def _read(self) -> None:
        rows = await self._load()
        outcome = FilterOutcome()
        indices = await filter_rows(self.plan.residual, rows, self._initial_order(rows), outcome)
        self.state.error = self.state.error or outcome.error
        if self.order.terms:
            indices = await self._sort(rows, indices)
        self._rows, self._indices = rows, indices
        self._offset = self._index_after_start(rows)

    async def _load(self) -> RecordRows:
        if self.records is not None:
            return RecordRows.of(self.session, self.resource, self.records)
        if self.plan.ids is not None:
            records: list[Record] = []
            for record in (await by_ids(self.session, self.resource, self.plan.ids)).values():
                if isinstance(record, Record):
                    records.append(record)
                elif record is not None:
                    self.state.error = record
            return RecordRows.of(self.session, self.resource, records)
        pagers = [self.session.pager(self.resource, query) for query in self.plan.queries]
        if len(pagers) == 1:
            rows, error = await pagers[0].read_all()
            self.state.error = self.state.error or error
            return rows
        by_native_id: dict[str, Record] = {}
        for rows, error in await gather([pager.read_all() for pager in pagers]):
            self.state.error = self.state.error or error
            for record in rows:
                by_native_id.setdefault(record.native_id, record)
            await self.session.time_slice.pause(len(rows))
        return RecordRows.of(self.session, self.resource, list(by_native_id.values()))

    def _initial_order(self, rows: RecordRows) -> Sequence[int]:
        return range(len(rows)) if self.order.terms or self._is_vendor_ordered else rows.indexed.by_id

    async def _sort(self, rows: RecordRows, indices: Sequence[int]) -> Sequence[int]:
        records = rows.take(indices)
        await hydrate(self.session, records, self.order.fields)
        linked_names = {
            term.name: await read_linked_names(self.session, records, term.name) for term in self.order.linked
        }
        await self.session.time_slice.pause(len(records))
        keys: dict[int, SortKey] = {}
        native_ids = rows.indexed.native_ids
        entries: list[tuple[Any, Any, int]] = []
        async for chunk in self.session.time_slice.chunks(range(len(records))):
            chunk_records = records[chunk[0] : chunk[-1] + 1] if chunk else ()
            chunk_keys = self.order.keys(chunk_records, linked_names) if chunk_records else ()
            for position, key in zip(chunk, chunk_keys, strict=True):
                if isinstance(key, GatewayError):
                    # A record whose key cannot be read comes last, like a record without the value.
                    self.state.error = key
                index = indices[position]
                keys[index] = (None,) * len(self.order.terms) if isinstance(key, GatewayError) else key
                entries.append((self.order.sortable(keys[index]), native_key(native_ids[index]), index))
        indices = [index for _, _, index in await sort(entries, self.session.time_slice)]
        self._keys = [keys[index] for index in indices]
        return indices

    @property
    def _is_vendor_ordered(self) -> bool:
        """True if rows without an order stay as the vendor gives them: it has pages, or a parameter for its order."""
        spec = self.resource.list
        if spec is None or self.plan.ids is not None:
            return False
        is_sorted_by_vendor = len(self.plan.queries) == 1 and spec.sort_param in self.plan.queries[0]
        return spec.pages is not None or is_sorted_by_vendor

    def _index_after_start(self, rows: RecordRows) -> int:
        """The index, in the list's order, of the first record after the start."""
        start = self.start
        if start is None or start.native_id is None:
            return 0
        native_ids = [rows.indexed.native_ids[index] for index in self._indices]
        if self.order.terms:
            last = (self.order.sortable(start.key), native_key(start.native_id))
            pairs = zip(self._keys, native_ids, strict=True)
            return bisect_right(
                [(self.order.sortable(key), native_key(native_id)) for key, native_id in pairs], last
            )
        if start.native_id in native_ids:
            return native_ids.index(start.native_id) + 1
        keys = [native_key(native_id) for native_id in native_ids]
        if self._is_vendor_ordered and not all(key <= next_key for key, next_key in pairwise(keys)):
            return min(max(start.rank - 1, 0), len(keys))
        return bisect_right(keys, native_key(start.native_id))
