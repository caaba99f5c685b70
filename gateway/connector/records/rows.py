"""The rows of a list's answer, each of which becomes a Record only when somebody takes it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from gateway.connector.description.resource import Resource
from gateway.connector.records.origin import Origin
from gateway.connector.records.record import Record
from gateway.connector.records.sheet import IndexedRows


class RecordRows(Sequence[Record]):
    """Rows of one source, in order. The same place always gives the same Record."""

    __slots__ = ("_made", "loaded", "origin", "resource", "sheet")

    def __init__(
        self, origin: Origin, resource: Resource, sheet: IndexedRows, *, loaded: frozenset[str] = frozenset()
    ) -> None:
        self.origin = origin
        self.resource = resource
        self.sheet = sheet
        self.loaded = loaded
        self._made: list[Record | None] = [None] * len(sheet.rows)

    @classmethod
    def of(cls, origin: Origin, resource: Resource, records: Sequence[Record]) -> "RecordRows":
        """Records that are at hand, as rows."""
        rows = cls(
            origin, resource, IndexedRows([one.row for one in records], [one.native_id for one in records])
        )
        rows._made = list(records)
        return rows

    @property
    def is_pristine(self) -> bool:
        """Whether no row has become a Record yet, which may know more or less than the row."""
        return not any(self._made)

    @property
    def has_unique_ids(self) -> bool:
        """Whether no id comes twice."""
        return len(self.sheet.index_of) == len(self)

    def __len__(self) -> int:
        return len(self._made)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        places = range(len(self))
        return self.take(places[at]) if isinstance(at, slice) else self.take((places[at],))[0]

    def __iter__(self) -> Iterator[Record]:
        return iter(self.take(range(len(self))))

    def take(self, indices: Iterable[int]) -> list[Record]:
        """The records at these places."""
        made, rows, natives = self._made, self.sheet.rows, self.sheet.native_ids
        origin, resource, loaded = self.origin, self.resource, self.loaded
        taken: list[Record] = []
        for at in indices:
            found = made[at]
            if found is None:
                found = made[at] = Record(origin, resource, rows[at], natives[at], loaded=loaded)
            taken.append(found)
        return taken

    def find(self, native: str) -> Record | None:
        """The first record with a native id."""
        return self.by_ids((native,)).get(native)

    def by_ids(self, natives: Iterable[str]) -> dict[str, Record]:
        """The first record with each of these native ids, as far as there is one."""
        places = self.sheet.index_of
        known = {native: places[native] for native in natives if native in places}
        return dict(zip(known, self.take(known.values()), strict=True))
