"""The engine over vendors in this process, without HTTP, caches, retries and circuits."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from gateway import vendors
from gateway.app import open_sources, vendor_keys
from gateway.connector.fetching.source import Source
from gateway.engine.engine import Engine
from gateway.settings import Settings, load
from gateway.upstream.dispatch.circuit_breaker import CircuitBreaker
from gateway.upstream.transport.interface import (
    Transport,
    TransportError,
    TransportRequest,
    TransportResponse,
)
from gateway.upstream.upstreams import UpstreamFactory
from resolvers.context import RequestContext
from schema.build import build_schema
from tests.support.gateway import sandbox_sources


@cache
def bare_engine() -> Engine:
    """An engine without caches."""
    return Engine(build_schema(vendors.load().values()), limits=_settings().limits, introspection=True)


@cache
def _settings() -> Settings:
    environ = {
        f"GATEWAY_SOURCES__{name.upper()}__{key}": value
        for name, keys in sandbox_sources().items()
        for key, value in keys.items()
    }
    environ |= {"GATEWAY_LIMITS__ALIASES": "1000", "GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
    return load(config=None, environ=environ, vendors=vendor_keys())


class _NoTransport:
    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:  # noqa: ARG002
        raise TransportError(sent=False)

    async def close(self) -> None: ...


@cache
def _opened() -> Mapping[str, Source]:
    return open_sources(_settings(), _NoTransport())


@cache
def _loaded() -> Mapping[str, Any]:
    return vendors.load()


def bare_context(transport: Transport, names: Iterable[str] | None = None) -> RequestContext:
    """A context over sources that know nothing yet. Their descriptions, which take longest to make, are shared."""
    factory = UpstreamFactory(transport)
    settings_by_name = {source_settings.name: source_settings for source_settings in _settings().sources}
    sources: dict[str, Source] = {}
    for name in _opened() if names is None else names:
        source = _opened()[name]
        auth = _loaded()[settings_by_name[name].vendor].auth(settings_by_name[name])
        upstream = factory.open(source.upstream.target, auth, per_minute=0)
        # Answers must not depend on the clock: no retries, and no circuit opens.
        upstream.dispatcher.policy = replace(upstream.dispatcher.policy, attempts=1)
        upstream.dispatcher.breaker = CircuitBreaker(failures=10**6)
        sources[name] = replace(source, upstream=upstream, tables={})
    return RequestContext(
        sources,
        calls=1000,
        records=10**6,
        max_page_size=500,
        caching=False,
        base_url=lambda: "http://localhost",
    )
