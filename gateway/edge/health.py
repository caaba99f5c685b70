"""Health probes: liveness and readiness of the process. Neither calls a vendor."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.edge.responses import json_response

PATHS = frozenset({"/healthz", "/readyz"})
"""Paths that need no API key."""


def health_routes(is_ready: Callable[[], bool]) -> list[Route]:
    """Routes `/healthz` (liveness) and `/readyz` (readiness: 503 before start-up is done and after shutdown began)."""

    async def healthz(_: Request) -> Response:
        return json_response({"status": "ok"})

    async def readyz(_: Request) -> Response:
        return (
            json_response({"status": "ready"})
            if is_ready()
            else json_response({"status": "not ready"}, status=503)
        )

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
