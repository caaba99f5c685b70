"""
Our HTTP client against peers that send anything: an answer is whole and its own, or an error of its kind, in time; and
what one account's vendor sends is never another's answer.
"""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import trustme
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.upstream.transport import direct
from gateway.upstream.transport.direct import DirectTransport
from gateway.upstream.transport.interface import (
    InvalidEncoding,
    ProtocolError,
    TransportError,
    TransportRequest,
    TransportResponse,
)
from tests.upstream.peer import Script, scripts, simple
from tests.upstream.wire import WireConnection, ok, wire

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
ACCOUNTS = ("ours", "theirs")
OURS, THEIRS = b"[ours]", b"[theirs]"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


async def send(transport: DirectTransport, url: str, account: str) -> TransportResponse:
    request = TransportRequest(method="GET", url=url, headers={"Authorization": account}, account=account)
    return await transport.send(request, max_bytes=100_000)


async def exchanges(
    sent: Sequence[Script], *, tls: ssl.SSLContext | None
) -> list[TransportResponse | Exception]:
    """Outcomes of a request of our account for each script, and of one of another account after each."""
    pending = list(sent)

    async def play(connection: WireConnection) -> None:
        while True:
            request = await connection.request()
            is_ours = request.headers["authorization"] == "ours"
            script = pending.pop(0) if is_ours else simple(THEIRS)
            await connection.say(*script.packets)
            if script.closes:
                return

    transport = DirectTransport()
    outcomes: list[TransportResponse | Exception] = []
    try:
        async with wire(play, tls=tls) as server, asyncio.timeout(10):
            for _ in sent:
                for account in ACCOUNTS:
                    try:
                        outcomes.append(await send(transport, server.url, account))
                    except (TransportError, InvalidEncoding) as exc:
                        outcomes.append(exc)
    finally:
        await transport.close()
    return outcomes


def check(loop: str, sent: Sequence[Script], tls: ssl.SSLContext | None) -> None:
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        outcomes = runner.run(exchanges(sent, tls=tls))
    for theirs in outcomes[1::2]:
        assert isinstance(theirs, TransportResponse)
        assert theirs.body == THEIRS
    # What follows an answer of ours late may be taken for the next one of ours, but for no other.
    for script, outcome in zip(sent[:1], outcomes, strict=False):
        if script.body is not None:
            assert isinstance(outcome, TransportResponse), outcome
            assert outcome.body == script.body
        elif script.is_cut:
            assert isinstance(outcome, TransportError | InvalidEncoding)
        elif script.is_encoding:
            assert isinstance(outcome, InvalidEncoding), outcome
        else:
            assert isinstance(outcome, ProtocolError | InvalidEncoding), outcome


def fuzz(loop: str, *, examples: int, tls: tuple[ssl.SSLContext, Path] | None) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(scripts(OURS), min_size=1, max_size=3))
    def run(sent: list[Script]) -> None:
        check(loop, sent, tls[0] if tls else None)

    run()


@pytest.fixture(params=["plain", "TLS"])
def tls(
    request: pytest.FixtureRequest, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[ssl.SSLContext, Path] | None:
    if request.param == "plain":
        return None
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    # one context for all examples: making it takes longer than they do
    context = direct._http1_context()
    monkeypatch.setattr(direct, "_http1_context", lambda: context)
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(served)
    return served, file


@pytest.mark.parametrize("loop", LOOPS)
def test_any_peer(loop: str, tls: tuple[ssl.SSLContext, Path] | None) -> None:
    fuzz(loop, examples=25, tls=tls)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("loop", LOOPS)
def test_any_peer_at_length(loop: str, tls: tuple[ssl.SSLContext, Path] | None) -> None:
    fuzz(loop, examples=120, tls=tls)


@pytest.mark.parametrize("loop", LOOPS)
def test_what_came_while_the_loop_was_busy_is_not_the_next_answer(loop: str) -> None:
    """An answer that nobody asked for waits in the socket as the connection is used again."""

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection, suppress(ConnectionResetError):
                connection.recv(65536)
                connection.sendall(ok(b"[1]"))
                time.sleep(0.05)
                connection.sendall(ok(b"[666]"))
                connection.recv(65536)

    async def run(url: str) -> list[bytes]:
        transport = DirectTransport()
        first = await send(transport, url, "ours")
        time.sleep(0.2)  # noqa: ASYNC251 (the loop reads nothing meanwhile)
        second = await send(transport, url, "ours")
        await transport.close()
        return [first.body, second.body]

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        asyncio.Runner(loop_factory=LOOPS[loop]) as runner,
    ):
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        assert runner.run(run(f"http://127.0.0.1:{listener.getsockname()[1]}")) == [b"[1]", b"[1]"]
        thread.join(5)
