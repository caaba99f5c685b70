"""`/metrics` for Prometheus. It needs an API key, and rights to all sources: it tells of all of them."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from gateway.edge.responses import HttpProblem, problem_response


def metrics_route(
    exposition: Callable[[], tuple[bytes, str]],
    tables: Callable[[], bytes],
    *,
    is_allowed: Callable[[Scope], bool],
) -> Route:
    """
    The route. `exposition` gives the text and its content type, `tables` what is appended about the tables;
    `is_allowed` is true for a request whose caller may see them.
    """

    async def metrics(request: Request) -> Response:
        if not is_allowed(request.scope):
            return problem_response(HttpProblem(403, "You may not read the metrics.", code="FORBIDDEN"))
        body, content_type = exposition()
        return Response(body + tables(), headers={"content-type": content_type, "cache-control": "no-store"})

    return Route("/metrics", metrics)
