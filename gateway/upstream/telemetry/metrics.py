"""Prometheus metrics of everything that goes out, and OpenTelemetry spans where they are configured."""

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from gateway.upstream.telemetry.circuit_state import CircuitState
from gateway.upstream.telemetry.events import AttemptEvent, Span

if TYPE_CHECKING:
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: More than there are outcomes.
_CHILDREN = 64
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the folder in which several workers count together."""


class Metrics:
    """Counts and measures. With several workers each writes into a shared folder, and any of them tells of all."""

    def __init__(self, tracer: "Tracer | None" = None) -> None:
        # loaded only once there is something to serve
        import prometheus_client as prometheus  # noqa: PLC0415

        self._prometheus = prometheus
        self.tracer = tracer
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

        def gauge(name: str, about: str, mode: Any) -> Any:
            return prometheus.Gauge(name, about, source, registry=registry, multiprocess_mode=mode)

        self.under_way = gauge("gateway_upstream_in_flight", "Requests under way.", "livesum")
        self.waiting = gauge("gateway_upstream_waiting", "Calls that wait for their turn.", "livesum")
        self.left = gauge("gateway_upstream_budget_left", "Calls left of the vendor's rate limit.", "livesum")
        self.circuit = gauge("gateway_upstream_breaker", "0 closed, 1 probing, 2 open.", "livemax")

    def observe(self, source: str, vendor: str) -> "SourceMetrics":
        """What counts for this source."""
        return SourceMetrics(self, source, vendor)

    def exposition(self) -> tuple[bytes, str]:
        """All of it as Prometheus reads it, and the content type."""
        registry = self.registry
        if SHARED in os.environ:
            from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

            registry = self._prometheus.CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return self._prometheus.generate_latest(registry), self._prometheus.CONTENT_TYPE_LATEST


Children = Callable[..., Any]


def _children(metric: Any, *labels: str) -> Children:
    """The children of a metric by the labels that are left. There are few, and looking one up takes a lock."""
    return lru_cache(_CHILDREN)(partial(metric.labels, *labels))


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
        self._under_way = _children(metrics.under_way, *labels)
        self._waiting = _children(metrics.waiting, *labels)
        self._left = _children(metrics.left, *labels)
        self._circuit = _children(metrics.circuit, *labels)
        self._stood: tuple[int, int, int | None, CircuitState] | None = None

    def span(self, method: str, path: str) -> AbstractContextManager[Span | None]:
        """A span around an attempt, where they are traced."""
        return self._untraced if self._tracer is None else _span(self._tracer, self._source, method, path)

    def on_attempt(self, attempt: AttemptEvent) -> None:
        """Count a request and its time."""
        self._calls(attempt.outcome).inc()
        self._seconds().observe(attempt.seconds)
        if attempt.attempt > 1:
            self._retries().inc()

    def on_cache_result(self, result: str) -> None:
        """Count how a question was answered."""
        self._cached(result).inc()

    def on_state_change(
        self, under_way: int, waiting: int, *, remaining: int | None, circuit: CircuitState
    ) -> None:
        """Note how the source stands, as far as that is another way than before."""
        before, self._stood = self._stood, (under_way, waiting, remaining, circuit)
        if before is None or before[0] != under_way:
            self._under_way().set(under_way)
        if before is None or before[1] != waiting:
            self._waiting().set(waiting)
        if remaining is not None and (before is None or before[2] != remaining):
            self._left().set(remaining)
        if before is None or before[3] is not circuit:
            self._circuit().set(circuit.value)


def tracer(environ: Mapping[str, str] = os.environ) -> "Tracer | None":
    """
    OpenTelemetry's tracer, where its usual settings want one (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_EXPORTER`)
    and it is installed.
    """
    wanted = any(environ.get(f"OTEL_{name}") for name in ("EXPORTER_OTLP_ENDPOINT", "TRACES_EXPORTER"))
    off = (
        environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environ.get("OTEL_TRACES_EXPORTER") == "none"
    )
    if not wanted or off or importlib.util.find_spec("opentelemetry") is None:
        return None
    from opentelemetry import trace  # noqa: PLC0415

    return trace.get_tracer("asset-gateway")


@contextmanager
def _span(tracer: "Tracer", source: str, method: str, path: str) -> Iterator[Span]:
    attributes = {"asset_gateway.source": source, "http.request.method": method, "url.template": path}
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    # what an exception says is ours to tell elsewhere, if at all
    with tracer.start_as_current_span(
        f"{method} {path}",
        kind=SpanKind.CLIENT,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield _Traced(span)


class _Traced:
    """A span of OpenTelemetry's."""

    def __init__(self, span: "OtelSpan") -> None:
        self._span = span

    def end(self, attempt: AttemptEvent) -> None:
        """Write down what came of it."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        self._span.set_attribute("asset_gateway.vendor", attempt.vendor)
        self._span.set_attribute("http.request.resend_count", attempt.attempt - 1)
        if attempt.status is not None:
            self._span.set_attribute("http.response.status_code", attempt.status)
        if attempt.outcome != "ok":
            self._span.set_attribute("error.type", attempt.outcome)
            self._span.set_status(StatusCode.ERROR)
