"""Health probes: liveness and readiness of the process. Neither calls a vendor."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from gateway.access import Caller
from gateway.access.caller import OPERATOR
from gateway.edge.responses import JsonResponse

PATHS = frozenset({"/healthz", "/readyz"})
"""Paths that need no API key."""
DRAINING = "draining"
"""Key of the server's state (ASGI lifespan state): true once the server is about to end."""


@dataclass(frozen=True, kw_only=True)
class SourceStatus:
    """
    A source's name, vendor and health: UP, DEGRADED, DOWN or UNKNOWN, with the latest error's code, and when it is
    called again if its circuit is open or paused.
    """

    name: str
    vendor: str
    state: str
    last_error: str | None = None
    retry_at: datetime | None = None


def health_routes(
    is_ready: Callable[[], bool],
    sources: Callable[[Scope, Caller], Sequence[SourceStatus]],
    identify: Callable[[Scope], Awaitable[Caller | None]],
) -> list[Route]:
    """
    Routes `/healthz` (liveness) and `/readyz` (readiness: 503 before start-up is done, and from the beginning of its
    end on). `/readyz?verbose` tells everybody how many sources are in which state, and a caller with a valid credential
    the state of each that it may see.
    """

    async def healthz(_: Request) -> Response:
        return JsonResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        is_draining = request.scope.get("state", {}).get(DRAINING, False)
        status = "draining" if is_draining else "ready" if is_ready() else "not ready"
        body: dict[str, Any] = {"status": status}
        if "verbose" in request.query_params:
            states = Counter(source.state for source in sources(request.scope, OPERATOR))
            body["states"] = dict(sorted(states.items()))
            caller = await identify(request.scope)
            if caller is not None:
                body["sources"] = list(map(_as_json, sources(request.scope, caller)))
        return JsonResponse(body, status=200 if status == "ready" else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


def _as_json(source: SourceStatus) -> dict[str, Any]:
    return {
        "name": source.name,
        "vendor": source.vendor,
        "state": source.state,
        "lastError": source.last_error,
        "retryAt": source.retry_at,
    }
