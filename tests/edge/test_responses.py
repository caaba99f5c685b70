"""JSON responses: chunks and headers."""

import json
from typing import Any

import pytest
from starlette.types import Message, Scope

from gateway.edge.responses import JsonResponse


async def _sent(body: Any) -> list[Message]:
    scope: Scope = {"type": "http", "method": "POST", "headers": []}
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await JsonResponse(body)(scope, receive, send)
    return messages


@pytest.mark.parametrize(("size", "chunks"), [(10, 1), (262_000, 1), (262_200, 2), (600_000, 3)])
async def test_an_answer_comes_in_pieces_where_it_is_large(size: int, chunks: int) -> None:
    start, *bodies = await _sent({"data": "x" * size})
    body = b"".join(message["body"] for message in bodies)
    assert json.loads(body) == {"data": "x" * size}
    assert len(bodies) == chunks
    assert [message.get("more_body", False) for message in bodies] == [True] * (chunks - 1) + [False]
    headers = dict(start["headers"])
    assert headers[b"content-length"] == str(len(body)).encode()
    assert headers[b"content-type"] == b"application/json; charset=utf-8"
