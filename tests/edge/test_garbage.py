"""Reference cycles: a request's memory is freed without a garbage collection, which would stop all other requests."""

import asyncio
import gc
import itertools
import json
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.edge.serving.serve import server
from gateway.sandbox import Company
from gateway.testing.upstreams import always
from tests.support.gateway import Gateway, sandbox

_OURS = ("gateway", "resolvers", "schema", "uvicorn", "starlette", "aiodataloader", "graphql")
_REQUESTS = 5

QUERIES = (
    "{ __typename }",
    "{ assets(first: 100) { totalCount nodes { id name serialNumber purchaseCost customFields { name value } } } }",
    "{ assets(first: 20) { nodes { location { name } assignedTo { name } tickets(first: 2) { nodes { id } } } } }",
    "{ sources { name health { state } } people(first: 5) { nodes { name } } }",
    "query($id: ID!) { asset(id: $id) { name } }",
    "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
)


@pytest.fixture
async def variables(company: Company) -> dict[str, Any]:
    async with sandbox(company, only=("halo",)) as gateway:
        response = await gateway.ask("{ assets(first: 20) { nodes { id } } }")
    ids = [asset["id"] for asset in response.whole["assets"]["nodes"]]
    return {"id": ids[0], "ids": ids}


@pytest.mark.parametrize("query", QUERIES)
async def test_a_request_leaves_nothing_to_collect(
    company: Company, variables: dict[str, Any], query: str
) -> None:
    async with sandbox(company) as gateway:
        request = {"query": query, "variables": variables}
        assert await _uncollected(gateway, itertools.repeat(request)) == {}


@pytest.mark.parametrize("field", ["name", "nothing"])
async def test_nor_does_a_new_document(company: Company, field: str) -> None:
    texts = (
        f"query ($first: Int) {{ assets(first: $first) {{ nodes {{ alias{number}: {field} ...A }} }} }}"
        " fragment A on Asset { id location { name } }"
        for number in itertools.count()
    )
    async with sandbox(company) as gateway:
        requests = ({"query": text, "variables": {"first": 2}} for text in texts)
        assert await _uncollected(gateway, requests) == {}


@pytest.mark.parametrize("query", QUERIES[1:])
async def test_nor_does_one_that_fails_in_part(
    company: Company, variables: dict[str, Any], query: str
) -> None:
    failing = {"halo": always("no", status=500), "fiwit": always("<p>")}
    async with sandbox(company, handlers=failing) as gateway:
        assert (await gateway.ask(query, **variables)).errors
        request = {"query": query, "variables": variables}
        assert await _uncollected(gateway, itertools.repeat(request)) == {}


async def _uncollected(gateway: Gateway, requests: Iterator[Any]) -> dict[str, int]:
    """
    Number of our objects, by type, that only a collection frees after five requests over a socket. Types with fewer
    objects than requests are ignored, as for a source that is called once more at another moment.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = server(lambda: gateway.app)
        task = asyncio.create_task(running.serve(sockets=[listener]))
        while not running.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            await _send(reader, writer, next(requests))
            with _collecting() as garbage:
                for request in itertools.islice(requests, _REQUESTS):
                    await _send(reader, writer, request)
            names = Counter(f"{type(item).__module__}.{type(item).__qualname__}" for item in garbage)
            return {
                name: count for name, count in names.items() if name.startswith(_OURS) and count >= _REQUESTS
            }
        finally:
            writer.close()
            running.should_exit = True
            await task


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Any) -> None:
    body = json.dumps(request).encode()
    request_head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    writer.write(f"{request_head}content-length: {len(body)}\r\n\r\n".encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))


@contextmanager
def _collecting() -> Iterator[list[Any]]:
    """Context manager of the list of objects that become garbage within it, filled at its end."""
    garbage: list[Any] = []
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield garbage
        gc.collect()
        garbage += gc.garbage
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
