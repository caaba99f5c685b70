"""The gateway's ASGI application: routes, middleware and exception handlers."""

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
    The gateway's ASGI application.

    `loopback` is True if the server listens on this machine only; `lifespan` opens and closes the resources of the
    application. `sdl` prints the schema, `tabs` are GraphiQL's example queries.
    """
    is_serving = lifespan is None

    @asynccontextmanager
    async def while_serving(_: Starlette) -> AsyncIterator[None]:
        nonlocal is_serving
        async with lifespan() if lifespan else nullcontext():
            is_serving = True
            try:
                yield
            finally:
                is_serving = False

    endpoint = GraphQLEndpoint(
        engine,
        new_context,
        page=page(endpoint=_ENDPOINT, tabs=tabs) if settings.ide else None,
        body_bytes=settings.limits.body_bytes,
    )
    routes: list[BaseRoute] = [
        Route(_ENDPOINT, endpoint),
        Route(f"{_ENDPOINT}/schema", _sdl_endpoint(sdl)),
        *health_routes(lambda: is_serving),
        *extra_routes,
    ]
    if settings.ide:
        routes += [
            Mount(static_path(_ENDPOINT), StaticFiles(directory=STATIC)),
            Route("/", _redirect_to_endpoint),
        ]
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(ResponseHeaders),
            *([Middleware(LoopbackHosts)] if loopback else []),
            Middleware(RequireKey, keys=settings.auth.api_keys),
            Middleware(ExactPathRoutes, routes=routes),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _internal_error},
        lifespan=while_serving,
    )


def _sdl_endpoint(sdl: Callable[[], str]) -> Callable[[Request], Awaitable[Response]]:
    # printed on the first request: few clients need it, and start-up does not wait for it
    cached_sdl = cache(sdl)

    async def schema(_: Request) -> Response:
        return PlainTextResponse(cached_sdl(), headers={"cache-control": "no-cache"})

    return schema


async def _redirect_to_endpoint(_: Request) -> Response:
    return RedirectResponse(_ENDPOINT)


async def _http_error(_: Request, exc: Exception) -> Response:
    error = cast("HTTPException", exc)
    code = _CODES.get(error.status_code, "BAD_REQUEST")
    return problem_response(HttpProblem(error.status_code, error.detail, code=code, headers=error.headers))


async def _internal_error(_: Request, __: Exception) -> Response:
    return problem_response(HttpProblem(500, "Internal error", code="INTERNAL"))
