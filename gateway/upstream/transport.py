"""The one small interface to outbound HTTP, and its implementation over httpx."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import httpx


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is sent. `url` is absolute, with its query."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Response:
    """What came back, whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TransportError(Exception):
    """No answer. `sent` is False only where it is certain that the request never reached the vendor."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("no answer")
        self.sent = sent


class TooLarge(Exception):
    """The body is over the cap."""


class Transport(Protocol):
    """Sends one request and gives the whole answer, without redirects. Raises TransportError or TooLarge."""

    async def send(self, request: Request, *, max_bytes: int) -> Response: ...

    async def close(self) -> None: ...


class HttpxTransport:
    """Outbound HTTP over httpx: HTTP/1.1, pooled connections, gzip, TLS verified.

    `handler` replaces the network, for tests (`httpx.MockTransport`, `httpx.ASGITransport`).
    """

    def __init__(
        self,
        *,
        connect_seconds: float = 3.0,
        connections: int = 100,
        handler: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._client = httpx.AsyncClient(
            transport=handler,
            follow_redirects=False,
            # Whole deadlines are the caller's; these only end what no deadline watches over.
            timeout=httpx.Timeout(60.0, connect=connect_seconds),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=True,
        )

    async def send(self, request: Request, *, max_bytes: int) -> Response:
        try:
            async with self._client.stream(
                request.method, request.url, headers=dict(request.headers), content=request.body
            ) as answer:
                chunks: list[bytes] = []
                size = 0
                async for chunk in answer.aiter_bytes():
                    size += len(chunk)
                    if size > max_bytes:
                        raise TooLarge
                    chunks.append(chunk)
                headers = {name.lower(): found for name, found in answer.headers.items()}
                return Response(status=answer.status_code, headers=headers, body=b"".join(chunks))
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
        ) as exc:
            raise TransportError(sent=False) from exc
        except httpx.HTTPError as exc:
            raise TransportError(sent=True) from exc

    async def close(self) -> None:
        await asyncio.shield(self._client.aclose())
