"""The rows of one kind that a sandbox part serves, with their JSON encoded once."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

Row: TypeAlias = dict[str, object]


class Table:
    """Rows by their integer `id`, in the order in which they were put."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: dict[int, Row] = {}
        self._texts: dict[int, bytes] = {}
        for row in rows:
            self.put(row)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def get(self, number: int) -> Row | None:
        """The row with this id."""
        return self._rows.get(number)

    def put(self, row: Row) -> None:
        """Add this row, or put it in the place of the one with its id."""
        number = row_id(row)
        self._rows[number] = row
        self._texts.pop(number, None)

    def remove(self, number: int) -> None:
        """Forget the row with this id."""
        del self._rows[number]
        self._texts.pop(number, None)

    def next_id(self) -> int:
        """An id that no row has, greater than all."""
        return max(self._rows, default=0) + 1

    def text(self, number: int) -> bytes:
        """The JSON of one row."""
        text = self._texts.get(number)
        if text is None:
            text = self._texts[number] = msgspec.json.encode(self._rows[number])
        return text

    def array(self, rows: Iterable[Row] | None = None) -> bytes:
        """The JSON array of these rows of the table, or of all."""
        numbers: Iterable[int] = self._rows if rows is None else map(row_id, rows)
        return b"[" + b",".join(map(self.text, numbers)) + b"]"


def row_id(row: Row) -> int:
    """The id of a row."""
    number = row["id"]
    if not isinstance(number, int):
        message = f"a row's id is an integer, not {number!r}"
        raise TypeError(message)
    return number
