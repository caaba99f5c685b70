"""Known heads: a request whose head was seen before is answered as the first one was, and never more than that."""

import asyncio
import gc
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from gateway.access import Authenticator
from gateway.edge.known_heads import KnownHeads
from gateway.edge.serving.reloading import ReloadableApp
from gateway.edge.serving.serve import server
from gateway.settings import AuthSettings, CorsSettings, RoleLimits, RoleSettings, Settings
from gateway.settings.access import KeySettings, ProxySettings
from tests.edge.test_serving import exchange, until

Served = Callable[[ASGIApp], AbstractContextManager[int]]
HELLO = b'{"query": "{ hello }"}'
SLOW = b'{"query": "{ slow(seconds: 30) }"}'
LAST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
CHANGING = re.compile(rb"(x-request-id|date): [^\r]*\r\n")


def post(body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST /graphql HTTP/1.1", b"Host: localhost", b"Content-Type: application/json", *headers]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


def bearer(key: str) -> bytes:
    return b"Authorization: Bearer " + key.encode()


def responses(answer: bytes) -> list[bytes]:
    return [b"HTTP/1.1 " + each for each in CHANGING.sub(b"", answer).split(b"HTTP/1.1 ")[1:-1]]


def statuses(answer: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d+) ", answer)[:-1]


@contextmanager
def reloadable(app: Starlette, *others: Starlette) -> Iterator[tuple[int, ReloadableApp, Callable[[], None]]]:
    """A server of an application, and a function that replaces it by the next one."""
    replacements = iter(others)
    reloading = ReloadableApp(app, lambda: next(replacements))
    listener = socket.create_server(("127.0.0.1", 0))
    running = server(lambda: reloading)
    thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
    thread.start()
    until(lambda: running.started)

    def replace() -> None:
        before = reloading.known_heads
        running.servers[0].get_loop().call_soon_threadsafe(reloading.request_reload)
        until(lambda: reloading.known_heads is not before)

    try:
        yield listener.getsockname()[1], reloading, replace
    finally:
        running.should_exit = True
        thread.join(10)


def known(app: ReloadableApp) -> int:
    return len(app.known_heads._heads)


@pytest.mark.parametrize(
    "headers", [(), (b"Accept: application/graphql-response+json",), (b"Origin: https://a.example",)]
)
def test_answers_are_equal_but_for_their_ids(make_app: Any, headers: tuple[bytes, ...]) -> None:
    request = post(HELLO, *headers)
    with reloadable(make_app(cors=CorsSettings(("https://a.example",)))) as (port, app, _):
        answer = exchange(port, *[request] * 5, LAST)
        assert known(app) == 1
    first, *others = responses(answer)
    assert b'{"hello":"hello world"}' in first
    assert others == [first] * 4
    assert len(set(re.findall(rb"x-request-id: ([^\r]*)", answer))) == 6


def test_what_differs_in_one_byte_is_checked_anew(make_app: Any) -> None:
    with reloadable(make_app(keys=("right",))) as (port, app, _):
        good, bad = post(HELLO, bearer("right")), post(HELLO, bearer("wrong"))
        answer = exchange(port, good, good, good, bad, post(HELLO), good, LAST)
        assert known(app) == 1
    assert statuses(answer) == [b"200", b"200", b"200", b"401", b"401", b"200"]


def test_heads_that_do_not_mean_the_same_twice(make_app: Any) -> None:
    headers = (
        b"X-Request-Id: mine",
        b"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        b"X-Gateway-Cost: 1",
        b"X-Gateway-Explain: 0",
        b"Connection: x, keep-alive",
        b"Transfer-Encoding: chunked",
    )
    chunked = (
        post(HELLO, headers[-1])
        .replace(b"Content-Length: 22\r\n", b"")
        .replace(HELLO, b"16\r\n%b\r\n0\r\n\r\n" % HELLO)
    )
    with reloadable(make_app()) as (port, app, _):
        requests = [chunked, *(post(HELLO, header) for header in headers[:-1])]
        answer = exchange(port, *requests * 3, LAST)
        assert known(app) == 0
    assert statuses(answer) == [b"200"] * 18


def test_refused_bodies_and_mutations_go_the_usual_way(make_app: Any, ended: list[str]) -> None:
    bodies = [HELLO] * 3 + [b'{"query": "{ nothi }"}', b'{"query": "{hello} \' }', b'{"query":"{ hello  }"}']
    act = b'{"query": "mutation { act }"}'
    assert {len(body) for body in bodies} == {len(HELLO)}
    with reloadable(make_app()) as (port, _, __):
        answer = exchange(port, *map(post, bodies), LAST)
        acted = exchange(port, *[post(act)] * 3, post(b'{"query": "{ hello }"}       '), LAST)
    assert statuses(answer) == [b"200"] * 4 + [b"400", b"200"]
    assert answer.count(b"GRAPHQL_VALIDATION_FAILED") == 1
    assert answer.count(b"hello world") == 4
    assert acted.count(b'"act":"acted"') == 3
    assert ended == ["done"] * 3


def test_a_key_ends_when_it_expires(make_app: Any) -> None:
    expires = time.time() + 0.8
    key = KeySettings("desk", sha256(b"k").digest(), expires=datetime.fromtimestamp(expires, UTC))
    request = post(HELLO, bearer("k"))
    with reloadable(make_app(auth=AuthSettings(keys=(key,)))) as (port, app, _):
        before = exchange(port, request, request, request, LAST)
        assert known(app) == 1
        until(lambda: time.time() > expires)
        after = exchange(port, request, LAST)
    assert statuses(before) == [b"200"] * 3
    assert statuses(after) == [b"401"]


def test_a_reload_takes_a_key_away_at_once(make_app: Any) -> None:
    request = post(HELLO, bearer("old"))
    with (
        reloadable(make_app(keys=("old",)), make_app(keys=("new",))) as (port, _, replace),
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        for _ in range(3):
            connection.sendall(request)
            assert b" 200 " in connection.recv(65536)
        replace()
        connection.sendall(request)
        assert b" 401 " in connection.recv(65536)


def test_callers_with_a_policy_are_asked_about_each_time(make_app: Any) -> None:
    class Policy:
        def roles(self, _: object) -> list[RoleSettings]:
            return [RoleSettings("few", limits=RoleLimits(requests_per_second=2))]

    with reloadable(make_app(policy=Policy())) as (port, app, _):
        answer = exchange(port, *[post(HELLO)] * 4, LAST)
        assert known(app) == 0
    assert b"429" in statuses(answer)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second local address")
def test_a_proxys_word_is_believed_by_its_address_each_time(make_app: Any) -> None:
    auth = AuthSettings(("right",), proxy=ProxySettings(("127.0.0.2",)))
    named, by_key = post(HELLO, b"X-Forwarded-User: ann"), post(HELLO, bearer("right"))
    with reloadable(make_app(auth=auth)) as (port, app, _):
        trusted = exchange(port, *[named] * 4, LAST, address="127.0.0.2")
        assert known(app) == 0
        untrusted = exchange(port, *[named] * 4, LAST)
        keys = exchange(port, *[by_key] * 4, LAST)
    assert statuses(trusted) == statuses(keys) == [b"200"] * 4
    assert statuses(untrusted) == [b"403"] * 4


def test_callers_own_credentials_are_checked_each_time(make_app: Any) -> None:
    taken, refused = (
        post(HELLO, b"X-Source-Authorization-%s: Bearer t" % name) for name in (b"HALO", b"S3S")
    )
    with reloadable(make_app(accepting={"halo"})) as (port, app, _):
        answer = exchange(port, *[taken] * 4, *[refused] * 3, LAST)
        assert known(app) == 0
    assert statuses(answer) == [b"200"] * 4 + [b"403"] * 3


def test_a_body_that_was_not_read_is_no_request(make_app: Any) -> None:
    """Else a page of another site could send any request in the body of one that is refused."""
    hidden = post(HELLO)
    foreign = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nContent-Length: %d\r\n\r\n"
    with reloadable(make_app()) as (port, app, _):
        exchange(port, hidden, hidden, hidden, LAST)
        assert known(app) == 1
        answer = exchange(port, foreign % len(hidden), hidden, LAST)
    assert statuses(answer) == [b"403"]
    assert b"hello world" not in answer


@pytest.mark.parametrize("cut", [1, 20, -30, -1])
def test_requests_in_pieces_and_several_at_once(make_app: Any, cut: int) -> None:
    request = post(HELLO)
    with reloadable(make_app()) as (port, _, __):
        exchange(port, request, request, LAST)
        answer = exchange(port, request[:cut], request[cut:] + request + request, request, LAST)
    assert statuses(answer) == [b"200"] * 4
    assert answer.count(b"hello world") == 4


def test_more_comes_while_a_known_one_is_under_way(make_app: Any) -> None:
    short = b'{"query": "{ slow(seconds: 0.1) }"}'
    with reloadable(make_app()) as (port, app, _):
        exchange(port, *[post(short.replace(b"0.1", b"0.0"))] * 2, LAST)
        assert known(app) == 1
        answer = exchange(port, post(short), post(short) + post(HELLO), LAST)
    assert statuses(answer) == [b"200"] * 3
    assert [b"hello" in each for each in responses(answer)] == [False, False, True]


def test_work_ends_with_its_caller(make_app: Any, ended: list[str]) -> None:
    quick = SLOW.replace(b"30", b"0 ")
    with reloadable(make_app()) as (port, app, _):
        exchange(port, *[post(quick)] * 2, LAST)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(post(SLOW))
            until(lambda: len(app.known_heads.tasks) == 1)
        until(lambda: "cancelled" in ended)
        until(lambda: not app.known_heads.tasks)


def test_no_credential_is_kept(make_app: Any) -> None:
    secret = "hunter2-hunter2"
    with reloadable(make_app(keys=(secret,))) as (port, app, _):
        exchange(port, *[post(HELLO, bearer(secret))] * 3, LAST)
        assert known(app) == 1
        (head,) = app.known_heads._heads.values()
        respond: Any = head.respond
        held = [
            *gc.get_referents(app.known_heads._sighted),
            head.added,
            respond._scope,
            [*app.known_heads._heads],
        ]
    assert secret not in repr(held)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 without being told")
def test_a_head_is_known_from_its_address_only(make_app: Any) -> None:
    """A proxy's word may say who sends a request: nobody else may send the same word."""

    def ask(port: int, address: str) -> None:
        with socket.create_connection(("127.0.0.1", port), 10, (address, 0)) as connection:
            connection.sendall(post(HELLO, b"X-Forwarded-User: chief"))
            assert b" 200 " in connection.recv(65536)

    with reloadable(make_app()) as (port, app, _):
        for _ in range(3):
            ask(port, "127.0.0.1")
        assert (known(app), len(app.known_heads._sighted)) == (1, 1)
        ask(port, "127.0.0.2")
        assert (known(app), len(app.known_heads._sighted)) == (1, 2)
        ask(port, "127.0.0.2")
        assert known(app) == 2


def test_tables_are_bounded() -> None:
    heads = KnownHeads()
    for number in range(10_000):
        heads.sight(b"%d" % number)
    assert len(heads._sighted) <= 4_000
    assert heads.digest(b"x" * 10_000, "") is None


def test_tokens_are_checked_each_time() -> None:
    authenticator = Authenticator(Settings(auth=AuthSettings(("k",))))
    assert authenticator.valid_until(["k"]) == float("inf")

    class Tokens:
        def is_token(self, credential: str) -> bool:
            return credential.startswith("eyJ")

    authenticator._tokens = Tokens()  # type: ignore[assignment]
    assert authenticator.valid_until(["eyJ.a.b"]) == 0.0
    assert asyncio.run(authenticator.check_token("none")) is None


def test_known_requests_keep_a_connection_open(make_app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.edge.serving.serve._IDLE_SECONDS", 0.3)
    with reloadable(make_app()) as (port, _, __), socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(6):
            connection.sendall(post(HELLO))
            assert b" 200 " in connection.recv(65536)
            time.sleep(0.12)
        connection.settimeout(2)
        assert connection.recv(1) == b""
