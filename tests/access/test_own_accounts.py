"""Callers' own accounts at a source: nothing of one account is another's, and the gateway's is nobody's."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app.caller_accounts import CallerAccounts
from gateway.settings import Settings, SourceSettings
from gateway.testing.harness import Gateway
from tests.support.asgi_websocket import opened_websocket
from tests.support.roles import headers_of, roles_file

ROLES = """
[roles.all]
sources = ["*"]
read = ["*"]
write = ["*"]
explore = true
[roles.costs]
sources = ["*"]
read = ["*"]
hide = ["Asset.purchaseCost"]
[roles.elsewhere]
sources = ["s3s"]
read = ["*"]
"""
OWNERS = {"Bearer gateway": "gateway", "Bearer ann": "ann", "Bearer bob": "bob"}
QUERY = "{ assets { totalCount nodes { name purchaseCost } } }"
HEADER = "x-source-authorization-tether"


class Vendor:
    """A vendor whose accounts see one asset each, named after them."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        owner = OWNERS.get(request.headers["authorization"])
        self.requests.append((request.method, str(owner)))
        if owner is None:
            return httpx.Response(401, json={})
        asset = {"id": 1, "name": owner, "status": "available", "purchase_cost": "5.00"}
        if request.method != "GET":
            return httpx.Response(200, json={"data": asset})
        if request.url.path.endswith("/1"):
            return httpx.Response(200, json={"data": asset})
        return httpx.Response(200, json={"data": [asset], "total": 1, "current_page": 1, "last_page": 1})


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
async def gateway(vendor: Vendor, tmp_path: Path) -> AsyncIterator[Gateway]:
    config = roles_file(tmp_path, ROLES, ("all", "all"), ("costs", "costs"), ("elsewhere", "elsewhere"))
    tether = {"VENDOR": "tether", "BASE_URL": "http://tether.test/api", "TOKEN": "gateway"}
    other = {"VENDOR": "s3s", "BASE_URL": "http://s3s.test", "API_KEY": "k"}
    sources = {"tether": tether | {"CALLER_CREDENTIALS": "true"}, "s3s": other}

    async def empty(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [], "items": [], "results": []})

    environ = {"GATEWAY_AUDIT__FILE": str(tmp_path / "audit.log")}
    handlers: Any = {"tether": vendor, "s3s": empty}
    async with Gateway(sources, handlers, cached=True, config=config, environ=environ) as opened:
        yield opened


async def ask(
    gateway: Gateway, own: str | None, query: str = QUERY, *, caller: str = "all", header: str = HEADER
) -> httpx.Response:
    headers = headers_of(caller) | ({} if own is None else {header: own})
    return await gateway.client.post("/graphql", json={"query": query}, headers=headers)


def names(response: httpx.Response) -> list[str]:
    return [
        node["name"] for node in response.json()["data"]["assets"]["nodes"] if node["name"] in OWNERS.values()
    ]


async def test_each_account_has_its_own_answers(gateway: Gateway, vendor: Vendor) -> None:
    for _ in range(3):  # by the third time whole responses are kept
        assert names(await ask(gateway, None)) == ["gateway"]
        assert names(await ask(gateway, "Bearer ann")) == ["ann"]
        assert names(await ask(gateway, "Bearer bob")) == ["bob"]
    assert sorted(vendor.requests) == [("GET", "ann"), ("GET", "bob"), ("GET", "gateway")]


async def test_roles_are_obeyed(gateway: Gateway) -> None:
    body = (await ask(gateway, "Bearer ann", caller="costs")).json()
    assert body["data"]["assets"]["nodes"] == [{"name": "ann", "purchaseCost": None}]
    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"]


async def test_a_refused_credential_harms_nobody_else(gateway: Gateway) -> None:
    for number in range(12):
        query = QUERY.replace("assets", f"assets(first: {number + 1})")
        body = (await ask(gateway, "Bearer wrong", query)).json()
        assert body["errors"][0]["extensions"]["code"] == "UPSTREAM_AUTH"
    assert names(await ask(gateway, None)) == ["gateway"]
    assert names(await ask(gateway, "Bearer ann")) == ["ann"]


@pytest.mark.parametrize(
    ("caller", "header", "value", "status", "code"),
    [
        ("all", "x-source-authorization-s3s", "Bearer ann", 403, "FORBIDDEN"),
        ("all", "x-source-authorization-none", "Bearer ann", 403, "FORBIDDEN"),
        ("elsewhere", HEADER, "Bearer ann", 403, "FORBIDDEN"),
        ("all", HEADER, "", 400, "BAD_REQUEST"),
        ("all", HEADER, "x" * 9000, 400, "BAD_REQUEST"),
        ("all", HEADER, "a\x7fb", 400, "BAD_REQUEST"),
    ],
)
async def test_refusals(
    gateway: Gateway, vendor: Vendor, *, caller: str, header: str, value: str, status: int, code: str
) -> None:
    response = await ask(gateway, value, caller=caller, header=header)
    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": code}
    assert not value or value not in response.text
    assert vendor.requests == []


@pytest.mark.parametrize("path", ["/tables", "/tables/assets.csv?live=true", "/odata/assets", "/metrics"])
async def test_what_the_gateway_has_read_is_not_given_out(
    gateway: Gateway, vendor: Vendor, path: str
) -> None:
    response = await gateway.client.get(path, headers=headers_of("all") | {HEADER: "Bearer ann"})
    assert response.status_code == 400
    assert vendor.requests == []


async def test_answers_are_not_kept_by_caches_in_between(gateway: Gateway) -> None:
    params = {"query": "{ assets { nodes { name } } }"}
    shared = await gateway.client.get("/graphql", params=params, headers=headers_of("all"))
    assert HEADER in shared.headers["vary"]
    own = await gateway.client.get(
        "/graphql", params=params, headers=headers_of("all") | {HEADER: "Bearer ann"}
    )
    assert own.headers["cache-control"] == "no-store"


async def test_a_write_is_sent_by_the_account_and_audited(
    gateway: Gateway, vendor: Vendor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mutation = 'mutation { deleteAsset(input: {id: "tether:Asset:1"}) { deletedId userErrors { message } } }'
    body = (await ask(gateway, "Bearer ann", mutation)).json()
    assert body["data"]["deleteAsset"] == {"deletedId": "tether:Asset:1", "userErrors": []}, body
    assert {owner for _, owner in vendor.requests} == {"ann"}
    lines = [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]
    assert [line["own_account"] for line in lines] == [True, True]
    assert "Bearer ann" not in caplog.text + (tmp_path / "audit.log").read_text()


async def test_subscriptions_are_refused_and_websockets_may_bring_them(gateway: Gateway) -> None:
    init = {
        "Authorization": headers_of("all")["authorization"],
        "X-Source-Authorization-TETHER": "Bearer ann",
    }
    async with opened_websocket(gateway.app, init) as ws:
        await ws.subscribe(QUERY)
        assert names_of(await ws.data()) == ["ann"]
        await ws.hear()
        await ws.subscribe("subscription { assetChanged { kind } }", "2")
        message = await ws.hear()
    assert "own accounts" in json.dumps(message)


def names_of(data: Any) -> list[str]:
    return [node["name"] for node in data["assets"]["nodes"]]


def test_accounts_in_memory_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.app.caller_accounts._BYTES", 300_000)

    class Factory:
        opened = 0

        def open_own_account(self, source: object, authorization: str) -> object:  # noqa: ARG002
            self.opened += 1
            return object()

    class Source:
        upstream = None

    factory: Any = Factory()
    sources: Any = {"tether": Source()}
    source = SourceSettings("tether", "tether", "", 0, 1, 1, caller_credentials=True)
    accounts = CallerAccounts(Settings(sources=(source,)), sources, factory)
    for number in [*range(10), 9, 8, 7, 0]:
        accounts._upstream("tether", str(number))
    assert factory.opened == 11
    assert accounts._upstreams.currsize <= 300_000
