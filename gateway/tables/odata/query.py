"""A query over one entity set, as the parser gives it: expressions over columns of the model, and what to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from gateway.tables.columns import ColumnKind
from gateway.tables.odata.model import EntitySet, NavigationLink


class ValueKind(Enum):
    """The type of an expression's values. A duration is a number of microseconds."""

    TEXT = auto()
    INTEGER = auto()
    DECIMAL = auto()
    DOUBLE = auto()
    BOOLEAN = auto()
    DATE = auto()
    TIMESTAMP = auto()
    TIME = auto()
    DURATION = auto()
    NULL = auto()

    @property
    def is_number(self) -> bool:
        """True for numbers."""
        return self in {ValueKind.INTEGER, ValueKind.DECIMAL, ValueKind.DOUBLE}


KIND_OF_COLUMN: Mapping[ColumnKind, ValueKind] = {kind: ValueKind[kind.name] for kind in ColumnKind}


@dataclass(frozen=True, kw_only=True)
class PropertyPath:
    """A column of the set, or of the one entity behind a link."""

    column: str
    kind: ValueKind
    link: NavigationLink | None = None


@dataclass(frozen=True, kw_only=True)
class LiteralValue:
    """A value from the address: only ever bound, never written into SQL."""

    value: Any
    kind: ValueKind


@dataclass(frozen=True, kw_only=True)
class ListMembership:
    """A test: the operand is one of the values, which are of `item_kind`."""

    operand: "Expression"
    values: tuple[Any, ...]
    item_kind: ValueKind
    kind: ValueKind = ValueKind.BOOLEAN


@dataclass(frozen=True, kw_only=True)
class SearchText:
    """A test: a text column of the set contains the text, in any case."""

    text: str
    kind: ValueKind = ValueKind.BOOLEAN


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operator or a function of OData, by its name there."""

    name: str
    operands: "tuple[Expression, ...]"
    kind: ValueKind


Expression = PropertyPath | LiteralValue | ListMembership | SearchText | Operation


@dataclass(frozen=True, kw_only=True)
class Sort:
    """One term of the order. Nulls are lowest."""

    by: "Expression | OutputName"
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class OutputName:
    """A column of a grouping's answer: the alias of an aggregate."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """An aggregate over the rows of a group. `method` is `count` without an operand, or one of OData's."""

    alias: str
    method: str
    operand: PropertyPath | None = None


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """`$apply`: one row for each combination of the paths' values; without paths, one row in all."""

    paths: tuple[PropertyPath, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """A link whose entity stands in the row, with these columns; `written_select` says that the caller chose them."""

    link: NavigationLink
    columns: tuple[str, ...]
    written_select: bool = False


@dataclass(frozen=True, kw_only=True)
class EntityQuery:
    """
    Rows of a set. `key` addresses one entity, `link` the entity behind it; `only_count` asks for their number.
    `columns` are those of the set, or of the link's target; `written_select` says that the caller chose them.
    """

    set: EntitySet
    columns: tuple[str, ...]
    written_select: bool = False
    key: Mapping[str, Any] | None = None
    link: NavigationLink | None = None
    only_count: bool = False
    expansions: tuple[Expansion, ...] = ()
    conditions: tuple[Expression, ...] = ()
    sorts: tuple[Sort, ...] = ()
    grouping: Grouping | None = None
    top: int | None = None
    skip: int = 0
    with_count: bool = False
    token: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_partial(self) -> bool:
        """True if rows are answered although others are missing."""
        return self.options.get("partial", "").strip().lower() == "true"

    def expressions(self) -> tuple[Expression, ...]:
        """All expressions that decide which rows there are, and in which order."""
        sorts = tuple(sort.by for sort in self.sorts if not isinstance(sort.by, OutputName))
        grouped = self.grouping or Grouping()
        operands = tuple(entry.operand for entry in grouped.aggregates if entry.operand is not None)
        return (*self.conditions, *sorts, *grouped.paths, *operands)


@dataclass(frozen=True)
class ServiceDocument:
    """The list of entity sets."""


@dataclass(frozen=True)
class MetadataDocument:
    """The model as CSDL."""


ODataRequest = ServiceDocument | MetadataDocument | EntityQuery


def paths_in(expression: Expression) -> list[PropertyPath]:
    """The columns that an expression reads; those of a search are none of them."""
    match expression:
        case PropertyPath():
            return [expression]
        case ListMembership():
            return paths_in(expression.operand)
        case Operation():
            return [path for operand in expression.operands for path in paths_in(operand)]
        case _:
            return []
