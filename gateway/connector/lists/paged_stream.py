"""Paged stream: a source's records read page by page in the vendor's order, only as far as needed."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice
from operator import itemgetter
from typing import Any, NamedTuple

from gateway.connector.description.ids import native_key
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.page_walk import PageWalk
from gateway.connector.fetching.pager import Page, Pager
from gateway.connector.fetching.session import Session
from gateway.connector.lists.conditions import TRUE
from gateway.connector.lists.filtering import FilterOutcome, filter_rows
from gateway.connector.lists.ordering import SortKey, SortOrder
from gateway.connector.lists.pushdown import SourcePlan
from gateway.connector.lists.stream import StreamPosition, StreamState
from gateway.connector.records.record import Record
from gateway.errors import GatewayError

#: At most this many pages are read for an exact count.
_PAGES_TO_COUNT = 10
_FIRST = itemgetter(0)


class UnsortedSource(Exception):
    """
    The vendor's order is not the requested order: the list has to be read in full, and sorted here.

    `missing_values` says that the records before were in order, and that this record lacks a value to order by: vendors
    place such records differently.
    """

    def __init__(self, source: str, *, missing_values: bool) -> None:
        super().__init__(f"{source} has another order")
        self.source = source
        self.missing_values = missing_values


class _StreamPage(NamedTuple):
    """
    Page that a stream has read: the index of its first record in the state, its number, its records' row indices, and
    the number of rows before it.
    """

    first: int
    number: int
    page: Page
    row_indices: Sequence[int]
    rows_before: int


@dataclass
class PagedStream:
    """Stream of a list whose vendor has pages and gives the requested order."""

    session: Session
    resource: Resource
    plan: SourcePlan
    order: SortOrder
    start: StreamPosition | None = None
    state: StreamState = field(default_factory=StreamState)
    _position: StreamPosition = field(default_factory=StreamPosition)
    _skip: int = 0
    _pages: list["_StreamPage"] = field(default_factory=list)
    _keys: list[SortKey] = field(default_factory=list)
    _last_sort_key: tuple[Any, ...] | None = None

    @cached_property
    def pager(self) -> Pager:
        """The vendor's pages, with the parameters for its own filters and order."""
        ordered = self.plan.order_params if self.order.terms and self.plan.order_params else {}
        return self.session.pager(self.resource, {**self.plan.queries[0], **ordered})

    @cached_property
    def _walk(self) -> PageWalk:
        return PageWalk(self.pager, self._position.rows_before)

    async def resume(self) -> bool:
        """Find the start position again. False if the list has shifted meanwhile: it has to be read in full then."""
        start = self.start
        if start is None or start.native_id is None:
            return True
        if start.row_index == 0:
            return False
        self._position = start
        pager = self.pager
        pager.resume(start.page, start.rows_before)
        try:
            if start.row_index == start.row_count and start.total is not None:
                pager.resume(start.page + 1, start.rows_before + start.row_count)
                next_page = await pager.page(start.page + 1)
                if next_page.row_count and pager.total == start.total:
                    rows_before = start.rows_before + start.row_count
                    self._position = start._replace(page=start.page + 1, rows_before=rows_before)
                    self._walk = PageWalk.after(pager, start.native_id, rows_before)
                    return True
            page = await pager.page(start.page)
        except GatewayError as exc:
            self.state.error = exc
            self.state.done = True
            return True
        if (
            start.row_index > len(page.records)
            or page.records.indexed.native_ids[start.row_index - 1] != start.native_id
        ):
            return False
        self._skip = start.row_index
        return True

    async def fill(self, count: int) -> None:
        """Read pages until `count` records are ready or the stream is done. Raises UnsortedSource."""
        try:
            while not self.state.done and self.state.ready < count:
                await self._prefetch(count - self.state.ready)
                await self._next_page()
        except GatewayError as exc:
            self.state.error = exc
            self.state.done = True

    async def _prefetch(self, count: int) -> None:
        """Prefetch the pages that are known to be needed, concurrently."""
        pager, page_number = self.pager, self._position.page
        if self.plan.residual is not TRUE or not pager.size or pager.total is None:
            return
        last = min(page_number + -(-(count + self._skip) // pager.size) - 1, -(-pager.total // pager.size))
        if last > page_number:
            await pager.prefetch(range(page_number, last + 1))

    async def _next_page(self) -> None:
        position = self._position
        page = await self.pager.page(position.page)
        self.state.error = self.state.error or page.error
        rows_before = self._walk.rows
        unseen = self._walk.take(page)[self._skip :]
        outcome = FilterOutcome()
        passing = await filter_rows(self.plan.residual, page.records, unseen, outcome)
        self.state.error = self.state.error or outcome.error
        if self.order.terms and passing:
            records = page.records.take(passing)
            await hydrate(self.session, records, self.order.fields)
            for record, key in zip(records, self.order.keys(records), strict=True):
                if isinstance(key, GatewayError):
                    raise key
                self._check_order(record, key)
        if passing:
            self._pages.append(
                _StreamPage(len(self.state.records.indices), position.page, page, passing, rows_before)
            )
        self.state.records.add(page.records, passing)
        is_last = self._walk.is_last(position.page)
        self.state.error = self.state.error or self.pager.check_pages(
            self._walk, position.page, is_last=is_last
        )
        self._position = position._replace(rank=position.rank + len(passing), page=position.page + 1)
        self._skip = 0
        self.state.done = is_last

    def _check_order(self, record: Record, key: SortKey) -> None:
        # Ties are ordered by native id: values that differ for the vendor may be equal here, as 1900 and no date are.
        sort_key = (self.order.sortable(key), native_key(record.native_id))
        has_missing = None in key
        if has_missing or (self._last_sort_key is not None and sort_key < self._last_sort_key):
            raise UnsortedSource(self.session.source.name, missing_values=has_missing)
        self._last_sort_key = sort_key
        self._keys.append(key)

    def sort_keys(self, first: int) -> Iterable[Any]:
        """The merge keys of the records from index `first` on."""
        if self.order.terms:
            return map(self.order.sortable, islice(self._keys, first, None))
        return count(self._first_rank + first)

    def position_after(self, index: int) -> StreamPosition:
        """The position after the record at an index."""
        stream_page = self._pages[bisect_right(self._pages, index, key=_FIRST) - 1]
        page, row_index = stream_page.page, stream_page.row_indices[index - stream_page.first]
        return StreamPosition(
            self._first_rank + index + 1,
            page.records.indexed.native_ids[row_index],
            self._keys[index] if self.order.terms else (),
            stream_page.number,
            row_index + 1,
            page.row_count,
            stream_page.rows_before,
            self.pager.total,
        )

    @property
    def _first_rank(self) -> int:
        return self._position.rank - len(self.state.records.indices)

    async def has_more(self) -> bool:
        """True if there is a record beyond those taken; by the vendor's total if nothing is filtered here."""
        if (ready := self.state.ready) or self.state.done:
            return bool(ready)
        if self.plan.residual is TRUE and self.pager.total is not None:
            return True
        await self.fill(1)
        return bool(self.state.ready)

    async def total(self) -> tuple[int | None, bool]:
        """
        The number of all records, and True if exact: counted if that takes few pages, else the vendor's total.

        Raises the error of counting, unless the list has failed already: None then stands for an unknown number.
        """
        try:
            return await self._count()
        except GatewayError:
            if self.state.error is None:
                raise
            return None, False

    async def _count(self) -> tuple[int, bool]:
        pager = self.pager
        if pager.total is None:
            await pager.page(1)
        if self.plan.residual is TRUE and pager.total is not None:
            return pager.total, self.state.error is None
        pages = -(-pager.total // pager.size) if pager.total and pager.size else 0
        if pager.total is not None and pages > _PAGES_TO_COUNT:
            return pager.total, False
        records, error = await pager.read_all()
        outcome = FilterOutcome()
        passing = await filter_rows(self.plan.residual, records, range(len(records)), outcome)
        error = error or outcome.error
        if error is not None and self.state.error is None:
            raise error
        return len(passing), error is None
