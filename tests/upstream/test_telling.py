"""Metrics and spans: their values, and that they hold no secret, id or address."""

import re
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from gateway.errors import UpstreamUnavailable
from gateway.sandbox import Company
from gateway.upstream.caching.cache import LocalCache
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.telemetry.metrics import Metrics
from gateway.upstream.telemetry.tracing import tracer
from gateway.upstream.transport.direct import DirectTransport
from gateway.upstream.upstreams import UpstreamFactory
from tests.support.gateway import sandbox
from tests.support.vendor import as_json, listening, reply
from tests.upstream.conftest import Open, ask


def values(metrics: Metrics) -> dict[str, float]:
    """The samples by name and labels."""
    lines = metrics.exposition()[0].decode().splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


async def test_everything_is_counted(open_upstream: Open, budget: OperationReads) -> None:
    metrics = Metrics()
    factory = UpstreamFactory(DirectTransport(), LocalCache(), metrics)
    async with listening(as_json([]), reply(500)) as server:
        upstream = open_upstream(server.url, factory=factory, per_minute=10)
        await ask(upstream, budget, "/a", ttl_seconds=30)
        await ask(upstream, OperationReads(calls=1), "/a", ttl_seconds=30)
        for number in range(2):
            with pytest.raises(UpstreamUnavailable):
                await ask(upstream, budget, f"/private/{number}", q="private")
    await factory.close()
    samples = values(metrics)
    labels = 'source="acme",vendor="halo"'
    assert samples[f'gateway_upstream_calls_total{{outcome="ok",{labels}}}'] == 1
    assert samples[f'gateway_upstream_calls_total{{outcome="UPSTREAM_UNAVAILABLE",{labels}}}'] == 5
    assert samples[f"gateway_upstream_retries_total{{{labels}}}"] == 3
    assert samples[f"gateway_upstream_seconds_count{{{labels}}}"] == 6
    assert samples[f"gateway_upstream_budget_left{{{labels}}}"] == 4
    assert samples[f"gateway_upstream_breaker{{{labels}}}"] == 2
    assert samples[f"gateway_upstream_in_flight{{{labels}}}"] == 0
    assert samples['gateway_cache_answers_total{result="hit",source="acme"}'] == 1
    assert not re.search(r"private|secret|127\.0\.0\.1", repr(samples))


async def test_a_source_that_is_opened_again_is_counted_on(
    open_upstream: Open, budget: OperationReads
) -> None:
    metrics = Metrics()
    async with listening(as_json([]), reply(500), as_json([])) as server:
        for path in ("/a", "/b"):
            factory = UpstreamFactory(DirectTransport(), LocalCache(), metrics)
            upstream = open_upstream(server.url, factory=factory, per_minute=10)
            await ask(upstream, budget, path)
            await factory.close()
            assert values(metrics)['gateway_upstream_in_flight{source="acme",vendor="halo"}'] == 0
    samples = values(metrics)
    assert samples['gateway_upstream_calls_total{outcome="ok",source="acme",vendor="halo"}'] == 2
    assert samples['gateway_upstream_retries_total{source="acme",vendor="halo"}'] == 1
    assert samples['gateway_upstream_seconds_bucket{le="+Inf",source="acme",vendor="halo"}'] == 3


async def test_metrics_are_served_behind_the_key(company: Company) -> None:
    async with sandbox(company, only=("fiwit",), environ={"GATEWAY_AUTH__API_KEYS": "k"}) as gateway:
        transport = httpx.ASGITransport(gateway.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/metrics")).status_code == 401
            headers = {"authorization": "Bearer k"}
            query = {"query": "{ assets(first: 1) { nodes { id } } }"}
            assert (await client.post("/graphql", json=query, headers=headers)).status_code == 200
            served = await client.get("/metrics", headers=headers)
    assert served.headers["content-type"].startswith("text/plain")
    assert 'gateway_upstream_calls_total{outcome="ok",source="fiwit",vendor="fiwit"} 1.0' in served.text


async def test_spans_tell_no_more_than_the_log(open_upstream: Open, budget: OperationReads) -> None:
    pytest.importorskip("opentelemetry")
    traced: Any = Tracer()
    factory = UpstreamFactory(DirectTransport(), LocalCache(), Metrics(traced))
    async with listening(as_json([]), reply(403)) as server:
        upstream = open_upstream(server.url, factory=factory, paths=("/Asset/{id}",))
        await ask(upstream, budget, "/Asset/CZJ7420", q="private")
        assert traced.spans == [
            (
                "GET /Asset/{}",
                {
                    "asset_gateway.source": "acme",
                    "asset_gateway.vendor": "halo",
                    "http.request.method": "GET",
                    "url.template": "/Asset/{}",
                    "http.request.resend_count": 0,
                    "http.response.status_code": 200,
                },
            )
        ]
    await factory.close()


@pytest.mark.parametrize(
    ("environ", "traces"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, False),
    ],
)
def test_traces_are_made_where_they_are_wanted(environ: dict[str, str], traces: bool) -> None:  # noqa: FBT001
    pytest.importorskip("opentelemetry")
    assert (tracer(environ) is not None) is traces


class Tracer:
    """Records the spans."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, dict[str, Any]]] = []

    @contextmanager
    def start_as_current_span(self, name: str, *, attributes: dict[str, Any], **_: Any) -> Any:
        self.spans.append((name, dict(attributes)))
        yield self

    def set_attribute(self, name: str, value: Any) -> None:
        self.spans[-1][1][name] = value
