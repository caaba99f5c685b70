"""Subscriptions and what is outside their application: another worker's write, and a reload of the settings."""

import asyncio
from pathlib import Path

import pytest
from starlette.applications import Starlette

from gateway.edge.serving import reloading
from gateway.edge.serving.reloading import ReloadableApp
from gateway.live import poller
from gateway.testing.harness import Gateway
from tests.edge.test_reload import serving
from tests.live.conftest import POLL_SECONDS, Account
from tests.live.test_asset_changed import CHANGES, CREATE, change, following, polled
from tests.support.asgi_websocket import opened_websocket
from tests.support.gateway import sandbox_sources
from tests.support.roles import headers_of, roles_file

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


async def test_a_reload_ends_the_subscriptions_of_a_key_that_is_gone(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "_RETIREMENT_SECONDS", 0.1)
    before, after = (
        gateway_of(account, config=roles_file(tmp_path, ROLES, *((name, "reader") for name in names)))
        for names in (("leaver", "stayer"), ("stayer",))
    )
    app = ReloadableApp(application(before), lambda: application(after))
    async with serving(app) as client:
        async with opened_websocket(app, {"Authorization": headers_of("leaver")["authorization"]}) as ws:
            await following(ws, before)
            assert await app.reload()
            assert (await ws.hear())["code"] == 1012
        for name, status in (("leaver", 401), ("stayer", 200)):
            query = {"query": "{ __typename }"}
            response = await client.post("http://localhost/graphql", json=query, headers=headers_of(name))
            assert response.status_code == status
