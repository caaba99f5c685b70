"""Metrics of operations, callers, HTTP and the process, and traces from callers through to vendors."""

import asyncio
import time
from typing import Any

import httpx
import prometheus_client as prometheus
import pytest

from gateway.edge.telemetry.operation_log import OperationEvent
from gateway.edge.telemetry.operation_metrics import OTHER, OperationMetrics
from gateway.edge.telemetry.process_telemetry import ProcessTelemetry
from gateway.sandbox import Company
from gateway.upstream.telemetry.metrics import Metrics
from tests.support.gateway import sandbox


def samples(text: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in text.splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in lines}


async def test_operations_and_callers_are_counted(company: Company) -> None:
    environ = {"GATEWAY_AUTH__API_KEYS": "k"}
    async with sandbox(company, only=("fiwit",), cached=True, environ=environ) as gateway:
        transport = httpx.ASGITransport(gateway.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers={"authorization": "Bearer k"}
        ) as client:
            sizes = 0
            for text in ("query A { assets(first: 3) { nodes { id } } }",) * 4 + ("{ nonsense }",):
                answer = await client.post("/graphql", json={"query": text})
                sizes += len(answer.content)
            await client.post("/graphql", json={"query": 'query B { asset(id: "nonsense") { id } }'})
            assert (await client.get("/graphql", headers={"authorization": "Bearer x"})).status_code == 401
            headers = {"x-gateway-explain": "1"}
            for text in ("query A { assets { nodes { id } } }", 'query A { asset(id: "nonsense") { id } }'):
                await client.post("/graphql", json={"query": text}, headers=headers)
            first = samples((await client.get("/metrics")).text)
            again = samples((await client.get("/metrics")).text)
    a = 'kind="query",operation="A"'
    assert first[f'gateway_operations_total{{{a[:12]},operation="A",outcome="ok"}}'] == 4
    assert first[f"gateway_operation_seconds_count{{{a}}}"] == 4
    assert first[f'gateway_operation_seconds_bucket{{{a[:12]},le="+Inf",operation="A"}}'] == 4
    assert first[f"gateway_operation_seconds_sum{{{a}}}"] > 0
    assert first[f"gateway_operation_calls_total{{{a}}}"] >= 1
    assert first[f"gateway_operation_records_total{{{a}}}"] in {6, 9}
    assert first[f"gateway_operations_in_flight{{{a}}}"] == 0
    for outcome in ("ok", "errors"):
        assert first[f'gateway_operations_total{{kind="explain",operation="A",outcome="{outcome}"}}'] == 1
    refused = 'code="GRAPHQL_VALIDATION_FAILED",kind="",operation="(refused)"'
    assert first[f"gateway_operation_errors_total{{{refused}}}"] == 1
    assert first['gateway_operation_errors_total{code="BAD_USER_INPUT",kind="query",operation="B"}'] == 1
    (caller,) = [name for name in first if name.startswith("gateway_caller_bytes_total")]
    assert first[caller] > sizes
    assert first['gateway_http_responses_total{path="/graphql",status="401"}'] == 1
    assert first['gateway_http_responses_total{path="/graphql",status="200"}'] == 8
    assert first["gateway_process_resident_memory_bytes"] > 1e6
    assert first['gateway_cache_bytes{cache="answers"}'] > 0
    assert any(name.startswith("gateway_build_info{") for name in first)
    unchanged = [name for name in first if name.startswith("gateway_operation")]
    assert {name: again[name] for name in unchanged} == {name: first[name] for name in unchanged}


async def test_what_is_under_way(company: Company) -> None:
    held = asyncio.Event()

    async def hold(_: httpx.Request) -> httpx.Response:
        await held.wait()
        return httpx.Response(200, json=[])

    async with sandbox(company, only=("fiwit",), handlers={"fiwit": hold}) as gateway:
        asking = asyncio.create_task(gateway.ask("query Held { assets(first: 3) { nodes { id } } }"))
        await asyncio.sleep(0.05)
        during = samples((await gateway.get("/metrics")).text)
        held.set()
        await asking
        after = samples((await gateway.get("/metrics")).text)
    name = 'gateway_operations_in_flight{kind="query",operation="Held"}'
    assert (during[name], after[name]) == (1, 0)


def test_names_are_bounded() -> None:
    registry = prometheus.CollectorRegistry()
    metrics = OperationMetrics(registry)
    for number in range(1000):
        event = OperationEvent(None, f"caller{number}", 0.1, ["X"], 1, {})
        metrics.end(metrics.start(f"name{number}", "query", event.caller), event)
        metrics.count_refused(event)
    metrics.hand_over()
    text = prometheus.generate_latest(registry).decode()
    assert OTHER in text
    assert len({line for line in text.splitlines() if line.startswith("gateway_caller_bytes_total")}) <= 102
    assert len({line for line in text.splitlines() if line.startswith("gateway_operations_in_flight")}) <= 103


async def test_the_lag_of_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.telemetry.process_metrics._LAG_SECONDS", 0.01)
    metrics = Metrics()
    telemetry = ProcessTelemetry(metrics)
    task = asyncio.create_task(telemetry.watch({}))
    await asyncio.sleep(0.02)
    time.sleep(0.2)  # noqa: ASYNC251 (that is what is measured)
    await asyncio.sleep(0.02)
    task.cancel()
    assert samples(metrics.exposition()[0].decode())["gateway_event_loop_lag_seconds"] > 0.05


async def test_a_trace_goes_from_the_caller_through_to_the_vendor(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("gateway.process_resources.tracer", lambda: provider.get_tracer("asset-gateway"))
    trace_id, parent_id = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    async with sandbox(company, only=("fiwit",)) as gateway:
        transport = httpx.ASGITransport(gateway.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            query = "query Q($s: String) { assets(first: 3, filter: {assetTag: {ne: $s}}) { nodes { id } } }"
            await client.post(
                "/graphql",
                json={"query": query, "variables": {"s": "private-term"}},
                headers={"traceparent": f"00-{trace_id}-{parent_id}-01"},
            )
    spans: dict[str, Any] = {span.name: span for span in exporter.get_finished_spans()}
    operation, call = spans["query Q"], spans["GET /assets"]
    assert {f"{span.context.trace_id:032x}" for span in spans.values()} == {trace_id}
    assert f"{operation.parent.span_id:016x}" == parent_id
    assert call.parent.span_id == operation.context.span_id
    assert operation.attributes["graphql.operation.name"] == "Q"
    assert operation.attributes["asset_gateway.calls"] >= 1
    assert "private-term" not in repr([span.to_json() for span in spans.values()])
