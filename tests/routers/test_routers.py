"""The gateway as a subgraph, composed and asked through others' routers from npm: `make test-routers`."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.sandbox import Company
from gateway.sandbox.server import create_apps
from gateway.testing.harness import Gateway
from gateway.testing.upstreams import served
from tests.support.gateway import sandbox

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("ROUTERS_MODULES", ""))
GRAFBASE = MODULES / "node_modules/@grafbase/cli-x86_64-unknown-linux-musl/grafbase"
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not os.environ.get("ROUTERS_MODULES"), reason="run `make test-routers`"),
]

QUERY = """{
  itAssets(first: 20) {
    nodes { name notes source { name } }
    complete
    sources { source { name } complete error { code } }
  }
  orders {
    number
    device { __typename name complete records { id source { name } } }
    buyer { email people { complete nodes { name } } assets { complete nodes { name source { name } } } }
  }
}"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Halo:
    """Halo's simulator, which can be made to fail."""

    handler: Any
    fails: bool = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(503) if self.fails else await self.handler(request)


@asynccontextmanager
async def serving(app: Any, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task


def inventory(orders: list[Mapping[str, Any]]) -> Starlette:
    """The other team's subgraph: all of its orders, whatever it is asked."""

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse({"data": {"orders": orders}})

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])])


def subgraph(tmp_path: Path, *arguments: str) -> Path:
    file = tmp_path / "it.graphql"
    command = [sys.executable, "-m", "gateway", "schema", "--federation", *arguments]
    file.write_text(subprocess.run(command, check=True, capture_output=True, text=True).stdout, "utf-8")
    return file


def compose(tmp_path: Path, *subgraphs: str) -> dict[str, list[str]]:
    """The errors of each composer; the supergraph is in `supergraph.graphql`."""
    command = [node(), str(HERE / "compose.mjs"), str(tmp_path / "supergraph.graphql"), *subgraphs]
    result = subprocess.run(command, check=True, capture_output=True, text=True, cwd=MODULES)
    errors: dict[str, list[str]] = json.loads(result.stdout)
    return errors


def node() -> str:
    command = shutil.which("node")
    assert command is not None
    return command


@pytest.mark.parametrize("arguments", [(), ("--read-only",), ("--prefix", "IT")])
def test_every_composer_takes_the_subgraph(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    errors = compose(tmp_path, f"it=http://it.test={subgraph(tmp_path, *arguments)}")
    assert errors == {composer: [] for composer in errors}
    assert len(errors) == 3


def test_names_collide_without_a_prefix(tmp_path: Path) -> None:
    other = f"inventory=http://inventory.test={HERE / 'inventory.graphql'}"
    errors = compose(tmp_path, f"it=http://it.test={subgraph(tmp_path)}", other)
    assert all(errors.values())


@asynccontextmanager
async def router(name: str, supergraph: Path) -> AsyncIterator[str]:
    """A router of this supergraph; its address."""
    port = free_port()
    hive = [
        str(MODULES / "node_modules/.bin/hive-gateway"),
        "supergraph",
        str(supergraph),
        *("--port", str(port), "--host", "127.0.0.1"),
    ]
    commands = {
        "apollo": [node(), str(HERE / "apollo.mjs"), str(supergraph), str(port)],
        "hive": [node(), *hive],
        "hive-rust": [node(), *hive, "--hive-router-runtime"],
        # composes by itself
        "grafbase": [str(GRAFBASE), "dev", "-c", str(supergraph.with_name("grafbase.toml")), "-p", str(port)],
    }
    log = supergraph.with_suffix(".log").open("wb+")
    process = await asyncio.create_subprocess_exec(
        *commands[name],
        cwd=MODULES,
        env={**os.environ, "HOME": str(supergraph.parent)},
        stdout=log,
        stderr=log,
    )
    url = f"http://127.0.0.1:{port}/graphql"
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while True:
                try:
                    ready = await client.post(url, json={"query": "{ __typename }"})
                    if ready.status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.2)
        # without its engine in Rust, Hive goes on with the other one
        assert "Falling back" not in supergraph.with_suffix(".log").read_text("utf-8")
        yield url
    finally:
        process.kill()
        await process.wait()
        log.close()


async def references(gateway: Gateway) -> list[Mapping[str, Any]]:
    """Twenty orders of things that the gateway knows, each of several sources."""
    things = (
        await gateway.ask(
            """{ unifiedAssets(first: 500, presence: {records: {gte: 2}}) {
              nodes { serialNumber records { source { name } assignedTo { email } } }
            } }"""
        )
    ).whole["unifiedAssets"]["nodes"]
    emails = [
        record["assignedTo"]["email"]
        for thing in things
        for record in thing["records"]
        if (record["assignedTo"] or {}).get("email")
    ]
    numbers = [
        thing["serialNumber"]
        for thing in things
        if thing["serialNumber"] and {record["source"]["name"] for record in thing["records"]} - {"halo"}
    ]
    return [
        {
            "__typename": "Order",
            "number": f"O-{index}",
            "device": {"__typename": "ITUnifiedAsset", "serialNumber": number},
            "buyer": {"__typename": "ITAssetHolder", "email": email},
        }
        for index, (number, email) in enumerate(zip(numbers[:20], emails, strict=False))
    ]


@pytest.mark.parametrize(
    "name",
    [
        "apollo",
        "hive",
        "hive-rust",
        pytest.param(
            "grafbase",
            marks=pytest.mark.skipif(not GRAFBASE.exists(), reason="it is for Linux on x86-64 alone"),
        ),
    ],
)
async def test_a_router_joins_the_graphs_and_shows_what_fails(
    name: str, company: Company, tmp_path: Path
) -> None:
    halo = Halo(served(create_apps(company)["halo"]))
    environ = {"GATEWAY_FEDERATION__PREFIX": "IT", "GATEWAY_FEDERATION__READ_ONLY": "true"}
    ports = free_port(), free_port()
    subgraphs = {
        "it": (f"http://127.0.0.1:{ports[0]}/subgraph", subgraph(tmp_path, "--prefix", "IT", "--read-only")),
        "inventory": (f"http://127.0.0.1:{ports[1]}/graphql", HERE / "inventory.graphql"),
    }
    if name == "grafbase":
        tables = (
            f'[subgraphs.{key}]\nurl = "{url}"\nschema_path = "{file}"\n'
            for key, (url, file) in subgraphs.items()
        )
        (tmp_path / "grafbase.toml").write_text("".join(tables))
    else:
        errors = compose(tmp_path, *(f"{key}={url}={file}" for key, (url, file) in subgraphs.items()))
        assert errors == {composer: [] for composer in errors}
    async with sandbox(company, environ=environ, handlers={"halo": halo}) as gateway:
        orders = await references(gateway)
        async with (
            serving(gateway.app, ports[0]),
            serving(inventory(orders), ports[1]),
            router(name, tmp_path / "supergraph.graphql") as url,
            httpx.AsyncClient(timeout=60) as client,
        ):
            gateway.upstreams.forget()
            answer = (await client.post(url, json={"query": QUERY})).json()
            assert "errors" not in answer, answer["errors"]
            check_whole(answer["data"], orders)
            # Lists and tables of five sources, Halo's notes, and Halo's assets of each of its people.
            assert len(gateway.calls) <= 100
            halo.fails = True
            answer = (await client.post(url, json={"query": QUERY})).json()
            assert answer["data"], answer
            check_without_halo(answer["data"])


def check_whole(data: Any, orders: list[Mapping[str, Any]]) -> None:
    assert data["itAssets"]["complete"]
    assert len(data["itAssets"]["nodes"]) == 20
    assert [order["number"] for order in data["orders"]] == [order["number"] for order in orders]
    devices = [order["device"] for order in data["orders"]]
    assert {device["__typename"] for device in devices} == {"ITUnifiedAsset"}
    assert all(device["complete"] and device["records"] for device in devices)
    assert all(order["buyer"]["people"]["complete"] for order in data["orders"])
    assert any(order["buyer"]["assets"]["nodes"] for order in data["orders"])


def check_without_halo(data: Any) -> None:
    assert not data["itAssets"]["complete"]
    failed = [part for part in data["itAssets"]["sources"] if not part["complete"]]
    assert [(part["source"]["name"], part["error"]["code"]) for part in failed] == [
        ("halo", "UPSTREAM_UNAVAILABLE")
    ]
    assert data["itAssets"]["nodes"]
    devices = [order["device"] for order in data["orders"]]
    assert all(device["records"] and not device["complete"] for device in devices)
    assert {record["source"]["name"] for device in devices for record in device["records"]}.isdisjoint(
        {"halo"}
    )
    assert not any(order["buyer"]["assets"]["complete"] for order in data["orders"])
