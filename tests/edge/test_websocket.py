"""GraphQL over WebSocket against a real server, with an independent client of the frames."""

import asyncio
import itertools
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from gateway.access import Authenticator, Caller
from gateway.edge.graphql import transport_ws
from gateway.edge.serving import stalled_reader
from gateway.settings import CorsSettings, LimitSettings, RoleLimits, RoleSettings
from tests.edge.test_connections import statuses
from tests.edge.test_serving import until

Served = Callable[[ASGIApp], AbstractContextManager[int]]
PROTOCOL = Subprotocol(transport_ws.SUBPROTOCOL)


@asynccontextmanager
async def opened(
    port: int, init: Any = None, *, name: str = "localhost", **options: Any
) -> AsyncIterator[ClientConnection]:
    """A WebSocket to a host of this name; with `init` it has been acknowledged already."""
    options = {"subprotocols": [PROTOCOL], **options}
    if "sock" not in options:
        options |= {"host": "127.0.0.1", "port": port}
    async with connect(f"ws://{name}/graphql", **options) as ws:
        if init is not None:
            await ws.send(json.dumps({"type": "connection_init", "payload": init}))
            assert json.loads(await ws.recv()) == {"type": "connection_ack"}
        yield ws


async def say(ws: ClientConnection, *messages: Any) -> None:
    for message in messages:
        await ws.send(message if isinstance(message, (str, bytes)) else json.dumps(message))


async def hear(ws: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(ws.recv(), 5))


async def close_code(ws: ClientConnection) -> int | None:
    with suppress(ConnectionClosed):
        async for _ in ws:
            pass
    return ws.close_code


def subscribe(query: str, operation_id: str = "1", **payload: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": operation_id, "payload": {"query": query, **payload}}


async def test_a_query_and_a_mutation(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        async with opened(port, {}) as ws:
            assert ws.subprotocol == PROTOCOL
            query = "query($name: String!) { hello(name: $name) }"
            await say(ws, subscribe(query, variables={"name": "you"}))
            payload = {"data": {"hello": "hello you"}}
            assert await hear(ws) == {"type": "next", "id": "1", "payload": payload}
            assert await hear(ws) == {"type": "complete", "id": "1"}
            await say(ws, subscribe("mutation { act }"))
            assert (await hear(ws))["payload"] == {"data": {"act": "acted"}}
            await say(ws, {"type": "ping"}, {"type": "pong"})
            assert (await hear(ws))["type"] == "complete"
            assert await hear(ws) == {"type": "pong"}


class OneAtOnce:
    """A policy that gives everybody one operation at a time."""

    def roles(self, _: Caller) -> list[RoleSettings]:
        return [RoleSettings("all", limits=RoleLimits(concurrent_operations=1))]


async def test_an_operation_beyond_its_callers_share_is_refused(make_app: Any, served: Served) -> None:
    with served(make_app(policy=OneAtOnce())) as port:
        async with opened(port, {}) as ws:
            await say(ws, subscribe("{ slow(seconds: 5) }", "1"), subscribe("{ hello }", "2"))
            refused = await hear(ws)
            assert (refused["type"], refused["id"]) == ("error", "2")
            assert refused["payload"][0]["extensions"] == {"code": "RATE_LIMITED"}
            await say(ws, {"type": "complete", "id": "1"}, subscribe("{ hello }", "2"))
            assert (await hear(ws))["payload"] == {"data": {"hello": "hello world"}}


async def test_an_operation_after_its_callers_key_has_ended_ends_the_connection(
    make_app: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(make_app(keys=("k",))) as port:
        async with opened(port, {"Authorization": "Bearer k"}) as ws:
            await say(ws, subscribe("{ hello }"))
            assert (await hear(ws))["type"] == "next"
            assert (await hear(ws))["type"] == "complete"
            monkeypatch.setattr(Authenticator, "identify", lambda *_: None)
            await say(ws, subscribe("{ hello }"))
            assert await close_code(ws) == 4403


async def test_operations_of_one_connection_run_at_the_same_time(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        async with opened(port, {}) as ws:
            await say(ws, subscribe("{ slow(seconds: 0.3) }", "slow"), subscribe("{ hello }", "quick"))
            heard = [await hear(ws) for _ in range(4)]
            assert [message["id"] for message in heard] == ["quick", "quick", "slow", "slow"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { hello }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int!) { slow(seconds: $a) }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($name: String!) { hello(name: $name) }", "BAD_USER_INPUT"),
    ],
)
async def test_a_refused_operation_is_an_error_message(
    make_app: Any, served: Served, query: str, code: str
) -> None:
    with served(make_app()) as port:
        async with opened(port, {}) as ws:
            await say(ws, subscribe(query), subscribe("{ hello }", "next"))
            error = await hear(ws)
            assert (error["type"], error["id"]) == ("error", "1")
            assert error["payload"][0]["extensions"]["code"] == code
            assert (await hear(ws))["id"] == "next"


async def test_results_that_cannot_be_written(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        async with opened(port, {}) as ws:
            await say(ws, subscribe("{ unwritable }"))
            payload = (await hear(ws))["payload"]
            assert payload["errors"][0]["extensions"]["code"] == "INTERNAL"


INIT = {"type": "connection_init"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([INIT, INIT], 4429),
        ([subscribe("{ hello }")], 4401),
        ([INIT, subscribe("{ slow }"), subscribe("{ hello }")], 4409),
        (["no JSON"], 4400),
        ([b"\x00"], 4400),
        (["[]"], 4400),
        ([{"type": "hello"}], 4400),
        ([{"type": ["ping"]}], 4400),
        ([{"type": "connection_init", "payload": 1}], 4400),
        ([INIT, {"type": "subscribe", "payload": {"query": "{ hello }"}}], 4400),
        ([INIT, {"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1"}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {}}], 4400),
        ([INIT, {"type": "subscribe", "id": "1", "payload": {"query": 1}}], 4400),
        ([INIT, {"type": "complete"}], 4400),
        ([json.dumps({"type": "ping", "payload": {"x": "x" * 20_000}})], 1009),
        (["[" * 5_000], 4400),
    ],
)
async def test_a_message_against_the_protocol_ends_the_connection(
    make_app: Any, served: Served, messages: list[Any], code: int
) -> None:
    with served(make_app()) as port:
        async with opened(port) as ws:
            await say(ws, *messages)
            assert await close_code(ws) == code
            assert ws.close_reason


async def test_a_frame_that_is_too_large_ends_the_connection(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        async with opened(port, {}) as ws:
            await say(ws, "x" * 2_000_000)
            assert await close_code(ws) == 1009


@pytest.mark.parametrize(("init", "code"), [(None, 4408), ({}, 1000)])
async def test_an_idle_connection_ends(
    make_app: Any, served: Served, monkeypatch: pytest.MonkeyPatch, init: Any, code: int
) -> None:
    monkeypatch.setattr(transport_ws, "INIT_SECONDS", 0.3)
    monkeypatch.setattr(transport_ws, "IDLE_SECONDS", 0.3)
    with served(make_app()) as port:
        async with opened(port, init) as ws:
            if init is not None:
                await say(ws, subscribe("{ slow(seconds: 0.5) }"))
                assert [(await hear(ws))["type"] for _ in range(2)] == ["next", "complete"]
            assert await close_code(ws) == code


async def test_an_unfinished_handshake_ends(make_app: Any, served: Served) -> None:
    with served(make_app()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        )
        writer.write(b"sec-websocket-key: short\r\nsec-websocket-version: 13\r\n\r\n")
        assert statuses(await asyncio.wait_for(reader.read(), 5)) == [b"400"]
        writer.close()


@pytest.mark.parametrize("init", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": 1}, None])
async def test_a_key_is_needed(make_app: Any, served: Served, init: Any) -> None:
    with served(make_app(keys=("key",))) as port:
        async with opened(port) as ws:
            await say(ws, {**INIT, "payload": init})
            assert await close_code(ws) == 4403


@pytest.mark.parametrize(
    "init", [{"Authorization": "Bearer key"}, {"authorization": "bearer key"}, {"X-API-Key": "key"}]
)
async def test_a_key_in_the_first_message(make_app: Any, served: Served, init: Any) -> None:
    with served(make_app(keys=("key",))) as port:
        async with opened(port, init) as ws:
            await say(ws, subscribe("{ hello }"))
            assert (await hear(ws))["type"] == "next"


async def test_a_key_in_the_handshake(make_app: Any, served: Served) -> None:
    with served(make_app(keys=("key",))) as port:
        async with opened(port, {}, additional_headers={"Authorization": "Bearer key"}) as ws:
            await say(ws, subscribe("{ hello }"))
            assert (await hear(ws))["type"] == "next"


@pytest.mark.parametrize(
    ("origin", "host", "is_allowed"),
    [
        ("https://evil.example", None, False),
        ("null", None, False),
        ("https://page.example", None, True),
        ("https://it.example", None, True),
        ("http://localhost:81", "localhost:81", True),
        ("http://localhost:82", "localhost:81", False),
    ],
)
async def test_pages_of_foreign_origins_are_refused(
    make_app: Any, served: Served, origin: str, host: str | None, *, is_allowed: bool
) -> None:
    app = make_app(cors=CorsSettings(("https://page.example",)), public_url="https://it.example")
    options = {"origin": origin, "name": host or "localhost"}
    with served(app) as port:
        if is_allowed:
            async with opened(port, {}, **options):
                return
        with pytest.raises(InvalidStatus) as refused:
            async with opened(port, {}, **options):
                pass
    assert refused.value.response.status_code == 403
    assert b"GATEWAY_CORS__ORIGINS" in refused.value.response.body


async def test_a_foreign_host_is_refused_on_loopback(make_app: Any, served: Served) -> None:
    with served(make_app()) as port, pytest.raises(InvalidStatus):
        async with opened(port, {}, name="evil.example"):
            pass


@pytest.mark.parametrize("path", ["/healthz", "/nothing"])
async def test_other_paths_have_no_websocket(make_app: Any, served: Served, path: str) -> None:
    with served(make_app()) as port, pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{port}{path}", subprotocols=[PROTOCOL]):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("offered", [None, [Subprotocol("graphql-ws")]])
async def test_another_protocol_is_not_spoken(make_app: Any, served: Served, offered: Any) -> None:
    with served(make_app()) as port:
        async with opened(port, subprotocols=offered) as ws:
            assert await close_code(ws) == 4406


async def test_operations_are_limited(make_app: Any, served: Served) -> None:
    with served(make_app(limits=LimitSettings(operations=2))) as port:
        async with opened(port, {}) as ws:
            await say(ws, *(subscribe("{ slow }", name) for name in "abc"))
            refused = await hear(ws)
            assert (refused["type"], refused["id"]) == ("error", "c")
            assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_a_completed_query_is_cancelled(make_app: Any, served: Served, ended: list[str]) -> None:
    with served(make_app()) as port:
        async with opened(port, {}) as ws:
            await say(ws, subscribe("{ slow(seconds: 30) }"))
            await asyncio.sleep(0.1)
            await say(ws, {"type": "complete", "id": "1"}, subscribe("{ hello }"))
            assert [await hear(ws) for _ in range(2)] == [
                {"type": "next", "id": "1", "payload": {"data": {"hello": "hello world"}}},
                {"type": "complete", "id": "1"},
            ]
            assert await asyncio.to_thread(until, lambda: ended == ["cancelled"])


async def test_a_connection_that_ends_completes_its_mutations(
    make_app: Any, served: Served, ended: list[str]
) -> None:
    with served(make_app()) as port:
        async with opened(port, {}) as ws:
            await say(
                ws, subscribe("{ slow(seconds: 30) }"), subscribe("mutation { act(seconds: 0.3) }", "2")
            )
            await asyncio.sleep(0.1)
        assert await asyncio.to_thread(until, lambda: ended == ["cancelled", "done"])


async def test_a_message_behind_the_handshake_is_heard(make_app: Any, served: Served) -> None:
    """A client may send its first frame before it has read the answer, if it is sure of it."""
    text = json.dumps(INIT).encode()
    frame = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
    head = (
        f"GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n"
        f"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n"
        f"sec-websocket-protocol: {PROTOCOL}\r\n\r\n"
    )
    with served(make_app()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + frame)
        answer = await asyncio.wait_for(reader.readuntil(b'"connection_ack"}'), 5)
        assert statuses(answer) == [b"101"]
        writer.close()


@pytest.mark.skipif(sys.platform != "linux", reason="what the system buffers is known on Linux only")
async def test_a_reader_that_stands_still_ends(
    make_app: Any, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stalled_reader, "UNREAD_SECONDS", 0.4)
    query = f'{{ hello(name: "{"x" * 9_000}") }}'
    with served(make_app()) as port:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", port))
        async with opened(port, {}, sock=sock, max_queue=1, ping_interval=None, close_timeout=0.1) as ws:

            async def ask_without_reading() -> None:
                for number in itertools.count():
                    await say(ws, subscribe(query, str(number)))

            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(ask_without_reading(), 10)


async def test_the_server_ends_with_open_connections(make_app: Any, served: Served) -> None:
    async with AsyncExitStack() as stack:
        with served(make_app()) as port:
            ws = await stack.enter_async_context(opened(port, {}))
            await say(ws, subscribe("{ slow(seconds: 30) }"))
            begun = time.monotonic()
        assert time.monotonic() - begun < 3
        with pytest.raises(ConnectionClosed):
            await hear(ws)
        assert ws.close_code == 1012
