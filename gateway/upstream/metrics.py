"""Prometheus metrics of everything that goes out, and OpenTelemetry spans where they are configured."""

import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from gateway.upstream.watch import Attempt, Span, Standing

if TYPE_CHECKING:
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the folder in which several workers count together."""


class Metrics:
    """Counts and measures. With several workers each writes into a shared folder, and any of them tells of all."""

    def __init__(self, tracer: "Tracer | None" = None) -> None:
        # loaded only once there is something to serve
        import prometheus_client as prometheus  # noqa: PLC0415

        self._prometheus = prometheus
        self._tracer = tracer
        self.registry = registry = prometheus.CollectorRegistry()
        source = ["source", "vendor"]
        self._calls = prometheus.Counter(
            "gateway_upstream_calls",
            "Requests to vendors, by what came of them.",
            [*source, "outcome"],
            registry=registry,
        )
        self._retries = prometheus.Counter(
            "gateway_upstream_retries", "Requests that were made again.", source, registry=registry
        )
        self._seconds = prometheus.Histogram(
            "gateway_upstream_seconds",
            "Seconds until a vendor's answer.",
            source,
            buckets=_BUCKETS,
            registry=registry,
        )
        self._cached = prometheus.Counter(
            "gateway_cache_answers",
            "Questions by how they were answered.",
            ["source", "result"],
            registry=registry,
        )

        def gauge(name: str, about: str, mode: Any) -> Any:
            return prometheus.Gauge(name, about, source, registry=registry, multiprocess_mode=mode)

        self._under_way = gauge("gateway_upstream_in_flight", "Requests under way.", "livesum")
        self._waiting = gauge("gateway_upstream_waiting", "Calls that wait for their turn.", "livesum")
        self._left = gauge(
            "gateway_upstream_budget_left", "Calls left of the vendor's rate limit.", "livesum"
        )
        self._circuit = gauge("gateway_upstream_breaker", "0 closed, 1 probing, 2 open.", "livemax")
        self._children: dict[tuple[Any, ...], Any] = {}
        self._stood: dict[str, Standing] = {}

    def span(self, source: str, method: str, path: str) -> AbstractContextManager[Span | None]:
        """A span around an attempt, where they are traced."""
        return nullcontext() if self._tracer is None else _span(self._tracer, source, method, path)

    def attempted(self, attempt: Attempt) -> None:
        """Count a request and its time."""
        self._of(self._calls, attempt.source, attempt.vendor, attempt.outcome).inc()
        self._of(self._seconds, attempt.source, attempt.vendor).observe(attempt.seconds)
        if attempt.attempt > 1:
            self._of(self._retries, attempt.source, attempt.vendor).inc()

    def cached(self, source: str, result: str) -> None:
        """Count how a question was answered."""
        self._of(self._cached, source, result).inc()

    def stands(self, standing: Standing) -> None:
        """Note how a source stands, as far as that is another way than before."""
        stood = self._stood.get(standing.source)
        self._stood[standing.source] = standing
        labels = (standing.source, standing.vendor)
        if stood is None or stood.under_way != standing.under_way:
            self._of(self._under_way, *labels).set(standing.under_way)
        if stood is None or stood.waiting != standing.waiting:
            self._of(self._waiting, *labels).set(standing.waiting)
        if stood is None or stood.circuit is not standing.circuit:
            self._of(self._circuit, *labels).set(standing.circuit.value)
        if standing.left is not None and (stood is None or stood.left != standing.left):
            self._of(self._left, *labels).set(standing.left)

    def _of(self, metric: Any, *labels: str) -> Any:
        """The child of a metric: there are as many as sources and outcomes, and looking one up takes a lock."""
        key = (metric, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child

    def told(self) -> tuple[bytes, str]:
        """All of it as Prometheus reads it, and the content type."""
        registry = self.registry
        if SHARED in os.environ:
            from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

            registry = self._prometheus.CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return self._prometheus.generate_latest(registry), self._prometheus.CONTENT_TYPE_LATEST


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

    def end(self, attempt: Attempt) -> None:
        """Write down what came of it."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        self._span.set_attribute("asset_gateway.vendor", attempt.vendor)
        self._span.set_attribute("http.request.resend_count", attempt.attempt - 1)
        if attempt.status is not None:
            self._span.set_attribute("http.response.status_code", attempt.status)
        if attempt.outcome != "ok":
            self._span.set_attribute("error.type", attempt.outcome)
            self._span.set_status(StatusCode.ERROR)
