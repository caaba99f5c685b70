"""Transport over httpx: for requests through proxies, and for tests, which replace the network by a handler."""

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from gateway.upstream.transport.decompress import sink
from gateway.upstream.transport.failure_reason import CONNECT_TIMEOUT, READ_TIMEOUT, RESET, failure_reason
from gateway.upstream.transport.interface import (
    Delivery,
    ProtocolError,
    TransportError,
    TransportRequest,
    TransportResponse,
)
from gateway.upstream.transport.tls import tls_context

_CHUNK = 64 * 1024
#: Accounts whose connections are kept.
_MAX_CLIENTS = 64
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)
# httpx raises ValueError for a header that cannot be decoded
_BROKEN = (httpx.HTTPError, ValueError)
#: Beginnings of httpx's messages if a connection ended too soon, which it tells like an answer that is invalid.
_ENDED = ("Server disconnected", "peer closed connection")
_VERSIONS = frozenset({"HTTP/1.0", "HTTP/1.1"})


class HttpxTransport:
    """
    A Transport. `handler` replaces the network (`httpx.MockTransport`, `httpx.ASGITransport`).

    `connect_seconds` is the timeout of connecting, `read_seconds` of a silence, if the caller sets none.
    """

    def __init__(
        self,
        *,
        connect_seconds: float = 3.0,
        read_seconds: float = 60.0,
        idle_connections: int = 100,
        handler: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._verify = tls_context() if handler is None else True
        self._timeout = httpx.Timeout(read_seconds, connect=connect_seconds)
        self._handler = handler
        self._idle_connections = idle_connections
        # a proxy that is not supported is reported at the start
        self._writes = self._client(max_idle=0)
        self._reads: dict[str, httpx.AsyncClient] = {}

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:
        """One exchange. Raises TransportError, TooLarge or InvalidEncoding."""
        client = self._reads_of(request.account) if request.method == "GET" else self._writes
        try:
            outgoing = client.build_request(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body,
                extensions=self._extensions(request.delivery),
            )
        except (httpx.InvalidURL, ValueError) as exc:
            raise TransportError(sent=False) from exc
        try:
            response = await client.send(outgoing, stream=True)
            try:
                return await _read(response, max_bytes)
            finally:
                await response.aclose()
        except _NEVER_SENT as exc:
            raise TransportError(sent=False, reason=_reason(exc)) from exc
        except httpx.RemoteProtocolError as exc:
            if str(exc).startswith(_ENDED):
                raise TransportError(sent=True, reason=RESET) from exc
            raise ProtocolError from exc
        except _BROKEN as exc:
            raise TransportError(sent=True, reason=_reason(exc)) from exc

    async def close(self) -> None:
        """Close the pooled connections."""
        await asyncio.shield(self._close())

    async def _close(self) -> None:
        for client in (*self._reads.values(), self._writes):
            await client.aclose()

    def _reads_of(self, account: str) -> httpx.AsyncClient:
        """The client of an account's reads: a client's connections are its pool."""
        client = self._reads.get(account)
        if client is None and len(self._reads) >= _MAX_CLIENTS:
            return self._writes  # which keeps no connections: accounts of callers are many
        if client is None:
            client = self._reads[account] = self._client(max_idle=self._idle_connections)
        return client

    def _client(self, *, max_idle: int) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._handler,
            verify=self._verify,
            follow_redirects=False,
            timeout=self._timeout,
            # The number of open connections is bounded by each source's admission control.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=max_idle),
            headers={"accept-encoding": "gzip, deflate", "user-agent": "asset-gateway"},
            # Two accounts at one vendor must not share a session.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            trust_env=True,
        )

    def _extensions(self, delivery: Delivery | None) -> dict[str, Any]:
        if delivery is None or self._handler is not None:
            return {}
        delivery.sent = False

        async def trace(event: str, details: dict[str, Any]) -> None:
            # the request to a proxy for a tunnel is none to the vendor
            if event.endswith(".send_request_headers.started") and details["request"].method != b"CONNECT":
                delivery.sent = True

        return {"trace": trace}


def _reason(error: Exception) -> str | None:
    """Reason of a failure, by httpx's own classes first."""
    match error:
        case httpx.ConnectTimeout():
            return CONNECT_TIMEOUT
        case httpx.ReadTimeout() | httpx.WriteTimeout():
            return READ_TIMEOUT
        case httpx.ProxyError():
            return "proxy"
    return failure_reason(error)


async def _read(response: httpx.Response, max_bytes: int) -> TransportResponse:
    if response.http_version not in _VERSIONS:
        raise ProtocolError
    headers = {name.lower(): value for name, value in response.headers.items()}
    body = sink(headers, max_bytes)
    async for piece in response.aiter_raw(_CHUNK):
        body.feed(piece)
    return TransportResponse(status=response.status_code, headers=headers, body=body.finish())
