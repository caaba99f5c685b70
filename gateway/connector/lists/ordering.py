"""
Ordering: the sort key of a record, the comparison of keys, and their encoding in cursors.

Missing values come last in either direction (NULLS LAST); ties are broken by source and native id.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gateway.connector.description.vocabulary import ENUMS, ORDERS, FilterKind, FilterTerm
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError
from gateway.literals import parse_day, parse_decimal, parse_moment

SortKey = tuple[Any, ...]


class _Descending:
    """A value that compares in reverse."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_Descending") -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True)
class SortOrder:
    """Fields to order by, each with True if it descends. Without fields: the fixed order of each source."""

    type: str
    terms: tuple[tuple[FilterTerm, bool], ...]

    @classmethod
    def parse(cls, type_name: str, order_input: Sequence[Mapping[str, Any]] | None) -> "SortOrder":
        """The order of an `orderBy` argument. Raises BadInput if it names a field twice."""
        terms: list[tuple[FilterTerm, bool]] = []
        for term_input in order_input or ():
            term = ORDERS[type_name][str(term_input["field"])]
            if any(term == other for other, _ in terms):
                raise BadInput(f"orderBy names {term_input['field']} twice: give each field once.")
            terms.append((term, str(term_input["direction"]) == "DESC"))
        return cls(type_name, tuple(terms))

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that the keys are read from."""
        return tuple(term.name for term, _ in self.terms)

    def keys(self, records: Sequence[Record]) -> list[SortKey | GatewayError]:
        """The sort keys of records of one source and resource; a GatewayError in place of an unreadable key."""
        columns = RecordColumns(records)
        values = [self._values(term, columns.get(term.name)) for term, _ in self.terms]
        return [
            next((value for value in key if isinstance(value, GatewayError)), key)
            for key in zip(*values, strict=True)
        ]

    def _values(self, term: FilterTerm, values: Sequence[Any]) -> Sequence[Any]:
        if term.kind is not FilterKind.ENUM:
            return values
        rank = ENUMS[f"{self.type}.{term.name}"].index
        return [value if isinstance(value, GatewayError) else rank(value) for value in values]

    def sortable(self, key: SortKey) -> tuple[Any, ...]:
        """The key in a form that Python compares in this order."""
        compared: list[Any] = []
        for (_, descends), value in zip(self.terms, key, strict=True):
            compared.append(value is None)
            compared.append(0 if value is None else _Descending(value) if descends else value)
        return tuple(compared)

    def pack_key(self, key: SortKey) -> list[Any]:
        """
        The key as JSON.

        >>> order = SortOrder("Asset", ((FilterTerm(FilterKind.RANGE, "purchase_date"), False),))
        >>> order.pack_key((date(2024, 1, 15),))
        [['d', '2024-01-15']]
        """
        return [_pack(value) for value in key]

    def unpack_key(self, packed: Any) -> SortKey:
        """The key from its JSON. Raises ValueError if it is no key of this order."""
        if not isinstance(packed, list) or len(packed) != len(self.terms):
            raise ValueError("another order's key")
        return tuple(_unpack(value) for value in packed)


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, Decimal):
        return ["n", str(value)]
    return value


def _unpack(packed: Any) -> Any:
    if packed is None or isinstance(packed, str | int):
        return packed
    if isinstance(packed, list) and len(packed) == 2 and isinstance(packed[1], str):
        kinds: dict[Any, Callable[[str], Any]]
        kinds = {"t": parse_moment, "d": parse_day, "n": parse_decimal}
        read = kinds.get(packed[0])
        if read is not None:
            return read(packed[1])
    raise ValueError("not a key")
