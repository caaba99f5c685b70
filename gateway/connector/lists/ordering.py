"""
Orders: the key of a record, how keys compare, and how they travel in a cursor.

Missing values come last in either direction; equal keys are told apart by source and native id.
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

SortKey = tuple[Any, ...]


class _Descending:
    """A value that compares the other way round."""

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
    """Fields to order by, each with whether it descends. None at all: the fixed order of each source."""

    type: str
    terms: tuple[tuple[FilterTerm, bool], ...]

    @classmethod
    def parse(cls, type_name: str, order_input: Sequence[Mapping[str, Any]] | None) -> "SortOrder":
        """The order that was asked for. Raises BadInput where a field is named twice."""
        terms: list[tuple[FilterTerm, bool]] = []
        for one in order_input or ():
            term = ORDERS[type_name][str(one["field"])]
            if any(term == other for other, _ in terms):
                raise BadInput(f"orderBy names {one['field']} twice: give each field once.")
            terms.append((term, str(one["direction"]) == "DESC"))
        return cls(type_name, tuple(terms))

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def fields(self) -> tuple[str, ...]:
        """The records' fields that are looked at."""
        return tuple(term.name for term, _ in self.terms)

    def keys(self, records: Sequence[Record]) -> list[SortKey | GatewayError]:
        """The values in the order of records of one source, or the GatewayError that kept one from being read."""
        some = RecordColumns(records)
        columns = [self._values(term, some.get(term.name)) for term, _ in self.terms]
        return [
            next((one for one in key if isinstance(one, GatewayError)), key)
            for key in zip(*columns, strict=True)
        ]

    def _values(self, term: FilterTerm, found: Sequence[Any]) -> Sequence[Any]:
        if term.kind is not FilterKind.ENUM:
            return found
        rank = ENUMS[f"{self.type}.{term.name}"].index
        return [one if isinstance(one, GatewayError) else rank(one) for one in found]

    def sortable(self, key: SortKey) -> tuple[Any, ...]:
        """The key as Python compares it."""
        compared: list[Any] = []
        for (_, descends), value in zip(self.terms, key, strict=True):
            compared.append(value is None)
            compared.append(0 if value is None else _Descending(value) if descends else value)
        return tuple(compared)

    def packed(self, key: SortKey) -> list[Any]:
        """
        The key as JSON.

        >>> Order("Asset", ((Term(Kind.RANGE, "purchase_date"), False),)).packed((date(2024, 1, 15),))
        [['d', '2024-01-15']]
        """
        return [_pack(value) for value in key]

    def unpacked(self, packed: Any) -> SortKey:
        """The key from a cursor. Raises ValueError where it is none of this order's."""
        if not isinstance(packed, list) or len(packed) != len(self.terms):
            raise ValueError("another order's key")
        return tuple(_unpack(one) for one in packed)


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
        kinds = {"t": datetime.fromisoformat, "d": date.fromisoformat, "n": Decimal}
        read = kinds.get(packed[0])
        if read is not None:
            return read(packed[1])
    raise ValueError("not a key")
