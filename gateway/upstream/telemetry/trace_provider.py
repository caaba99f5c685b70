"""OpenTelemetry's tracer provider, set up by its standard variables unless the process was started with one."""

# ruff: noqa: PLC0415 (OpenTelemetry is loaded only if it is asked for)

import importlib.util
import os


def set_provider() -> None:
    """
    Set the provider of this process: batches over OTLP/HTTP, with endpoint, headers, service name and sampler by the
    variables `OTEL_...`. Without the SDK, or if another provider is set already, nothing changes.
    """
    from opentelemetry import trace

    is_set = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    if is_set or importlib.util.find_spec("opentelemetry.sdk") is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # the resource of the variables wins over this name
    name = os.environ.get("OTEL_SERVICE_NAME", "asset-gateway")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
