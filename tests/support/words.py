"""Small words that several tests use."""

from datetime import UTC, date, datetime
from typing import Any


def warranty_until(end: str | None) -> str:
    """The state of a warranty that ends on a day, as of now."""
    if end is None:
        return "UNKNOWN"
    return "WITHIN_WARRANTY" if date.fromisoformat(end) >= datetime.now(UTC).date() else "OUT_OF_WARRANTY"


def without_empty(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what is null or empty in it, so that expectations are short."""
    return {
        name: without_empty(value) if isinstance(value, dict) else value
        for name, value in record.items()
        if value is not None and value != []
    }
