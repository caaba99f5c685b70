"""Timeouts, retries, tokens and the circuit breaker, against a vendor behind a real socket."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import (
    OutcomeUnknown,
    UpstreamAuth,
    UpstreamError,
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamUnavailable,
)
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.client import Upstream
from gateway.upstream.dispatch.auth import FixedHeader, FormToken, Send
from gateway.upstream.telemetry.circuit_state import CircuitState
from gateway.upstream.transport.direct import DirectTransport
from gateway.upstream.transport.interface import Transport
from gateway.upstream.transport.via_httpx import HttpxTransport
from gateway.upstream.upstreams import UpstreamFactory
from tests.support import vendor
from tests.support.vendor import as_json, listening, reply
from tests.upstream.conftest import SHORT, Open, ask

ROWS = [{"id": 1}]
#: Without an idle connection a call is a task, with one the connection drives it.
WARM = [pytest.param(False, id="new connection"), pytest.param(True, id="idle connection")]


def before(warm: bool) -> list[vendor.Answer]:  # noqa: FBT001
    """The answers that a vendor gives before those of the test."""
    return [as_json(ROWS)] if warm else []


async def warm_up(upstream: Upstream, server: vendor.Vendor, warm: bool) -> None:  # noqa: FBT001
    """Leave an idle connection to the vendor."""
    if warm:
        await ask(upstream, OperationReads(calls=1, seconds=20), "/warm")
        server.got.clear()


@pytest.mark.parametrize(
    ("answer", "error", "requests"),
    [
        (vendor.hang, UpstreamTimeout, 2),
        (vendor.drip(), UpstreamTimeout, 2),
        (vendor.drop, UpstreamUnavailable, 3),
        (vendor.cut(), UpstreamUnavailable, 3),
        (reply(500), UpstreamUnavailable, 3),
        (reply(501), UpstreamUnavailable, 1),
        (reply(503, Retry_After="60"), UpstreamUnavailable, 1),
        (reply(429, Retry_After="60"), UpstreamRateLimited, 1),
        (reply(401), UpstreamAuth, 1),
        (reply(403), UpstreamAuth, 1),
        (reply(404), UpstreamRejected, 1),
        (reply(302, Location="https://elsewhere.example/"), UpstreamGarbled, 1),
        (reply(302, Location="http://[not-an-address/"), UpstreamGarbled, 1),
        (reply(302, Location="/again"), UpstreamGarbled, 3),
        (reply(body=b"<html>"), UpstreamGarbled, 1),
        (reply(body=b""), UpstreamGarbled, 1),
        (reply(304, body=b""), UpstreamGarbled, 1),
        (reply(body=b'{"price": NaN}'), UpstreamGarbled, 1),
        (reply(body=b"[" * 100_000 + b"]" * 100_000), UpstreamGarbled, 1),
        (reply(body=b"[" * 90 + b"]" * 90), UpstreamGarbled, 1),
        (reply(body=b'"\xff\xfe"'), UpstreamGarbled, 1),
        (reply(Content_Encoding="gzip", body=b"not packed"), UpstreamGarbled, 1),
        (reply(Content_Encoding="br", body=b"[]"), UpstreamGarbled, 1),
        (reply(Content_Length="1", body=b"[1]"), UpstreamGarbled, 1),
        (reply(Transfer_Encoding="chunked", body=b"[1]"), UpstreamGarbled, 1),
        (reply(X_Folded="a\r\n b"), UpstreamGarbled, 1),
    ],
)
@pytest.mark.parametrize("warm", WARM)
async def test_a_fault_is_told_after_so_many_requests(
    open_upstream: Open,
    budget: OperationReads,
    answer: vendor.Answer,
    error: type[UpstreamError],
    requests: int,
    *,
    warm: bool,
) -> None:
    async with listening(*before(warm), answer) as server:
        is_short = error is UpstreamTimeout
        upstream = open_upstream(server.url, short=is_short)
        await warm_up(upstream, server, warm)
        began = time.monotonic()
        with pytest.raises(error) as raised:
            await ask(upstream, budget, "/Asset")
        assert type(raised.value) is error
        assert raised.value.source == "acme"
        assert len(server.got) == requests
        assert time.monotonic() - began < 2 * SHORT + 1.0  # the machine needs time itself
        assert upstream.dispatcher.admission.in_flight == 0
        assert (upstream.report().last_error or error.code) == error.code


async def test_a_refused_connection_is_tried_three_times(open_upstream: Open, budget: OperationReads) -> None:
    async with listening(as_json(ROWS)) as server:
        url = server.url
    with pytest.raises(UpstreamUnavailable, match="cannot be reached"):
        await ask(open_upstream(url), budget)


@pytest.mark.parametrize(
    "first", [vendor.hang, vendor.drop, vendor.cut(), reply(502), reply(429, Retry_After="0")]
)
@pytest.mark.parametrize("warm", WARM)
async def test_a_passing_fault_costs_no_row(
    open_upstream: Open, budget: OperationReads, first: vendor.Answer, *, warm: bool
) -> None:
    async with listening(*before(warm), first, as_json(ROWS)) as server:
        upstream = open_upstream(server.url, short=first is vendor.hang)
        await warm_up(upstream, server, warm)
        assert await ask(upstream, budget) == ROWS
        assert len(server.got) == 2
        assert upstream.dispatcher.admission.in_flight == 0


async def test_a_byte_order_mark_is_no_fault(open_upstream: Open, budget: OperationReads) -> None:
    async with listening(reply(body=b"\xef\xbb\xbf[1]")) as server:
        assert await ask(open_upstream(server.url), budget) == [1]


async def test_the_calls_end_before_the_operation(open_upstream: Open) -> None:
    async with listening(vendor.hang) as server:
        upstream = open_upstream(server.url, timeout_seconds=30)
        began = time.monotonic()
        with pytest.raises(UpstreamTimeout):
            await ask(upstream, OperationReads(calls=1, seconds=0.5))
        assert 0.4 < time.monotonic() - began < 0.5
        assert upstream.dispatcher.breaker.circuit is CircuitState.CLOSED


@pytest.mark.parametrize("warm", WARM)
async def test_when_the_caller_goes_so_does_the_call(
    open_upstream: Open, budget: OperationReads, *, warm: bool
) -> None:
    async with listening(*before(warm), vendor.hang) as server:
        upstream = open_upstream(server.url, timeout_seconds=6)
        await warm_up(upstream, server, warm)
        call = asyncio.ensure_future(ask(upstream, budget))
        async with asyncio.timeout(2):
            while not server.got:
                await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            while server.open:
                await asyncio.sleep(0.01)
        assert upstream.dispatcher.admission.in_flight == 0


# the breaker


async def test_a_source_that_fails_again_and_again_is_left_alone(
    open_upstream: Open, budget: OperationReads
) -> None:
    async with listening(reply(500)) as server:
        upstream = open_upstream(server.url)
        upstream.dispatcher.breaker.open_seconds = 0.2
        for number in range(20):
            with pytest.raises(UpstreamUnavailable):
                await ask(upstream, budget, f"/{number}")
        assert len(server.got) == 5
        report = upstream.report()
        assert (report.state, report.last_error) == ("DOWN", "UPSTREAM_UNAVAILABLE")
        assert report.retry_at is not None
        with pytest.raises(UpstreamUnavailable) as raised:
            await ask(upstream, budget, "/soon")
        assert raised.value.retry_after is not None

        server.answers = [as_json(ROWS)]
        await asyncio.sleep(0.25)
        assert await ask(upstream, budget, "/again") == ROWS
        assert upstream.report().retry_at is None
        assert upstream.report().last_success_at is not None


async def test_one_call_probes_whether_it_works_again(open_upstream: Open, budget: OperationReads) -> None:
    async with listening(vendor.hang) as server:
        upstream = open_upstream(server.url, short=True)
        upstream.dispatcher.breaker.failures, upstream.dispatcher.breaker.open_seconds = 1, 0.05
        with pytest.raises(UpstreamTimeout):
            await ask(upstream, budget, "/first")
        assert len(server.got) == 1
        await asyncio.sleep(0.1)
        calls = [ask(upstream, budget, f"/{number}") for number in range(8)]
        errors = await asyncio.gather(*calls, return_exceptions=True)
        assert len(server.got) == 2
        assert (
            sorted(type(error).__name__ for error in errors)
            == ["UpstreamTimeout"] + ["UpstreamUnavailable"] * 7
        )


# tokens


def token_for(url: str) -> FormToken:
    async def request(_: Send) -> tuple[str, dict[str, str], dict[str, str]]:
        return f"{url}/token", {"client_secret": "s"}, {}

    return FormToken(request)


def behind_tokens(*good: str) -> vendor.Answer:
    """Issues the tokens t1, t2, ... and accepts the good ones."""
    issued = 0

    async def answer(request: vendor.Got, write: vendor.Write) -> None:
        nonlocal issued
        if request.target == "/token":
            issued += 1
            await asyncio.sleep(0.02)
            await as_json({"access_token": f"t{issued}"})(request, write)
        else:
            is_valid = request.headers["authorization"].removeprefix("Bearer ") in good
            await (as_json(ROWS) if is_valid else reply(401))(request, write)

    return answer


async def test_one_sign_in_serves_all(open_upstream: Open, budget: OperationReads) -> None:
    async with listening(behind_tokens("t1")) as server:
        upstream = open_upstream(server.url, auth=token_for(server.url))
        await asyncio.gather(*(ask(upstream, budget, f"/{number}") for number in range(10)))
        assert server.targets.count("/token") == 1
        assert len(server.got) == 11


async def test_a_refused_token_is_replaced_once(open_upstream: Open, budget: OperationReads) -> None:
    async with listening(behind_tokens("t2")) as server:
        upstream = open_upstream(server.url, auth=token_for(server.url))
        answers = await asyncio.gather(*(ask(upstream, budget, f"/{number}") for number in range(4)))
        assert answers == [ROWS] * 4
        assert server.targets.count("/token") == 2


async def test_no_loop_where_every_token_is_refused(open_upstream: Open, budget: OperationReads) -> None:
    async with listening(behind_tokens()) as server:
        upstream = open_upstream(server.url, auth=token_for(server.url))
        for number in range(20):
            with pytest.raises(UpstreamAuth):
                await ask(upstream, budget, f"/{number}")
        assert server.targets.count("/token") <= 3
        assert len(server.got) <= 20 + 2 + 3


# writes


@pytest.mark.parametrize(
    ("answers", "error", "requests"),
    [
        ([vendor.hang], OutcomeUnknown, 1),
        ([vendor.drop], OutcomeUnknown, 1),
        ([reply(500)], OutcomeUnknown, 1),
        ([reply(303, Location="/")], OutcomeUnknown, 1),
        ([reply(429, Retry_After="60")], UpstreamRateLimited, 1),
        ([reply(403)], UpstreamAuth, 1),
    ],
)
async def test_a_write_is_never_made_twice(
    open_upstream: Open,
    budget: OperationReads,
    answers: list[vendor.Answer],
    error: type[UpstreamError],
    requests: int,
) -> None:
    async with listening(*answers) as server:
        upstream = open_upstream(server.url, short=answers == [vendor.hang])
        with pytest.raises(error) as raised:
            await upstream.write("POST", "/Asset", body={"name": "n"}, reads=budget)
        assert type(raised.value) is error
        assert len(server.got) == requests


async def test_a_write_refused_before_it_was_looked_at_is_repeated(
    open_upstream: Open, budget: OperationReads
) -> None:
    async with listening(reply(429, Retry_After="0"), as_json({"id": 7}, 201)) as server:
        answer = await open_upstream(server.url).write("POST", "/Asset", body={"name": "é"}, reads=budget)
        assert (answer.status, answer.body) == (201, {"id": 7})
        assert [request.body for request in server.got] == ['{"name":"é"}'.encode()] * 2


async def test_a_write_is_repeated_with_a_new_token(open_upstream: Open, budget: OperationReads) -> None:
    async with listening(behind_tokens("t2")) as server:
        upstream = open_upstream(server.url, auth=token_for(server.url))
        answer = await upstream.write("PUT", "/Asset/1", form={"a": "1"}, reads=budget)
        assert answer.status == 200
        assert server.targets == ["/token", "/Asset/1", "/token", "/Asset/1"]


async def test_a_write_that_cannot_be_sent_is_unavailable(
    open_upstream: Open, budget: OperationReads
) -> None:
    async with listening(reply()) as server:
        url = server.url
    with pytest.raises(UpstreamUnavailable):
        await open_upstream(url).write("DELETE", "/Asset/1", reads=budget)


@pytest.mark.parametrize("transport", [DirectTransport, HttpxTransport])
async def test_a_write_that_waits_for_its_connection_is_not_in_doubt(
    open_upstream: Open, budget: OperationReads, transport: Callable[..., Transport]
) -> None:
    factory = UpstreamFactory(transport(connect_seconds=5.0))
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, socket.socket() as filling:
        filling.connect(deaf.getsockname())  # the backlog is full
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(UpstreamTimeout):
            await open_upstream(url, factory=factory, short=True).write(
                "POST", "/Asset", body={}, reads=budget
            )
    await factory.close()


@pytest.mark.parametrize("credential", ["\ufeffk", "k\u200b", "\u201ck\u201d", "k\u0142", "k\nX: 1"])
def test_a_credential_that_no_header_can_hold_is_refused(credential: str) -> None:
    with pytest.raises(ValueError, match="no HTTP header can hold") as raised:
        FixedHeader(f"Bearer {credential}")
    assert credential not in str(raised.value)


async def test_an_answer_that_is_not_http_does_not_open_the_circuit(
    open_upstream: Open, budget: OperationReads
) -> None:
    async with listening(reply(X_Folded="a\r\n b")) as server:
        upstream = open_upstream(server.url)
        for number in range(8):
            with pytest.raises(UpstreamGarbled):
                await ask(upstream, budget, f"/{number}")
        assert len(server.got) == 8
        assert upstream.dispatcher.breaker.circuit is CircuitState.CLOSED


async def test_an_answer_over_the_limit_names_the_setting(
    open_upstream: Open, budget: OperationReads
) -> None:
    factory = UpstreamFactory(DirectTransport(), max_bytes=1000)
    async with listening(reply(body=b" " * 1001 + b"[]")) as server:
        with pytest.raises(UpstreamTooLarge, match="GATEWAY_UPSTREAM__ANSWER_BYTES"):
            await ask(open_upstream(server.url, factory=factory), budget)
        assert len(server.got) == 1
        with pytest.raises(OutcomeUnknown):
            await open_upstream(server.url, factory=factory).write("POST", "/Asset", body={}, reads=budget)
    await factory.close()


async def test_why_a_write_was_refused_is_told(open_upstream: Open, budget: OperationReads) -> None:
    async with listening(as_json({"name": ["required"]}, 422)) as server:
        answer = await open_upstream(server.url).write("POST", "/Asset", body={}, reads=budget)
        assert (answer.status, answer.body) == (422, {"name": ["required"]})


# logs


async def test_the_log_holds_no_id_value_or_secret(
    open_upstream: Open, budget: OperationReads, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="gateway.upstream")
    async with listening(as_json(ROWS), reply(500, body=b"vendor-secret")) as server:
        upstream = open_upstream(server.url, paths=("/Asset", "/Asset/{id}"))
        await ask(upstream, budget, "/Asset/CZJ7420", search="private-term")
        with pytest.raises(UpstreamUnavailable):
            await ask(upstream, budget, "/Asset")
    fields: list[Any] = [record.__dict__ for record in caplog.records if record.name == "gateway.upstream"]
    attempts = [(line["path"], line["status"], line["attempt"], line["outcome"]) for line in fields]
    assert attempts[:2] == [("/Asset/{}", 200, 1, "ok"), ("/Asset", 500, 1, "UPSTREAM_UNAVAILABLE")]
    assert len(attempts) == 4
    text = repr(fields) + caplog.text
    assert not any(secret in text for secret in ("CZJ7420", "private-term", "vendor-secret", "Bearer secret"))
