"""One source's part of a list: its records in the list's order, from a position on, as far as they are wanted."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from gateway.connector.ordering import Key, Order
from gateway.connector.record import Record
from gateway.connector.session import Session
from gateway.errors import GatewayError


class Position(NamedTuple):
    """
    Where a source's part of a list stands: after how many records, and after which.

    For a list that is read by pages, also where that record stood: the page, its place there from 1, how many rows
    the page had, how many came before it, and how many there were in all.
    """

    rank: int = 0
    native_id: str | None = None
    key: Key = ()
    page: int = 1
    place: int = 0
    rows: int = 0
    before: int = 0
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


def sort_key(order: Order, key: Key, rank: int) -> tuple[Any, ...]:
    """Without an asked order the sources take turns, each in its own fixed order."""
    return order.sortable(key) if order else (rank,)
