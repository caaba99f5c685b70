"""`/metrics` for Prometheus. It needs an API key, as everything that reveals the sources."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def metrics_route(exposition: Callable[[], tuple[bytes, str]], tables: Callable[[], bytes]) -> Route:
    """The route. `exposition` gives the text and its content type, `tables` what is appended about the tables."""

    async def metrics(_: Request) -> Response:
        body, content_type = exposition()
        return Response(body + tables(), headers={"content-type": content_type, "cache-control": "no-store"})

    return Route("/metrics", metrics)
