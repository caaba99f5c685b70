"""Authentication of callers by API key."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Iterable, Iterator, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.health import PATHS as HEALTH_PATHS
from gateway.edge.middleware.paths import route_path
from gateway.edge.responses import HttpProblem, problem_response


class KeyRing:
    """The callers' keys, of which a request sends one: as a bearer token, in X-API-Key, or as HTTP Basic's password."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._digests = [_digest(key) for key in keys]

    def admits(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """True if one of the keys is in the headers, whose names are in lower case; without keys for everybody."""
        return not self._digests or any(self._is_valid(key) for key in _keys(headers))

    def _is_valid(self, key: str) -> bool:
        """True if it is one of the keys. Compares in constant time."""
        digest = _digest(key)
        return any([hmac.compare_digest(digest, valid) for valid in self._digests])  # noqa: C419 (no early end)


class RequireKey:
    """Answer 401 unless the caller sends one of the keys. A WebSocket passes: it sends its key in its first message."""

    def __init__(self, app: ASGIApp, *, keys: KeyRing) -> None:
        self.app = app
        self.keys = keys

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or refuse it."""
        is_open = scope["type"] != "http" or route_path(scope) in HEALTH_PATHS
        if is_open or self.keys.admits(scope["headers"]):
            return self.app(scope, receive, send)
        message = "Send one of the gateway's API keys: Authorization: Bearer KEY"
        response = problem_response(HttpProblem(401, message, code="UNAUTHENTICATED"))
        response.headers.append("www-authenticate", 'Bearer realm="asset-gateway"')
        response.headers.append("www-authenticate", 'Basic realm="asset-gateway", charset="UTF-8"')
        return response(scope, receive, send)


def _keys(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    """All keys in the request's headers."""
    for name, value in headers:
        if name == b"x-api-key":
            yield value.decode("latin-1")
        elif name == b"authorization":
            scheme, _, credentials = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                yield credentials.strip()
            elif scheme.lower() == "basic":
                yield _password(credentials.strip())


def _password(credentials: str) -> str:
    """
    Password of HTTP Basic credentials, empty if they are invalid.

    >>> _password("dGFibGVhdTpzM2NyZXQ=")
    's3cret'
    """
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
