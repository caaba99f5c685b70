"""JSON answers: the GraphQL response, and every refusal in its shape."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.edge.media_types import JSON
from gateway.engine.encoder import ENCODER

_PIECE = 256 * 1024
_HEADERS = ((b"cache-control", b"no-store"), (b"vary", b"accept"))


class HttpProblem(Exception):
    """The request is refused before GraphQL sees it."""

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


class _JsonResponse(Response):
    """
    A body that is handed on piece by piece, each only after the reader has taken most of those before it: a slow reader
    of a large answer has no second copy of it wait in the server.
    """

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:  # noqa: ARG002
        """The same for each answer, but for its type and its length."""
        self.raw_headers = [
            *_HEADERS,
            (b"content-type", f"{self.media_type}; charset=utf-8".encode()),
            (b"content-length", b"%d" % len(self.body)),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = self.body
        for start in range(0, len(body), _PIECE):
            end = start + _PIECE
            await send({"type": "http.response.body", "body": body[start:end], "more_body": end < len(body)})


def json_response(body: Any, *, media_type: str = JSON, status: int = 200) -> Response:
    """
    A JSON answer. Decimals are written as numbers, digit for digit. Raises TypeError and its like for what
    JSON cannot hold.
    """
    return _JsonResponse(ENCODER.encode(body), status, media_type=media_type)


def problem_response(refused: HttpProblem, *, media_type: str = JSON) -> Response:
    """A refusal as an answer."""
    error = {"message": refused.message, "extensions": {"code": refused.code}}
    response = json_response({"errors": [error]}, media_type=media_type, status=refused.status)
    response.headers.update(refused.headers)
    return response
