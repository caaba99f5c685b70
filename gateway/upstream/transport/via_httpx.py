"""Transport over httpx: for requests through proxies, and for tests, which replace the network by a handler."""

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from gateway.upstream.transport.decompress import sink
from gateway.upstream.transport.interface import TransportError, TransportRequest, TransportResponse
from gateway.upstream.transport.tls import tls_context

_CHUNK = 64 * 1024
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
# httpx raises ValueError for a header that cannot be encoded
_BROKEN = (httpx.HTTPError, ValueError)


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
        verify = tls_context() if handler is None else True

        def client(max_idle: int) -> httpx.AsyncClient:
            return httpx.AsyncClient(
                transport=handler,
                verify=verify,
                follow_redirects=False,
                timeout=httpx.Timeout(read_seconds, connect=connect_seconds),
                # The number of open connections is bounded by each source's admission control.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=max_idle),
                headers={"accept-encoding": "gzip, deflate", "user-agent": "asset-gateway"},
                # Two accounts at one vendor must not share a session.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                trust_env=True,
            )

        self._reads = client(idle_connections)
        self._writes = client(0)

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:
        """One exchange. Raises TransportError, TooLarge or InvalidEncoding."""
        client = self._reads if request.method == "GET" else self._writes
        try:
            async with client.stream(
                request.method, request.url, headers=dict(request.headers), content=request.body
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                body = sink(headers, max_bytes)
                async for piece in response.aiter_raw(_CHUNK):
                    body.feed(piece)
                return TransportResponse(status=response.status_code, headers=headers, body=body.finish())
        except _NEVER_SENT as exc:
            raise TransportError(sent=False) from exc
        except _BROKEN as exc:
            raise TransportError(sent=True) from exc

    async def close(self) -> None:
        """Close the pooled connections."""
        await asyncio.shield(self._close())

    async def _close(self) -> None:
        await self._reads.aclose()
        await self._writes.aclose()
