"""Authentication by a trusted proxy, which names the caller in a header that nobody else may send."""

from collections.abc import Awaitable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.access import InvalidCredential
from gateway.access.proxy_identity import ProxyIdentity
from gateway.edge.known_heads import forget_new_head
from gateway.edge.middleware.auth import address_of, set_proxy_caller
from gateway.edge.responses import HttpProblem, problem_response

_UNTRUSTED = (
    "Only a trusted proxy may say who calls: GATEWAY_AUTH__PROXY__ADDRESSES does not have this address"
)


class AuthenticateByProxy:
    """
    Put the caller that a trusted proxy names on the scope of a request or WebSocket, without the headers that name it.
    It stands before the authentication by credentials, which is for requests without these headers.
    """

    def __init__(self, app: ASGIApp, *, identity: ProxyIdentity) -> None:
        self.app = app
        self.identity = identity
        self.names = {identity.user_header, identity.groups_header}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan" or self.names.isdisjoint(name for name, _ in scope["headers"]):
            return self.app(scope, receive, send)
        forget_new_head(scope)  # equal bytes from another address are another's
        try:
            named = self._named(scope)
        except HttpProblem as problem:
            if scope["type"] == "websocket":
                error = {"message": problem.message, "extensions": {"code": problem.code}}
                denial = JSONResponse({"errors": [error]}, problem.status)
                return WebSocket(scope, receive, send).send_denial_response(denial)
            return problem_response(problem)(scope, receive, send)
        return self.app(named, receive, send)

    def _named(self, scope: Scope) -> Scope:
        if not self.identity.is_trusted(address_of(scope)):
            raise HttpProblem(403, _UNTRUSTED, code="FORBIDDEN")
        users, groups = (
            [value.decode("latin-1") for name, value in scope["headers"] if name == header]
            for header in (self.identity.user_header, self.identity.groups_header)
        )
        others = [header for header in scope["headers"] if header[0] not in self.names]
        named = {**scope, "headers": others}
        try:
            if users or groups:
                set_proxy_caller(named, self.identity.caller(users, groups))
        except InvalidCredential as exc:
            raise HttpProblem(401, str(exc), code="UNAUTHENTICATED") from exc
        return named
