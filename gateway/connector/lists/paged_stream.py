"""A source's part of a list that is read page by page, only as far as it is wanted."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice
from operator import itemgetter
from typing import Any

from gateway.connector.description.ids import native_key
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.pager import Page, Pager
from gateway.connector.fetching.session import Session
from gateway.connector.lists.conditions import TRUE
from gateway.connector.lists.filtering import FilterOutcome, filter_rows
from gateway.connector.lists.ordering import SortKey, SortOrder
from gateway.connector.lists.pushdown import SourcePlan
from gateway.connector.lists.stream import StreamPosition, StreamState
from gateway.connector.records.record import Record
from gateway.errors import GatewayError

#: An exact count is worth this many further pages.
_PAGES_TO_COUNT = 10
_FIRST = itemgetter(0)


class UnsortedSource(Exception):
    """
    The list cannot be read page by page on: it has to be read whole, and ordered here.

    `kept` says that what came before was in order all the same: where a value is missing, the vendor's place for it is
    its own affair, and only that.
    """

    def __init__(self, source: str, *, missing_values: bool) -> None:
        super().__init__(f"{source} has another order")
        self.source = source
        self.kept = missing_values


@dataclass
class PagedStream:
    """For lists whose vendor gives the order that was asked for."""

    session: Session
    resource: Resource
    plan: SourcePlan
    order: SortOrder
    start: StreamPosition | None = None
    state: StreamState = field(default_factory=StreamState)
    _at: StreamPosition = field(default_factory=StreamPosition)
    _skip: int = 0
    _seen: set[str] = field(default_factory=set)
    _pages: list[tuple[int, int, Page, Sequence[int]]] = field(default_factory=list)
    """The first record in the state that is of a page, the page's number, the page, and its records' places there."""
    _keys: list[SortKey] = field(default_factory=list)
    _last_sort: tuple[Any, ...] | None = None

    @cached_property
    def pager(self) -> Pager:
        """The vendor's pages, with what it filters and orders by itself."""
        ordered = self.plan.ordered if self.order and self.plan.ordered else {}
        return self.session.pager(self.resource, {**self.plan.queries[0], **ordered})

    async def resume(self) -> bool:
        """Find the start again. False where the list has shifted meanwhile: then it has to be read whole."""
        start = self.start
        if start is None or start.native_id is None:
            return True
        if start.row_index == 0:
            return False
        self._at = start
        pager = self.pager
        pager.resume(start.page, start.before)
        try:
            if start.row_index == start.rows and start.total is not None:
                pager.resume(start.page + 1, start.before + start.rows)
                further = await pager.page(start.page + 1)
                if further.row_count and pager.total == start.total:
                    self._at = start._replace(page=start.page + 1)
                    return True
            page = await pager.page(start.page)
        except GatewayError as exc:
            self.state.error = exc
            self.state.done = True
            return True
        if (
            start.row_index > len(page.records)
            or page.records.sheet.native_ids[start.row_index - 1] != start.native_id
        ):
            return False
        self._skip = start.row_index
        return True

    async def fill(self, count: int) -> None:
        """Read pages until so many records are ready."""
        try:
            while not self.state.done and self.state.ready < count:
                await self._ahead(count - self.state.ready)
                await self._next_page()
        except GatewayError as exc:
            self.state.error = exc
            self.state.done = True

    async def _ahead(self, wanted: int) -> None:
        """Read several pages at once where it is known that they are needed."""
        pager, at = self.pager, self._at.page
        if self.plan.residual != TRUE or not pager.size or pager.total is None:
            return
        last = min(at + -(-(wanted + self._skip) // pager.size) - 1, -(-pager.total // pager.size))
        if last > at:
            await pager.prefetch(range(at, last + 1))

    async def _next_page(self) -> None:
        at = self._at
        page = await self.pager.page(at.page)
        self.state.error = self.state.error or page.error
        natives = page.records.sheet.native_ids
        fresh: Sequence[int] = range(self._skip, len(natives))
        if self._seen:
            fresh = [place for place in fresh if natives[place] not in self._seen]
        verdict = FilterOutcome()
        kept = await filter_rows(self.plan.residual, page.records, fresh, verdict)
        self.state.error = self.state.error or verdict.fault
        records = page.records.take(kept)
        if self.order and records:
            await hydrate(self.session, records, self.order.fields)
            for record, key in zip(records, self.order.keys(records), strict=True):
                if isinstance(key, GatewayError):
                    raise key
                self._watch(record, key)
        if records:
            self._pages.append((len(self.state.records), at.page, page, kept))
        self.state.records += records
        ends = self.pager.is_last(at.page)
        if not ends and not fresh and not self._skip:
            ends = True
            self.state.error = self.state.error or self.pager.repeated_pages(at.page)
        self._at = at._replace(rank=at.rank + len(kept), page=at.page + 1)
        self._skip = 0
        self.state.done = ends
        if not ends:
            self._seen.update(natives)

    def _watch(self, record: Record, key: SortKey) -> None:
        # Equal keys have an order too: what the vendor keeps apart may be equal here, as 1900 and no date are.
        sort = (self.order.sortable(key), native_key(record.native_id))
        missing = None in key
        if missing or (self._last_sort is not None and sort < self._last_sort):
            raise UnsortedSource(self.session.source.name, missing_values=missing)
        self._last_sort = sort
        self._keys.append(key)

    def sort_keys(self, first: int) -> Iterable[Any]:
        """What lanes are merged by, for each record from a place on."""
        if self.order:
            return map(self.order.sortable, islice(self._keys, first, None))
        return count(self._first_rank + first)

    def position_after(self, index: int) -> StreamPosition:
        """The position once the record at a place has been taken."""
        first, number, page, places = self._pages[bisect_right(self._pages, index, key=_FIRST) - 1]
        place = places[index - first]
        return StreamPosition(
            self._first_rank + index + 1,
            page.records.sheet.native_ids[place],
            self._keys[index] if self.order else (),
            number,
            place + 1,
            page.row_count,
            self.pager.rows_before(number),
            self.pager.total,
        )

    @property
    def _first_rank(self) -> int:
        return self._at.rank - len(self.state.records)

    async def has_more(self) -> bool:
        """Whether there is a record beyond those taken; the vendor's total tells where nothing is left out here."""
        if self.state.ready or self.state.done:
            return bool(self.state.ready)
        if self.plan.residual == TRUE and self.pager.total is not None:
            return True
        await self.fill(1)
        return bool(self.state.ready)

    async def total(self) -> tuple[int | None, bool]:
        """How many records there are in all: counted where that takes few pages, else the vendor's own estimate."""
        pager = self.pager
        try:
            if pager.total is None:
                await pager.page(1)
            if self.plan.residual == TRUE and pager.total is not None:
                return pager.total, self.state.error is None
            pages = -(-pager.total // pager.size) if pager.total and pager.size else 0
            if pager.total is not None and pages > _PAGES_TO_COUNT:
                return pager.total, False
            records, fault = await pager.read_all()
            verdict = FilterOutcome()
            kept = await filter_rows(self.plan.residual, records, range(len(records)), verdict)
        except GatewayError:
            return None, False
        return len(kept), fault is None and verdict.fault is None
