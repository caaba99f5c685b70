"""
Callers' own credentials at sources: the header `X-Source-Authorization-NAME` is what the source NAME is sent as
`Authorization`, instead of the gateway's own credential. Where that is not allowed, the request is refused.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.known_heads import forget_new_head
from gateway.edge.middleware.auth import is_anonymous
from gateway.edge.middleware.paths import route_path
from gateway.edge.responses import HttpProblem, problem_response

_PREFIX = b"x-source-authorization-"
_KEY = "source_credentials"
_MAX_CHARACTERS = 8_192
_SHOWN_CHARACTERS = 63
_ELSEWHERE = "X-Source-Authorization is for GraphQL: what is here was read by the gateway's own accounts"
_NONE: Mapping[str, str] = {}

#: The sources that the caller of a request may bring credentials for.
Accepting = Callable[[Scope], Collection[str]]


class SourceCredentials:
    """
    Put the caller's own credentials on the request's scope. It stands behind the authentication; a WebSocket's may come
    in its first message.
    """

    def __init__(self, app: ASGIApp, *, accepting: Accepting, paths: tuple[str, ...]) -> None:
        """`paths` are those of operations, and what paths of them begin with: others take no such credentials."""
        self.app = app
        self.accepting = accepting
        self.paths = paths

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and not is_anonymous(scope):
            for name, _ in scope["headers"]:
                if name.startswith(_PREFIX):
                    return self._with_credentials(scope, receive, send)
        return self.app(scope, receive, send)

    async def _with_credentials(self, scope: Scope, receive: Receive, send: Send) -> None:
        forget_new_head(scope)
        if not route_path(scope).startswith(self.paths):
            await problem_response(HttpProblem(400, _ELSEWHERE))(scope, receive, send)
            return
        try:
            take_source_credentials(scope, scope["headers"], self.accepting)
        except HttpProblem as problem:
            await problem_response(problem)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def take_source_credentials(scope: Any, headers: Iterable[tuple[bytes, bytes]], accepting: Accepting) -> None:
    """
    Put the credentials in the headers, with names in lower case, on the scope. Raises HttpProblem for those that are
    not accepted.
    """
    credentials: dict[str, str] = {}
    for name, value in headers:
        if not name.startswith(_PREFIX):
            continue
        source, credential = name[len(_PREFIX) :].decode("latin-1"), value.decode("latin-1").strip()
        label = f"X-Source-Authorization-{source[:_SHOWN_CHARACTERS].upper()}"
        if source not in accepting(scope):
            message = f"{label}: no credentials of callers are accepted for a source of this name"
            raise HttpProblem(403, message, code="FORBIDDEN")
        if source in credentials:
            raise HttpProblem(400, f"{label}: is sent twice")
        if not credential or len(credential) > _MAX_CHARACTERS or not credential.isprintable():
            raise HttpProblem(400, f"{label}: has 1 to {_MAX_CHARACTERS} visible characters and blanks")
        credentials[source] = credential
    if credentials:
        scope[_KEY] = credentials


def varying_headers(sources: Collection[str]) -> bytes:
    """
    The value of Vary for answers that depend on credentials for these sources.

    >>> varying_headers({"halo"}), varying_headers(())
    (b'x-source-authorization-halo', b'')
    """
    return b", ".join(_PREFIX + source.encode() for source in sorted(sources))


def source_credentials_of(scope: Scope) -> Mapping[str, str]:
    """The caller's own credentials by source; none for most requests."""
    credentials: Mapping[str, str] = scope.get(_KEY, _NONE)
    return credentials
