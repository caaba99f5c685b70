"""Callers whom a trusted proxy names: believed from its addresses, refused from all others."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.access.proxy_identity import ProxyIdentity
from gateway.app import read_settings
from gateway.settings import ProxySettings, SettingsError
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import always
from tests.support.asgi_websocket import opened_websocket
from tests.support.roles import headers_of, roles_file

ASSET = {"id": 1, "name": "one", "status": "available", "purchase_cost": "5.00"}
QUERY = "{ assets { nodes { name purchaseCost } } }"
CONFIG = """
[auth.proxy]
addresses = ["10.0.0.5", "fd00::/8"]
groups_header = "X-Forwarded-Groups"
[auth.proxy.users]
"CN=bi,O=Acme" = "report"
[roles.all]
sources = ["*"]
read = ["*"]
[roles.report]
sources = ["*"]
read = ["*"]
hide = ["Asset.purchaseCost"]
"""
PROXY = ("10.0.0.5", 1234)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    config = roles_file(tmp_path, CONFIG, ("all", "all"))
    tether = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "t"}
    environ = {"GATEWAY_AUDIT__FILE": str(tmp_path / "audit.log")}
    async with Gateway(
        {"tether": tether}, {"tether": always([ASSET])}, config=config, environ=environ
    ) as opened:
        yield opened


async def ask(gateway: Gateway, *headers: tuple[str, str], client: tuple[str, int] = PROXY) -> httpx.Response:
    transport = httpx.ASGITransport(gateway.app, client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as caller:
        return await caller.post("/graphql", json={"query": QUERY}, headers=list(headers))


USER, GROUPS = "x-forwarded-user", "x-forwarded-groups"
KEY = ("authorization", headers_of("all")["authorization"])


@pytest.mark.parametrize(
    ("headers", "cost"),
    [
        ([(USER, "ann"), (GROUPS, "staff, all")], "5.00"),
        ([(USER, "ann"), (GROUPS, "staff,report")], None),
        ([(USER, "CN=bi,O=Acme")], None),
        ([KEY], "5.00"),
        ([(USER, "CN=bi,O=Acme"), KEY], None),  # the proxy's word stands
    ],
)
async def test_a_proxy_names_the_caller(
    gateway: Gateway, headers: list[tuple[str, str]], cost: str | None
) -> None:
    response = await ask(gateway, *headers)
    assert response.json()["data"]["assets"]["nodes"] == [{"name": "one", "purchaseCost": cost}]


async def test_without_roles_nothing_is_seen(gateway: Gateway) -> None:
    assert (await ask(gateway, (USER, "ann"))).json()["data"]["assets"]["nodes"] == []


@pytest.mark.parametrize(
    ("headers", "client", "status"),
    [
        ([(USER, "ann"), (GROUPS, "all")], ("10.0.0.6", 1), 403),
        ([(GROUPS, "all"), KEY], ("10.0.0.6", 1), 403),
        ([(USER, "ann"), KEY], ("127.0.0.1", 1), 403),
        ([(USER, "ann"), ("x-forwarded-for", "10.0.0.5")], ("10.0.0.6", 1), 403),
        ([(USER, "ann"), (USER, "root")], PROXY, 401),
        ([(USER, "ann"), (GROUPS, ""), (GROUPS, "all")], PROXY, 401),
        ([(GROUPS, "all")], PROXY, 401),
        ([(USER, " ")], PROXY, 401),
        ([(USER, "x" * 5000)], PROXY, 401),
        ([], PROXY, 401),
    ],
)
async def test_refusals(
    gateway: Gateway, headers: list[tuple[str, str]], client: tuple[str, int], status: int
) -> None:
    response = await ask(gateway, *headers, client=client)
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] in {"FORBIDDEN", "UNAUTHENTICATED"}
    assert gateway.calls == []


async def assets_by_websocket(gateway: Gateway, *sent: tuple[bytes, bytes], **init: str) -> Any:
    async def proxied(scope: Scope, receive: Receive, send: Send) -> None:
        await gateway.app(_proxied(scope, PROXY, sent), receive, send)

    async with opened_websocket(proxied, init) as ws:
        await ws.subscribe(QUERY)
        return (await ws.data())["assets"]["nodes"]


def _proxied(scope: Scope, client: tuple[str, int], sent: tuple[tuple[bytes, bytes], ...]) -> Scope:
    extensions: Any = {"websocket.http.response": {}}
    return {**scope, "client": client, "extensions": extensions, "headers": [*scope["headers"], *sent]}


NAMED = ((USER.encode(), b"ann"), (GROUPS.encode(), b"all"))


async def test_a_websocket_has_the_caller_of_its_handshake(gateway: Gateway) -> None:
    assert await assets_by_websocket(gateway, *NAMED) == [{"name": "one", "purchaseCost": "5.00"}]


async def test_a_first_message_is_no_word_of_the_proxys(gateway: Gateway) -> None:
    with pytest.raises(AssertionError):  # the connection is closed instead of acknowledged
        await assets_by_websocket(gateway, **{USER: "ann", GROUPS: "all"})


async def test_a_handshake_from_elsewhere_is_refused(gateway: Gateway) -> None:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "websocket",
        "path": "/graphql",
        "headers": [(b"host", b"localhost")],
        "subprotocols": [],
    }
    await gateway.app(_proxied(scope, ("10.0.0.6", 1), NAMED), receive, send)
    assert messages[0]["status"] == 403


@pytest.mark.parametrize(
    ("address", "is_trusted"),
    [
        ("10.0.0.5", True),
        ("::ffff:10.0.0.5", True),
        ("fd00::1%eth0", True),
        ("10.0.0.50", False),
        ("", False),
        ("unix", False),
    ],
)
def test_addresses(address: str, *, is_trusted: bool) -> None:
    identity = ProxyIdentity(ProxySettings(("10.0.0.5", "fd00::/8")), [])
    assert identity.is_trusted(address) is is_trusted


def test_faults_are_told_at_once(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(
        '[auth.proxy]\naddresses = ["10.0.0.5/8", "0.0.0.0/0"]\nuser_header = "X User"\n'
        '[sources.fiwit]\napi_key = "k"\n'
    )
    with pytest.raises(SettingsError) as caught:
        read_settings(config, {})
    assert len(caught.value.faults) == 3
    config.write_text('[auth.proxy.users]\nann = "desk"\n[sources.fiwit]\napi_key = "k"\n')
    environ: Any = {"GATEWAY_AUTH__PROXY__ADDRESSES": "10.0.0.5"}
    with pytest.raises(SettingsError, match=r"auth\.proxy\.users ann: there is no role 'desk'"):
        read_settings(config, environ)
