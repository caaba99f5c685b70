"""The edge over a small schema of its own: called in process, or served by a real server."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.types import ASGIApp, Scope
from strawberry.scalars import JSON

from gateway.access import Authenticator
from gateway.access.fair_shares import FairShares
from gateway.edge.graphiql.page import Tab
from gateway.edge.routes import edge_app
from gateway.edge.serving.reloading import ReloadableApp
from gateway.edge.serving.serve import server
from gateway.engine.engine import Engine
from gateway.settings import AuthSettings, LimitSettings, Settings


class Context:
    def __init__(self, ended: list[str]) -> None:
        self.reported = ()
        self.freshness = None
        self.ended = ended

    def costs(self) -> dict[str, int]:
        return {}

    def measure_cost(self) -> None:
        """Nothing is measured."""

    def measured_cost(self) -> Mapping[str, Any]:
        return {}

    async def close(self) -> None:
        """No resource is open."""


async def _wait(info: strawberry.Info[Context], seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        info.context.ended.append("cancelled")
        raise
    info.context.ended.append("done")


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def anything(self) -> JSON:
        return {"price": Decimal("10.50"), "big": 2**60, "none": None}  # type: ignore[return-value]

    @strawberry.field
    def unwritable(self) -> JSON:
        return {"what": object()}  # type: ignore[return-value]

    @strawberry.field
    async def slow(self, info: strawberry.Info[Context], seconds: float = 5) -> str | None:
        await _wait(info, seconds)
        return "done"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def act(self, info: strawberry.Info[Context], seconds: float = 0) -> str:
        await _wait(info, seconds)
        return "acted"


MakeApp = Callable[..., ASGIApp]


@pytest.fixture
def ended() -> list[str]:
    """Outcomes of the slow fields: "done" or "cancelled"."""
    return []


@pytest.fixture
def make_app(ended: list[str]) -> MakeApp:
    schema = strawberry.Schema(Query, Mutation)

    def make(*, keys: tuple[str, ...] = (), loopback: bool = True, **settings: Any) -> ASGIApp:
        limits = settings.pop("limits", LimitSettings(body_bytes=10_000))
        shares = FairShares(settings.pop("policy", None))
        auth = settings.pop("auth", AuthSettings(keys))
        accepting = settings.pop("accepting", ())
        all_settings = Settings(auth=auth, limits=limits, **settings)

        def new_context(_: Scope) -> Context:
            return Context(ended)

        return edge_app(
            engine=Engine(schema, limits=all_settings.limits, introspection=True),
            new_context=new_context,
            settings=all_settings,
            authenticator=Authenticator(all_settings),
            shares=shares,
            sdl=schema.as_str,
            tabs=(Tab(title="First", query="{ hello }"),),
            loopback=loopback,
            accepting=lambda _: accepting,
        )

    return make


@pytest.fixture
async def client(make_app: MakeApp) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(make_app()) as connected:
        yield connected


def connect(app: ASGIApp, **options: Any) -> httpx.AsyncClient:
    """A client of an application in this process."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", **options)


@pytest.fixture
def connector() -> Callable[..., httpx.AsyncClient]:
    return connect


@contextmanager
def _served(app: ASGIApp) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    served = ReloadableApp(app, lambda: app) if isinstance(app, Starlette) else app
    running = server(lambda: served)
    thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join(10)


@pytest.fixture
def served() -> Callable[[ASGIApp], Any]:
    """Serve an application in a thread, as the gateway is served; a context manager of the port."""
    return _served
