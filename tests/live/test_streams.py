"""Subscriptions over HTTP, against a real server: multipart as Apollo's clients read it, and server-sent events."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest

from gateway.edge.graphql import response_stream
from gateway.edge.serving.serve import server
from gateway.testing.harness import Gateway
from tests.live.conftest import POLL_SECONDS, Account
from tests.support.gateway import sandbox_sources

APOLLO = 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0", application/json'
URQL = "text/event-stream, multipart/mixed"
URQL_QUERY = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream"
)
SUBSCRIPTION = "subscription { assetChanged { kind asset { name } } }"


@contextmanager
def served(account: Account) -> Iterator[str]:
    environ = {"GATEWAY_LIVE__POLL_SECONDS": POLL_SECONDS, "GATEWAY_LIVE__SHARE": "1"}
    app = Gateway({"fiwit": sandbox_sources()["fiwit"]}, {"fiwit": account}, environ=environ).app
    listener = socket.create_server(("127.0.0.1", 0))
    running = server(lambda: app)
    thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
    finally:
        begun = time.monotonic()
        running.should_exit = True
        thread.join(10)
        assert time.monotonic() - begun < 3


@pytest.fixture
def url(account: Account) -> Iterator[str]:
    with served(account) as address:
        yield address


@asynccontextmanager
async def subscribed(
    url: str, accept: str, *, method: str = "POST"
) -> AsyncIterator[tuple[httpx.Response, Any]]:
    """The response to a subscription, and its text as it comes."""
    request: dict[str, Any] = {"params" if method == "GET" else "json": {"query": SUBSCRIPTION}}
    async with (
        httpx.AsyncClient(timeout=5) as client,
        client.stream(method, url, headers={"accept": accept}, **request) as response,
    ):
        yield response, response.aiter_text()


async def read_until(chunks: AsyncIterator[str], end: str) -> str:
    text = ""
    async for chunk in chunks:
        text += chunk
        if end in text:
            return text
    raise AssertionError(text)


async def test_multipart(url: str, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_stream, "HEARTBEAT_SECONDS", 0.1)
    async with subscribed(url, APOLLO) as (response, chunks):
        assert response.headers["content-type"] == 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
        heartbeat = "\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql"
        assert (await read_until(chunks, "{}\r\n--graphql")).startswith(f"\r\n--graphql{heartbeat}")
        await read_until(chunks, heartbeat)
        await asyncio.sleep(0.3)
        await account.write("POST", "/assets", name="new")
        text = await read_until(chunks, '"payload"')
        part = next(part for part in text.split("\r\n--graphql") if "payload" in part)
        assert json.loads(part.partition("\r\n\r\n")[2]) == {
            "payload": {"data": {"assetChanged": {"kind": "CREATED", "asset": {"name": "new"}}}}
        }


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_events(url: str, account: Account, method: str) -> None:
    async with subscribed(url, URQL, method=method) as (response, chunks):
        assert response.headers["content-type"].startswith("text/event-stream")
        await read_until(chunks, ":\n\n")
        await asyncio.sleep(0.4)
        await account.write("POST", "/assets", name="new")
        text = await read_until(chunks, "event: next")
        assert '"assetChanged":{"kind":"CREATED","asset":{"name":"new"}}' in text


async def test_clients_that_accept_json_have_json(url: str) -> None:
    async with httpx.AsyncClient() as client:
        for accept in (URQL_QUERY, APOLLO):
            query = {"query": "{ sources { name } }"}
            answer = await client.post(url, json=query, headers={"accept": accept})
            assert answer.json() == {"data": {"sources": [{"name": "fiwit"}]}}
        answer = await client.post(url, json={"query": SUBSCRIPTION}, headers={"accept": URQL_QUERY})
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        answer = await client.post(url, json={"query": SUBSCRIPTION}, headers={"accept": "image/png"})
        assert answer.status_code == 406


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("{ sources { name } }", '{"data":{"sources":[{"name":"fiwit"}]}}'),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { assetChanged(filter: {source: {eq: "x"}}) { kind } }', "BAD_USER_INPUT"),
    ],
)
async def test_a_client_of_events_alone_has_all_as_events(url: str, query: str, part: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, json={"query": query}, headers={"accept": "text/event-stream"})
        assert answer.status_code == 200
        events = [event for event in answer.text.split("\n\n") if event.startswith("event")]
        assert events[0].startswith("event: next\ndata: {")
        assert part in events[0]
        assert events[1:] == ["event: complete\ndata: "]


async def test_a_subscription_that_is_refused_ends_the_multipart_stream(url: str) -> None:
    refused = 'subscription { assetChanged(filter: {source: {eq: "x"}}) { kind } }'
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, json={"query": refused}, headers={"accept": APOLLO})
        assert '{"payload":null,"errors":[{"message"' in answer.text
        assert answer.text.endswith("--graphql--\r\n")


async def test_the_server_does_not_wait_for_streams(account: Account) -> None:
    with served(account) as url:
        client = httpx.AsyncClient(timeout=5)
        context = client.stream("POST", url, json={"query": SUBSCRIPTION}, headers={"accept": APOLLO})
        response = await context.__aenter__()
        await anext(response.aiter_text())
    await context.__aexit__(None, None, None)
    await client.aclose()
