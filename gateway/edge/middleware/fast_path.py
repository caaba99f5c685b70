"""The short way to what has a path of its own."""

from collections.abc import Awaitable, Sequence

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send


class ExactPathRoutes:
    """
    Take a request to the route that has its very path and takes every method. All others go on to the router, which
    tries one pattern after the other; so does everything below another application's path.
    """

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.known = {
            route.path: route.app
            for route in routes
            if isinstance(route, Route) and route.methods is None and not route.param_convertors
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Passes the request on."""
        app = self.app
        if scope["type"] == "http" and not scope.get("root_path"):
            app = self.known.get(scope["path"], app)
        return app(scope, receive, send)
