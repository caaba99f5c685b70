"""Paths: a request's path within the gateway, and the prefix under which a proxy serves the gateway."""

from collections.abc import Awaitable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send


def prefix_of(scope: Scope) -> str:
    """The path under which the gateway is served, as far as it is known; empty for the root."""
    # below a mounted application `root_path` is that one's
    prefix: str = scope.get("app_root_path", scope.get("root_path", ""))
    return prefix


def route_path(scope: Scope) -> str:
    """
    The path without the prefix (ASGI's `root_path`).

    >>> route_path({"path": "/it/graphql", "root_path": "/it"}), route_path({"path": "/graphql", "root_path": ""})
    ('/graphql', '/graphql')
    >>> route_path({"path": "/graphql", "root_path": "/it"}), route_path({"path": "/items", "root_path": "/it"})
    ('/graphql', '/items')
    """
    path: str = scope["path"]
    prefix = prefix_of(scope)
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        return path.removeprefix(prefix) or "/"
    return path


def root_of(scope: Scope) -> str:
    """
    Reference to the gateway's root, from a page at this request's path (RFC 3986, 4.2). Relative if the prefix is
    unknown, because a proxy may have removed one.

    >>> root_of({"path": "/graphql"}), root_of({"path": "/no/such/page"})
    ('./', '../../')
    >>> root_of({"path": "/graphql", "root_path": "/it"})
    '/it/'
    """
    if prefix := prefix_of(scope):
        return f"{prefix}/"
    return "../" * (scope["path"].count("/") - 1) or "./"


def full_address(request: Request) -> str:
    """
    The gateway's full address as this request knows it, for a gateway without a public URL. A proxy's word that its
    caller uses TLS is believed: it can only make the address a safer one.
    """
    address = str(request.base_url).rstrip("/")
    is_secure = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower() == "https"
    return (
        f"https://{address.removeprefix('http://')}"
        if is_secure and address.startswith("http://")
        else address
    )


class PathPrefix:
    """
    Set ASGI's `root_path` to the path of the public URL. Requests may arrive with it, or without it from a proxy that
    removes it.
    """

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self.app = app
        self.prefix = prefix

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on under its prefix."""
        if scope["type"] not in {"http", "websocket"} or scope.get("root_path"):
            return self.app(scope, receive, send)
        inner = route_path({"path": scope["path"], "root_path": self.prefix})
        return self.app({**scope, "path": self.prefix + inner, "root_path": self.prefix}, receive, send)
