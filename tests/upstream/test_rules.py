"""Pure rules without I/O: circuit breaker, retries, renewal of tokens, decompression, nesting."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamGarbled
from gateway.upstream.dispatch.auth import FormToken, Send
from gateway.upstream.dispatch.circuit_breaker import CircuitBreaker
from gateway.upstream.dispatch.retry import RetryPolicy, next_delay
from gateway.upstream.http.decode import SourceErrors
from gateway.upstream.telemetry.circuit_state import CircuitState
from gateway.upstream.transport.decompress import InflatingSink, InvalidEncoding, sink


@given(st.lists(st.booleans(), max_size=200))
def test_a_breaker_never_stays_open(outcomes: list[bool]) -> None:
    breaker, now = CircuitBreaker(), 0.0
    for is_fine in outcomes:
        if not breaker.admits(now):
            assert breaker.circuit is CircuitState.OPEN
            assert breaker.retry_at is not None
            assert now < breaker.retry_at <= now + 60
            now = breaker.retry_at
            assert breaker.admits(now)
            assert not breaker.admits(now)
        if is_fine:
            breaker.succeeded()
            assert breaker.circuit is CircuitState.CLOSED
        else:
            breaker.failed(now)


def test_a_vendor_that_fails_now_and_then_is_not_left_alone() -> None:
    breaker = CircuitBreaker()
    for number in range(100):
        if number % 8 < 3:
            breaker.succeeded()
        else:
            breaker.failed(0.0)
    assert breaker.circuit is CircuitState.CLOSED


def test_a_probe_that_tells_nothing_is_followed_by_another() -> None:
    breaker = CircuitBreaker(failures=1)
    breaker.failed(0.0)
    assert breaker.admits(2.0)
    breaker.abandoned(3.0)
    assert breaker.admits(3.0)


@given(
    attempt=st.integers(1, 5),
    remaining=st.floats(0, 60),
    chance=st.floats(0, 1, exclude_max=True),
    wait=st.none() | st.floats(0, 100),
    timeout=st.floats(0.01, 60),
)
def test_a_pause_obeys_the_vendor_and_ends_in_time(
    attempt: int, remaining: float, chance: float, wait: float | None, timeout: float
) -> None:
    policy = RetryPolicy.for_timeout(timeout)
    delay = next_delay(policy, attempt, remaining=remaining, chance=chance, retry_after=wait)
    if delay is None:
        return
    assert attempt < policy.attempts
    assert delay < remaining
    assert delay >= (wait or 0.0)
    assert delay <= max(policy.cap, wait or 0.0)


async def test_a_token_is_renewed_before_it_ends() -> None:
    issued = 0
    times = [0.0]

    async def request(_: Send) -> tuple[str, dict[str, str], dict[str, str]]:
        return "https://acme.example/token", {}, {}

    async def send(*_: object, **__: object) -> dict[str, object]:
        nonlocal issued
        issued += 1
        return {"access_token": f"t{issued}", "expires_in": 600}

    token = FormToken(request, clock=lambda: times[-1])
    for now, expected in ((0.0, "t1"), (539.0, "t1"), (541.0, "t2"), (700.0, "t2")):
        times.append(now)
        assert await token.headers(send) == {"Authorization": f"Bearer {expected}"}


@pytest.mark.parametrize("access_token", [None, "", "to\nken", "töken", 7])
async def test_what_is_no_token_is_not_taken(access_token: object) -> None:
    from gateway.upstream.dispatch.auth import NoToken

    async def request(_: Send) -> tuple[str, dict[str, str], dict[str, str]]:
        return "https://acme.example/token", {}, {}

    async def send(*_: object, **__: object) -> dict[str, object]:
        return {"access_token": access_token}

    with pytest.raises(NoToken):
        await FormToken(request).headers(send)


@given(st.binary(max_size=5000), st.sampled_from(["gzip", "deflate", "identity"]), st.integers(1, 700))
def test_what_was_packed_is_unpacked(content: bytes, encoding: str, size: int) -> None:
    compressed = {"gzip": gzip.compress(content), "deflate": zlib.compress(content), "identity": content}[
        encoding
    ]
    body = sink({"content-encoding": encoding}, 5000)
    for start in range(0, len(compressed), size):
        body.feed(compressed[start : start + size])
    assert body.finish() == content


def test_a_bomb_ends_early() -> None:
    body = InflatingSink(16 * 1024 * 1024)
    with pytest.raises(InvalidEncoding):
        body.feed(gzip.compress(bytes(10 * 1024 * 1024))[:5000])
    assert body._plain.size < 2 * 1024 * 1024


def test_a_body_that_breaks_off_is_not_taken_for_whole() -> None:
    body = InflatingSink(1000)
    body.feed(gzip.compress(b"[1, 2, 3]")[:-4])
    with pytest.raises(InvalidEncoding):
        body.finish()


@pytest.mark.parametrize("depth", [64, 65, 500, 100_000])
@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_json_that_is_nested_without_end_is_garbled(depth: int, opens: bytes, closes: bytes) -> None:
    errors = SourceErrors("acme", "halo")
    inner = b"" if opens == b"[" else b"null"
    body = opens * depth + inner + closes * depth
    if depth <= 64:
        errors.decode(body, None)
        return
    with pytest.raises(UpstreamGarbled):
        errors.decode(body, None)
