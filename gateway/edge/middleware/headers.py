"""Headers: a request's by name, and the security headers and request id of every response."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.edge.known_heads import new_head_of
from gateway.edge.request_id import NAME, request_id_of
from gateway.engine.request import REQUEST_ID

#: Function that is told of a response: the path of the request, and the status.
OnResponse = Callable[[str, int], None]

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def request_headers(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by name in lower case; of several with one name, the first."""
    return dict(reversed(scope["headers"]))


class ResponseHeaders:
    """
    Add the request id to every response, and the headers that forbid content sniffing and framing; those that a route
    has set stay. `on_response` is told of the path and the status of each.
    """

    def __init__(self, app: ASGIApp, *, on_response: OnResponse = lambda _, __: None) -> None:
        self.app = app
        self.on_response = on_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id, and complete the response's headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(request_headers(scope))

        def send_complete(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                own = dict(headers)
                missing = [header for header in _HEADERS if header[0] not in own]
                message["headers"] = [*headers, *missing, (NAME, request_id)]
                self.on_response(scope["path"], message["status"])
                if (head := new_head_of(scope)) is not None:
                    head.learn([*headers, *missing], partial(self.on_response, scope["path"]))
            return send(message)

        token = REQUEST_ID.set(request_id.decode())
        try:
            await self.app(scope, receive, send_complete)
        finally:
            REQUEST_ID.reset(token)
