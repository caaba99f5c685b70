"""A WebSocket to an application in this process, acknowledged already."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Message

PROTOCOL = "graphql-transport-ws"


class AsgiWebSocket:
    """The client's side: messages are JSON, and are heard in the order in which they were sent."""

    def __init__(self, unread: int) -> None:
        self.received: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: asyncio.Queue[Message] = asyncio.Queue(unread)

    async def say(self, message: Any) -> None:
        await self.received.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def subscribe(self, query: str, operation_id: str = "1", **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.say({"type": "subscribe", "id": operation_id, "payload": payload})

    async def hear(self, seconds: float = 5) -> Any:
        message = await asyncio.wait_for(self.sent.get(), seconds)
        return json.loads(message["text"]) if message["type"] == "websocket.send" else message

    async def data(self, seconds: float = 5) -> Any:
        """The data of the next result, without errors."""
        message = await self.hear(seconds)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]


@asynccontextmanager
async def opened_websocket(
    app: ASGIApp, init: Any = None, *, unread: int = 0, is_silent: bool = False
) -> AsyncIterator[AsgiWebSocket]:
    """
    A WebSocket; the server waits while so many messages of its are `unread` (0: any number). If it `is_silent`,
    nothing is said yet.
    """
    ws = AsgiWebSocket(unread)
    scope = {
        "type": "websocket",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "scheme": "ws",
        "headers": [(b"host", b"localhost")],
        "subprotocols": [PROTOCOL],
    }
    serving: Coroutine[Any, Any, None] = app(scope, ws.received.get, ws.sent.put)  # type: ignore[assignment]
    task = asyncio.create_task(serving)
    await ws.received.put({"type": "websocket.connect"})
    assert (await ws.sent.get())["type"] == "websocket.accept"
    if not is_silent:
        await ws.say({"type": "connection_init", "payload": init or {}})
        assert await ws.hear() == {"type": "connection_ack"}
    try:
        yield ws
    finally:
        await ws.received.put({"type": "websocket.disconnect", "code": 1001})
        while not task.done():
            while not ws.sent.empty():
                ws.sent.get_nowait()
            await asyncio.wait({task}, timeout=0.05)
