"""Telemetry of operations: each is logged, counted and traced from its start to its end, however it ends."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gateway.edge.telemetry.operation_log import OperationEvent, log_operation
from gateway.engine.engine import OperationContext, PreparedOperation

if TYPE_CHECKING:
    from gateway.edge.telemetry.operation_metrics import OperationMetrics
    from gateway.edge.telemetry.tracing import OperationTracing

DISCONNECTED = "DISCONNECTED"
"""Outcome of an operation whose caller did not wait for its answer."""


def error_codes(response: Mapping[str, Any]) -> Sequence[str]:
    """The codes of a response's errors."""
    return [error["extensions"]["code"] for error in response.get("errors", ())]


class RunningOperation:
    """
    An operation under way. Whoever runs it says which errors its latest answer has, how many bytes were sent, and which
    `context` knows its costs.
    """

    __slots__ = ("codes", "context", "size")

    def __init__(self) -> None:
        self.codes: Sequence[str] = (DISCONNECTED,)
        self.size = 0
        self.context: OperationContext | None = None

    def answered(self, codes: Sequence[str], size: int) -> None:
        """The answer has errors with these codes, and this many bytes."""
        self.codes, self.size = codes, size


class OperationTelemetry:
    """Logs, counts and traces operations; counts only if there are `metrics`, traces only if there is `tracing`."""

    def __init__(
        self, metrics: "OperationMetrics | None" = None, tracing: "OperationTracing | None" = None
    ) -> None:
        self._metrics = metrics
        self._tracing = tracing

    def refused(self, caller: str, started_at: float, codes: Sequence[str], size: int) -> None:
        """A document was refused."""
        self._end(OperationEvent(None, caller, time.perf_counter() - started_at, codes, size, {}))

    @contextmanager
    def running(
        self,
        operation: PreparedOperation,
        caller: str,
        headers: Mapping[bytes, bytes],
    ) -> Iterator[RunningOperation]:
        """Context manager around the run of an operation. `headers` are the request's, by name in lower case."""
        started_at, running = time.perf_counter(), RunningOperation()
        name = operation.node.name.value if operation.node.name is not None else None
        kind = operation.node.operation.value
        counts = None if self._metrics is None else self._metrics.start(name, kind, caller)
        span = None if self._tracing is None else self._tracing.start(operation, headers)
        try:
            yield running
        finally:
            costs = {} if running.context is None else running.context.costs()
            seconds = time.perf_counter() - started_at
            event = OperationEvent(operation, caller, seconds, running.codes, running.size, costs)
            if span is not None:
                span.end(event)
            if self._metrics is not None and counts is not None:
                self._metrics.end(counts)
            self._end(event)

    def _end(self, event: OperationEvent) -> None:
        if self._metrics is not None:
            self._metrics.count(event)
        log_operation(event)
