"""A gateway over one vendor's sandbox behind a real socket, which writes every request down and can lose an answer."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from decimal import Decimal
from functools import cache
from types import TracebackType
from typing import Any, Self
from unittest import mock

import httpx
import strawberry
import uvicorn
from starlette.types import ASGIApp
from uvicorn.lifespan.on import LifespanOn

from gateway import process_resources, settings, vendors
from gateway.app import application
from gateway.connector.description.resource import Vendor as Spec
from gateway.edge.serving.serve import server
from gateway.sandbox.server import parts
from gateway.testing.upstreams import answered, served
from schema.build import build_schema, sdl
from tests.support.gateway import Answer
from tests.support.vendor import Got, Write, drop, listening, passed_on

PAYLOAD = "userErrors { code message field } planned { method url body }"
#: All of an asset that costs no call for other records.
ASSET = (
    "id nativeId name assetTag serialNumber status statusRaw manufacturer model category assetType organisation "
    "ipAddress macAddress purchaseDate purchaseCost notes supplier depreciationSchedule salvageValue deletedAt "
    "location { id } assignedTo { id } owner { id } contract { id number } customFields { id name value } "
    "warranty { type provider startDate endDate endOfLifeDate contactPhone contactEmail notes } "
    "support { type provider startDate endDate contactPhone contactEmail notes }"
)
TICKET = (
    "id subject description status statusRaw priority priorityRaw ticketType organisation requester { id } "
    "assignee { id name } location { id } customFields { id name value }"
)


class Vendor:
    """
    A vendor's sandbox behind a door that remembers.

    `lose` says how the next write goes wrong: the connection ends `before` it is applied, or `after`, or the answer is
    a `500`. With `answer` no write is applied, and each is answered so.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._ask = served(app)
        self.url = ""
        self.calls: list[str] = []
        self.writes: list[tuple[str, str, Any]] = []
        self.sent: list[httpx.Request] = []
        self.reads: list[str] = []
        self.lose: str | None = None
        self.answer: httpx.Response | None = None
        self._headers: Mapping[str, str] = {}

    async def __call__(self, got: Got, write: Write) -> None:
        """Answer a request, or end the connection."""
        # A Message may have a header twice, httpx joins them.
        request = httpx.Request(
            got.method, f"{self.url}{got.target}", headers=got.headers.items(), content=got.body
        )
        self.calls.append(f"{got.method} {got.target}")
        answer = await self._answered(request)
        await (drop if answer is None else passed_on(answer))(got, write)

    async def _answered(self, request: httpx.Request) -> httpx.Response | None:
        path = request.url.raw_path.decode()
        if "/auth" in path:
            return await self._asked(request)
        self._headers = {
            name: value for name, value in request.headers.items() if not name.startswith("content-")
        }
        if request.method == "GET":
            self.reads.append(path)
            return await self._asked(request)
        self._note(request, path)
        failure, self.lose = self.lose, None
        if failure == "before":
            return None
        if self.answer is not None:
            return self.answer
        answer = await self._asked(request)
        if failure == "500":
            return answered("<html>Oops</html>", status=500)
        return None if failure == "after" else answer

    def _note(self, request: httpx.Request, path: str) -> None:
        is_json = request.headers.get("content-type") == "application/json"
        body = json.loads(request.content, parse_float=Decimal) if is_json else request.content
        self.writes.append((request.method, path, body))
        self.sent.append(request)

    async def _asked(self, request: httpx.Request) -> httpx.Response:
        answer_or_future = self._ask(request)
        answer = answer_or_future if isinstance(answer_or_future, httpx.Response) else await answer_or_future
        await answer.aread()
        return answer

    async def tells(self, path: str) -> Any:
        """The vendor's own answer to a GET with the last request's headers; None if it has none."""
        request = httpx.Request("GET", f"{self.url}{path}", headers=dict(self._headers))
        answer = await self._asked(request)
        return json.loads(answer.content, parse_float=Decimal) if answer.status_code == 200 else None


@cache
def _schema() -> strawberry.Schema:
    return build_schema(vendors.load().values())


@cache
def _sdl(_: strawberry.Schema) -> str:
    return sdl(_schema())


@cache
def _known() -> Mapping[str, Spec]:
    return vendors.load()


def gateway(environ: Mapping[str, str]) -> ASGIApp:
    """The gateway as it is made for these settings, with the transport that is made there."""
    keys = {name: vendor.keys for name, vendor in _known().items()}
    # Schema and vendors have no state, and making them takes far longer than all else.
    with (
        mock.patch.object(process_resources, "build_schema", return_value=_schema()),
        mock.patch.object(application, "sdl", _sdl),
        mock.patch.object(vendors, "load", _known),
    ):
        return application.create_app(settings.load(config=None, environ=environ, vendors=keys))


class House(AbstractAsyncContextManager["House"]):
    """
    A gateway with one source, and the vendor behind it, each on a socket of this machine.

    The gateway itself is asked in this process, and over its own server with `served`.
    """

    def __init__(
        self, name: str, app: ASGIApp, *, environ: Mapping[str, str] | None = None, served: bool = False
    ) -> None:
        self.name = name
        self.vendor = Vendor(app)
        self.client: httpx.AsyncClient
        self._environ = dict(environ or {})
        self._served = served
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.vendor.url = (await self._open.enter_async_context(listening(self.vendor))).url
        keys = {"RATE_PER_MINUTE": "0", **parts()[self.name].settings(self.vendor.url)}
        environ = {f"GATEWAY_SOURCES__{self.name.upper()}__{key}": value for key, value in keys.items()}
        app = gateway(environ | self._environ)
        enter = self._open.enter_async_context
        self.client = await enter(_over_socket(app) if self._served else _in_process(app))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def ask(self, query: str, **variables: Any) -> Answer:
        """The answer to an operation."""
        got = await self.client.post("/graphql", json={"query": query, "variables": variables})
        return Answer(got.status_code, got.json(), got.text)

    async def do(self, mutation: str, shown: str, input_values: Mapping[str, Any]) -> dict[str, Any]:
        """The payload of a mutation that has no errors."""
        answer = await self.attempt(mutation, shown, input_values)
        payload: dict[str, Any] = answer.whole[mutation]
        return payload

    async def attempt(self, mutation: str, shown: str, input_values: Mapping[str, Any]) -> Answer:
        """The whole answer to a mutation."""
        kind = "Delete" if mutation.startswith("delete") else f"{mutation[0].upper()}{mutation[1:]}"
        return await self.ask(
            f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {shown} {PAYLOAD} }} }}",
            input=input_values,
        )

    async def asset(self, id_: str, shown: str = ASSET) -> Any:
        """An asset, read by a query of its own."""
        return (await self.ask(f"query($id: ID!) {{ asset(id: $id) {{ {shown} }} }}", id=id_)).whole["asset"]

    async def assets(self, shown: str = ASSET, **filter_input: Any) -> list[Any]:
        """Assets by a filter."""
        answer = await self.ask(
            f"query($filter: AssetFilter) {{ assets(first: 500, filter: $filter) {{ nodes {{ {shown} }} }} }}",
            filter=filter_input or None,
        )
        assets: list[Any] = answer.whole["assets"]["nodes"]
        return assets


@asynccontextmanager
async def _in_process(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    lifespan = LifespanOn(uvicorn.Config(app, lifespan="on", log_config=None))
    await lifespan.startup()
    try:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            yield client
    finally:
        await lifespan.shutdown()


@asynccontextmanager
async def _over_socket(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    listener = socket.create_server(("127.0.0.1", 0))
    running = server(lambda: app)
    task = asyncio.create_task(running.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(10):
            while not running.started:
                await asyncio.sleep(0.01)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            yield client
    finally:
        running.should_exit = True
        await task


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `after` that differ from those of `before`."""
    return {key: after[key] for key in after if before[key] != after[key]}


def codes(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The refusals, each with its field."""
    return [(error["code"], ".".join(error["field"] or ())) for error in payload["userErrors"]]
