"""Transport over our own HTTP/1.1 connections: the default, because it costs the least CPU time."""

import re
import ssl
import urllib.request
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from gateway.upstream.transport.http1_connection import Http1Connection
from gateway.upstream.transport.http1_pool import ConnectionPool, PoolOrigin
from gateway.upstream.transport.interface import (
    OnOutcome,
    Transport,
    TransportError,
    TransportRequest,
    TransportResponse,
)
from gateway.upstream.transport.tls import names_authorities, tls_context

_MAX_ORIGINS = 256
#: The origin; path and query, in visible ASCII only; the fragment, which is never sent.
_URL = re.compile(r"(https?://[^/?#\s@]+)([!-\"$-~]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
_PORTS: Final = {"http": 80, "https": 443}
_DEFAULT_HEADERS: Final = {"accept-encoding": "gzip, deflate", "user-agent": "asset-gateway"}
_METHODS_WITH_LENGTH: Final = frozenset({"POST", "PUT", "PATCH"})


class PreparedGet(NamedTuple):
    """A PreparedRequest: its head, and where its connections are."""

    pool: ConnectionPool
    origin: PoolOrigin
    head: bytes

    def begin(self, on_outcome: OnOutcome, *, max_bytes: int) -> Callable[[], None] | None:
        """Send it over an idle connection. Returns the function that aborts it, None if there is no connection."""
        connection = self.pool.acquire(self.origin)
        if connection is None:
            return None
        connection.begin(self.head, None, on_outcome, max_bytes=max_bytes)
        return connection.abort


class DirectTransport:
    """
    An ImmediateTransport: HTTP/1.1 over asyncio and llhttp. It is bound to the event loop of its first request. If the
    environment names a proxy for a URL, httpx sends the request.

    `connect_seconds` is the timeout of connecting, `read_seconds` of a silence, if the caller sets none.
    """

    def __init__(self, *, connect_seconds: float = 3.0, read_seconds: float = 60.0) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._pool = ConnectionPool(connect_seconds=connect_seconds, read_seconds=read_seconds)
        # a file that cannot be read fails at the start; the default authorities load slowly, and only if needed
        self._tls = _http1_context() if names_authorities() else None
        self._proxies = urllib.request.getproxies()
        self._proxy_transport: Transport | None = None
        self._origins: dict[tuple[str, str], PoolOrigin] = {}

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:
        """One exchange. Raises TransportError, TooLarge or InvalidEncoding."""
        origin, target = self._locate(request)
        if origin.is_proxied:
            return await self._open_proxy_transport().send(request, max_bytes=max_bytes)
        if request.delivery is not None:
            request.delivery.sent = False
        head = _head(request, target, origin)
        is_read = request.method == "GET"
        connection = self._pool.acquire(origin) if is_read else None
        if connection is None:
            connection = await self._connect(origin, is_pooled=is_read)
        return await connection.exchange(head, request.body, max_bytes=max_bytes, delivery=request.delivery)

    def prepare(self, request: TransportRequest) -> PreparedGet | None:
        """The prepared GET; None if it is sent through a proxy. Raises TransportError."""
        origin, target = self._locate(request)
        return None if origin.is_proxied else PreparedGet(self._pool, origin, _head(request, target, origin))

    async def close(self) -> None:
        """End all connections."""
        await self._pool.close()
        if self._proxy_transport is not None:
            await self._proxy_transport.close()

    async def _connect(self, origin: PoolOrigin, *, is_pooled: bool) -> Http1Connection:
        if origin.is_tls and self._tls is None:
            self._tls = _http1_context()
        return await self._pool.connect(origin, self._tls if origin.is_tls else None, is_pooled=is_pooled)

    def _locate(self, request: TransportRequest) -> tuple[PoolOrigin, str]:
        """The origin of a request, and its target: path and query."""
        url = _URL.fullmatch(request.url)
        if url is None:
            raise TransportError(sent=False)
        origin = self._origins.get((url[1], request.account)) or self._new_origin(url[1], request.account)
        return origin, url[2]

    def _new_origin(self, url_origin: str, account: str) -> PoolOrigin:
        if len(self._origins) >= _MAX_ORIGINS:
            del self._origins[next(iter(self._origins))]
        try:
            parts = urlsplit(url_origin)
            host = (parts.hostname or "").encode("idna").decode()
            port = parts.port or _PORTS[parts.scheme]
        except ValueError as exc:
            raise TransportError(sent=False) from exc
        if not host:
            raise TransportError(sent=False)
        name = f"[{host}]" if ":" in host else host
        proxy = self._proxies.get(parts.scheme) or self._proxies.get("all")
        origin = self._origins[url_origin, account] = PoolOrigin(
            host=host,
            port=port,
            is_tls=parts.scheme == "https",
            name=name if port == _PORTS[parts.scheme] else f"{name}:{port}",
            is_proxied=bool(proxy) and not urllib.request.proxy_bypass(parts.netloc),
        )
        return origin

    def _open_proxy_transport(self) -> Transport:
        if self._proxy_transport is None:
            from gateway.upstream.transport.via_httpx import HttpxTransport  # noqa: PLC0415

            try:
                self._proxy_transport = HttpxTransport(
                    connect_seconds=self._connect_seconds, read_seconds=self._read_seconds
                )
            except (ImportError, ValueError) as exc:
                # a scheme of proxy that httpx does not support
                raise TransportError(sent=False) from exc
        return self._proxy_transport


def _http1_context() -> ssl.SSLContext:
    context = tls_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _head(request: TransportRequest, target: str, origin: PoolOrigin) -> bytes:
    """Head of a request. Raises TransportError if a header's value has a line break or is not Latin-1."""
    names = {name.lower() for name in request.headers}
    lines = [f"{request.method} {target if target.startswith('/') else f'/{target}'} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {origin.name}")
    lines += [f"{name}: {value}" for name, value in _DEFAULT_HEADERS.items() if name not in names]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.method != "GET":
        lines.append("Connection: close")
    if request.body is not None or request.method in _METHODS_WITH_LENGTH:
        lines.append(f"Content-Length: {len(request.body or b'')}")
    text = "\r\n".join([*lines, "", ""])
    try:
        head = text.encode("latin-1")
    except UnicodeEncodeError as exc:
        raise TransportError(sent=False) from exc
    if not head.count(b"\r") == head.count(b"\n") == len(lines) + 1 or b"\0" in head:
        raise TransportError(sent=False)
    return head
