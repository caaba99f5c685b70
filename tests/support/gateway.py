"""The gateway in this process, asked through its public door: a query goes in, an answer comes out."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest import mock

import httpx
import strawberry
from starlette.applications import Starlette

from gateway import app as wiring
from gateway import settings, vendors
from gateway.connector.description.resource import Vendor
from gateway.sandbox import Company
from gateway.sandbox.server import create_apps, parts
from gateway.upstream.transport.via_httpx import HttpxTransport
from schema.build import build_schema, sdl
from tests.support.upstreams import Call, Handler, Upstreams, served


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Mapping[str, Any]
    text: str

    @property
    def data(self) -> Any:
        """The data, where there may be errors beside."""
        return self.body.get("data")

    @property
    def errors(self) -> list[Any]:
        return list(self.body.get("errors", ()))

    @property
    def whole(self) -> Any:
        """The data of an answer without errors."""
        assert not self.errors, self.errors
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


@cache
def _vendors() -> Mapping[str, Vendor]:
    return vendors.load()


@cache
def _schema() -> strawberry.Schema:
    return build_schema()


@cache
def _sdl(_: strawberry.Schema) -> str:
    return sdl(_schema())


class Gateway(AbstractAsyncContextManager["Gateway"]):
    """
    A gateway over handlers in the place of the vendors.

    `sources` are each source's settings (as the keys after `GATEWAY_SOURCES__NAME__`), `handlers` what answers for
    it. Every example value of the environment is given by `environ`; `folder` is one that several workers share.
    """

    def __init__(
        self,
        sources: Mapping[str, Mapping[str, str]],
        handlers: Mapping[str, Handler],
        *,
        cached: bool = False,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.upstreams = Upstreams({name: one["BASE_URL"] for name, one in sources.items()}, handlers)
        told = {
            f"GATEWAY_SOURCES__{name.upper()}__{key}": value
            for name, keys in sources.items()
            for key, value in {"RATE_PER_MINUTE": "0", **keys}.items()
        }
        told["GATEWAY_CACHE__ENABLED"] = str(cached).lower()
        self._transport = HttpxTransport(handler=self.upstreams)
        keys = {name: vendor.keys for name, vendor in _vendors().items()}
        read = settings.load(config=None, environ=told | dict(environ or {}), vendors=keys)
        # Schema and vendors have no state, and making them takes far longer than all else.
        with (
            mock.patch.multiple(wiring, build_schema=_schema, sdl=_sdl),
            mock.patch.object(vendors, "load", _vendors),
        ):
            self.app = wiring.create_app(read, transport=self._transport, folder=folder)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://localhost", timeout=60
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()
        await self._lifespan.__aexit__(kind, exc, trace)
        await self._transport.close()

    async def __aenter__(self) -> Self:
        assert isinstance(self.app, Starlette)
        self._lifespan = self.app.router.lifespan_context(self.app)
        await self._lifespan.__aenter__()
        return self

    @property
    def calls(self) -> list[Call]:
        """The reads that the vendors got."""
        return self.upstreams.reads

    async def ask(self, query: str, **variables: Any) -> Answer:
        """The answer to a query."""
        got = await self._client.post("/graphql", json={"query": query, "variables": variables})
        return Answer(got.status_code, got.json(), got.text)

    async def get(self, path: str) -> httpx.Response:
        """The answer to a plain GET."""
        return await self._client.get(path)

    async def measure(self, query: str, **variables: Any) -> tuple[Any, list[str]]:
        """The data of an answer without errors, and the reads that it took, as sorted `source path`."""
        self.upstreams.forget()
        data = (await self.ask(query, **variables)).whole
        return data, self.upstreams.lines()


def sandbox_sources() -> dict[str, dict[str, str]]:
    """The settings of a source for each vendor's sandbox, at `http://VENDOR.test`."""
    return {vendor: part.settings(f"http://{vendor}.test") for vendor, part in parts().items()}


def sandbox(
    company: Company,
    *,
    only: tuple[str, ...] = (),
    cached: bool = False,
    environ: Mapping[str, str] | None = None,
    handlers: Mapping[str, Handler] | None = None,
) -> Gateway:
    """A gateway over the sandbox of all vendors, or of some; `handlers` take the place of single ones."""
    sources = {name: one for name, one in sandbox_sources().items() if not only or name in only}
    apps = {name: served(app) for name, app in create_apps(company).items()}
    return Gateway(sources, apps | dict(handlers or {}), cached=cached, environ=environ)
