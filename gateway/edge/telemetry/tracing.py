"""OpenTelemetry spans of operations, which continue the caller's trace (W3C Trace Context) and hold no variable."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.edge.telemetry.operation_log import OperationEvent
from gateway.engine.engine import PreparedOperation

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from opentelemetry.trace import Span, Tracer

_CARRIED = (b"traceparent", b"tracestate")


class OperationSpan:
    """The span of an operation under way; the spans of its calls to vendors are below it."""

    def __init__(self, manager: "AbstractContextManager[Span]") -> None:
        self._manager = manager
        self._span = manager.__enter__()

    def end(self, event: OperationEvent) -> None:
        """End the span with the operation's outcome."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 (only if there are spans)

        for name, value in event.costs.items():
            self._span.set_attribute(f"asset_gateway.{name}", value)
        if event.codes:
            self._span.set_attribute("error.type", event.codes[0])
            self._span.set_status(StatusCode.ERROR)
        self._manager.__exit__(None, None, None)


class OperationTracing:
    """Starts the spans of operations."""

    def __init__(self, tracer: "Tracer") -> None:
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )

        self._tracer = tracer
        self._propagator = TraceContextTextMapPropagator()

    def start(self, operation: PreparedOperation, headers: Mapping[bytes, bytes]) -> OperationSpan:
        """Start the span of an operation as the current one."""
        from opentelemetry.trace import SpanKind  # noqa: PLC0415

        carrier = {name.decode(): headers[name].decode("latin-1") for name in _CARRIED if name in headers}
        kind, name = operation.kind, operation.name
        attributes = {"graphql.operation.type": kind}
        if name is not None:
            attributes["graphql.operation.name"] = name
        return OperationSpan(
            self._tracer.start_as_current_span(
                f"{kind} {name}" if name else kind,
                context=self._propagator.extract(carrier),
                kind=SpanKind.SERVER,
                attributes=attributes,
                record_exception=False,
                set_status_on_exception=False,
            )
        )
