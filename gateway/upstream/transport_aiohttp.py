"""Outbound HTTP over aiohttp: the default, for what it costs of the processor."""

import asyncio
import io
import urllib.request
from collections.abc import Mapping

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

from gateway.upstream.inflate import sink
from gateway.upstream.tls import tls_context
from gateway.upstream.transport import Request, Response, TransportError

_CHUNK = 256 * 1024
_IDLE_SECONDS = 15.0
_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
# it has no class for a header that cannot be written, nor for a connection that is lost while it begins to read
_BROKEN = (aiohttp.ClientError, OSError, ValueError, RuntimeError)


class AiohttpTransport:
    """
    A Transport. It begins with the first request, in whose event loop it stays.

    `connect_seconds` end the way to a connection, `read_seconds` a silence, where no deadline watches over them.
    """

    def __init__(self, *, connect_seconds: float = 3.0, read_seconds: float = 60.0) -> None:
        self._timeout = aiohttp.ClientTimeout(connect=connect_seconds, sock_read=read_seconds)
        self._tls = tls_context()
        self._proxies = urllib.request.getproxies()
        self._proxy_of: dict[URL, URL | None] = {}
        self._reads: aiohttp.ClientSession | None = None
        self._writes: aiohttp.ClientSession | None = None

    async def send(self, request: Request, *, max_bytes: int) -> Response:
        """One exchange. Raises TransportError, TooLarge or Undecodable."""
        try:
            url = URL(request.url, encoded=True)
            async with self._session(request.method).request(
                request.method,
                url,
                headers=request.headers,
                data=None if request.body is None else io.BytesIO(request.body),
                allow_redirects=False,
                proxy=self._proxy(url) if self._proxies else None,
            ) as answer:
                headers = _told(answer)
                body = sink(headers, max_bytes)
                while piece := await answer.content.readany():
                    body.feed(piece)
                return Response(status=answer.status, headers=headers, body=body.whole())
        except _NEVER_SENT as exc:
            raise TransportError(sent=False) from exc
        except _BROKEN as exc:
            raise TransportError(sent=True) from exc

    async def close(self) -> None:
        """Close the pooled connections."""
        for session in (self._reads, self._writes):
            if session is not None:
                await asyncio.shield(session.close())

    def _session(self, method: str) -> aiohttp.ClientSession:
        if self._reads is None or self._writes is None:
            pooled = aiohttp.TCPConnector(limit=0, ssl=self._tls, keepalive_timeout=_IDLE_SECONDS)
            self._reads = self._begun(pooled)
            self._writes = self._begun(aiohttp.TCPConnector(limit=0, ssl=self._tls, force_close=True))
        return self._reads if method == "GET" else self._writes

    def _begun(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector,
            headers={"Accept-Encoding": "gzip, deflate", "User-Agent": "asset-gateway"},
            skip_auto_headers=("Content-Type",),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            auto_decompress=False,
            read_bufsize=_CHUNK,
            middlewares=(_once,),
        )

    def _proxy(self, url: URL) -> URL | None:
        """The proxy that the environment wants for this address. aiohttp would look in a thread at every request."""
        origin = url.origin()
        if origin not in self._proxy_of:
            told = self._proxies.get(url.scheme) or self._proxies.get("all")
            bypassed = urllib.request.proxy_bypass(url.authority)
            self._proxy_of[origin] = URL(told) if told and not bypassed else None
        return self._proxy_of[origin]


async def _once(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """Sends a request, and hides from aiohttp what it would take as a reason to send it again, a PUT as well."""
    try:
        return await send(request)
    except _NEVER_SENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as exc:
        raise TransportError(sent=True) from exc


def _told(answer: ClientResponse) -> Mapping[str, str]:
    """The headers; one that is there several times as one list."""
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
