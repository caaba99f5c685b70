"""Tallies: the number of each source's records by their values, and the buckets that these make together."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.concurrency.sorting import sort
from gateway.concurrency.time_slice import TimeSlice
from gateway.connector.description.vocabulary import ENUMS, GroupKind, GroupTerm
from gateway.connector.fetching.source import Source
from gateway.errors import GatewayError

#: A bucket's values, one for each term: None if its records have none.
BucketKey = tuple[str | None, ...]
#: The names of linked records by their global ids.
NameReader = Callable[[GroupTerm, Sequence[str]], Awaitable[Mapping[str, str | None]]]


@dataclass
class SourceTally:
    """One source's records by their values. `error` is why some are missing, or a value of some."""

    source: Source
    counts: Counter[BucketKey] = field(default_factory=Counter)
    error: GatewayError | None = None
    stale: bool = False
    read_at: datetime | None = None

    @property
    def total(self) -> int:
        """The number of all of its records."""
        return self.counts.total()


@dataclass(frozen=True)
class Tally:
    """All sources' tallies, and what reads the names of the records that their values identify."""

    parts: Sequence[SourceTally]
    read_names: NameReader


@dataclass(frozen=True, slots=True)
class Bucket:
    """Records with the same values, and how many there are."""

    values: BucketKey
    labels: Sequence[str | None]
    count: int


async def top_keys(tally: Tally, first: int, time_slice: TimeSlice) -> list[tuple[BucketKey, int]]:
    """The largest buckets' keys with their counts, the largest first, equal ones by their values."""
    counts: Counter[BucketKey] = Counter()
    for part in tally.parts:
        async for chunk in time_slice.chunks(list(part.counts.items())):
            for key, count in chunk:
                counts[key] += count
    entries: list[tuple[int, tuple[tuple[bool, str], ...], BucketKey]] = []
    async for keys in time_slice.chunks(list(counts)):
        entries += [(-counts[key], tuple((value is None, value or "") for value in key), key) for key in keys]
    return [(key, -negated) for negated, _, key in (await sort(entries, time_slice))[:first]]


async def label_buckets(
    tally: Tally, terms: Sequence[GroupTerm], keys: Sequence[tuple[BucketKey, int]]
) -> list[Bucket]:
    """The buckets of these keys, with a label for each value."""
    columns = list(zip(*(key for key, _ in keys), strict=True)) if keys else [()] * len(terms)
    labels = await asyncio.gather(
        *(_labels(tally, term, column) for term, column in zip(terms, columns, strict=True))
    )
    return [
        Bucket(key, row, count) for (key, count), row in zip(keys, zip(*labels, strict=True), strict=True)
    ]


async def _labels(tally: Tally, term: GroupTerm, column: Iterable[str | None]) -> Sequence[str | None]:
    values = list(column)
    if term.kind is not GroupKind.LINK:
        return [value if value is None else label(term.kind, value) for value in values]
    record_ids = list(dict.fromkeys(value for value in values if value is not None))
    names = await tally.read_names(term, record_ids) if record_ids else {}
    return [None if value is None else names.get(value) for value in values]


def label(kind: GroupKind, value: str) -> str:
    """
    A value in words.

    >>> label(GroupKind.ENUM, "OUT_OF_WARRANTY"), label(GroupKind.VENDOR, "S3S"), label(GroupKind.TEXT, "DELL")
    ('Out of warranty', 'S3S', 'DELL')
    """
    if kind is GroupKind.ENUM:
        return value.replace("_", " ").capitalize()
    return value.replace("_", " ").title() if kind is GroupKind.VENDOR else value


def bucket_values(type_name: str, term: GroupTerm, values: Iterable[Any]) -> list[str | None]:
    """
    A field's values as buckets have them.

    >>> from datetime import date
    >>> bucket_values("Asset", GroupTerm(GroupKind.YEAR, "purchase_date"), [date(2024, 5, 1), None])
    ['2024', None]
    >>> bucket_values("Asset", GroupTerm(GroupKind.ENUM, "status"), ["IN_USE", None])
    ['IN_USE', 'UNKNOWN']
    """
    match term.kind:
        case GroupKind.YEAR:
            return [None if value is None else f"{value.year:04d}" for value in values]
        case GroupKind.MONTH:
            return [None if value is None else f"{value.year:04d}-{value.month:02d}" for value in values]
        case GroupKind.ENUM if f"{type_name}.{term.name}" in ENUMS:
            return ["UNKNOWN" if value is None else str(value) for value in values]
        case _:
            return [None if value is None else str(value) for value in values]
