"""Pages of lists that are made here: things, conflicts, possible pairs. Cursors hold the sort key of their item."""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, overload

import msgspec

from gateway.concurrency.slices import run_in_slices
from gateway.concurrency.sorting import sort_steps
from gateway.connector.lists.cursor import list_key
from gateway.connector.lists.merge import MergedPageInfo, SourceOutcome, source_failure
from gateway.connector.lists.ordering import SortKey, SortOrder
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError
from resolvers.context import RequestContext
from resolvers.identity.reading import AssetReading
from resolvers.lists import page_limits

_PAGE = 50
_STEP = 128
_LONGEST = 8192
_REFUSED = "The cursor is none of this list's: use an edge's `cursor` or `pageInfo`'s, and the same arguments as then."


class ListItem(NamedTuple):
    """An item of a list: the values that it is ordered by, what tells equal ones apart, and what it is made of."""

    key: SortKey
    tie: str
    value: Any


class Identified(Protocol):
    """A thing that is told from others by its id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


class ItemsById(Sequence[ListItem]):
    """Items without an order but that of their ids, in which they are. An item is made when it is taken."""

    def __init__(self, things: Sequence[Identified]) -> None:
        self._things = things

    def __len__(self) -> int:
        return len(self._things)

    @overload
    def __getitem__(self, index: int) -> ListItem: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ListItem]: ...
    def __getitem__(self, index: int | slice) -> ListItem | Sequence[ListItem]:
        if isinstance(index, slice):
            return ItemsById(self._things[index])
        thing = self._things[index]
        return ListItem((), thing.id, thing)


class ListedEdge(NamedTuple):
    """An item on a page, and its cursor."""

    cursor: str
    node: Any


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """The arguments of a list, checked. `key` tells the list from others, for cursors."""

    key: str
    order: SortOrder
    first: int | None
    last: int | None
    after: tuple[SortKey, str] | None
    before: tuple[SortKey, str] | None


def page_request(ctx: RequestContext, name: str, args: Mapping[str, Any], order: SortOrder) -> PageRequest:
    """The arguments of a list of this name as they are meant. Raises BadInput."""
    first, last = page_limits(ctx, args)
    others = {key: value for key, value in args.items() if key not in {"first", "last", "after", "before"}}
    key = list_key(name, others)
    after, before = args.get("after"), args.get("before")
    return PageRequest(
        key=key,
        order=order,
        first=first,
        last=last,
        after=None if after is None else _unpack(after, key, order),
        before=None if before is None else _unpack(before, key, order),
    )


@dataclass(frozen=True, kw_only=True)
class ListedPage:
    """A page of a list that was made here. `records` are those that its nodes are made of."""

    nodes: Sequence[Any]
    cursors: Sequence[str]
    has_next_page: bool
    has_previous_page: bool
    total_count: int
    reading: AssetReading
    records: Sequence[Record]
    errors: Sequence[GatewayError] = ()

    @property
    def edges(self) -> list[ListedEdge]:
        """The nodes with their cursors."""
        return [ListedEdge(cursor, node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @property
    def page_info(self) -> MergedPageInfo:
        """The page's position in the list."""
        first, last = (self.cursors[0], self.cursors[-1]) if self.cursors else (None, None)
        return MergedPageInfo(self.has_next_page, self.has_previous_page, first, last)

    @property
    def complete(self) -> bool:
        """True if nothing is missing: every source answered in full, and every filter could be decided."""
        return not self.errors

    @property
    def total_is_exact(self) -> bool:
        """True if the list is complete."""
        return self.complete

    @property
    def sources(self) -> list[SourceOutcome]:
        """The part of each source."""
        return source_outcomes(self.reading, self.records)


def source_outcomes(reading: AssetReading, records: Iterable[Record]) -> list[SourceOutcome]:
    """Each source's part, with the number of its records among these."""
    counts: dict[str, int] = {}
    for record in {record.id: record for record in records}.values():
        counts[record.source.name] = counts.get(record.source.name, 0) + 1
    return [
        SourceOutcome(
            source=part.source,
            complete=part.error is None,
            count=counts.get(part.source.name, 0),
            stale=part.session.stale,
            error=None if part.error is None else source_failure(part.error),
        )
        for part in reading.sources
    ]


class Slice(NamedTuple):
    """The items of a page, and if there are others before and after them."""

    items: Sequence[ListItem]
    has_previous: bool
    has_next: bool


def slice_items(items: Sequence[ListItem], request: PageRequest) -> Slice:
    """The page of a sorted list."""
    start, end = 0, len(items)
    if request.after is not None:
        start = bisect_right(items, _position(request.after, request.order), key=_positions(request.order))
    if request.before is not None:
        end = bisect_left(items, _position(request.before, request.order), key=_positions(request.order))
    end = max(start, end)
    if request.last is not None:
        start = max(start, end - request.last)
    elif request.first is not None or request.before is None:
        end = min(end, start + (_PAGE if request.first is None else request.first))
    return Slice(items[start:end], start > 0, end < len(items))


async def sort_items(items: Sequence[ListItem], order: SortOrder) -> list[ListItem]:
    """The items in an order, equal ones by their tie."""
    return await run_in_slices(_sort_steps(items, _positions(order)))


def _sort_steps(
    items: Sequence[ListItem], position_of: Callable[[ListItem], Any]
) -> Generator[None, None, list[ListItem]]:
    entries: list[tuple[Any, ListItem]] = []
    for start in range(0, len(items), _STEP):
        entries += [(position_of(item), item) for item in items[start : start + _STEP]]
        yield
    return [item for _, item in (yield from sort_steps(entries, key=itemgetter(0)))]


def pack(item: ListItem, request: PageRequest) -> str:
    """The cursor of an item."""
    packed = msgspec.json.encode([request.key, item.tie, request.order.pack_key(item.key)])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _positions(order: SortOrder) -> Callable[[ListItem], tuple[tuple[Any, ...], str]]:
    return lambda item: (order.sortable(item.key), item.tie)


def _position(cursor: tuple[SortKey, str], order: SortOrder) -> tuple[tuple[Any, ...], str]:
    key, tie = cursor
    return order.sortable(key), tie


def _unpack(written: str, key: str, order: SortOrder) -> tuple[SortKey, str]:
    if len(written) > _LONGEST:
        raise BadInput(_REFUSED)
    try:
        raw = base64.b64decode(written.encode() + b"=" * (-len(written) % 4), altchars=b"-_", validate=True)
        cursor_key, tie, packed = msgspec.json.decode(raw, type=tuple[str, str, list[Any]])
        sort_key = order.unpack_key(packed)
    except (ValueError, ArithmeticError, binascii.Error, msgspec.MsgspecError) as exc:
        raise BadInput(_REFUSED) from exc
    if cursor_key != key:
        raise BadInput(_REFUSED)
    return sort_key, tie
