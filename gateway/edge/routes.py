"""The HTTP side as one ASGI application: its routes, and what every request passes first."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import cache
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from gateway.edge.graphiql.page import STATIC, Tab, page, static_path
from gateway.edge.graphql.endpoint import GraphQLEndpoint
from gateway.edge.health import health_routes
from gateway.edge.middleware.auth import RequireKey
from gateway.edge.middleware.fast_path import ExactPathRoutes
from gateway.edge.middleware.headers import ResponseHeaders
from gateway.edge.middleware.hosts import LoopbackHosts
from gateway.edge.responses import HttpProblem, problem_response
from gateway.engine.engine import Engine, OperationContext
from gateway.settings import Settings

_ENDPOINT = "/graphql"
_CODES = {404: "NOT_FOUND"}

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


def edge_app(
    *,
    engine: Engine,
    new_context: Callable[[Request], OperationContext],
    settings: Settings,
    sdl: Callable[[], str],
    tabs: Sequence[Tab],
    extra_routes: Sequence[BaseRoute] = (),
    loopback: bool,
    lifespan: Lifespan | None = None,
) -> ASGIApp:
    """
    The gateway's HTTP side.

    `loopback` says that the server listens on this machine only, `lifespan` opens and closes what the answers
    need. `sdl` writes the schema, `tabs` are GraphiQL's example queries.
    """
    running = lifespan is None

    @asynccontextmanager
    async def while_serving(_: Starlette) -> AsyncIterator[None]:
        nonlocal running
        async with lifespan() if lifespan else nullcontext():
            running = True
            try:
                yield
            finally:
                running = False

    endpoint = GraphQLEndpoint(
        engine,
        new_context,
        page=page(endpoint=_ENDPOINT, tabs=tabs) if settings.ide else None,
        body_bytes=settings.limits.body_bytes,
    )
    routes: list[BaseRoute] = [
        Route(_ENDPOINT, endpoint),
        Route(f"{_ENDPOINT}/schema", _sdl_endpoint(sdl)),
        *health_routes(lambda: running),
        *extra_routes,
    ]
    if settings.ide:
        routes += [Mount(static_path(_ENDPOINT), StaticFiles(directory=STATIC)), Route("/", _to_endpoint)]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(ResponseHeaders),
            *([Middleware(LoopbackHosts)] if loopback else []),
            Middleware(RequireKey, keys=settings.auth.api_keys),
            Middleware(ExactPathRoutes, routes=routes),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _unforeseen},
        lifespan=while_serving,
    )


def _sdl_endpoint(sdl: Callable[[], str]) -> Callable[[Request], Awaitable[Response]]:
    # Few ask for it: writing it would only keep the first caller waiting.
    written = cache(sdl)

    async def schema(_: Request) -> Response:
        return PlainTextResponse(written(), headers={"cache-control": "no-cache"})

    return schema


async def _to_endpoint(_: Request) -> Response:
    return RedirectResponse(_ENDPOINT)


async def _http_error(_: Request, exc: Exception) -> Response:
    told = cast("HTTPException", exc)
    code = _CODES.get(told.status_code, "BAD_REQUEST")
    return problem_response(HttpProblem(told.status_code, told.detail, code=code, headers=told.headers))


async def _unforeseen(_: Request, __: Exception) -> Response:
    return problem_response(HttpProblem(500, "Internal error", code="INTERNAL"))
