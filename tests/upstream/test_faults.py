"""The fault matrix: every kind of fault at every vendor, over real sockets, seen from a query's answer."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import settings
from gateway import vendors as installed
from gateway.app import open_sources, vendor_keys
from gateway.engine.encoder import ENCODER
from gateway.engine.engine import Engine
from gateway.engine.request import GraphQLRequest
from gateway.sandbox import make_company
from gateway.sandbox.faults import KINDS, Fault, Faulty, parse
from gateway.sandbox.server import create_apps, parts
from gateway.settings import LimitSettings
from gateway.upstream.transport.direct import DirectTransport
from resolvers.context import RequestContext
from schema.build import build_schema

VENDORS = tuple(parts())
#: Seconds of an attempt: so few that it times out, and enough on a busy machine.
SHORT, LONG = 0.4, 4.0
QUERY = """{ assets(first: 10) { complete nodes { nativeId } sources {
    source { name health { state lastError } } complete count stale error { code message retryAfterSeconds } } } }"""


@dataclass(frozen=True)
class FaultEffect:
    """Expected effect of a fault: the error's code (None: no row is lost), and the requests for one GET."""

    code: str | None
    requests: int


TABLE: Mapping[str, FaultEffect] = {
    "refuse": FaultEffect("UPSTREAM_UNAVAILABLE", 3),
    "hang": FaultEffect("UPSTREAM_TIMEOUT", 2),
    "drip": FaultEffect("UPSTREAM_TIMEOUT", 2),
    "slow:0.05": FaultEffect(None, 1),
    "drop": FaultEffect("UPSTREAM_UNAVAILABLE", 3),
    "cut": FaultEffect("UPSTREAM_UNAVAILABLE", 3),
    "500": FaultEffect("UPSTREAM_UNAVAILABLE", 3),
    "502": FaultEffect("UPSTREAM_UNAVAILABLE", 3),
    "503": FaultEffect("UPSTREAM_UNAVAILABLE", 3),
    "501": FaultEffect("UPSTREAM_UNAVAILABLE", 1),
    "rate-limit:60": FaultEffect("UPSTREAM_RATE_LIMITED", 1),
    "rate-limit:0": FaultEffect("UPSTREAM_RATE_LIMITED", 3),
    "401": FaultEffect("UPSTREAM_AUTH", 1),
    "403": FaultEffect("UPSTREAM_AUTH", 1),
    "404": FaultEffect("UPSTREAM_GARBLED", 1),
    "400": FaultEffect("UPSTREAM_REJECTED", 1),
    "html": FaultEffect("UPSTREAM_GARBLED", 1),
    "empty": FaultEffect("UPSTREAM_GARBLED", 1),
    "invalid": FaultEffect("UPSTREAM_GARBLED", 1),
    "nested": FaultEffect("UPSTREAM_GARBLED", 1),
    "nan": FaultEffect("UPSTREAM_GARBLED", 1),
    "wrong-type": FaultEffect("UPSTREAM_GARBLED", 1),
    "huge": FaultEffect("UPSTREAM_TOO_LARGE", 1),
    "bomb": FaultEffect("UPSTREAM_GARBLED", 1),
    "redirect": FaultEffect("UPSTREAM_GARBLED", 1),
    "redirect-loop": FaultEffect("UPSTREAM_GARBLED", 3),
}
#: A refused token that can be replaced is, once.
REPLACED = {("401", "halo"): 2, ("401", "tether"): 2}


@dataclass
class FaultyVendor:
    """A vendor's simulator whose fault can be changed, and that counts the requests with a credential."""

    app: ASGIApp
    fault: Fault | None = None
    got: int = 0
    base_url: str = ""
    closed_url: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(name == b"authorization" for name, _ in scope["headers"]):
            self.got += 1
        app = self.app if self.fault is None else Faulty(self.app, fault=self.fault)
        await app(scope, receive, send)


@dataclass
class FaultMatrix:
    """The vendors, and a gateway's engine."""

    engine: Engine
    vendors: Mapping[str, FaultyVendor]

    async def ask(
        self, query: str = QUERY, *, keys: Mapping[str, Mapping[str, str]] | None = None
    ) -> dict[str, Any]:
        """A new gateway's answer, with extra settings of its sources."""
        environ = {
            f"GATEWAY_SOURCES__{vendor.upper()}__{key}": value
            for vendor, part in parts().items()
            for key, value in {
                **part.settings(self.vendors[vendor].base_url),
                **(keys or {}).get(vendor, {}),
            }.items()
        }
        read = settings.load(config=None, environ=environ, vendors=vendor_keys())
        transport = DirectTransport()
        try:
            context = RequestContext(
                open_sources(read, transport), calls=100, max_page_size=500, caching=False, base_url=str
            )
            answer = await self.engine.execute(GraphQLRequest(query), context)
            return msgspec.json.decode(ENCODER.encode(answer), type=dict[str, Any])
        finally:
            await transport.close()


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[FaultMatrix]:
    apps = create_apps(make_company(seed=3, assets=60))
    vendors = {name: FaultyVendor(app) for name, app in apps.items()}
    async with AsyncExitStack() as stack:
        for faulty_vendor in vendors.values():
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            closed = stack.enter_context(socket.socket())
            closed.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
            faulty_vendor.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            faulty_vendor.closed_url = f"http://127.0.0.1:{closed.getsockname()[1]}"
            server = uvicorn.Server(
                uvicorn.Config(
                    faulty_vendor, lifespan="off", log_level="critical", timeout_graceful_shutdown=1
                )
            )
            task = asyncio.create_task(server._serve([listener]))
            stack.push_async_callback(asyncio.wait, [task])
            stack.callback(_stop, server)
        engine = Engine(build_schema(installed.load().values()), limits=LimitSettings(), introspection=False)
        yield FaultMatrix(engine, vendors)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("written", TABLE)
async def test_a_fault_of_one_vendor(world: FaultMatrix, vendor: str, written: str) -> None:
    expected, faulty_vendor = TABLE[written], world.vendors[vendor]
    _, fault = parse(f"{vendor}:{written}", VENDORS)
    attempt = SHORT if expected.code == "UPSTREAM_TIMEOUT" else LONG
    keys = {"TIMEOUT_SECONDS": str(attempt)}
    if fault.kind == "refuse":
        base_url = parts()[vendor].settings(faulty_vendor.base_url)["BASE_URL"]
        keys["BASE_URL"] = base_url.replace(faulty_vendor.base_url, faulty_vendor.closed_url)
    else:
        faulty_vendor.fault = fault
    faulty_vendor.got = 0
    began = time.monotonic()
    try:
        answer = await world.ask(keys={vendor: keys})
    finally:
        faulty_vendor.fault = None
    took = time.monotonic() - began

    assets = answer["data"]["assets"]
    by_source = {source["source"]["name"]: source for source in assets["sources"]}
    failed = by_source.pop(vendor)
    assert len(by_source) == 4
    for other in by_source.values():
        assert (other["complete"], other["error"], other["stale"]) == (True, None, False)
        assert other["count"] > 0
    if expected.code is None:
        assert failed["complete"]
        assert "errors" not in answer
    else:
        assert (failed["complete"], failed["count"], failed["stale"]) == (False, 0, False)
        assert failed["error"]["code"] == expected.code
        assert [error["extensions"]["code"] for error in answer["errors"]] == [expected.code]
        assert answer["errors"][0]["extensions"]["source"] == vendor
        assert answer["errors"][0]["path"] == ["assets"]
        assert failed["source"]["health"]["state"] in {"DOWN", "UNKNOWN"}
        assert not re.search(r"http|127\.0|Traceback|Error\b|<", failed["error"]["message"])
    if fault.kind == "rate-limit" and fault.number:
        assert failed["error"]["retryAfterSeconds"] == fault.number
    if fault.kind != "refuse":
        requests = REPLACED.get((written, vendor), expected.requests)
        assert faulty_vendor.got == requests
    # all attempts together, and what the machine needs itself
    assert took < 2 * SHORT + 1.5


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_vendor_that_fails_now_and_then_loses_no_row(world: FaultMatrix, vendor: str) -> None:
    faulty_vendor = world.vendors[vendor]
    chances = iter([0.0] * 2 + [0.9] * 100)
    faulty = Faulty(faulty_vendor.app, fault=Fault("503", 0.5), chance=lambda: next(chances))
    before, faulty_vendor.app = faulty_vendor.app, faulty
    try:
        answer = await world.ask()
    finally:
        faulty_vendor.app = before
    assert "errors" not in answer
    assert answer["data"]["assets"]["complete"]


def test_every_kind_of_fault_is_in_the_table() -> None:
    assert {written.partition(":")[0] for written in TABLE} >= KINDS.keys() - {"random", "repeat"}


def test_the_table_in_the_documents_is_this_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \| (?:`(\w+)`|none) \| (\d)", text, re.MULTILINE)
    assert {fault: FaultEffect(code or None, int(requests)) for fault, code, requests in rows} == TABLE
