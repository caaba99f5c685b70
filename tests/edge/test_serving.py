"""A real server: slow clients, disconnected clients, and worker processes."""

import asyncio
import json
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from gateway.edge.graphql import endpoint as graphql
from gateway.edge.serving import protocol, serve
from gateway.edge.serving.serve import close, listen

Served = Callable[[ASGIApp], AbstractContextManager[int]]


def post(query: str) -> bytes:
    body = json.dumps({"query": query}).encode()
    head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def exchange(port: int, *parts: bytes, address: str = "127.0.0.1") -> bytes:
    """Send parts from a local address, and read until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(address, 0)) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.05)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def test_a_request_over_a_socket(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{ hello }"})
        assert answer.json() == {"data": {"hello": "hello world"}}
        assert "server" not in answer.headers


def test_a_query_ends_when_its_caller_goes_away(make_app: Any, served: Served, ended: list[str]) -> None:
    with served(make_app()) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(post("{ slow(seconds: 30) }"))
            time.sleep(0.2)
        assert until(lambda: ended == ["cancelled"])


def test_a_mutation_does_not_end_half_done(make_app: Any, served: Served, ended: list[str]) -> None:
    with served(make_app()) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(post("mutation { act(seconds: 0.5) }"))
            time.sleep(0.2)
        assert until(lambda: ended == ["done"])


def test_a_slow_head_ends(make_app: Any, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    with served(make_app()) as port:
        for parts in ((), (b"POST /graphql HT",), (post("{ hello }"), b"GET /healthz HTTP/1.1\r\nhos")):
            begun = time.monotonic()
            exchange(port, *parts)
            assert time.monotonic() - begun < 2


def test_a_slow_field_is_not_a_slow_head(
    make_app: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.1)
    with served(make_app()) as port:
        answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{ slow(seconds: 0.4) }"})
        assert answer.json() == {"data": {"slow": "done"}}


def test_a_head_without_end_is_refused(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        answer = exchange(port, b"GET /healthz HTTP/1.1\r\nx: " + b"a" * 100_000)
        assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_slow_body_ends_with_408(make_app: Any, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql, "BODY_SECONDS", 0.2)
    with served(make_app()) as port:
        assert exchange(port, post("{ hello }")[:-5]).startswith(b"HTTP/1.1 408 ")


def test_a_large_chunked_body_ends_with_413(make_app: Any, served: Served) -> None:
    head = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    with served(make_app()) as port:
        answer = exchange(port, head + b"transfer-encoding: chunked\r\n\r\n", chunk * 3)
        assert answer.startswith(b"HTTP/1.1 413 ")


async def test_an_answer_is_written_in_one_go(make_app: Any) -> None:
    config = serve.server(make_app).config
    config.load()
    connection = protocol.TimeoutProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    transport = Mock(asyncio.Transport)
    transport.get_extra_info.return_value = None
    transport.is_closing.return_value = False
    transport.get_write_buffer_size.return_value = 0
    connection.connection_made(transport)
    connection.data_received(post("{ hello }"))
    await asyncio.gather(*connection.tasks)
    ((pieces,), _), *others = transport.writelines.call_args_list
    assert [b"".join(pieces)[:17], pieces[-1]] == [
        b"HTTP/1.1 200 OK\r\n",
        b'{"data":{"hello":"hello world"}}',
    ]
    assert (others, transport.write.call_args_list) == ([], [])
    connection.connection_lost(None)


def test_several_requests_on_one_connection(make_app: Any, served: Served) -> None:
    ended = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    head = b"HEAD /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with served(make_app()) as port:
        answer = exchange(port, post("{ hello }") + head + head + post("{ hello }"), head, ended)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 6
    assert answer.count(b'{"data":{"hello":"hello world"}}') == 2
    assert answer.count(b'{"status":"ok"}') == 1


def test_a_caller_is_told_to_go_on_before_it_sends_its_body(make_app: Any, served: Served) -> None:
    head, _, body = post("{ hello }").partition(b"\r\n\r\n")
    with (
        served(make_app()) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
    ):
        connection.sendall(head + b"\r\nexpect: 100-continue\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("status", [200, 204])
def test_what_ends_within_its_answer_is_told_as_far_as_it_came(served: Served, status: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                await send({"type": f"{(await receive())['type']}.complete"})
        await send({"type": "http.response.start", "status": status, "headers": []})

    with served(app) as port:
        answer = exchange(port, post("{ hello }"))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


async def test_a_caller_gone_before_its_body_gets_nothing(make_app: Any, ended: list[str]) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    }
    await make_app()(scope, receive, send)
    assert (sent, ended) == ([], [])


def test_answers_are_not_held_back_for_receipts() -> None:
    for listener in (sockets := listen("127.0.0.1", 0)):
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    close(sockets)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux deals connections out")
def test_new_connections_are_dealt_out_to_the_workers() -> None:
    (listener,) = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    shared = serve._ReusePortAddress(listener)
    workers = [pickle.loads(pickle.dumps(shared)) for _ in range(2)]
    with pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", port)
    callers = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
    for worker in workers:
        worker.settimeout(5)
        assert worker.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for _ in range(8):
            worker.accept()[0].close()
    close([*workers, *callers])
    shared.close()
    close(listen("127.0.0.1", port))


STARTS = """
import functools, sys
from gateway.edge.serving.serve import listen, serve
from gateway.settings import SettingsError

def fails():
    raise SettingsError(["GATEWAY_IDE: is wrong", "GATEWAY_LIMITS: are wrong"])

make_app = {make_app}
sys.exit(0 if serve(make_app, listen("127.0.0.1", 0), workers={workers}) else 7)
"""


@pytest.mark.parametrize(
    ("make_app", "workers", "messages"),
    [
        ("fails", 1, ["cannot start: GATEWAY_IDE: is wrong", "cannot start: GATEWAY_LIMITS: are wrong"]),
        ("functools.partial(int, 'x')", 1, ["cannot start: not foreseen"]),
        ("functools.partial(int, 'x')", 2, ["cannot start: not foreseen"]),
    ],
)
def test_what_cannot_start_ends(make_app: str, workers: int, messages: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STARTS.format(make_app=make_app, workers=workers)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 7, ended.stderr
    assert [message in ended.stderr for message in messages] == [True] * len(messages)
