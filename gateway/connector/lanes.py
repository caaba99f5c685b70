"""One source's part of a list: its records in the list's order, from a position on, as far as they are wanted."""

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from gateway.connector.conditions import EVERYTHING
from gateway.connector.judging import Verdict, keep
from gateway.connector.loading import prepare
from gateway.connector.lookup import by_ids
from gateway.connector.ordering import Key, Order, native_key
from gateway.connector.pages import Page, Pager
from gateway.connector.planning import Plan
from gateway.connector.record import Record
from gateway.connector.session import Session
from gateway.connector.spec import Resource
from gateway.errors import GatewayError

#: An exact count is worth this many further pages.
_PAGES_TO_COUNT = 10


class Position(NamedTuple):
    """Where a source's part of a list stands: after how many records, and after which.

    For a list that is read by pages, also where that record stood: the page, its place there from 1, and how long
    pages and list were then.
    """

    rank: int = 0
    native_id: str | None = None
    key: Key = ()
    page: int = 1
    place: int = 0
    size: int | None = None
    total: int | None = None


class Item(NamedTuple):
    """A record in its place. `sort` is what parts are merged by; `after` is the position once it has been taken."""

    record: Record
    sort: tuple[Any, ...]
    after: Position


@dataclass
class State:
    """What a lane has to give now, and what it came to."""

    items: deque[Item] = field(default_factory=deque)
    done: bool = False
    error: GatewayError | None = None


class Lane(Protocol):
    """One source's part of a list."""

    session: Session
    state: State

    async def fill(self, wanted: int) -> None:
        """Have at least so many items ready, or be done. Never raises: `state.error` says what went wrong."""
        ...

    async def more(self) -> bool:
        """Whether there is a record beyond those taken."""
        ...

    async def total(self) -> tuple[int | None, bool]:
        """How many records there are in all, and whether that is exact."""
        ...


class OutOfOrder(Exception):
    """The vendor did not give the order that it was asked for."""


def sort_key(order: Order, key: Key, rank: int) -> tuple[Any, ...]:
    """Without an asked order the sources take turns, each in its own fixed order."""
    return order.sortable(key) if order else (rank,)


@dataclass
class WholeLane:
    """Reads everything, then filters, orders and cuts here. For lists without pages, and orders of our own.

    `given` are records that are at hand already, as those told inside their parent.
    """

    session: Session
    resource: Resource
    plan: Plan
    order: Order
    start: Position | None = None
    given: Sequence[Record] | None = None
    state: State = field(default_factory=State)
    _items: list[Item] | None = None

    async def items(self) -> list[Item]:
        """All of the source's part of the list. Raises GatewayError."""
        if self._items is None:
            records = await self._records()
            verdict = Verdict()
            kept = await keep(self.plan.left, self.session, records, verdict)
            self.state.error = self.state.error or verdict.fault
            self._items = await self._ordered(kept)
        return self._items

    async def fill(self, wanted: int) -> None:  # noqa: ARG002
        if self.state.done:
            return
        self.state.done = True
        try:
            items = await self.items()
        except GatewayError as exc:
            self.state.error = exc
            return
        self.state.items.extend(items[self._first(items) :])

    async def more(self) -> bool:
        await self.fill(1)
        return bool(self.state.items)

    async def total(self) -> tuple[int | None, bool]:
        await self.fill(1)
        return (None if self._items is None else len(self._items)), self.state.error is None

    async def _records(self) -> list[Record]:
        if self.given is not None:
            return list(self.given)
        if self.plan.ids is not None:
            found = await by_ids(self.session, self.resource, self.plan.ids)
            records = []
            for one in found.values():
                if isinstance(one, Record):
                    records.append(one)
                elif one is not None:
                    self.state.error = one
            return records
        united: dict[str, Record] = {}
        pagers = [self.session.pager(self.resource, query) for query in self.plan.queries]
        for records, fault in await asyncio.gather(*(pager.everything() for pager in pagers)):
            self.state.error = self.state.error or fault
            for record in records:
                united.setdefault(record.native_id, record)
        return list(united.values())

    async def _ordered(self, records: list[Record]) -> list[Item]:
        keys: list[Key] = [()] * len(records)
        if self.order:
            await prepare(self.session, records, self.order.fields)
            for at, record in enumerate(records):
                try:
                    keys[at] = self.order.key(record)
                except GatewayError as exc:
                    # Its place is not known: last, as where the value is missing.
                    self.state.error = exc
                    keys[at] = (None,) * len(self.order.terms)
        pairs = list(zip(keys, records, strict=True))
        if self.order:
            pairs.sort(key=lambda pair: (self.order.sortable(pair[0]), native_key(pair[1].native_id)))
        elif not self._natural:
            pairs.sort(key=lambda pair: native_key(pair[1].native_id))
        return [
            Item(
                record,
                sort_key(self.order, key, rank),
                Position(rank + 1, record.native_id, key),
            )
            for rank, (key, record) in enumerate(pairs)
        ]

    @property
    def _natural(self) -> bool:
        """Whether the order is the vendor's own: where it gives pages, in theirs."""
        spec = self.resource.list
        return spec is not None and spec.paging is not None and self.plan.ids is None

    def _first(self, items: Sequence[Item]) -> int:
        """The place of the first item after the start."""
        start = self.start
        if start is None or start.native_id is None:
            return 0
        if self.order:
            last = (self.order.sortable(start.key), native_key(start.native_id))
            return bisect_right(items, last, key=lambda item: (item.sort, native_key(item.record.native_id)))
        for at, item in enumerate(items):
            if item.record.native_id == start.native_id:
                return at + 1
        if self._natural:
            return min(start.rank, len(items))
        return bisect_right(
            items, native_key(start.native_id), key=lambda item: native_key(item.record.native_id)
        )


@dataclass
class PagedLane:
    """Reads page after page, only as far as wanted: for lists whose vendor gives the order that was asked for."""

    session: Session
    resource: Resource
    plan: Plan
    order: Order
    start: Position | None = None
    state: State = field(default_factory=State)
    _at: Position = Position()
    _skip: int = 0
    _seen: set[str] = field(default_factory=set)
    _last_sort: tuple[Any, ...] | None = None

    @property
    def pager(self) -> Pager:
        ordered = self.plan.ordered if self.order and self.plan.ordered else {}
        return self.session.pager(self.resource, {**self.plan.queries[0], **ordered})

    async def resume(self) -> bool:
        """Find the start again. False where the list has shifted meanwhile: then it has to be read whole."""
        start = self.start
        if start is None or start.native_id is None:
            return True
        if start.place == 0:
            return False
        self._at = start
        pager = self.pager
        pager.size = pager.size or start.size
        try:
            if start.place == start.size and start.total is not None:
                further = await pager.page(start.page + 1)
                if further.raw and pager.total == start.total:
                    self._at = start._replace(page=start.page + 1)
                    return True
            page = await pager.page(start.page)
        except GatewayError as exc:
            self.state.error = exc
            self.state.done = True
            return True
        if start.place > len(page.records) or page.records[start.place - 1].native_id != start.native_id:
            return False
        self._skip = start.place
        return True

    async def fill(self, wanted: int) -> None:
        try:
            while not self.state.done and len(self.state.items) < wanted:
                await self._ahead(wanted - len(self.state.items))
                await self._next_page()
        except GatewayError as exc:
            self.state.error = exc
            self.state.done = True

    async def _ahead(self, wanted: int) -> None:
        """Read several pages at once where it is known that they are needed."""
        pager, at = self.pager, self._at.page
        if self.plan.left != EVERYTHING or not pager.size or pager.total is None:
            return
        last = min(at + -(-(wanted + self._skip) // pager.size) - 1, -(-pager.total // pager.size))
        if last > at:
            await pager.ahead(range(at, last + 1))

    async def _next_page(self) -> None:
        at = self._at
        page = await self.pager.page(at.page)
        self.state.error = self.state.error or page.fault
        records = page.records
        fresh = [record for record in records[self._skip :] if record.native_id not in self._seen]
        self._seen.update(record.native_id for record in records)
        places = {record.native_id: index for index, record in enumerate(records, 1)}
        verdict = Verdict()
        kept = await keep(self.plan.left, self.session, fresh, verdict)
        self.state.error = self.state.error or verdict.fault
        if self.order:
            await prepare(self.session, kept, self.order.fields)
        rank = at.rank
        for record in kept:
            key = self.order.key(record) if self.order else ()
            place = places[record.native_id]
            item_at = Position(
                rank + 1, record.native_id, key, at.page, place, self.pager.size, self.pager.total
            )
            item = Item(record, sort_key(self.order, key, rank), item_at)
            self._watch(item)
            self.state.items.append(item)
            rank += 1
        ends = page.last or (not fresh and not self._skip)
        self._at = at._replace(rank=rank, page=at.page + 1)
        self._skip = 0
        self.state.done = ends

    def _watch(self, item: Item) -> None:
        if self.order:
            if self._last_sort is not None and item.sort < self._last_sort:
                raise OutOfOrder
            self._last_sort = item.sort

    async def more(self) -> bool:
        if self.state.items or self.state.done:
            return bool(self.state.items)
        if self.plan.left == EVERYTHING and self.pager.total is not None:
            return True
        await self.fill(1)
        return bool(self.state.items)

    async def total(self) -> tuple[int | None, bool]:
        pager = self.pager
        try:
            first: Page = await pager.page(1)
            plain = self.plan.left == EVERYTHING
            if plain and pager.total is not None:
                return pager.total, first.fault is None
            pages = -(-pager.total // pager.size) if pager.total and pager.size else 0
            if pager.total is not None and pages > _PAGES_TO_COUNT:
                return pager.total, False
            records, fault = await pager.everything()
            verdict = Verdict()
            kept = await keep(self.plan.left, self.session, records, verdict)
        except GatewayError:
            return None, False
        return len(kept), fault is None and verdict.fault is None
