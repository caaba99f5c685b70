"""A source's part of a list that is read whole, and then filtered, ordered and cut here."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count, islice, pairwise
from typing import Any

from gateway.concurrency.gather import gather
from gateway.connector.description.ids import native_key
from gateway.connector.description.resource import Resource
from gateway.connector.fetching.by_id import by_ids
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import Session
from gateway.connector.lists.filtering import FilterOutcome, filter_rows
from gateway.connector.lists.ordering import SortKey, SortOrder
from gateway.connector.lists.pushdown import SourcePlan
from gateway.connector.lists.stream import StreamPosition, StreamState
from gateway.connector.records.record import Record
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError


@dataclass
class BufferedStream:
    """
    For lists without pages, and orders of our own.

    `given` are records that are at hand already, as those told inside their parent.
    """

    session: Session
    resource: Resource
    plan: SourcePlan
    order: SortOrder
    start: StreamPosition | None = None
    records: Sequence[Record] | None = None
    state: StreamState = field(default_factory=StreamState)
    _rows: RecordRows | None = None
    _places: Sequence[int] = ()
    """Where the list's records stand among the rows, in the list's order."""
    _keys: Sequence[SortKey] = ()
    """The records' keys, where an order was asked for."""
    _first: int = 0

    async def fill(self, count: int) -> None:
        """Read everything, the first time."""
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
        begin = self._first + len(state.records)
        end = min(self._first + state.taken + count, len(self._places))
        state.records += self._rows.take(self._places[begin:end])
        state.done = self._first + len(state.records) >= len(self._places)

    def sort_keys(self, first: int) -> Iterable[Any]:
        """What lanes are merged by, for each record from a place on."""
        if self.order:
            return map(self.order.sortable, islice(self._keys, self._first + first, None))
        return count(self._rank + first)

    def position_after(self, index: int) -> StreamPosition:
        """The position once the record at a place has been taken."""
        key = self._keys[self._first + index] if self.order else ()
        return StreamPosition(self._rank + index + 1, self.state.records[index].native_id, key)

    async def has_more(self) -> bool:
        """Whether there is a record beyond those taken."""
        await self.fill(1)
        return bool(self.state.ready)

    async def total(self) -> tuple[int | None, bool]:
        """How many records there are in all: known once they are read."""
        await self.fill(1)
        return (None if self._rows is None else len(self._places)), self.state.error is None

    @property
    def _rank(self) -> int:
        # Records may have come or gone since: the turns go on from where the cursor stood.
        return self.start.rank if self.start is not None else 0

    async def _read(self) -> None:
        rows = await self._found()
        verdict = FilterOutcome()
        places = await filter_rows(self.plan.residual, rows, self._in_order(rows), verdict)
        self.state.error = self.state.error or verdict.fault
        if self.order:
            places = await self._ordered(rows, places)
        self._rows, self._places = rows, places
        self._first = self._start(rows)

    async def _found(self) -> RecordRows:
        if self.records is not None:
            return RecordRows.of(self.session, self.resource, self.records)
        if self.plan.ids is not None:
            records: list[Record] = []
            for one in (await by_ids(self.session, self.resource, self.plan.ids)).values():
                if isinstance(one, Record):
                    records.append(one)
                elif one is not None:
                    self.state.error = one
            return RecordRows.of(self.session, self.resource, records)
        pagers = [self.session.pager(self.resource, query) for query in self.plan.queries]
        answers = await gather([pager.read_all() for pager in pagers])
        for _, fault in answers:
            self.state.error = self.state.error or fault
        if len(answers) == 1:
            return answers[0][0]
        united: dict[str, Record] = {}
        for rows, _ in answers:
            for record in rows:
                united.setdefault(record.native_id, record)
        return RecordRows.of(self.session, self.resource, list(united.values()))

    def _in_order(self, rows: RecordRows) -> Sequence[int]:
        return range(len(rows)) if self.order or self._natural else rows.sheet.by_id

    async def _ordered(self, rows: RecordRows, places: Sequence[int]) -> Sequence[int]:
        records = rows.take(places)
        await hydrate(self.session, records, self.order.fields)
        keys: dict[int, SortKey] = {}
        for at, key in zip(places, self.order.keys(records) if records else (), strict=True):
            if isinstance(key, GatewayError):
                # Its place is not known: last, as where the value is missing.
                self.state.error = key
            keys[at] = (None,) * len(self.order.terms) if isinstance(key, GatewayError) else key
        natives = rows.sheet.native_ids
        places = sorted(places, key=lambda at: (self.order.sortable(keys[at]), native_key(natives[at])))
        self._keys = [keys[at] for at in places]
        return places

    @property
    def _natural(self) -> bool:
        """Whether the order is the vendor's own: where it gives pages, and where the caller asks it for one."""
        spec = self.resource.list
        if spec is None or self.plan.ids is not None:
            return False
        asked = len(self.plan.queries) == 1 and spec.sort_param in self.plan.queries[0]
        return spec.paging is not None or asked

    def _start(self, rows: RecordRows) -> int:
        """The place in the order of the first record after the start."""
        start = self.start
        if start is None or start.native_id is None:
            return 0
        natives = [rows.sheet.native_ids[at] for at in self._places]
        if self.order:
            last = (self.order.sortable(start.key), native_key(start.native_id))
            both = zip(self._keys, natives, strict=True)
            return bisect_right(
                [(self.order.sortable(key), native_key(native)) for key, native in both], last
            )
        if start.native_id in natives:
            return natives.index(start.native_id) + 1
        keys = [native_key(native) for native in natives]
        if self._natural and not all(one <= other for one, other in pairwise(keys)):
            return min(max(start.rank - 1, 0), len(keys))
        return bisect_right(keys, native_key(start.native_id))
