"""OpenTelemetry spans of upstream calls, if they are configured."""

import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.upstream.telemetry.events import AttemptEvent, Span
from gateway.upstream.telemetry.trace_provider import set_provider

if TYPE_CHECKING:
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer


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
def attempt_span(tracer: "Tracer", source: str, method: str, path: str) -> Iterator[Span]:
    """A span around an attempt."""
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
