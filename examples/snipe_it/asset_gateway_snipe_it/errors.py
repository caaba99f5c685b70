"""Errors of Snipe-IT: status 200, and a body of `status`, `messages` and `payload`."""

from collections.abc import Mapping
from typing import Any

from gateway.connector.description.resource import ErrorBody


def is_error(body: Any) -> bool:
    """
    True for an error, whatever its HTTP status.

    >>> is_error({"status": "error", "messages": "Asset does not exist.", "payload": None}), is_error({"rows": []})
    (True, False)
    """
    return isinstance(body, Mapping) and body.get("status") == "error" and "messages" in body


def is_missing(body: Mapping[str, Any]) -> bool:
    """
    True if there is no such record: a message in the account's language, and no payload.

    What does not validate has messages by field; what cannot be checked out or in has the asset's tag as payload.

    >>> is_missing({"status": "error", "messages": "Asset does not exist.", "payload": None})
    True
    >>> is_missing({"status": "error", "messages": {"name": ["is required"]}, "payload": None})
    False
    """
    return isinstance(body.get("messages"), str) and body.get("payload") is None


ERRORS = ErrorBody(is_error=is_error, is_missing=is_missing)
