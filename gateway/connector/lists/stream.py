"""One source's part of a list: its records in the list's order, from a position on, as far as they are wanted."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from gateway.connector.fetching.session import Session
from gateway.connector.lists.ordering import SortKey
from gateway.connector.records.record import Record
from gateway.errors import GatewayError


class StreamPosition(NamedTuple):
    """
    Where a source's part of a list stands: after how many records, and after which.

    For a list that is read by pages, also where that record stood: the page, its place there from 1, how many rows
    the page had, how many came before it, and how many there were in all.
    """

    rank: int = 0
    native_id: str | None = None
    key: SortKey = ()
    page: int = 1
    row_index: int = 0
    rows: int = 0
    before: int = 0
    total: int | None = None


@dataclass
class StreamState:
    """
    What a lane has read, and what it came to: its records in order, of which the first `taken` are in the list.

    With `done` there are no more than these.
    """

    records: list[Record] = field(default_factory=list)
    taken: int = 0
    done: bool = False
    error: GatewayError | None = None

    @property
    def ready(self) -> int:
        """How many records may be taken."""
        return len(self.records) - self.taken


class SourceStream(Protocol):
    """One source's part of a list."""

    session: Session
    state: StreamState

    async def fill(self, count: int) -> None:
        """Have at least so many records ready, or be done. Never raises: `state.error` says what went wrong."""
        ...

    def sort_keys(self, first: int) -> Iterable[Any]:
        """
        What lanes are merged by, for each record from a place on.

        Without an asked order that is its number in the source: the sources take turns.
        """
        ...

    def position_after(self, index: int) -> StreamPosition:
        """The position once the record at a place has been taken."""
        ...

    async def has_more(self) -> bool:
        """Whether there is a record beyond those taken."""
        ...

    async def total(self) -> tuple[int | None, bool]:
        """How many records there are in all, and whether that is exact."""
        ...
