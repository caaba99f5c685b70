"""Telemetry of operations: each is logged, counted and traced from its start to its end, however it ends."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from gateway.edge.telemetry.operation_log import OperationEvent, log_operation
from gateway.engine.engine import OperationContext, PreparedOperation

if TYPE_CHECKING:
    from gateway.edge.telemetry.operation_metrics import OperationCounts, OperationMetrics
    from gateway.edge.telemetry.tracing import OperationSpan, OperationTracing

DISCONNECTED = "DISCONNECTED"
"""Outcome of an operation whose caller did not wait for its answer."""

EXPLAINED = "explain"
"""Kind of an operation that is not run, but explained."""


def error_codes(response: Mapping[str, Any]) -> Sequence[str]:
    """The codes of a response's errors."""
    if "errors" not in response:
        return ()
    return [error["extensions"]["code"] for error in response["errors"]]


class RunningOperation:
    """
    An operation under way, until `end` or the end of its `with` block. Whoever runs it says which errors its latest
    answer has, how many bytes were sent, and which `context` knows its costs. An answer that `is_streamed` goes on
    after the block.
    """

    __slots__ = (
        "_caller",
        "_counts",
        "_metrics",
        "_operation",
        "_span",
        "_started_at",
        "codes",
        "context",
        "is_streamed",
        "size",
    )

    def __init__(
        self,
        operation: PreparedOperation,
        caller: str,
        *,
        metrics: "OperationMetrics | None",
        counts: "tuple[OperationCounts, OperationCounts] | None",
        span: "OperationSpan | None",
    ) -> None:
        self._started_at = time.perf_counter()
        self._operation, self._caller = operation, caller
        self._metrics, self._counts, self._span = metrics, counts, span
        self.codes: Sequence[str] = (DISCONNECTED,)
        self.size = 0
        self.is_streamed = False
        self.context: OperationContext | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if not self.is_streamed:
            self.end()

    def answered(self, codes: Sequence[str], size: int) -> None:
        """The answer has errors with these codes, and this many bytes."""
        self.codes, self.size = codes, size

    def end(self) -> None:
        """Log, count and trace the operation, which has ended."""
        costs = {} if self.context is None else self.context.costs()
        seconds = time.perf_counter() - self._started_at
        event = OperationEvent(self._operation, self._caller, seconds, self.codes, self.size, costs)
        if self._span is not None:
            self._span.end(event)
        if self._metrics is not None and self._counts is not None:
            self._metrics.end(self._counts, event)
        log_operation(event)


class OperationTelemetry:
    """Logs, counts and traces operations; counts only if there are `metrics`, traces only if there is `tracing`."""

    def __init__(
        self, metrics: "OperationMetrics | None" = None, tracing: "OperationTracing | None" = None
    ) -> None:
        self._metrics = metrics
        self._tracing = tracing

    def refused(self, caller: str, started_at: float, codes: Sequence[str], size: int) -> None:
        """A document was refused."""
        event = OperationEvent(None, caller, time.perf_counter() - started_at, codes, size, {})
        if self._metrics is not None:
            self._metrics.count_refused(event)
        log_operation(event)

    def start(
        self, operation: PreparedOperation, caller: str, headers: Mapping[bytes, bytes]
    ) -> RunningOperation:
        """An operation begins. `headers` are the request's, by name in lower case."""
        counts = (
            None if self._metrics is None else self._metrics.start(operation.name, operation.kind, caller)
        )
        span = None if self._tracing is None else self._tracing.start(operation, headers)
        return RunningOperation(operation, caller, metrics=self._metrics, counts=counts, span=span)
