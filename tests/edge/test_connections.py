"""Connections that are used in unusual ways: offers to upgrade, half-closed callers, and callers that do not read."""

import itertools
import re
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.serving import stalled_reader
from tests.edge.test_serving import exchange, until

Served = Callable[[ASGIApp], AbstractContextManager[int]]

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HELLO = b'{"query": "{ hello }"}'
LAST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def with_length(body: bytes, offer: bytes = b"") -> bytes:
    return HEAD + offer + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes, offer: bytes = b"") -> bytes:
    return HEAD + offer + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def statuses(answer: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d+) ", answer)


def in_packets(request: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *cuts, len(request)]
    return [request[start:end] for start, end in itertools.pairwise(bounds)]


# --- offers to upgrade


@pytest.mark.parametrize("framed", [with_length, chunked])
@pytest.mark.parametrize("cut", [0, 30, 150, -30, -5, -1])
def test_an_offer_to_upgrade_is_ignored(
    make_app: Any, served: Served, framed: Callable[..., bytes], cut: int
) -> None:
    request = framed(HELLO, OFFER)
    with served(make_app()) as port:
        answer = exchange(port, *in_packets(request, [cut % len(request)]), LAST)
    assert statuses(answer) == [b"200", b"200"]
    assert answer.count(b"hello world") == 1


def test_requests_with_offers_one_after_the_other(make_app: Any, served: Served) -> None:
    requests = [framed(HELLO, OFFER) for framed in (with_length, chunked, with_length)]
    with served(make_app()) as port:
        answer = exchange(port, b"".join(requests) + LAST)
    assert statuses(answer) == [b"200"] * 4
    assert answer.count(b"hello world") == 3


@pytest.mark.parametrize("protocol", [b"websocket", b"TLS/1.0", b"h2c, websocket"])
def test_no_protocol_is_offered_for_a_get(make_app: Any, served: Served, protocol: bytes) -> None:
    offer = b"Connection: keep-alive, upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"
    with served(make_app()) as port:
        answer = exchange(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + offer, LAST)
    assert statuses(answer) == [b"200", b"200"]


def test_a_caller_that_waits_to_send_its_body_may_offer_too(make_app: Any, served: Served) -> None:
    head, _, body = with_length(HELLO, OFFER + b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
    with served(make_app()) as port:
        answer = exchange(port, head + b"\r\n\r\n", body, LAST)
    assert statuses(answer) == [b"100", b"200", b"200"]


def test_a_tunnel_is_refused(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        answer = exchange(port, b"CONNECT acme.example:443 HTTP/1.1\r\nHost: acme.example:443\r\n\r\n")
    assert statuses(answer) == [b"400"]


# --- half-closed callers


def half_closed(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


@pytest.mark.parametrize("framed", [with_length, chunked])
@pytest.mark.parametrize("document", [b"{ slow(seconds: 0.2) }", b"mutation { act(seconds: 0.2) }"])
def test_a_half_closed_caller_gets_its_answer(
    make_app: Any, served: Served, framed: Callable[..., bytes], document: bytes
) -> None:
    with served(make_app()) as port:
        answer = half_closed(port, framed(b'{"query": "' + document + b'"}'))
    assert statuses(answer) == [b"200"]
    assert b'{"data":' in answer


def test_a_half_closed_caller_may_wait_long(make_app: Any, served: Served, ended: list[str]) -> None:
    with served(make_app()) as port:
        answer = half_closed(port, with_length(b'{"query": "{ slow(seconds: 2) }"}'))
    assert statuses(answer) == [b"100", b"100", b"200"]
    assert ended == ["done"]


def test_each_request_of_a_half_closed_caller_is_answered(make_app: Any, served: Served) -> None:
    slow = with_length(b'{"query": "{ slow(seconds: 0.7) }"}')
    with served(make_app()) as port:
        answer = half_closed(port, slow + with_length(HELLO) + with_length(HELLO))
    assert [status for status in statuses(answer) if status != b"100"] == [b"200"] * 3
    assert answer.count(b"hello world") == 2


def test_a_half_closed_caller_without_a_whole_request_gets_nothing(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        assert half_closed(port, with_length(HELLO)[:-1]) == b""
        assert half_closed(port, b"") == b""


# --- callers that do not read

SIZE = 10 * 1024 * 1024
TCP_CLOSE = 7


def large_app(chunk: int) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for _ in ("startup", "shutdown"):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        headers = [(b"content-length", b"%d" % SIZE)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, SIZE, chunk):
            end = min(start + chunk, SIZE)
            await send({"type": "http.response.body", "body": bytes(end - start), "more_body": end < SIZE})

    return app


def connect_and_ask(port: int, headers: bytes) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", port))
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n")
    return connection


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalled_reader, "UNREAD_SECONDS", 0.4)


@pytest.mark.usefixtures("_short")
@pytest.mark.skipif(sys.platform != "linux", reason="looks at the state of the socket")
@pytest.mark.parametrize("chunk", [SIZE, 256 * 1024], ids=["handed over", "in chunks"])
@pytest.mark.parametrize("headers", [b"", b"Connection: close\r\n"], ids=["kept", "closed"])
@pytest.mark.parametrize("pause", [None, 0.05], ids=["not at all", "by drops"])
def test_a_caller_that_does_not_read_is_disconnected(
    served: Served, chunk: int, headers: bytes, pause: float | None
) -> None:
    def is_reset() -> bool:
        if pause is not None:
            time.sleep(pause)
            connection.recv(100)
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == bytes([TCP_CLOSE])

    with served(large_app(chunk)) as port, connect_and_ask(port, headers) as connection:
        assert until(is_reset, 8)


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("chunk", [SIZE, 256 * 1024], ids=["handed over", "in chunks"])
def test_a_slow_caller_that_goes_on_reading_gets_all(served: Served, chunk: int) -> None:
    received, begun = 0, time.monotonic()
    with served(large_app(chunk)) as port, connect_and_ask(port, b"Connection: close\r\n") as connection:
        while data := connection.recv(256 * 1024):
            received += len(data)
            if received < SIZE // 3:
                time.sleep(0.01)
    assert received > SIZE
    assert time.monotonic() - begun > 1
