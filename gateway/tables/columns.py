"""Tables and their columns: names, types, and what each column is read from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from gateway.connector.records.column_reader import RecordColumns
from resolvers.context import LevelResolver


class ColumnKind(Enum):
    """The type of a column's values: text, whole numbers, exact decimals, days, moments in UTC."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, kw_only=True)
class FlatColumn:
    """
    One column. Records' values come from `read`, once their field or link `needs` has been loaded; or from `level`, a
    resolver. A GatewayError stands in place of a value that could not be loaded. A column with neither is made by the
    snapshot itself.

    `references` is the table whose `id` it holds; `among` are the tables of which one has it, if that depends on the
    row.
    """

    name: str
    kind: ColumnKind
    description: str
    required: bool = False
    needs: str | None = None
    read: Callable[[RecordColumns], Sequence[Any]] | None = None
    level: LevelResolver | None = None
    references: str | None = None
    among: tuple[str, ...] = ()

    @property
    def is_read(self) -> bool:
        """True if its values are read from records."""
        return self.read is not None or self.level is not None


@dataclass(frozen=True, kw_only=True)
class FlatTable:
    """
    A table: a list of the schema (its records' `type`, and the `resource` of which each source lists them), one whose
    rows are read along with the records of others (its `origins`), or one that the snapshots make of the others: those
    of unified assets (`is_matched`) of the records of their origins. `history_of` is the table whose kept days it has.
    """

    name: str
    type: str
    description: str
    columns: tuple[FlatColumn, ...]
    resource: str | None = None
    origins: tuple[str, ...] = ()
    is_matched: bool = False
    history_of: str | None = None

    @property
    def has_records(self) -> bool:
        """True if its rows come from sources, and have the columns of KEYS."""
        return self.resource is not None or bool(self.origins)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a row: `id` of records, `name` of sources, else all required texts."""
        if self.has_records:
            return ("id",)
        if self.history_of is not None:
            return (self.columns[0].name, "id")
        required = [
            column.name for column in self.columns if column.required and column.kind is ColumnKind.TEXT
        ]
        return ("name",) if "name" in required else tuple(required)

    @property
    def has_stubs(self) -> bool:
        """True if it holds records that only links tell of."""
        return self.column(IS_STUB.name) is not None

    @property
    def stored(self) -> list[FlatColumn]:
        """The columns that are read, not made by the snapshot itself."""
        return [column for column in self.columns if column.name not in _MADE]

    @property
    def kinds(self) -> Mapping[str, str]:
        """The columns' kinds by name, in order: another release may have others."""
        return {column.name: column.kind.value for column in self.columns}

    def column(self, name: str) -> FlatColumn | None:
        """The column of this name."""
        return next((column for column in self.columns if column.name == name), None)


#: Every table of records has these, whichever columns are asked for.
KEYS = ("id", "source", "vendor", "native_id")

MOMENTS = (
    FlatColumn(
        name="row_first_seen_at",
        kind=ColumnKind.TIMESTAMP,
        required=True,
        description="When this gateway first saw the row, in UTC.",
    ),
    FlatColumn(
        name="row_changed_at",
        kind=ColumnKind.TIMESTAMP,
        required=True,
        description="When this gateway first saw the row as it is now, in UTC: the key for incremental loads.",
    ),
)
IS_STUB = FlatColumn(
    name="is_stub",
    kind=ColumnKind.BOOLEAN,
    required=True,
    description="True if the source does not list the record: only links tell of it, and not all of it.",
)
_MADE = frozenset(column.name for column in (*MOMENTS, IS_STUB))
