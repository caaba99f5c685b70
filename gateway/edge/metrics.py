"""`/metrics` for Prometheus. Behind the API key like everything that tells of the sources."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def metrics_route(exposition: Callable[[], tuple[bytes, str]]) -> Route:
    """The route. `told` gives the text and its content type."""

    async def metrics(_: Request) -> Response:
        body, content_type = exposition()
        return Response(body, headers={"content-type": content_type, "cache-control": "no-store"})

    return Route("/metrics", metrics)
