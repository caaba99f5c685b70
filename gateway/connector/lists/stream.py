"""Streams: one source's records of a list, in the list's order from a position on, read only as far as needed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from gateway.connector.fetching.session import Session
from gateway.connector.lists.ordering import SortKey
from gateway.connector.records.rows import LazyRecords
from gateway.errors import GatewayError


class StreamPosition(NamedTuple):
    """
    Position in a source's stream: the number of records before it (`rank`), and the native id and key of the last.

    For a list that is read by pages, also the last record's location: the page, its row there from 1 (`row_index`),
    the page's rows (`row_count`), the rows of the pages before it, and the vendor's total.
    """

    rank: int = 0
    native_id: str | None = None
    key: SortKey = ()
    page: int = 1
    row_index: int = 0
    row_count: int = 0
    rows_before: int = 0
    total: int | None = None


@dataclass
class StreamState:
    """
    Progress of a stream: its records in order, of which the first `taken` are in the merged list.

    With `done` there are no more records. `error` is what kept records from being read, or from being decided.
    """

    records: LazyRecords = field(default_factory=LazyRecords)
    taken: int = 0
    done: bool = False
    error: GatewayError | None = None

    @property
    def ready(self) -> int:
        """Number of records that are read and not taken."""
        return len(self.records.indices) - self.taken


class SourceStream(Protocol):
    """One source's ordered records of a list: the input of the k-way merge."""

    session: Session
    state: StreamState

    async def fill(self, count: int) -> None:
        """Read until `count` records are ready or the stream is done. Failures go to `state.error`."""
        ...

    def sort_keys(self, first: int) -> Iterable[Any]:
        """
        The merge keys of the records from index `first` on.

        Without an order a record's key is its rank in the source: the sources take turns.
        """
        ...

    def position_after(self, index: int) -> StreamPosition:
        """The position after the record at an index."""
        ...

    async def has_more(self) -> bool:
        """True if there is a record beyond those taken."""
        ...

    async def total(self) -> tuple[int | None, bool]:
        """
        The number of all records, and True if it is exact; None if the stream has failed and it is not known.

        Raises GatewayError if the records of a stream that has not failed cannot be counted.
        """
        ...
