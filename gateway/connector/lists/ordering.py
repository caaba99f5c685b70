"""
Ordering: the sort key of a record, the comparison of keys, and their encoding in cursors.

Missing values come last in either direction (NULLS LAST); ties are broken by source and native id.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from gateway.connector.description.vocabulary import ENUMS, ORDERS, FilterKind, FilterTerm
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.record import Record
from gateway.errors import BadInput, GatewayError
from gateway.literals import parse_day, parse_decimal, parse_moment

SortKey = tuple[Any, ...]
#: Names of linked records: by link, by native id. A GatewayError stands for a name that cannot be read.
LinkedNames = Mapping[str, Mapping[str, Any]]


NO_NAMES: LinkedNames = MappingProxyType({})


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


class SortTerm(NamedTuple):
    """A field to order by. Text is compared by code point, or with `folds_case` in its case-folded form."""

    term: FilterTerm
    descends: bool = False
    folds_case: bool = False


@dataclass(frozen=True)
class SortOrder:
    """Fields to order by. Without fields: the fixed order of each source."""

    type: str
    terms: tuple[SortTerm, ...]

    @classmethod
    def parse(cls, type_name: str, order_input: Sequence[Mapping[str, Any]] | None) -> "SortOrder":
        """The order of an `orderBy` argument. Raises BadInput if it names a field twice."""
        return cls(type_name, sort_terms(order_input, ORDERS.get(type_name, {}).__getitem__))

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that the keys are read from."""
        return tuple(term.name for term, _, _ in self.terms)

    @property
    def linked(self) -> tuple[FilterTerm, ...]:
        """The links to order by, by the names of the records that they point at."""
        return tuple(term for term, _, _ in self.terms if term.kind is FilterKind.LINKED_NAME)

    def keys(
        self, records: Sequence[Record], linked_names: LinkedNames = NO_NAMES
    ) -> list[SortKey | GatewayError]:
        """The sort keys of records of one source and resource; a GatewayError in place of an unreadable key."""
        columns = RecordColumns(records)
        values = [self._values(term, columns, linked_names) for term in self.terms]
        return [
            next((value for value in key if isinstance(value, GatewayError)), key)
            for key in zip(*values, strict=True)
        ]

    def _values(
        self, sort_term: SortTerm, columns: RecordColumns, linked_names: LinkedNames
    ) -> Sequence[Any]:
        term = sort_term.term
        if term.kind is FilterKind.SOURCE:
            return [record.source.name for record in columns.records]
        if term.kind is FilterKind.LINKED_NAME:
            names = linked_names[term.name]
            native_ids = columns.get(f"{term.name}.id")
            values: Sequence[Any] = [
                native_id if isinstance(native_id, GatewayError) else names.get(native_id)
                for native_id in native_ids
            ]
        else:
            values = columns.get(term.name)
        if term.kind is FilterKind.ENUM:
            rank = ENUMS[f"{self.type}.{term.name}"].index
            return [value if isinstance(value, GatewayError) else rank(value) for value in values]
        return list(map(fold, values)) if sort_term.folds_case else values

    def sortable(self, key: SortKey) -> tuple[Any, ...]:
        """The key in a form that Python compares in this order."""
        compared: list[Any] = []
        for (_, descends, _), value in zip(self.terms, key, strict=True):
            compared.append(value is None)
            compared.append(0 if value is None else _Descending(value) if descends else value)
        return tuple(compared)

    def pack_key(self, key: SortKey) -> list[Any]:
        """
        The key as JSON.

        >>> order = SortOrder("Asset", (SortTerm(FilterTerm(FilterKind.RANGE, "purchase_date")),))
        >>> order.pack_key((date(2024, 1, 15),))
        [['d', '2024-01-15']]
        """
        return [_pack(value) for value in key]

    def unpack_key(self, packed: Any) -> SortKey:
        """The key from its JSON. Raises ValueError if it is no key of this order."""
        if not isinstance(packed, list) or len(packed) != len(self.terms):
            raise ValueError("another order's key")
        return tuple(_unpack(value) for value in packed)


def sort_terms(
    order_input: Sequence[Mapping[str, Any]] | None, term_of: Callable[[str], FilterTerm]
) -> tuple[SortTerm, ...]:
    """The terms of an `orderBy` argument. Raises BadInput if it names a field twice."""
    terms: dict[str, SortTerm] = {}
    for level in order_input or ():
        name = str(level["field"])
        if name in terms:
            raise BadInput(f"orderBy names {name} twice: give each field once.")
        descends, folds_case = str(level["direction"]) == "DESC", bool(level["caseInsensitive"])
        terms[name] = SortTerm(term_of(name), descends, folds_case)
    return tuple(terms.values())


def fold(value: Any) -> Any:
    """A value as it is compared where case is ignored: text that differs in case only is equal."""
    return value.casefold() if isinstance(value, str) else value


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
