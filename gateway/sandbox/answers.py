"""What the sandbox parts share of HTTP: JSON answers and request bodies."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MAX_BODY = 16 * 1024 * 1024


def encoded(body: bytes, *, status: int = 200) -> Response:
    """An answer of JSON that is encoded already."""
    return Response(body, status, media_type="application/json")


def answer(content: object, *, status: int = 200) -> Response:
    """An answer of JSON."""
    return encoded(msgspec.json.encode(content), status=status)


async def read_body(request: Request) -> bytes:
    """The request's body; 413 when it is longer than `MAX_BODY` bytes."""
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > MAX_BODY:
            raise HTTPException(413)
    return bytes(chunks)
