"""JSON responses: GraphQL's, and HTTP problems in the same shape."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.edge.media_types import JSON
from gateway.engine.encoder import ENCODER

IS_STREAM = "is_stream"
"""Key of ASGI's state: the response has no end of its own, and a server that ends does not wait for it."""

_CHUNK_BYTES = 256 * 1024
_HEADERS = ((b"cache-control", b"no-store"), (b"vary", b"accept"))


class HttpProblem(Exception):
    """Refusal of a request before GraphQL sees it, with its HTTP status and error code."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "BAD_REQUEST",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})


class JsonResponse(Response):
    """
    JSON response. Decimals are written as numbers, digit for digit. The body is sent in chunks, each only after the
    client has read most of those before it: a large one is not buffered a second time for a slow client. Raises
    TypeError, ValueError, OverflowError or RecursionError for a value that JSON cannot hold.
    """

    def __init__(self, body: Any, *, media_type: str = JSON, status: int = 200) -> None:
        self.status_code, self.body, self.background = status, ENCODER.encode(body), None
        self.raw_headers = [
            *_HEADERS,
            (b"content-type", f"{media_type}; charset=utf-8".encode()),
            (b"content-length", b"%d" % len(self.body)),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the response."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = self.body
        for start in range(0, len(body), _CHUNK_BYTES):
            end = start + _CHUNK_BYTES
            await send({"type": "http.response.body", "body": body[start:end], "more_body": end < len(body)})


def problem_response(problem: HttpProblem, *, media_type: str = JSON) -> Response:
    """The response of a problem, as a GraphQL error without data."""
    error = {"message": problem.message, "extensions": {"code": problem.code}}
    response = JsonResponse({"errors": [error]}, media_type=media_type, status=problem.status)
    response.headers.update(problem.headers)
    return response
