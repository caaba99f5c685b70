"""Rows of a list's answer as a lazy sequence of records: a Record is built when it is first taken."""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from gateway.connector.description.resource import Resource
from gateway.connector.records.indexed_rows import IndexedRows
from gateway.connector.records.origin import Origin
from gateway.connector.records.record import Record


class RecordRows(Sequence[Record]):
    """Rows of one source and resource, in order. The same index always gives the same Record."""

    __slots__ = ("_records", "indexed", "loaded", "origin", "resource")

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
        self._records: list[Record | None] = [None] * len(indexed.rows)

    @classmethod
    def of(cls, origin: Origin, resource: Resource, records: Sequence[Record]) -> "RecordRows":
        """Existing records as rows."""
        rows = cls(
            origin,
            resource,
            IndexedRows([record.row for record in records], [record.native_id for record in records]),
        )
        rows._records = list(records)
        return rows

    @property
    def is_pristine(self) -> bool:
        """True if no Record was built yet; a Record may have more data than its row, or a failure."""
        return not any(self._records)

    def __len__(self) -> int:
        return len(self._records)

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
        records, rows, native_ids = self._records, self.indexed.rows, self.indexed.native_ids
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
