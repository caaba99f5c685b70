"""Prometheus metrics of upstream calls, counted in plain numbers that are handed over when somebody scrapes."""

import os
from typing import TYPE_CHECKING, Any

from gateway.upstream.telemetry.source_metrics import BUCKETS, SourceMetrics
from gateway.upstream.telemetry.worker_gauges import MULTIPROCESS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import Tracer


class Metrics:
    """Prometheus metrics. Several workers write into a shared folder, and each of them exposes the metrics of all."""

    def __init__(self, tracer: "Tracer | None" = None) -> None:
        # imported only once there is an application to serve
        import prometheus_client as prometheus  # noqa: PLC0415

        self._prometheus = prometheus
        self.tracer = tracer
        self.before_exposition: list[Callable[[], None]] = []
        """Functions that hand over what is counted elsewhere."""
        self._sources: dict[tuple[str, str], SourceMetrics] = {}
        self.registry = registry = prometheus.CollectorRegistry()
        source = ["source", "vendor"]
        self.calls = prometheus.Counter(
            "gateway_upstream_calls",
            "Requests to vendors, by what came of them.",
            [*source, "outcome"],
            registry=registry,
        )
        self.retries = prometheus.Counter(
            "gateway_upstream_retries", "Requests that were made again.", source, registry=registry
        )
        self.seconds = prometheus.Histogram(
            "gateway_upstream_seconds",
            "Seconds until a vendor's answer.",
            source,
            buckets=BUCKETS,
            registry=registry,
        )
        self.answers = prometheus.Counter(
            "gateway_cache_answers",
            "Questions by how they were answered.",
            ["source", "result"],
            registry=registry,
        )

        self.values_unread = prometheus.Counter(
            "gateway_values_unread",
            "Values that are null because they are not in the form that the vendor's description says.",
            ["source", "type", "field"],
            registry=registry,
        )

        def gauge(name: str, description: str, mode: Any) -> Any:
            return prometheus.Gauge(name, description, source, registry=registry, multiprocess_mode=mode)

        self.in_flight = gauge("gateway_upstream_in_flight", "Requests under way.", "livesum")
        self.waiting = gauge("gateway_upstream_waiting", "Calls that wait for their turn.", "livesum")
        self.budget_left = gauge(
            "gateway_upstream_budget_left", "Calls left of the vendor's rate limit.", "livesum"
        )
        self.circuit = gauge("gateway_upstream_breaker", "0 closed, 1 probing, 2 open.", "livemax")

    def observe(self, source: str, vendor: str) -> "SourceMetrics":
        """The metrics of this source; the same ones if it is opened again."""
        return self._sources.setdefault((source, vendor), SourceMetrics(self, source, vendor))

    def hand_over(self) -> None:
        """Hand over to the registry what was counted in plain numbers."""
        for source in self._sources.values():
            source.hand_over()
        for hand_over in self.before_exposition:
            hand_over()

    def exposition(self) -> tuple[bytes, str]:
        """All metrics in Prometheus' text format, and its content type."""
        self.hand_over()
        registry = self.registry
        if MULTIPROCESS_FOLDER in os.environ:
            from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

            registry = self._prometheus.CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return self._prometheus.generate_latest(registry), self._prometheus.CONTENT_TYPE_LATEST
