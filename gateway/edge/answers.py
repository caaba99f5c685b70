"""JSON answers: the GraphQL response, and every refusal in its shape."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from gateway.edge.media import JSON


class Unanswerable(Exception):
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


def answer(body: Any, *, media_type: str = JSON, status: int = 200) -> Response:
    """
    A JSON answer. Decimals are written as numbers, digit for digit. Raises TypeError and its like for what
    JSON cannot hold.
    """
    encoder = msgspec.json.Encoder(decimal_format="number")
    headers = {"cache-control": "no-store", "vary": "accept"}
    content_type = f"{media_type}; charset=utf-8"
    return Response(encoder.encode(body), status, {**headers, "content-type": content_type})


def refusal(refused: Unanswerable, *, media_type: str = JSON) -> Response:
    """A refusal as an answer."""
    error = {"message": refused.message, "extensions": {"code": refused.code}}
    response = answer({"errors": [error]}, media_type=media_type, status=refused.status)
    response.headers.update(refused.headers)
    return response
