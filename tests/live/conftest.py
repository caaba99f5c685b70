"""A gateway over a Fiwit account that people change at the vendor, and that fails when a test wants it to."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.sandbox import Company, make_company
from gateway.sandbox.server import create_apps
from gateway.testing.upstreams import served
from tests.support.gateway import Gateway, sandbox_sources

POLL_SECONDS = "0.05"


class Account:
    """The account: its assets can be changed past the gateway, hidden from its list, and its list can fail."""

    def __init__(self, company: Company) -> None:
        self._ask = served(create_apps(company)["fiwit"])
        self._key = {"authorization": sandbox_sources()["fiwit"]["API_KEY"], "accept": "application/json"}
        self.hidden: set[int] = set()
        self.fails = False
        self.cuts = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        is_list = request.method == "GET" and request.url.path.rstrip("/") == "/assets"
        if is_list and self.fails:
            return httpx.Response(503)
        answer: httpx.Response = await self._ask(request)  # type: ignore[misc]
        if not is_list:
            return answer
        rows = json.loads(await answer.aread())
        if self.cuts:
            return httpx.Response(200, content=json.dumps(rows)[:-10])
        return httpx.Response(200, json=[row for row in rows if row["id"] not in self.hidden])

    async def write(self, method: str, path: str, **values: Any) -> Any:
        """What a person does at the vendor."""
        answer = await self._ask(  # type: ignore[misc]
            httpx.Request(method, f"http://fiwit.test{path}", json=values, headers=self._key)
        )
        return json.loads(await answer.aread())


@pytest.fixture(scope="session")
def few() -> Company:
    return make_company(seed=5, assets=12)


@pytest.fixture
def account(few: Company) -> Account:
    return Account(few)


Opened = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def opened(account: Account) -> Opened:
    """Opens a gateway over the account."""

    @asynccontextmanager
    async def gateway(config: Path | None = None, **environ: str) -> AsyncIterator[Gateway]:
        variables = {"GATEWAY_LIVE__POLL_SECONDS": POLL_SECONDS, "GATEWAY_LIVE__SHARE": "1", **environ}
        sources = {"fiwit": sandbox_sources()["fiwit"]}
        handlers = {"fiwit": account}
        async with Gateway(
            sources, handlers, cached=True, environ=variables, config=config
        ) as opened_gateway:
            yield opened_gateway

    return gateway


@pytest.fixture
async def gateway(opened: Opened) -> AsyncIterator[Gateway]:
    async with opened() as opened_gateway:
        yield opened_gateway
