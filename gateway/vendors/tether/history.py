"""Tether's check-out history (Tether documentation, "Checkout history")."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.connector.description import convert, envelope
from gateway.vendors.tether.dates import DATES

_ACTIONS = {"checkout": "CHECKOUT", "checkin": "CHECKIN"}


def events(body: Any) -> list[dict[str, Any]]:
    """Events, oldest first: the order of the answer is not documented. Raises ValueError if it is no list."""
    try:
        rows = envelope.find_rows(body, ("history", "events"))
    except envelope.UnknownEnvelope as exc:
        raise ValueError("no history") from exc
    history = [
        {
            "action": _ACTIONS[row["action"]],
            "employee_name": convert.text(row.get("employee_name")),
            "performed_by": convert.text(row.get("performed_by")),
            "note": convert.free_text(row.get("note")),
            "at": DATES.moment(row.get("timestamp")),
        }
        for row in rows
        if isinstance(row, Mapping) and convert.text(row.get("action")) in _ACTIONS
    ]
    return sorted(history, key=lambda event: event["at"] or datetime.min.replace(tzinfo=UTC))
