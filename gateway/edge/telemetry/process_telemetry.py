"""Telemetry of a process: operations, HTTP responses and the process itself, handed over when somebody scrapes."""

from collections import Counter
from typing import TYPE_CHECKING

import prometheus_client as prometheus

from gateway.edge.telemetry.operation_metrics import OperationMetrics
from gateway.edge.telemetry.operations import OperationTelemetry
from gateway.edge.telemetry.process_metrics import ProcessMetrics
from gateway.edge.telemetry.tracing import OperationTracing
from gateway.upstream.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: First segments of paths that responses are counted by.
_SEGMENTS = frozenset({"", "graphql", "tables", "odata", "assets", "metrics", "healthz", "readyz"})


class ProcessTelemetry:
    """Metrics and traces beyond those of calls to vendors, in the registry of `metrics`."""

    def __init__(self, metrics: Metrics) -> None:
        operations = OperationMetrics(metrics.registry)
        tracing = None if metrics.tracer is None else OperationTracing(metrics.tracer)
        self.operations = OperationTelemetry(operations, tracing)
        self._cache_sizes: Mapping[str, Callable[[], float]] = {}
        self._metrics = metrics
        self._operation_metrics = operations
        self._process_metrics = ProcessMetrics(metrics.registry)
        self._responses: Counter[tuple[str, int]] = Counter()
        self._response_metric = prometheus.Counter(
            "gateway_http_responses",
            "HTTP responses, by the first part of the path and the status.",
            ["path", "status"],
            registry=metrics.registry,
        )
        metrics.before_exposition.append(self.hand_over)

    def count_response(self, path: str, status: int) -> None:
        """Count an HTTP response."""
        segment = path[1:].partition("/")[0]
        self._responses[segment if segment in _SEGMENTS else "other", status] += 1

    def hand_over(self) -> None:
        """Hand over what was counted to the registry's metrics."""
        self._operation_metrics.hand_over()
        self._process_metrics.hand_over(self._cache_sizes)
        for (segment, status), count in self._responses.items():
            self._response_metric.labels(f"/{segment}", str(status)).inc(count)
        self._responses.clear()

    async def watch(self, cache_sizes: "Mapping[str, Callable[[], float]]") -> None:
        """
        Measure the process again and again, until this is cancelled. `cache_sizes` gives the sizes of the application's
        caches in bytes, by their names.
        """
        self._cache_sizes = cache_sizes
        await self._process_metrics.watch(self._metrics.hand_over)
