"""A probe of a source: its lists, the rights that are missing, and what the operator sees of a failure."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from gateway import vendors
from gateway.app import open_sources
from gateway.cli import probing
from gateway.connector.fetching.probe import probe
from gateway.connector.fetching.source import Source
from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.settings import load
from gateway.testing.upstreams import Upstreams
from gateway.upstream.transport.via_httpx import HttpxTransport
from tests.support.gateway import sandbox_sources


def fiwit(company: Company, replies: Mapping[str, httpx.Response]) -> Source:
    """Fiwit's sandbox, with other replies at some paths."""
    app = httpx.ASGITransport(create_apps(company)["fiwit"])

    async def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path in replies:
            return replies[request.url.path]
        return await app.handle_async_request(request)

    keys = sandbox_sources()["fiwit"]
    environ = {f"GATEWAY_SOURCES__FIWIT__{name}": value for name, value in keys.items()}
    known = {name: vendor.keys for name, vendor in vendors.load().items()}
    transport = HttpxTransport(handler=Upstreams({"fiwit": keys["BASE_URL"]}, {"fiwit": handler}))
    return open_sources(load(config=None, environ=environ, vendors=known), transport)["fiwit"]


async def test_each_list_is_read_and_missing_rights_are_named(company: Company) -> None:
    result = await probe(fiwit(company, {"/tickets": httpx.Response(403)}))
    assert result.failure is None
    lists = {one.type: one for one in result.lists}
    assert lists["Asset"].rows == 25
    ticket = lists["Ticket"].failure
    assert ticket is not None
    assert (ticket.is_missing_right, ticket.reason) == (True, "status=403")
    text = "\n".join(probing._lines(result))
    assert "  Ticket: the right to read it is missing" in text
    (as_json,) = [one for one in probing.probe_as_json(result)["lists"] if one["type"] == "Ticket"]
    assert (as_json["missingRight"], as_json["rows"]) == (True, None)


async def test_nothing_is_read_if_the_small_read_fails(company: Company) -> None:
    source = fiwit(company, {})
    path = httpx.URL(source.upstream.target.base_url + source.probe).path
    result = await probe(fiwit(company, {path: httpx.Response(503)}))
    assert result.failure is not None
    assert result.failure.host == "fiwit.test"
    assert result.lists == []
    json.dumps(probing.probe_as_json(result))


async def test_a_clock_that_is_wrong_is_a_warning(company: Company) -> None:
    source = fiwit(company, {})
    path = httpx.URL(source.upstream.target.base_url + source.probe).path
    late = httpx.Response(200, json=[], headers={"date": "Wed, 01 Jan 2020 00:00:00 GMT"})
    result = await probe(fiwit(company, {path: late}))
    assert "warning: fiwit: its clock is" in "\n".join(probing._lines(result))
    assert "behind" in "\n".join(probing._lines(result))


async def test_progress_names_the_sources_that_are_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    async def wait(_: Any = None) -> None:
        await asyncio.sleep(60)

    pending = {"slow": asyncio.create_task(wait()), "fast": asyncio.create_task(asyncio.sleep(0))}
    progress = asyncio.create_task(probing._show_progress(pending, 0.01))
    await asyncio.sleep(0.05)
    for task in (progress, *pending.values()):
        task.cancel()
    assert capsys.readouterr().err.startswith("asset-gateway: waiting for slow (0 s)\n")
