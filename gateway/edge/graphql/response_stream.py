"""
Responses of one operation as a stream over HTTP: `multipart/mixed` as Apollo's clients read it, or server-sent events
as the protocol graphql-sse has them in its distinct connections mode.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.responses import Response as HttpResponse
from starlette.types import Receive, Scope, Send

from gateway.edge.graphql.disconnect import CancelOnDisconnect, ClientDisconnected
from gateway.edge.graphql.revocation import REVOKED
from gateway.edge.media_types import EVENT_STREAM, MULTIPART_MIXED, accepts
from gateway.edge.responses import IS_STREAM
from gateway.engine.encoder import ENCODER
from gateway.engine.engine import Response
from gateway.engine.graphql_errors import request_error

HEARTBEAT_SECONDS = 5.0
"""Seconds without a response after which a sign of life is sent, so that no proxy takes the stream for idle."""


@dataclass(frozen=True)
class StreamFormat:
    """Format of a stream: its media type, its first and last bytes, a sign of life, and how a response is written."""

    media_type: str
    opening: bytes
    heartbeat: bytes
    closing: bytes
    encode: Callable[[Response], bytes]


def _part(body: Mapping[str, Any]) -> bytes:
    return b"\r\ncontent-type: application/json\r\n\r\n" + ENCODER.encode(body) + b"\r\n--graphql"


def multipart(parameters: str = "") -> StreamFormat:
    """Multipart whose parts are responses as they are. It has no signs of life: clients take each part for one."""
    content_type = f'multipart/mixed;boundary="graphql"{parameters}'
    return StreamFormat(content_type, b"\r\n--graphql", b"", b"--\r\n", _part)


def _multipart(response: Response) -> bytes:
    # a response without data is the end of the subscription: Apollo's clients report `errors` at the top
    return _part({"payload": response} if "data" in response else {"payload": None, **response})


#: https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
MULTIPART = StreamFormat(
    'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
    b"\r\n--graphql" + _part({}),
    _part({}),
    b"--\r\n",
    _multipart,
)
#: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
EVENTS = StreamFormat(
    f"{EVENT_STREAM}; charset=utf-8",
    b":\n\n",
    b":\n\n",
    b"event: complete\ndata: \n\n",
    lambda response: b"event: next\ndata: " + ENCODER.encode(response) + b"\n\n",
)


def stream_format(accept: str | None, *, accepts_json: bool) -> StreamFormat | None:
    """
    The format of a subscription for an Accept header: multipart where Apollo's protocol is named, events only where no
    type of JSON is accepted, since clients name them beside JSON in all of their requests.
    """
    if accepts(accept, MULTIPART_MIXED, subscriptionspec="1.0"):
        return MULTIPART
    return EVENTS if not accepts_json and accepts(accept, EVENT_STREAM) else None


def whole_stream(response: Response, stream: StreamFormat) -> HttpResponse:
    """A response that is the only one of its stream."""
    body = stream.opening + stream.encode(response) + stream.closing
    headers = {"content-type": stream.media_type, "cache-control": "no-store", "vary": "accept"}
    return HttpResponse(body, headers=headers)


class Responses(Protocol):
    """Responses of one operation, in their order. Every asynchronous generator of responses is such."""

    def __anext__(self) -> Awaitable[Response]:
        """The next response."""
        ...

    async def aclose(self) -> None:
        """End the operation."""
        ...


class ResponseStream(HttpResponse):
    """
    Any number of GraphQL responses, as an ASGI response, which `until_revoked` ends. `on_end` is called with the bytes
    that were sent. Without `until_revoked` they end by themselves: only then a server that ends waits for them.
    """

    def __init__(
        self,
        responses: Responses,
        stream: StreamFormat,
        *,
        until_revoked: Callable[[], Coroutine[Any, Any, None]] | None = None,
        on_end: Callable[[int], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._responses = responses
        self._format = stream
        self._until_revoked = until_revoked
        self._on_end = on_end
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the responses as they come, until they end or the client goes away."""
        scope.setdefault("state", {})[IS_STREAM] = self._until_revoked is not None
        headers = [
            (b"content-type", self._format.media_type.encode()),
            (b"cache-control", b"no-store"),
            (b"vary", b"accept"),
            (b"x-accel-buffering", b"no"),  # nginx would hold the parts back
        ]
        try:
            async with aclosing(self._responses):
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                with suppress(ClientDisconnected):
                    async with CancelOnDisconnect(receive):
                        await self._send(send, self._format.opening)
                        await self._send_all(send)
                        await self._send(send, self._format.closing, is_last=True)
        finally:
            self._on_end(self._size)

    async def _send_all(self, send: Send) -> None:
        following = asyncio.ensure_future(anext(self._responses))
        until_revoked = self._until_revoked or asyncio.Event().wait
        revocation: asyncio.Task[Any] = asyncio.create_task(until_revoked())
        try:
            while True:
                await asyncio.wait(
                    {following, revocation},
                    timeout=HEARTBEAT_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if revocation.done():
                    revocation.result()
                    await self._send(
                        send, self._format.encode({"errors": [request_error("UNAUTHENTICATED", REVOKED)]})
                    )
                    return
                if not following.done():
                    await self._send(send, self._format.heartbeat)
                    continue
                try:
                    response = following.result()
                except StopAsyncIteration:
                    return
                await self._send(send, self._format.encode(response))
                following = asyncio.ensure_future(anext(self._responses))
        finally:
            following.cancel()
            revocation.cancel()
            await asyncio.wait({following, revocation})

    async def _send(self, send: Send, part: bytes, *, is_last: bool = False) -> None:
        self._size += len(part)
        await send({"type": "http.response.body", "body": part, "more_body": not is_last})
