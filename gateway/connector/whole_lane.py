"""A source's part of a list that is read whole, and then filtered, ordered and cut here."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gateway.connector.judging import Verdict, keep
from gateway.connector.lanes import Item, Position, State, sort_key
from gateway.connector.loading import prepare
from gateway.connector.lookup import by_ids
from gateway.connector.ordering import Key, Order, native_key
from gateway.connector.planning import Plan
from gateway.connector.record import Record
from gateway.connector.session import Session
from gateway.connector.spec import Resource
from gateway.errors import GatewayError
from gateway.waiting import together


@dataclass
class WholeLane:
    """
    For lists without pages, and orders of our own.

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
        """Read everything, the first time."""
        if self.state.done:
            return
        self.state.done = True
        try:
            items = await self.items()
        except GatewayError as exc:
            self.state.error = exc
            return
        first = self._first(items)
        # Records may have come or gone since: the turns go on from where the cursor stood.
        shift = self.start.rank - first if self.start is not None else 0
        self.state.items.extend(self._shifted(item, shift) for item in items[first:])

    async def more(self) -> bool:
        """Whether there is a record beyond those taken."""
        await self.fill(1)
        return bool(self.state.items)

    async def total(self) -> tuple[int | None, bool]:
        """How many records there are in all: known once they are read."""
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
        for records, fault in await together([pager.everything() for pager in pagers]):
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

    def _shifted(self, item: Item, shift: int) -> Item:
        if shift == 0:
            return item
        rank = item.after.rank + shift
        return Item(
            item.record, sort_key(self.order, item.after.key, rank - 1), item.after._replace(rank=rank)
        )

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
        if self._natural and not _ascending(items):
            return min(max(start.rank - 1, 0), len(items))
        return bisect_right(
            items, native_key(start.native_id), key=lambda item: native_key(item.record.native_id)
        )


def _ascending(items: Sequence[Item]) -> bool:
    """Whether the records stand in the order of their ids."""
    keys = [native_key(item.record.native_id) for item in items]
    return all(one <= other for one, other in pairwise(keys))
