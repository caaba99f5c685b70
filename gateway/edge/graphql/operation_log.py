"""Log of operations: a line for each, with what it cost and what came of it, and nothing of its variables."""

import hashlib
import logging
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from gateway.engine.engine import OperationContext, PreparedOperation

_log = logging.getLogger("gateway.operations")

#: Outcome of an operation whose caller did not wait for its answer.
DISCONNECTED = "DISCONNECTED"


class OperationEvent(NamedTuple):
    """
    An operation that has ended. `operation` and `context` are None if its document was refused; `codes` are those of
    its errors, `size` the bytes of its answer.
    """

    operation: PreparedOperation | None
    context: OperationContext | None
    started_at: float
    codes: Sequence[str]
    size: int


def log_operation(event: OperationEvent) -> None:
    """Log an operation, if operations are logged."""
    if _log.isEnabledFor(logging.INFO):
        _log.info("operation", extra=_fields(event))


def _fields(event: OperationEvent) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if event.operation is not None:
        node = event.operation.node
        fields = {
            "operation": node.name.value if node.name else None,
            "kind": node.operation.value,
            "hash": hashlib.sha256(event.operation.document.text.encode()).hexdigest(),
        }
    fields["ms"] = round((time.perf_counter() - event.started_at) * 1000, 1)
    if event.context is not None:
        fields |= event.context.costs()
    codes = list(dict.fromkeys(event.codes))
    return fields | {"errors": codes or None, "bytes": event.size}
