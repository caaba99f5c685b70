"""The gateway's ASGI application: routes, middleware and exception handlers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import cache, partial
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.access import Authenticator
from gateway.access.fair_shares import FairShares
from gateway.edge.graphiql.page import STATIC, Tab, page, static_path
from gateway.edge.graphql.endpoint import MAY_NOT_EXPLORE, GraphQLEndpoint
from gateway.edge.graphql.explanation import OperationExplainer
from gateway.edge.graphql.transport_ws import WebSocketLimits
from gateway.edge.graphql.websocket import WebSocketEndpoint
from gateway.edge.health import PATHS as HEALTH_PATHS
from gateway.edge.health import SourceStatus, health_routes
from gateway.edge.media_types import HTML, JSON, preferred
from gateway.edge.middleware.auth import Authenticate, caller_if_any, with_caller
from gateway.edge.middleware.cors import Cors
from gateway.edge.middleware.cross_site import RefuseCrossSite
from gateway.edge.middleware.fair_share import LimitShares
from gateway.edge.middleware.fast_path import ExactPathRoutes
from gateway.edge.middleware.headers import OnResponse, ResponseHeaders
from gateway.edge.middleware.hosts import LoopbackHosts
from gateway.edge.middleware.origins import AllowedOrigins
from gateway.edge.middleware.paths import PathPrefix
from gateway.edge.middleware.proxy_auth import AuthenticateByProxy
from gateway.edge.middleware.source_credentials import Accepting, SourceCredentials
from gateway.edge.pages.landing import PathEntry, landing_route
from gateway.edge.pages.not_found import not_found_page
from gateway.edge.responses import HttpProblem, problem_response
from gateway.edge.telemetry.operations import OperationTelemetry
from gateway.engine.engine import Engine, OperationContext
from gateway.settings import Settings

_ENDPOINT = "/graphql"
_CODES = {404: "NOT_FOUND"}

_SUBGRAPH = "/subgraph"

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


class SubgraphService(NamedTuple):
    """The engine of the subgraph with names of its own, the contexts of its operations, and their explainer."""

    engine: Engine
    new_context: Callable[[Scope], OperationContext]
    explainer: OperationExplainer


def edge_app(
    *,
    engine: Engine,
    new_context: Callable[[Scope], OperationContext],
    subgraph: SubgraphService | None = None,
    settings: Settings,
    authenticator: Authenticator,
    shares: FairShares,
    sdl: Callable[[], str],
    tabs: Sequence[Tab],
    extra_routes: Sequence[BaseRoute] = (),
    loopback: bool,
    lifespan: Lifespan | None = None,
    sources: Callable[[Scope], Sequence[SourceStatus]] = lambda _: (),
    may_explore: Callable[[Scope], bool] = lambda _: True,
    accepting: Accepting = lambda _: (),
    explainer: OperationExplainer | None = None,
    telemetry: OperationTelemetry | None = None,
    on_response: OnResponse = lambda _, __: None,
) -> Starlette:
    """
    The gateway's ASGI application.

    `loopback` is True if the server listens on this machine only; `lifespan` opens and closes the resources of the
    application. `subgraph` is served beside the schema. `sdl` prints the schema, `tabs` are GraphiQL's example queries,
    `sources` gives the sources' health, `may_explore` is true for callers who may look at the schema, `accepting` gives
    the sources that a caller may bring credentials for, and `explainer` explains operations.
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
        authenticator=authenticator,
        # a relative address: a proxy may serve the gateway under any path
        page=page(endpoint=_ENDPOINT.removeprefix("/"), tabs=tabs) if settings.ide else None,
        body_bytes=settings.limits.body_bytes,
        is_private=not settings.auth.is_open,
        may_explore=may_explore,
        telemetry=telemetry,
        accepting=accepting,
        explainer=explainer,
    )
    origins = AllowedOrigins(settings.cors.origins)
    sockets = WebSocketEndpoint(
        engine,
        new_context,
        authenticator=authenticator,
        origins=origins,
        public_host=urlsplit(settings.public_url or "").netloc,
        limits=WebSocketLimits(settings.limits.operations, settings.limits.body_bytes),
        may_explore=may_explore,
        shares=shares,
        accepting=accepting,
        telemetry=telemetry,
    )
    routes: list[BaseRoute] = [
        WebSocketRoute(_ENDPOINT, sockets),
        Route(_ENDPOINT, endpoint),
        Route(f"{_ENDPOINT}/", endpoint),
        Route(f"{_ENDPOINT}/schema", _sdl_endpoint(sdl, may_explore)),
        landing_route(list(_path_entries(settings)), sources),
        *health_routes(
            lambda: is_serving,
            lambda scope, caller: sources(with_caller(scope, caller)),
            partial(caller_if_any, authenticator=authenticator),
        ),
        *extra_routes,
    ]
    if subgraph is not None:
        service = GraphQLEndpoint(
            subgraph.engine,
            subgraph.new_context,
            authenticator=authenticator,
            page=None,
            body_bytes=settings.limits.body_bytes,
            may_explore=may_explore,
            explainer=subgraph.explainer,
        )
        routes.append(Route(_SUBGRAPH, service))
    if settings.ide:
        routes.append(Mount(static_path(_ENDPOINT), StaticFiles(directory=STATIC)))
    app = Starlette(
        routes=routes,
        middleware=[
            *_middleware(settings, authenticator, origins, loopback=loopback, on_response=on_response),
            Middleware(SourceCredentials, accepting=accepting, paths=(_ENDPOINT, _SUBGRAPH, "/assets/")),
            *([Middleware(LimitShares, shares=shares)] if shares.is_limiting else ()),
            Middleware(ExactPathRoutes, routes=routes),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _internal_error},
        lifespan=while_serving,
    )
    # A redirect would name the scheme and host as the last proxy writes them, and lead a request with its key there.
    app.router.redirect_slashes = False
    app.state.authenticator = authenticator
    return app


def _middleware(
    settings: Settings,
    authenticator: Authenticator,
    origins: AllowedOrigins,
    *,
    loopback: bool,
    on_response: OnResponse,
) -> Iterator[Middleware]:
    """Middleware of every request, outermost first."""
    public = urlsplit(settings.public_url or "")
    pages = {"/", "/tables", f"{_ENDPOINT}/schema", *HEALTH_PATHS}
    if settings.ide:
        pages |= {_ENDPOINT, f"{_ENDPOINT}/"}
    yield Middleware(ResponseHeaders, on_response=on_response)
    if prefix := public.path.rstrip("/"):
        yield Middleware(PathPrefix, prefix=prefix)
    if loopback:
        yield Middleware(LoopbackHosts, public_host=public.hostname)
    if origins:
        yield Middleware(Cors, origins=origins)
    yield Middleware(RefuseCrossSite, origins=origins, pages=pages)
    if authenticator.proxy is not None:
        yield Middleware(AuthenticateByProxy, identity=authenticator.proxy)
    yield Middleware(Authenticate, authenticator=authenticator)


def _path_entries(settings: Settings) -> Iterator[PathEntry]:
    graphql = _ENDPOINT.removeprefix("/")
    if settings.ide:
        description = "write and run queries in the browser, with examples and the schema's documentation"
        yield PathEntry(path=graphql, title="GraphiQL", description=description)
    description = f"the schema as text (SDL) of the API at /{graphql}, for code generators"
    yield PathEntry(path=f"{graphql}/schema", title="Schema", description=description)
    if settings.federation.is_own:
        description = "this graph for routers of federated graphs, with the names that are set for it"
        yield PathEntry(path=_SUBGRAPH.removeprefix("/"), title="Subgraph", description=description)
    description = "every list as a flat table, for Excel, Power BI and other BI tools"
    yield PathEntry(path="tables", title="Tables", description=description)
    description = "the same tables over OData, which Power BI, Excel and Tableau connect to"
    yield PathEntry(path="odata", title="OData", description=description)
    yield PathEntry(path="readyz", title="Health", description="if it is ready to serve; needs no key")
    yield PathEntry(
        path="metrics", title="Metrics", description="for Prometheus: calls, times and errors by source"
    )


def _sdl_endpoint(
    sdl: Callable[[], str], may_explore: Callable[[Scope], bool]
) -> Callable[[Request], Awaitable[Response]]:
    # printed on the first request: few clients need it, and start-up does not wait for it
    cached_sdl = cache(sdl)

    async def schema(request: Request) -> Response:
        if not may_explore(request.scope):
            return problem_response(MAY_NOT_EXPLORE)
        return PlainTextResponse(cached_sdl(), headers={"cache-control": "no-cache"})

    return schema


async def _http_error(request: Request, exc: Exception) -> Response:
    error = cast("HTTPException", exc)
    if error.status_code == 404 and preferred(request.headers.get("accept"), (JSON, HTML)) == HTML:
        return not_found_page(request.scope)
    code = _CODES.get(error.status_code, "BAD_REQUEST")
    return problem_response(HttpProblem(error.status_code, error.detail, code=code, headers=error.headers))


async def _internal_error(_: Request, __: Exception) -> Response:
    return problem_response(HttpProblem(500, "Internal error", code="INTERNAL"))
