"""Cross-origin resource sharing (CORS, Fetch Standard 3.3): pages of allowed origins may read the answers."""

import re
from collections.abc import Awaitable, Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.edge.middleware.headers import request_headers
from gateway.edge.middleware.origins import AllowedOrigins

_EXPOSED = (
    b"ETag, Retry-After, X-Request-Id, Age, Content-Disposition, Content-Range, Link, Location, Missing-Sources, "
    b"Stale-Sources, WWW-Authenticate"
)
_METHODS = b"GET, HEAD, POST"
_PREFLIGHT_SECONDS = b"7200"  # more is not believed by Chromium
_HEADER_NAMES = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+(?: *, *[A-Za-z0-9!#$%&'*+.^_`|~-]+)*")
_LONGEST_NAMES = 2000
_Header = tuple[bytes, bytes]


class Cors:
    """
    Answer preflights of allowed origins, and add the headers by which a browser shows a response to a page of theirs.

    A page of an allowed origin may send any header: which ones a GraphQL client adds is its own matter, and the gateway
    takes none of them for more than it is. Credentials (HTTP Basic that the browser remembers) are allowed to origins
    that are named, not to `*`.
    """

    def __init__(self, app: ASGIApp, *, origins: AllowedOrigins) -> None:
        self.app = app
        self.origins = origins

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or answer its preflight."""
        if scope["type"] != "http":
            return self.app(scope, receive, send)
        headers = request_headers(scope)
        origin = headers.get(b"origin")
        if origin is None or origin not in self.origins:
            return self.app(scope, receive, self._varying(send))
        sharing = list(self._sharing(origin))
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            names = headers.get(b"access-control-request-headers", b"").strip()
            return _answer_preflight(send, [*sharing, *_preflight_headers(names)])

        def send_shared(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                exposed = (b"access-control-expose-headers", _EXPOSED)
                message["headers"] = [*message["headers"], *sharing, exposed]
            return send(message)

        return self.app(scope, receive, send_shared)

    def _sharing(self, origin: bytes) -> Iterator[_Header]:
        if self.origins.is_any:
            yield b"access-control-allow-origin", b"*"
            return
        yield b"access-control-allow-origin", origin
        yield b"access-control-allow-credentials", b"true"
        yield b"vary", b"origin"

    def _varying(self, send: Send) -> Send:
        """Tell caches that the answer to an allowed origin has other headers."""
        if self.origins.is_any:
            return send

        def send_varying(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"vary", b"origin")]
            return send(message)

        return send_varying


def _preflight_headers(names: bytes) -> Iterator[_Header]:
    yield b"access-control-allow-methods", _METHODS
    yield b"access-control-max-age", _PREFLIGHT_SECONDS
    yield b"vary", b"access-control-request-headers"
    if len(names) <= _LONGEST_NAMES and _HEADER_NAMES.fullmatch(names):
        yield b"access-control-allow-headers", names.lower()


async def _answer_preflight(send: Send, headers: list[_Header]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
