"""The one small interface to outbound HTTP, and its implementation over httpx."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from gateway.upstream.inflate import TooLarge, Undecodable, sink

__all__ = ["HttpxTransport", "Request", "Response", "TooLarge", "Transport", "TransportError", "Undecodable"]

_CHUNK = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is sent. `url` is absolute, with its query."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Response:
    """What came back, whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class TransportError(Exception):
    """No answer. `sent` is False only where it is certain that the request never reached the vendor."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("no answer")
        self.sent = sent


class Transport(Protocol):
    """Sends one request and gives the whole answer, without redirects."""

    async def send(self, request: Request, *, max_bytes: int) -> Response:
        """One exchange. Raises TransportError, TooLarge or Undecodable."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class HttpxTransport:
    """
    Outbound HTTP over httpx: HTTP/1.1, pooled connections, gzip, TLS verified.

    Writes go over connections of their own: one that the vendor closes for its age just then would leave it open
    whether they were done. `handler` replaces the network, for tests (`httpx.MockTransport`, `httpx.ASGITransport`).
    """

    def __init__(
        self,
        *,
        connect_seconds: float = 3.0,
        idle_connections: int = 100,
        handler: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        verify = httpx.create_ssl_context() if handler is None else True

        def client(kept: int) -> httpx.AsyncClient:
            return httpx.AsyncClient(
                transport=handler,
                verify=verify,
                follow_redirects=False,
                # Whole deadlines are the caller's; these only end what no deadline watches over.
                timeout=httpx.Timeout(60.0, connect=connect_seconds),
                # How many are open at once is decided before, source by source.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=kept),
                headers={"accept-encoding": "gzip, deflate", "user-agent": "asset-gateway"},
                trust_env=True,
            )

        self._reads = client(idle_connections)
        self._writes = client(0)

    async def send(self, request: Request, *, max_bytes: int) -> Response:
        """One exchange. Raises TransportError, TooLarge or Undecodable."""
        client = self._reads if request.method == "GET" else self._writes
        try:
            async with client.stream(
                request.method, request.url, headers=dict(request.headers), content=request.body
            ) as answer:
                headers = {name.lower(): found for name, found in answer.headers.items()}
                told = headers.get("content-length", "")
                if told.isdecimal() and len(told) < 20 and int(told) > max_bytes:
                    raise TooLarge
                body = sink(headers.get("content-encoding", ""), max_bytes)
                async for piece in answer.aiter_raw(_CHUNK):
                    body.feed(piece)
                return Response(status=answer.status_code, headers=headers, body=body.whole())
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
        ) as exc:
            raise TransportError(sent=False) from exc
        except httpx.HTTPError as exc:
            raise TransportError(sent=True) from exc

    async def close(self) -> None:
        """Close the pooled connections."""
        await asyncio.shield(self._close())

    async def _close(self) -> None:
        await self._reads.aclose()
        await self._writes.aclose()
