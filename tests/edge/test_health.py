"""Health: which sources are in which state, for whom, and the end of a server, which is told before it comes."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from gateway.edge.serving.draining import DrainingServer
from gateway.edge.serving.serve import close, listen, server
from gateway.errors import UpstreamUnavailable
from gateway.sandbox import Company
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.telemetry.circuit_state import CircuitState
from tests.edge.conftest import MakeApp
from tests.support.gateway import sandbox
from tests.support.vendor import listening, reply
from tests.test_cli import FIWIT, free_port, running, until_ready
from tests.upstream.conftest import (  # noqa: F401 (a fixture)
    Open,
    ask,
    budget,
    open_upstream,
)


async def test_readyz_tells_states_to_everybody_and_names_to_callers(company: Company) -> None:
    def fails(_: httpx.Request) -> httpx.Response:
        return httpx.Response(503)

    environ = {"GATEWAY_AUTH__API_KEYS": "k"}
    async with sandbox(
        company, only=("fiwit", "tether"), environ=environ, handlers={"tether": fails}
    ) as gateway:
        transport = httpx.ASGITransport(gateway.app)
        key = {"authorization": "Bearer k"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/readyz")).json() == {"status": "ready"}
            query = {"query": "{ assets(first: 1) { nodes { id } } }"}
            for _ in range(3):
                await client.post("/graphql", json=query, headers=key)
            for headers in ({}, {"authorization": "Bearer wrong"}):
                answer = (await client.get("/readyz?verbose", headers=headers)).json()
                assert answer == {"status": "ready", "states": {"DOWN": 1, "UP": 1}}
            answer = (await client.get("/readyz?verbose", headers=key)).json()
    fiwit, tether = answer["sources"]
    assert fiwit == {"name": "fiwit", "vendor": "FIWIT", "state": "UP", "lastError": None, "retryAt": None}
    assert (tether["state"], tether["lastError"]) == ("DOWN", "UPSTREAM_UNAVAILABLE")
    assert datetime.fromisoformat(tether["retryAt"]) > datetime(2020, 1, 1, tzinfo=UTC)


async def test_an_open_circuit_always_says_when_to_try_again(open_upstream: Open) -> None:  # noqa: F811
    async with listening(reply(503)) as vendor:
        upstream = open_upstream(vendor.url)
        breaker = upstream.dispatcher.breaker
        for _ in range(5):
            breaker.failed(0.0)
        for circuit in (CircuitState.OPEN, CircuitState.PROBING):
            breaker.circuit, breaker.retry_at = circuit, asyncio.get_running_loop().time() + 3
            with pytest.raises(UpstreamUnavailable) as raised:
                await ask(upstream, OperationReads(calls=1))
            assert raised.value.retry_after is not None
            assert raised.value.retry_after > 0
            assert upstream.report().retry_at is not None


@contextlib.contextmanager
def draining(make_app: MakeApp, seconds: float) -> Iterator[tuple[DrainingServer, str]]:
    running_server = server(make_app, drain_seconds=seconds)
    assert isinstance(running_server, DrainingServer)
    sockets = listen("127.0.0.1", 0)
    thread = threading.Thread(target=running_server.run, args=(sockets,))
    thread.start()
    url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    try:
        while not running_server.started:
            thread.join(0.01)
        yield running_server, url
    finally:
        running_server.should_exit = True
        thread.join(20)
        close(sockets)


def test_the_end_is_told_before_it_comes(make_app: MakeApp) -> None:
    with draining(make_app, 30) as (ending, url):
        assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
        ending.handle_exit(signal.SIGTERM, None)
        answer = httpx.get(f"{url}/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
        assert httpx.get(f"{url}/healthz").status_code == 200
        query = {"query": "{ hello }"}
        assert httpx.post(f"{url}/graphql", json=query).json() == {"data": {"hello": "hello world"}}
        ending.handle_exit(signal.SIGTERM, None)
        assert not ending.should_exit
        ending.handle_exit(signal.SIGINT, None)
        assert ending.should_exit


def test_draining_ends_by_itself_and_not_at_all_by_default(make_app: MakeApp) -> None:
    with draining(make_app, 0.2) as (ending, _):
        ending.handle_exit(signal.SIGTERM, None)
        assert not ending.should_exit
        waiting = threading.Event()
        for _ in range(100):
            if ending.should_exit:
                break
            waiting.wait(0.05)
        assert ending.should_exit
    with draining(make_app, 0) as (ending, _):
        ending.handle_exit(signal.SIGTERM, None)
        assert ending.should_exit


@pytest.mark.long
def test_workers_drain_too() -> None:
    port = free_port()
    environ = FIWIT | {"GATEWAY_DRAIN_SECONDS": "3"}
    with running("serve", "--port", str(port), "--workers", "2", environ=environ) as process:
        until_ready(process, port)
        process.terminate()
        seen: set[int] = set()
        while process.poll() is None:
            # A worker that is ended while it starts has connections that nobody answers.
            with contextlib.suppress(httpx.TransportError):
                seen.add(httpx.get(f"http://127.0.0.1:{port}/readyz").status_code)
    assert 503 in seen
    assert process.returncode == 0
