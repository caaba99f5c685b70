"""Reasons of failures: a word and a host for the operator's log, and nothing of them for callers."""

import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from gateway.errors import UpstreamError
from gateway.upstream.caching.cache import LocalCache
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.dispatch.auth import FormToken, Send
from gateway.upstream.transport.direct import DirectTransport
from gateway.upstream.transport.interface import Transport
from gateway.upstream.transport.via_httpx import HttpxTransport
from gateway.upstream.upstreams import UpstreamFactory
from tests.support.vendor import drop, hang, listening, reply
from tests.upstream.conftest import Open, ask
from tests.upstream.wire import WireConnection, wire


async def nothing(connection: WireConnection) -> None:
    await connection.request()


async def speaks_http(connection: WireConnection) -> None:
    await connection.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@asynccontextmanager
async def tls(authority: trustme.CA, *names: str, **validity: Any) -> AsyncIterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names, **validity).configure_cert(context)
    async with wire(nothing, tls=context) as server:
        yield server.url


@asynccontextmanager
async def expired(authority: trustme.CA) -> AsyncIterator[str]:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    validity = {"not_before": yesterday - timedelta(days=1), "not_after": yesterday}
    async with tls(authority, "127.0.0.1", **validity) as url:
        yield url


@asynccontextmanager
async def other_name(authority: trustme.CA) -> AsyncIterator[str]:
    async with tls(authority, "acme.example") as url:
        yield url


@asynccontextmanager
async def untrusted(_: trustme.CA) -> AsyncIterator[str]:
    async with tls(trustme.CA(), "127.0.0.1") as url:
        yield url


@asynccontextmanager
async def plain(_: trustme.CA) -> AsyncIterator[str]:
    async with wire(speaks_http) as server:
        yield server.url.replace("http:", "https:")


@asynccontextmanager
async def closed_port(_: trustme.CA) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def no_name(_: trustme.CA) -> AsyncIterator[str]:
    yield "http://nowhere.invalid"


@asynccontextmanager
async def deaf(_: trustme.CA) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as filling:
        filling.connect(server.getsockname())  # the backlog is full
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def answering(answer: Any) -> Callable[[trustme.CA], Any]:
    @asynccontextmanager
    async def serve(_: trustme.CA) -> AsyncIterator[str]:
        async with listening(answer) as server:
            yield server.url

    return serve


CASES = {
    "tls:expired": expired,
    "tls:name": other_name,
    "tls:untrusted": untrusted,
    "tls:protocol": plain,
    "refused": closed_port,
    "dns": no_name,
    "timeout:connect": deaf,
    "timeout:read": answering(hang),
    "reset": answering(drop),
    "status=404": answering(reply(404)),
    "status=503": answering(reply(503)),
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def _trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("make", [DirectTransport, HttpxTransport])
@pytest.mark.parametrize("reason", CASES)
async def test_the_log_tells_why(
    reason: str,
    make: Callable[..., Transport],
    authority: trustme.CA,
    open_upstream: Open,
    caplog: pytest.LogCaptureFixture,
) -> None:
    transport = make(connect_seconds=0.3 if reason == "timeout:connect" else 5)
    timeout = 0.5 if reason.startswith("timeout") else 5.0
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(CASES[reason](authority))
        factory = UpstreamFactory(transport, LocalCache())
        stack.push_async_callback(factory.close)
        upstream = open_upstream(url, factory=factory, timeout_seconds=timeout, paths=("/Asset",))
        with caplog.at_level("WARNING", "gateway.upstream"), pytest.raises(UpstreamError) as raised:
            await ask(upstream, OperationReads(calls=5, seconds=10))
    line = caplog.records[0].__dict__
    assert (line["reason"], line["host"]) == (reason, url.partition("://")[2])
    assert (raised.value.reason, raised.value.host) == (line["reason"], line["host"])
    public = raised.value.message + repr(raised.value.extensions())
    assert line["host"] not in public
    assert reason.startswith("status") or reason not in public


async def test_an_answer_that_is_not_json(open_upstream: Open, caplog: pytest.LogCaptureFixture) -> None:
    async with listening(reply(200, b"<html>private</html>")) as server:
        upstream = open_upstream(server.url, paths=("/Asset",))
        with caplog.at_level("WARNING", "gateway.upstream"), pytest.raises(UpstreamError):
            await ask(upstream, OperationReads(calls=5, seconds=10))
    (line,) = caplog.records
    assert (line.__dict__["path"], line.__dict__["reason"]) == ("/Asset", "acme: the answer is not JSON")
    assert "private" not in repr(line.__dict__)


@pytest.mark.parametrize(
    ("case", "reason"), [(answering(hang), "timeout:read"), (answering(reply(404)), "status=404")]
)
async def test_the_host_of_a_sign_in_that_fails(
    case: Any, reason: str, authority: trustme.CA, open_upstream: Open, caplog: pytest.LogCaptureFixture
) -> None:
    async with case(authority) as url, listening(reply(200)) as vendor:

        async def token_request(_: Send) -> Any:
            return f"{url}/token", {"client_secret": "s3cret"}, {}

        upstream = open_upstream(vendor.url, auth=FormToken(token_request), short=True)
        with caplog.at_level("WARNING", "gateway.upstream"), pytest.raises(UpstreamError):
            await ask(upstream, OperationReads(calls=5, seconds=10))
    line = caplog.records[0].__dict__
    assert (line["reason"], line["host"]) == (reason, url.partition("://")[2])
    assert "s3cret" not in caplog.text + repr(line)
