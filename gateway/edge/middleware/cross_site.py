"""Cross-site requests: refused by the browser's own word, Sec-Fetch-Site (Fetch Metadata Request Headers)."""

from collections.abc import Awaitable
from collections.abc import Set as AbstractSet

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.middleware.headers import request_headers
from gateway.edge.middleware.origins import AllowedOrigins
from gateway.edge.middleware.paths import route_path
from gateway.edge.responses import HttpProblem, problem_response

_FOREIGN = frozenset({b"cross-site", b"same-site"})
_MESSAGE = "Another site's page sent this request: its origin is not one of GATEWAY_CORS__ORIGINS"


class RefuseCrossSite:
    """
    Answer 403 if a browser says that a page of another site, or of another origin of this one, sent the request, unless
    that page's origin is allowed. A link that a person follows still opens the `pages`, which compute nothing.

    Else any page could have a visitor's browser run queries here, with what it remembers of HTTP Basic, or in a gateway
    on loopback: it would not see the answers, but the vendors would be asked.
    """

    def __init__(self, app: ASGIApp, *, origins: AllowedOrigins, pages: AbstractSet[str]) -> None:
        self.app = app
        self.origins = origins
        self.pages = pages

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            return self.app(scope, receive, send)
        headers = request_headers(scope)
        if headers.get(b"sec-fetch-site") not in _FOREIGN or headers.get(b"origin") in self.origins:
            return self.app(scope, receive, send)
        is_link = (
            headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"
        )
        if is_link and scope["method"] in {"GET", "HEAD"} and route_path(scope) in self.pages:
            return self.app(scope, receive, send)
        return problem_response(HttpProblem(403, _MESSAGE, code="FORBIDDEN"))(scope, receive, send)
