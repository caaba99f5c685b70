"""Is the process alive, and can it serve. Neither asks a vendor anything."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.edge.responses import json_response

PATHS = frozenset({"/healthz", "/readyz"})
"""What answers without an API key."""


def health_routes(ready: Callable[[], bool]) -> list[Route]:
    """`/healthz`: the process is alive. `/readyz`: 503 while it cannot serve yet, or no longer."""

    async def alive(_: Request) -> Response:
        return json_response({"status": "ok"})

    async def able(_: Request) -> Response:
        return (
            json_response({"status": "ready"})
            if ready()
            else json_response({"status": "not ready"}, status=503)
        )

    return [Route("/healthz", alive), Route("/readyz", able)]
