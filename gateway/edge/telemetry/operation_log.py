"""Log of operations: a line for each, with what it cost and what came of it, and nothing of its variables."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.engine.engine import PreparedOperation

_log = logging.getLogger("gateway.operations")


class OperationEvent(NamedTuple):
    """
    An operation that has ended. `operation` is None if its document was refused; `codes` are those of its errors,
    `size` the bytes of its answer, `costs` by name as the context has them.
    """

    operation: PreparedOperation | None
    caller: str
    seconds: float
    codes: Sequence[str]
    size: int
    costs: Mapping[str, int]


def log_operation(event: OperationEvent) -> None:
    """Log an operation, if operations are logged."""
    if _log.isEnabledFor(logging.INFO):
        _log.info("operation", extra=_fields(event))


def _fields(event: OperationEvent) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if event.operation is not None:
        fields = {
            "operation": event.operation.name,
            "kind": event.operation.kind,
            "hash": hashlib.sha256(event.operation.document.text.encode()).hexdigest(),
        }
    fields |= {"caller": event.caller, "ms": round(event.seconds * 1000, 1), **event.costs}
    codes = list(dict.fromkeys(event.codes))
    return fields | {"errors": codes or None, "bytes": event.size}
