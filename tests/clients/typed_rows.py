"""Rows of tables as values of Python, whichever client has read them."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.clients.served_gateway import ServedGateway

#: By id, or by the whole row in a table without one.
Rows = dict[Any, dict[str, Any]]

TYPES: Mapping[str, type] = {
    "text": str,
    "integer": int,
    "decimal": Decimal,
    "boolean": bool,
    "date": date,
    "timestamp": datetime,
}
_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "integer": int,
    "decimal": Decimal,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """A table of `/tables`, with the type of each column."""

    name: str
    types: Mapping[str, str]

    def parsed(self, rows: Iterable[Mapping[str, Any]]) -> Rows:
        """Rows whose values are text, as CSV has them, or of JSON."""
        return _by_id(
            {name: None if value is None else _parsed(self.types[name], value) for name, value in row.items()}
            for row in rows
        )

    def typed(self, rows: Iterable[Mapping[str, Any]]) -> Rows:
        """Rows of a client that knows types: each value has to be of its column's."""
        return _by_id({name: _typed(self.types[name], value) for name, value in row.items()} for row in rows)


def tables(gateway: ServedGateway) -> dict[str, Table]:
    """All tables by name."""
    return {
        table["name"]: Table(
            name=table["name"],
            types={column["name"]: column["type"] for column in table["columns"]},
        )
        for table in json.loads(gateway.get("/tables"))["tables"]
    }


def _parsed(kind: str, value: Any) -> Any:
    if kind == "timestamp":
        return datetime.fromisoformat(value).astimezone(UTC)
    return value if isinstance(value, bool) else _PARSERS[kind](str(value))


def _typed(kind: str, value: Any) -> Any:
    if value is None:
        return None
    assert isinstance(value, TYPES[kind]), f"{value!r} is no {kind}"
    if not isinstance(value, datetime):
        return value
    assert value.tzinfo is not None, f"{value!r} has no zone"
    return value.astimezone(UTC)


def _by_id(rows: Iterable[dict[str, Any]]) -> Rows:
    indexed: Rows = {}
    for row in rows:
        key = row.get("id") or tuple(row.values())
        assert key not in indexed, f"{key} comes twice"
        indexed[key] = row
    return indexed
