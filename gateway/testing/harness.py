"""A gateway in this process, called through its public door: a query goes in, an answer comes out."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import strawberry
from starlette.applications import Starlette

from gateway import settings, vendors
from gateway.access.policy import Policy
from gateway.app import create_app
from gateway.process_resources import ProcessResources
from gateway.testing.upstreams import Handler, UpstreamCall, Upstreams
from gateway.upstream.transport.via_httpx import HttpxTransport
from schema.build import build_schema


@dataclass(frozen=True)
class Answer:
    """The answer to a GraphQL request."""

    status: int
    body: Mapping[str, Any]
    text: str

    @property
    def data(self) -> Any:
        """The data, which may have errors beside it."""
        return self.body.get("data")

    @property
    def errors(self) -> list[Any]:
        """The errors, none if the answer is complete."""
        return list(self.body.get("errors", ()))

    @property
    def whole(self) -> Any:
        """The data of an answer without errors."""
        assert not self.errors, self.errors
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The errors' codes."""
        return [error["extensions"]["code"] for error in self.errors]


@cache
def _schema(names: tuple[str, ...]) -> strawberry.Schema:
    """The schema with these vendors. It has no state, and building it takes far longer than all else."""
    return build_schema([vendor for name, vendor in vendors.load().items() if name in names])


class Gateway(AbstractAsyncContextManager["Gateway"]):
    """
    Gateway over handlers in the place of the vendors, without a network.

    `sources` are the settings of each source, by the part of their names after `GATEWAY_SOURCES__NAME__`; `handlers`
    answer its requests. `environ` and the TOML file `config` have further settings; `folder` is shared by several
    workers. `policy` decides what callers may.
    """

    def __init__(
        self,
        sources: Mapping[str, Mapping[str, str]],
        handlers: Mapping[str, Handler],
        *,
        cached: bool = False,
        environ: Mapping[str, str] | None = None,
        folder: Path | None = None,
        config: Path | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.upstreams = Upstreams({name: keys["BASE_URL"] for name, keys in sources.items()}, handlers)
        variables = {
            f"GATEWAY_SOURCES__{name.upper()}__{key}": value
            for name, keys in sources.items()
            for key, value in {"RATE_PER_MINUTE": "0", **keys}.items()
        }
        variables["GATEWAY_CACHE__ENABLED"] = str(cached).lower()
        self._transport = HttpxTransport(handler=self.upstreams)
        installed = vendors.load()
        vendor_keys = {name: vendor.keys for name, vendor in installed.items()}
        loaded = settings.load(config=config, environ=variables | dict(environ or {}), vendors=vendor_keys)
        self.app = create_app(
            loaded,
            transport=self._transport,
            policy=policy,
            resources=ProcessResources(folder=folder, schema=_schema(tuple(installed)), outlives_app=False),
        )
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
    def client(self) -> httpx.AsyncClient:
        """A client of the gateway, for requests with headers of their own."""
        return self._client

    @property
    def calls(self) -> list[UpstreamCall]:
        """Requests that the vendors received, but those to sign in."""
        return self.upstreams.reads

    async def ask(self, query: str, **variables: Any) -> Answer:
        """The answer to a query."""
        response = await self._client.post("/graphql", json={"query": query, "variables": variables})
        return Answer(response.status_code, response.json(), response.text)

    async def get(self, path: str) -> httpx.Response:
        """The answer to a plain GET."""
        return await self._client.get(path)

    async def measure(self, query: str, **variables: Any) -> tuple[Any, list[str]]:
        """The data of an answer without errors, and the reads that it took, as sorted `source path`."""
        self.upstreams.forget()
        data = (await self.ask(query, **variables)).whole
        return data, self.upstreams.lines()
