"""Subscriptions and what is outside their application: another worker's write, and a reload of the settings."""

import asyncio
from pathlib import Path

import pytest
from starlette.applications import Starlette

from gateway.edge.graphql.revocation import REVOKED
from gateway.edge.serving.reloading import ReloadableApp
from gateway.live import poller
from gateway.testing.harness import Gateway
from tests.edge.test_reload import serving
from tests.live.conftest import POLL_SECONDS, Account
from tests.live.test_asset_changed import CHANGES, CREATE, change, following, polled
from tests.support.asgi_websocket import opened_websocket
from tests.support.gateway import sandbox_sources
from tests.support.roles import headers_of, key_of, roles_file

ROLES = """
[roles.reader]
sources = ["*"]
read = ["*"]
"""


def gateway_of(
    account: Account,
    *,
    folder: Path | None = None,
    config: Path | None = None,
    poll_seconds: str = POLL_SECONDS,
) -> Gateway:
    variables = {"GATEWAY_LIVE__POLL_SECONDS": poll_seconds, "GATEWAY_LIVE__SHARE": "1"}
    sources = {"fiwit": sandbox_sources()["fiwit"]}
    return Gateway(sources, {"fiwit": account}, cached=True, environ=variables, folder=folder, config=config)


def application(gateway: Gateway) -> Starlette:
    assert isinstance(gateway.app, Starlette)
    return gateway.app


async def test_another_workers_write_brings_the_poll_forward(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "_EPOCH_CHECK_SECONDS", 0.02)
    async with (
        gateway_of(account, folder=tmp_path, poll_seconds="30") as ours,
        gateway_of(account, folder=tmp_path, poll_seconds="30") as theirs,
        opened_websocket(ours.app) as ws,
    ):
        await ws.subscribe(CHANGES)
        await polled(ours, 1)
        await asyncio.sleep(0.1)
        created = (await theirs.ask(CREATE, name="theirs")).whole["createAsset"]["asset"]["id"]
        told = await change(ws)
        assert (told["kind"], told["id"], told["asset"]["name"]) == ("CREATED", created, "theirs")


@pytest.fixture
def reloading(account: Account, tmp_path: Path) -> tuple[ReloadableApp, Gateway]:
    """An application that knows a leaver and a stayer, and after a reload the latter alone; and the first gateway."""
    before, after = (
        gateway_of(account, config=roles_file(tmp_path, ROLES, *((name, "reader") for name in names)))
        for names in (("leaver", "stayer"), ("stayer",))
    )
    return ReloadableApp(application(before), lambda: application(after)), before


async def test_a_reload_closes_the_websockets_of_a_key_that_is_gone(
    reloading: tuple[ReloadableApp, Gateway], account: Account
) -> None:
    app, before = reloading
    inits = [{"Authorization": headers_of(name)["authorization"]} for name in ("leaver", "stayer", "leaver")]
    async with (
        serving(app),
        opened_websocket(app, inits[0]) as idle,
        opened_websocket(app, inits[1]) as stayer,
        opened_websocket(app, inits[2]) as leaver,
    ):
        await following(leaver, before)
        await following(stayer, before)
        assert await app.reload()
        for ws in (leaver, idle):
            closed = await ws.hear()
            assert (closed["type"], closed["code"]) == ("websocket.close", 4403)
            assert closed["reason"] == REVOKED
        await account.write("POST", "/assets", name="new")
        assert (await change(stayer))["kind"] == "CREATED"


@pytest.mark.parametrize(
    ("accept", "ending"),
    [
        ("text/event-stream", "event: complete"),
        ('multipart/mixed;boundary="graphql";subscriptionSpec="1.0"', "--graphql--"),
    ],
)
async def test_a_reload_ends_the_streams_of_a_key_that_is_gone(
    reloading: tuple[ReloadableApp, Gateway], accept: str, ending: str
) -> None:
    app, before = reloading
    async with serving(app) as client:
        headers = {**headers_of("leaver"), "accept": accept}
        body = {"query": "subscription { assetChanged { kind } }"}
        stream = asyncio.create_task(client.post("http://localhost/graphql", json=body, headers=headers))
        await polled(before, 1)
        assert not stream.done()
        assert await app.reload()
        text = (await asyncio.wait_for(stream, 5)).text
        assert "UNAUTHENTICATED" in text
        assert text.rstrip().removesuffix("data:").rstrip().endswith(ending)
        for name, status in (("leaver", 401), ("stayer", 200)):
            query = {"query": "{ __typename }"}
            response = await client.post("http://localhost/graphql", json=query, headers=headers_of(name))
            assert response.status_code == status


async def test_a_connection_from_before_a_reload_is_not_opened_by_a_key_that_is_gone(
    reloading: tuple[ReloadableApp, Gateway],
) -> None:
    app, _ = reloading
    async with serving(app), opened_websocket(app, is_silent=True) as ws:
        assert await app.reload()
        await ws.say({"type": "connection_init", "payload": {"X-API-Key": key_of("leaver")}})
        assert (await ws.hear())["code"] == 4403
