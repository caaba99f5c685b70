"""The rows of a list's answer, each of which becomes a Record only when somebody takes it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import le
from typing import TYPE_CHECKING, Any, overload

from gateway.connector.convert import identity
from gateway.connector.ids import native_key
from gateway.connector.record import Record
from gateway.connector.spec import NUMBER, Resource, Row

if TYPE_CHECKING:
    from gateway.connector.session import Session

_LARGEST = 10**18  # what NUMBER takes


@dataclass(frozen=True, eq=False)
class Sheet:
    """
    Rows of a resource, and their native ids. What an answer comes to is the same for every operation that reads it.

    `raw` counts the answer's rows before any was left out, `odd` those that were left out as they have no id.
    """

    rows: Sequence[Row]
    natives: Sequence[str]
    raw: int = 0
    odd: int = 0

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each id comes first."""
        return dict(zip(reversed(self.natives), range(len(self.natives) - 1, -1, -1), strict=True))

    @cached_property
    def by_id(self) -> Sequence[int]:
        """The places in the order of the ids."""
        joined = "".join(self.natives)
        numbered = joined.isascii() and joined.isdecimal()
        keys: list[Any] = list(map(int if numbered else native_key, self.natives))
        if all(map(le, keys, islice(keys, 1, None))):
            return range(len(keys))
        return sorted(range(len(keys)), key=keys.__getitem__)


def sheet(resource: Resource, found: Sequence[Any]) -> Sheet:
    """What of an answer's rows are records of the resource. A row without an id of the vendor's form is odd."""
    where = resource.list.where if resource.list is not None else None
    explode = resource.list.explode if resource.list is not None else None
    natives = _natives(resource)
    if where is None and explode is None:
        ids = natives(found)
        if None not in ids:
            return Sheet(found, ids, len(found))
    rows: list[Any] = []
    for row in found:
        if not isinstance(row, Mapping):
            rows.append(row)
        elif where is None or where(row):
            rows += explode(row) if explode is not None else (row,)
    ids = natives(rows)
    sound = [(row, native) for row, native in zip(rows, ids, strict=True) if native is not None]
    odd = len(rows) - len(sound)
    return Sheet([row for row, _ in sound], [native for _, native in sound], len(found), odd)


class Rows(Sequence[Record]):
    """Rows of one source, in order. The same place always gives the same Record."""

    __slots__ = ("_made", "loaded", "resource", "session", "sheet")

    def __init__(
        self, session: "Session", resource: Resource, sheet: Sheet, *, loaded: frozenset[str] = frozenset()
    ) -> None:
        self.session = session
        self.resource = resource
        self.sheet = sheet
        self.loaded = loaded
        self._made: list[Record | None] = [None] * len(sheet.rows)

    @classmethod
    def of(cls, session: "Session", resource: Resource, records: Sequence[Record]) -> "Rows":
        """Records that are at hand, as rows."""
        rows = cls(session, resource, Sheet([one.row for one in records], [one.native_id for one in records]))
        rows._made = list(records)
        return rows

    @property
    def untouched(self) -> bool:
        """Whether no row has become a Record yet, which may know more or less than the row."""
        return not any(self._made)

    @property
    def distinct(self) -> bool:
        """Whether no id comes twice."""
        return len(self.sheet.places) == len(self)

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

    def take(self, places: Iterable[int]) -> list[Record]:
        """The records at these places."""
        made, rows, natives = self._made, self.sheet.rows, self.sheet.natives
        session, resource, loaded = self.session, self.resource, self.loaded
        taken: list[Record] = []
        for at in places:
            found = made[at]
            if found is None:
                found = made[at] = Record(session, resource, rows[at], natives[at], loaded=loaded)
            taken.append(found)
        return taken

    def find(self, native: str) -> Record | None:
        """The first record with a native id."""
        return self.named((native,)).get(native)

    def named(self, natives: Iterable[str]) -> dict[str, Record]:
        """The first record with each of these native ids, as far as there is one."""
        places = self.sheet.places
        known = {native: places[native] for native in natives if native in places}
        return dict(zip(known, self.take(known.values()), strict=True))


def _natives(resource: Resource) -> Any:
    """The function from rows to their native ids, None for a row that has none of the vendor's form."""
    field, form = resource.fields["native_id"], resource.id_form.fullmatch
    key = field.key if field.convert is identity and resource.id_form is NUMBER else None

    def one(row: Any) -> str | None:
        if not isinstance(row, Mapping):
            return None
        native = field.value(row, {})
        return native if native is not None and form(native) is not None else None

    if key is None:
        return lambda rows: [one(row) for row in rows]

    # Most ids are plain numbers, and a list has thousands of them.
    return lambda rows: [
        str(raw)
        if (raw := row.get(key) if row.__class__ is dict else None).__class__ is int and 0 <= raw < _LARGEST
        else one(row)
        for row in rows
    ]
