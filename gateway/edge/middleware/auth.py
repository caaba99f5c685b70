"""Authentication of callers: a key or token as bearer token, in X-API-Key, or as the password of HTTP Basic."""

import base64
import binascii
import math
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access import Authenticator, Caller, InvalidCredential
from gateway.edge.health import PATHS as HEALTH_PATHS
from gateway.edge.known_heads import new_head_of
from gateway.edge.middleware.paths import route_path
from gateway.edge.responses import HttpProblem, problem_response

_CALLER, _BY_PROXY = "caller", "caller_by_proxy"


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
        if _BY_PROXY in scope:
            set_caller(scope, scope[_BY_PROXY])
            return self.app(scope, receive, send)
        sent = list(credentials(scope["headers"]))
        caller = _identify(sent, self.authenticator)
        if caller is None:
            return self._authenticate(scope, receive, send)
        if (head := new_head_of(scope)) is not None:
            head.expires_at = self.authenticator.valid_until(sent)
        set_caller(scope, caller)
        return self.app(scope, receive, send)

    async def _authenticate(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller = await authenticate(scope["headers"], self.authenticator, address=address_of(scope))
        except HttpProblem as problem:
            await _refusal(problem)(scope, receive, send)
            return
        set_caller(scope, caller)
        await self.app(scope, receive, send)


def _identify(sent: Sequence[str], authenticator: Authenticator) -> Caller | None:
    is_refused = bool(sent) and authenticator.refuses_unknown
    return next(
        filter(None, map(authenticator.identify, sent)), None if is_refused else authenticator.anonymous
    )


async def authenticate(
    headers: Iterable[tuple[bytes, bytes]], authenticator: Authenticator, *, address: str
) -> Caller:
    """
    The caller whose credential is in the headers, with names in lower case. Raises HttpProblem: 401, and 429 for an
    address that sends wrong credentials again and again.
    """
    sent = list(credentials(headers))
    if caller := _identify(sent, authenticator):
        return caller
    message = "Send one of the gateway's API keys: Authorization: Bearer KEY"
    for credential in sent:
        try:
            if caller := await authenticator.check_token(credential):
                return caller
        except InvalidCredential as exc:
            message = str(exc)
    if sent and (seconds := authenticator.failed_attempts.add(address)):
        message = (
            "Too many requests with wrong credentials come from this address; a right one is accepted at once"
        )
        raise HttpProblem(429, message, code="RATE_LIMITED", headers={"retry-after": str(math.ceil(seconds))})
    raise HttpProblem(401, message, code="UNAUTHENTICATED")


async def accepts_still(
    caller: Caller, scope: Scope, headers: Iterable[tuple[bytes, bytes]], authenticator: Authenticator
) -> bool:
    """True if an authenticator knows the same caller by a request's headers. No failed attempt is counted."""
    if proxy_caller_of(scope) is not None:
        return authenticator.proxy is not None and authenticator.proxy.is_trusted(address_of(scope))
    sent = list(credentials(headers))
    if (known := _identify(sent, authenticator)) is not None:
        return known == caller
    for credential in sent:
        with suppress(InvalidCredential):
            if (known := await authenticator.check_token(credential)) is not None:
                return known == caller
    return False


async def caller_if_any(scope: Scope, *, authenticator: Authenticator) -> Caller | None:
    """The caller of a request that needs none, None if it has no valid credential."""
    if (caller := proxy_caller_of(scope)) is not None:
        return caller
    try:
        return await authenticate(scope["headers"], authenticator, address=address_of(scope))
    except HttpProblem:
        return None


def with_caller(scope: Scope, caller: Caller) -> Scope:
    """A copy of the scope with this caller on it."""
    return {**scope, _CALLER: caller}


def address_of(scope: Scope) -> str:
    """The address that the request comes from, empty if the server does not know it."""
    client = scope.get("client")
    return client[0] if client else ""


def set_caller(scope: Scope, caller: Caller) -> None:
    """Put the caller on the scope of the request, or of the WebSocket."""
    scope[_CALLER] = caller


def set_proxy_caller(scope: Scope, caller: Caller) -> None:
    """Put the caller on the scope that a trusted proxy names: no credential is looked at then."""
    scope[_BY_PROXY] = caller


def proxy_caller_of(scope: Scope) -> Caller | None:
    """The caller that a trusted proxy names, None if it names none."""
    return scope.get(_BY_PROXY)


def is_anonymous(scope: Scope) -> bool:
    """True for a request that needs no caller: a health probe."""
    return _CALLER not in scope


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


def _refusal(problem: HttpProblem) -> ASGIApp:
    response = problem_response(problem)
    if problem.status != 401:
        return response
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
