"""GraphQL over WebSocket: handshakes, of which those of foreign pages are refused."""

from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.access import Authenticator
from gateway.access.fair_shares import FairShares
from gateway.edge.graphql.transport_ws import SUBPROTOCOL, WebSocketConnection, WebSocketLimits
from gateway.edge.middleware.headers import request_headers
from gateway.edge.middleware.origins import AllowedOrigins, is_own_origin
from gateway.edge.middleware.source_credentials import Accepting
from gateway.edge.request_id import request_id_of
from gateway.edge.telemetry.operations import OperationTelemetry
from gateway.engine.engine import Engine, OperationContext
from gateway.engine.request import REQUEST_ID

_FOREIGN = (
    "Another site's page opened this WebSocket: its origin is neither the gateway's own, as the Host header or "
    "GATEWAY_PUBLIC_URL has it, nor one of GATEWAY_CORS__ORIGINS"
)
#: The protocol's code for a client that does not speak it.
_NOT_ACCEPTABLE = 4406


class WebSocketEndpoint:
    """
    ASGI application of the GraphQL endpoint's WebSockets, in the protocol graphql-transport-ws.

    A browser lets every page open a WebSocket to anywhere, so that the Origin header is checked here (RFC 6455, 10.2):
    it is ours, one of `origins`, or not there, since other clients than browsers send none. `public_host` is the
    gateway's host, and its port, as its public URL has them. Errors name the schema for those callers only for whom
    `may_explore` is true.
    """

    def __init__(
        self,
        engine: Engine,
        new_context: Callable[[Scope], OperationContext],
        *,
        authenticator: Authenticator,
        origins: AllowedOrigins,
        public_host: str,
        limits: WebSocketLimits,
        shares: FairShares,
        accepting: Accepting = lambda _: (),
        may_explore: Callable[[Scope], bool] = lambda _: True,
        telemetry: OperationTelemetry | None = None,
    ) -> None:
        self.engine = engine
        self.new_context = new_context
        self.authenticator = authenticator
        self.shares = shares
        self.accepting = accepting
        self.origins = origins
        self.public_host = public_host
        self.limits = limits
        self.may_explore = may_explore
        self.telemetry = telemetry or OperationTelemetry()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket until it ends."""
        headers = request_headers(scope)
        socket = WebSocket(scope, receive, send)
        if not self._is_allowed(headers.get(b"origin"), headers.get(b"host", b"").decode("latin-1")):
            error = {"message": _FOREIGN, "extensions": {"code": "FORBIDDEN"}}
            await socket.send_denial_response(JSONResponse({"errors": [error]}, 403))
            return
        token = REQUEST_ID.set(request_id_of(headers).decode())
        try:
            if SUBPROTOCOL not in socket.scope.get("subprotocols", ()):
                await socket.accept()
                await socket.close(_NOT_ACCEPTABLE, f"Offer the subprotocol {SUBPROTOCOL}")
                return
            await socket.accept(SUBPROTOCOL)
            await WebSocketConnection(
                socket,
                self.engine,
                lambda: self.new_context(scope),
                authenticator=self.authenticator,
                shares=self.shares,
                accepting=self.accepting,
                limits=self.limits,
                may_explore=lambda: self.may_explore(scope),
                telemetry=self.telemetry,
            ).serve()
        finally:
            REQUEST_ID.reset(token)

    def _is_allowed(self, origin: bytes | None, host: str) -> bool:
        return origin is None or origin in self.origins or is_own_origin(origin, [host, self.public_host])
