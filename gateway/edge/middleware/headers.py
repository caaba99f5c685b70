"""Headers: those that a request brings, and those that every answer carries."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.edge.request_id import NAME, request_id_of
from gateway.engine.request import REQUEST_ID

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def request_headers(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by name in lower case, of several of one name the first."""
    return dict(reversed(scope["headers"]))


class ResponseHeaders:
    """
    Give every answer its request's id, and the headers that keep a browser from guessing types and from framing; a
    route's own ones stay.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on under its id, and completes the answer's headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(request_headers(scope))

        def send_complete(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                own = dict(headers)
                ours = [one for one in _HEADERS if one[0] not in own]
                message["headers"] = [*headers, *ours, (NAME, request_id)]
            return send(message)

        token = REQUEST_ID.set(request_id.decode())
        try:
            await self.app(scope, receive, send_complete)
        finally:
            REQUEST_ID.reset(token)
