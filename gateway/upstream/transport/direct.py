"""Outbound HTTP over connections of our own: the default, for what it costs of the processor."""

import re
import ssl
import urllib.request
from typing import Final
from urllib.parse import urlsplit

from gateway.upstream.transport.http1_connection import Http1Connection
from gateway.upstream.transport.http1_pool import ConnectionPool, PoolOrigin
from gateway.upstream.transport.interface import (
    Transport,
    TransportError,
    TransportRequest,
    TransportResponse,
)
from gateway.upstream.transport.tls import names_authorities, tls_context

_MOST_ORIGINS = 256
#: The origin; path and query, which may be written with visible ASCII only; what is never sent.
_URL = re.compile(r"(https?://[^/?#\s@]+)([!-\"$-~]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
_PORTS: Final = {"http": 80, "https": 443}
_OURS: Final = {"accept-encoding": "gzip, deflate", "user-agent": "asset-gateway"}
_HAS_A_LENGTH: Final = frozenset({"POST", "PUT", "PATCH"})


class DirectTransport:
    """
    A Transport: HTTP/1.1 as the event loop and llhttp speak it. It begins with the first request, in whose event loop
    it stays. Where the environment names a proxy, httpx asks in its place.

    `connect_seconds` end the way to a connection, `read_seconds` a silence, where no deadline watches over them.
    """

    def __init__(self, *, connect_seconds: float = 3.0, read_seconds: float = 60.0) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._pool = ConnectionPool(connect_seconds=connect_seconds, read_seconds=read_seconds)
        # a file that cannot be read is told at the start; the usual authorities take a while, and can wait
        self._tls = _context() if names_authorities() else None
        self._proxies = urllib.request.getproxies()
        self._proxied: Transport | None = None
        self._origins: dict[str, PoolOrigin] = {}

    async def send(self, request: TransportRequest, *, max_bytes: int) -> TransportResponse:
        """One exchange. Raises TransportError, TooLarge or Undecodable."""
        url = _URL.fullmatch(request.url)
        if url is None:
            raise TransportError(sent=False)
        origin = self._origins.get(url[1]) or self._new_origin(url[1])
        if origin.is_proxied:
            return await self._through_proxy().send(request, max_bytes=max_bytes)
        head = _head(request, url[2], origin)
        is_read = request.method == "GET"
        connection = (self._pool.acquire(origin) if is_read else None) or await self._connect(origin)
        try:
            response = await connection.ask(head, request.body, max_bytes=max_bytes)
        except BaseException:
            connection.abort()
            raise
        if is_read:
            self._pool.release(origin, connection)
        else:
            connection.close()
        return response

    async def close(self) -> None:
        """End all connections."""
        await self._pool.close()
        if self._proxied is not None:
            await self._proxied.close()

    async def _connect(self, origin: PoolOrigin) -> Http1Connection:
        if origin.is_tls and self._tls is None:
            self._tls = _context()
        return await self._pool.connect(origin, self._tls if origin.is_tls else None)

    def _new_origin(self, written: str) -> PoolOrigin:
        if len(self._origins) >= _MOST_ORIGINS:
            del self._origins[next(iter(self._origins))]
        try:
            parts = urlsplit(written)
            host = (parts.hostname or "").encode("idna").decode()
            port = parts.port or _PORTS[parts.scheme]
        except ValueError as exc:
            raise TransportError(sent=False) from exc
        if not host:
            raise TransportError(sent=False)
        name = f"[{host}]" if ":" in host else host
        told = self._proxies.get(parts.scheme) or self._proxies.get("all")
        origin = self._origins[written] = PoolOrigin(
            host=host,
            port=port,
            is_tls=parts.scheme == "https",
            name=name if port == _PORTS[parts.scheme] else f"{name}:{port}",
            is_proxied=bool(told) and not urllib.request.proxy_bypass(parts.netloc),
        )
        return origin

    def _through_proxy(self) -> Transport:
        if self._proxied is None:
            from gateway.upstream.transport.via_httpx import HttpxTransport  # noqa: PLC0415

            try:
                self._proxied = HttpxTransport(
                    connect_seconds=self._connect_seconds, read_seconds=self._read_seconds
                )
            except (ImportError, ValueError) as exc:
                # a kind of proxy that it does not know
                raise TransportError(sent=False) from exc
        return self._proxied


def _context() -> ssl.SSLContext:
    context = tls_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _head(request: TransportRequest, target: str, origin: PoolOrigin) -> bytes:
    """A request's head. Raises TransportError where it would come to more lines than it has."""
    given = {name.lower() for name in request.headers}
    lines = [f"{request.method} {target if target.startswith('/') else f'/{target}'} HTTP/1.1"]
    if "host" not in given:
        lines.append(f"Host: {origin.name}")
    lines += [f"{name}: {value}" for name, value in _OURS.items() if name not in given]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.method != "GET":
        lines.append("Connection: close")
    if request.body is not None or request.method in _HAS_A_LENGTH:
        lines.append(f"Content-Length: {len(request.body or b'')}")
    text = "\r\n".join([*lines, "", ""])
    try:
        head = text.encode("latin-1")
    except UnicodeEncodeError as exc:
        raise TransportError(sent=True) from exc
    if not head.count(b"\r") == head.count(b"\n") == len(lines) + 1 or b"\0" in head:
        raise TransportError(sent=True)
    return head
