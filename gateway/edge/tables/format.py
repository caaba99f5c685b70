"""What a format of tables is: one function that writes columns, and the switches that it knows."""

from collections.abc import AsyncIterator, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from gateway.edge.tables.columns import Column
from gateway.edge.tables.reading import Chunk

Write = Callable[[Sequence[Column], AsyncIterator[Chunk], AbstractSet[str]], AsyncIterator[bytes]]


@dataclass(frozen=True, kw_only=True)
class Format:
    """
    A format. `write` gives the file piece by piece, from the columns, their values, and the switches that are on;
    `switches` are the query parameters that it takes beside those of every table.
    """

    media_type: str
    write: Write
    switches: frozenset[str] = field(default_factory=frozenset)


def stamp(moment: datetime) -> str:
    """
    A moment as text, in UTC and always equally long, so that readers find one form in the whole column.

    >>> from datetime import UTC
    >>> stamp(datetime(2026, 11, 22, 10, 30, tzinfo=UTC))
    '2026-11-22T10:30:00.000000Z'
    """
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
