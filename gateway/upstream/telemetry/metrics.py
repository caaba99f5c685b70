"""Prometheus metrics of upstream calls, and OpenTelemetry spans if they are configured."""

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from gateway.upstream.telemetry.circuit_state import CircuitState
from gateway.upstream.telemetry.events import AttemptEvent, Span
from gateway.upstream.telemetry.trace_provider import set_provider
from gateway.upstream.telemetry.worker_gauges import MULTIPROCESS_FOLDER

if TYPE_CHECKING:
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Memoized label combinations of one metric: more than there are outcomes.
_MAX_CHILDREN = 64


class Metrics:
    """Prometheus metrics. Several workers write into a shared folder, and each of them exposes the metrics of all."""

    def __init__(self, tracer: "Tracer | None" = None) -> None:
        # imported only once there is an application to serve
        import prometheus_client as prometheus  # noqa: PLC0415

        self._prometheus = prometheus
        self.tracer = tracer
        self.before_exposition: list[Callable[[], None]] = []
        """Functions that hand over what is counted elsewhere."""
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
            buckets=_BUCKETS,
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
        """The metrics of this source."""
        return SourceMetrics(self, source, vendor)

    def exposition(self) -> tuple[bytes, str]:
        """All metrics in Prometheus' text format, and its content type."""
        for hand_over in self.before_exposition:
            hand_over()
        registry = self.registry
        if MULTIPROCESS_FOLDER in os.environ:
            from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

            registry = self._prometheus.CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return self._prometheus.generate_latest(registry), self._prometheus.CONTENT_TYPE_LATEST


Children = Callable[..., Any]


def _children(metric: Any, *labels: str) -> Children:
    """Memoized children of a metric by its remaining labels. There are few, and each lookup takes a lock."""
    return lru_cache(_MAX_CHILDREN)(partial(metric.labels, *labels))


class SourceMetrics:
    """The metrics of one source."""

    def __init__(self, metrics: Metrics, source: str, vendor: str) -> None:
        labels = source, vendor
        self._source = source
        self._tracer = metrics.tracer
        self._untraced = nullcontext()
        self._calls = _children(metrics.calls, *labels)
        self._retries = _children(metrics.retries, *labels)
        self._seconds = _children(metrics.seconds, *labels)
        self._cached = _children(metrics.answers, source)
        self._values_unread = partial(metrics.values_unread.labels, source)
        self._in_flight = _children(metrics.in_flight, *labels)
        self._waiting = _children(metrics.waiting, *labels)
        self._budget_left = _children(metrics.budget_left, *labels)
        self._circuit = _children(metrics.circuit, *labels)
        self._last_state: tuple[int, int, int | None, CircuitState] | None = None

    def span(self, method: str, path: str) -> AbstractContextManager[Span | None]:
        """Context manager around an attempt: its span, or None without tracing."""
        return self._untraced if self._tracer is None else _span(self._tracer, self._source, method, path)

    def on_attempt(self, attempt: AttemptEvent) -> None:
        """Count an attempt and its seconds."""
        self._calls(attempt.outcome).inc()
        self._seconds().observe(attempt.seconds)
        if attempt.attempt > 1:
            self._retries().inc()

    def on_cache_result(self, result: str) -> None:
        """Count a GET by how it was served."""
        self._cached(result).inc()

    def on_values_unread(self, type_name: str, field: str, count: int) -> None:
        """Count values that could not be read."""
        self._values_unread(type_name, field).inc(count)

    def on_state_change(
        self, in_flight: int, waiting: int, *, remaining: int | None, circuit: CircuitState
    ) -> None:
        """Set the gauges whose values differ from the last ones."""
        before, self._last_state = self._last_state, (in_flight, waiting, remaining, circuit)
        if before is None or before[0] != in_flight:
            self._in_flight().set(in_flight)
        if before is None or before[1] != waiting:
            self._waiting().set(waiting)
        if remaining is not None and (before is None or before[2] != remaining):
            self._budget_left().set(remaining)
        if before is None or before[3] is not circuit:
            self._circuit().set(circuit.value)


def tracer(environ: Mapping[str, str] = os.environ) -> "Tracer | None":
    """
    OpenTelemetry's tracer, if its standard variables ask for one (`OTEL_EXPORTER_OTLP_ENDPOINT`,
    `OTEL_TRACES_EXPORTER`) and it is installed. Its spans go to whom the process was started with, or else to the
    exporter that the variables name.
    """
    is_configured = any(environ.get(f"OTEL_{name}") for name in ("EXPORTER_OTLP_ENDPOINT", "TRACES_EXPORTER"))
    is_disabled = (
        environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environ.get("OTEL_TRACES_EXPORTER") == "none"
    )
    if not is_configured or is_disabled or importlib.util.find_spec("opentelemetry") is None:
        return None
    from opentelemetry import trace  # noqa: PLC0415

    set_provider()
    return trace.get_tracer("asset-gateway")


@contextmanager
def _span(tracer: "Tracer", source: str, method: str, path: str) -> Iterator[Span]:
    attributes = {"asset_gateway.source": source, "http.request.method": method, "url.template": path}
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    # an exception's text may hold what must not leave the process
    with tracer.start_as_current_span(
        f"{method} {path}",
        kind=SpanKind.CLIENT,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield _AttemptSpan(span)


class _AttemptSpan:
    """Adapter of an OpenTelemetry span."""

    def __init__(self, span: "OtelSpan") -> None:
        self._span = span

    def end(self, attempt: AttemptEvent) -> None:
        """Record the attempt's outcome."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        self._span.set_attribute("asset_gateway.vendor", attempt.vendor)
        self._span.set_attribute("http.request.resend_count", attempt.attempt - 1)
        if attempt.status is not None:
            self._span.set_attribute("http.response.status_code", attempt.status)
        if attempt.outcome != "ok":
            self._span.set_attribute("error.type", attempt.outcome)
            self._span.set_status(StatusCode.ERROR)
