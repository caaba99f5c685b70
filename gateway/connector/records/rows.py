"""
Rows of lists as lazy sequences of records: a Record is built when it is first taken.

`RecordRows` are the rows of one answer. `LazyRecords` are records of a page, by where their rows are, so that what
needs the rows alone (filters, merges, projections) passes them on without building a Record.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from operator import attrgetter, getitem
from typing import final, overload

from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Row
from gateway.connector.records.indexed_rows import IndexedRows
from gateway.connector.records.origin import Origin
from gateway.connector.records.record import Owned, Record

_BUILT = attrgetter("built")
_STUB = attrgetter("stub")


class RecordRows(Sequence[Record]):
    """Rows of one source and resource, in order. The same index always gives the same Record."""

    __slots__ = ("built", "indexed", "loaded", "origin", "resource")

    def __init__(
        self,
        origin: Origin,
        resource: Resource,
        indexed: IndexedRows,
        *,
        loaded: frozenset[str] = frozenset(),
    ) -> None:
        self.origin = origin
        self.resource = resource
        self.indexed = indexed
        self.loaded = loaded
        self.built: list[Record | None] = [None] * len(indexed.rows)
        """The Records that were built, by index. One may have more data than its row, or a failure."""

    @classmethod
    def of(cls, origin: Origin, resource: Resource, records: Sequence[Record]) -> "RecordRows":
        """Existing records as rows."""
        rows = cls(
            origin,
            resource,
            IndexedRows([record.row for record in records], [record.native_id for record in records]),
        )
        rows.built = list(records)
        return rows

    @property
    def is_pristine(self) -> bool:
        """True if no Record was built yet: the rows are all that there is."""
        return not any(self.built)

    def __len__(self) -> int:
        return len(self.built)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        indices = range(len(self))
        return self.take(indices[index]) if isinstance(index, slice) else self.take((indices[index],))[0]

    def __iter__(self) -> Iterator[Record]:
        return iter(self.take(range(len(self))))

    def take(self, indices: Iterable[int]) -> list[Record]:
        """The records at these indices."""
        records, rows, native_ids = self.built, self.indexed.rows, self.indexed.native_ids
        origin, resource, loaded = self.origin, self.resource, self.loaded
        taken: list[Record] = []
        for index in indices:
            record = records[index]
            if record is None:
                record = records[index] = Record(
                    origin, resource, rows[index], native_ids[index], loaded=loaded
                )
            taken.append(record)
        return taken

    def find(self, native_id: str) -> Record | None:
        """The first record with a native id; None if there is none."""
        return self.by_ids((native_id,)).get(native_id)

    def by_ids(self, native_ids: Iterable[str]) -> dict[str, Record]:
        """The first record for each native id; ids without a record are missing."""
        index_of = self.indexed.index_of
        indices = {native_id: index_of[native_id] for native_id in native_ids if native_id in index_of}
        return dict(zip(indices, self.take(indices.values()), strict=True))


@final
class LazyRecords(Sequence[Record]):
    """
    Records by the rows that each is of, and its index in them. A slice is as lazy; the same index always gives the same
    Record.
    """

    __slots__ = ("indices", "owners")

    def __init__(self, owners: Iterable[RecordRows] = (), indices: Iterable[int] = ()) -> None:
        self.owners = list(owners)
        self.indices = list(indices)

    def add(self, owner: RecordRows, indices: Sequence[int]) -> None:
        """Append the records at some indices of rows."""
        self.owners += repeat(owner, len(indices))
        self.indices += indices

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> "LazyRecords": ...
    def __getitem__(self, index: int | slice) -> "Record | LazyRecords":
        if isinstance(index, slice):
            return LazyRecords(self.owners[index], self.indices[index])
        return self.owners[index][self.indices[index]]

    def __iter__(self) -> Iterator[Record]:
        owner = self.single_owner
        if owner is not None:
            return iter(owner.take(self.indices))
        return iter([rows[index] for rows, index in zip(self.owners, self.indices, strict=True)])

    @property
    def single_owner(self) -> RecordRows | None:
        """The rows that all records are of; None if they are of several, or of none."""
        return self.owners[0] if len(set(map(id, self.owners))) == 1 else None

    @property
    def built(self) -> list[Record]:
        """Those of the records that are built already."""
        return list(filter(None, map(getitem, map(_BUILT, self.owners), self.indices)))

    @property
    def native_ids(self) -> list[str]:
        """The native id of each record."""
        owner = self.single_owner
        if owner is not None:
            return list(map(owner.indexed.native_ids.__getitem__, self.indices))
        return [rows.indexed.native_ids[index] for rows, index in zip(self.owners, self.indices, strict=True)]

    def subset(self, positions: Sequence[int]) -> "LazyRecords":
        """The records at some positions of these."""
        return LazyRecords(map(self.owners.__getitem__, positions), map(self.indices.__getitem__, positions))

    def current_rows(self) -> list[Row]:
        """The row of each record, with the details that were loaded into it."""
        owner = self.single_owner
        if owner is not None and owner.is_pristine:
            return list(map(owner.indexed.rows.__getitem__, self.indices))
        return [
            rows.indexed.rows[index] if (record := rows.built[index]) is None else record.row
            for rows, index in zip(self.owners, self.indices, strict=True)
        ]


def owners_of(records: Sequence[Record]) -> Sequence[Owned]:
    """The origin and resource of each record, without building it."""
    return records.owners if type(records) is LazyRecords else records


def have_stubs(records: Sequence[Record]) -> bool:
    """True if one of the records is a stub."""
    return any(map(_STUB, records.built if type(records) is LazyRecords else records))


def built_of(records: Sequence[Record]) -> Sequence[Record]:
    """Those of the records that are built already: no other can be a stub, or have a failure."""
    return records.built if type(records) is LazyRecords else records


def records_at(records: Sequence[Record], positions: Sequence[int]) -> Sequence[Record]:
    """The records at some positions, each once and in order: as lazy as they were."""
    if len(positions) == len(records):
        return records
    if type(records) is LazyRecords:
        return records.subset(positions)
    return [records[position] for position in positions]
