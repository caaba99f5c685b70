"""Values of one statement, each bound by its number."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from gateway.tables.odata.query import ValueKind

_SQL_TYPES = {
    ValueKind.TEXT: "VARCHAR",
    ValueKind.INTEGER: "BIGINT",
    ValueKind.DECIMAL: "DECIMAL(38,9)",
    ValueKind.DOUBLE: "DOUBLE",
    ValueKind.BOOLEAN: "BOOLEAN",
    ValueKind.DATE: "DATE",
    ValueKind.TIMESTAMP: "TIMESTAMPTZ",
    ValueKind.TIME: "TIME",
    ValueKind.DURATION: "BIGINT",
}


class Parameters:
    """The values, in order, and their SQL."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def bind(self, value: Any, kind: ValueKind) -> str:
        """
        The value as SQL.

        >>> parameters = Parameters()
        >>> parameters.bind(Decimal("1.50"), ValueKind.DECIMAL), parameters.values
        ('$1::DECIMAL(38,9)', ['1.50'])
        """
        if kind is ValueKind.NULL or value is None:
            return "NULL"
        self.values.append(_plain(value))
        return f"${len(self.values)}::{_SQL_TYPES[kind]}"

    def bind_list(self, values: tuple[Any, ...], kind: ValueKind) -> str:
        """The values as one list: each bound alone would take far longer."""
        self.values.append([_plain(value) for value in values])
        bound_as = "VARCHAR" if values and isinstance(_plain(values[0]), str) else _SQL_TYPES[kind]
        cast = f"::{_SQL_TYPES[kind]}[]" if bound_as != _SQL_TYPES[kind] else ""
        return f"${len(self.values)}::{bound_as}[]{cast}"


def _plain(value: Any) -> Any:
    """Numbers, truth and text as they are; anything else as text, which the database casts."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return value
