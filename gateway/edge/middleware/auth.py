"""Authentication of callers: by API key, as a bearer token, in X-API-Key, or as the password of HTTP Basic."""

import base64
import binascii
from collections.abc import Awaitable, Iterable, Iterator

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access import Authenticator, Caller
from gateway.edge.health import PATHS as HEALTH_PATHS
from gateway.edge.middleware.paths import route_path
from gateway.edge.responses import HttpProblem, problem_response

_CALLER = "caller"


class Authenticate:
    """
    Put the caller on the request's scope, or answer 401. Health probes are answered to everybody, and a WebSocket
    passes: its caller may send a credential in its first message.
    """

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator) -> None:
        self.app = app
        self.authenticator = authenticator

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or route_path(scope) in HEALTH_PATHS:
            return self.app(scope, receive, send)
        caller = identify(scope["headers"], self.authenticator)
        if caller is None:
            return _unauthenticated()(scope, receive, send)
        set_caller(scope, caller)
        return self.app(scope, receive, send)


def identify(headers: Iterable[tuple[bytes, bytes]], authenticator: Authenticator) -> Caller | None:
    """The caller whose credential is in the headers, with names in lower case; None if nobody's is."""
    callers = map(authenticator.identify, credentials(headers))
    return next(filter(None, callers), authenticator.anonymous)


def set_caller(scope: Scope, caller: Caller) -> None:
    """Put the caller on the scope of the request, or of the WebSocket."""
    scope[_CALLER] = caller


def caller_of(scope: Scope) -> Caller:
    """The caller. Raises KeyError for a health probe, and for a WebSocket that has sent no credential yet."""
    caller: Caller = scope[_CALLER]
    return caller


def credentials(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    """All credentials in the request's headers."""
    for name, value in headers:
        if name == b"x-api-key":
            yield value.decode("latin-1")
        elif name == b"authorization":
            yield from credential_of(value.decode("latin-1"))


def credential_of(authorization: str) -> Iterator[str]:
    """
    The credential in the value of an Authorization header, if it has one.

    >>> list(credential_of("Bearer s3cret")), list(credential_of("Digest x"))
    (['s3cret'], [])
    """
    scheme, _, parameters = authorization.partition(" ")
    if scheme.lower() == "bearer":
        yield parameters.strip()
    elif scheme.lower() == "basic":
        yield _password(parameters.strip())


def _unauthenticated() -> ASGIApp:
    message = "Send one of the gateway's API keys: Authorization: Bearer KEY"
    response = problem_response(HttpProblem(401, message, code="UNAUTHENTICATED"))
    response.headers.append("www-authenticate", 'Bearer realm="asset-gateway"')
    response.headers.append("www-authenticate", 'Basic realm="asset-gateway", charset="UTF-8"')
    return response


def _password(basic: str) -> str:
    """
    Password of HTTP Basic credentials, empty if they are invalid.

    >>> _password("dGFibGVhdTpzM2NyZXQ=")
    's3cret'
    """
    try:
        return base64.b64decode(basic, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
