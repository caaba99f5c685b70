"""Fast path: requests to routes without path parameters bypass the router."""

from collections.abc import Awaitable, Sequence

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.middleware.paths import route_path


class ExactPathRoutes:
    """
    Pass a request to the route that has exactly its path and accepts every method. All others go on to the router,
    which tries its patterns in order.
    """

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.apps_by_path = {
            route.path: route.app
            for route in routes
            if isinstance(route, Route) and route.methods is None and not route.param_convertors
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on."""
        app = self.app
        if scope["type"] == "http":
            app = self.apps_by_path.get(route_path(scope), app)
        return app(scope, receive, send)
