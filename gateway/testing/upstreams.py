"""Vendors in this process, as a transport for httpx: each host has a handler, and every request is recorded."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]

_SIGN_IN = frozenset({"/authinfo", "/auth/login", "/auth/token"})


@dataclass(frozen=True)
class UpstreamCall:
    """Request that a vendor received. `path` is the part below the source's base URL."""

    source: str
    method: str
    path: str
    params: Mapping[str, str] = field(hash=False)
    headers: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False, repr=False)

    @property
    def line(self) -> str:
        """`halo /Asset`, to count by."""
        return f"{self.source} {self.path}"


class Upstreams(httpx.AsyncBaseTransport):
    """
    Transport that passes each request to the handler of the source whose base URL has its host.

    A request to any other host is an error of the test or of the gateway: it fails, and `strays` has its URL.
    """

    def __init__(self, bases: Mapping[str, str], handlers: Mapping[str, Handler]) -> None:
        self.bases = {source: urlsplit(base) for source, base in bases.items()}
        self.handlers = dict(handlers)
        self.calls: list[UpstreamCall] = []
        self.strays: list[str] = []
        self.busy: dict[str, int] = {}
        self.busiest: dict[str, int] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the handler for the request's host."""
        source = next((name for name, base in self.bases.items() if base.netloc == _netloc(request)), None)
        if source is None:
            self.strays.append(str(request.url))
            raise httpx.ConnectError("no such host", request=request)
        path = request.url.raw_path.decode().partition("?")[0].removeprefix(self.bases[source].path)
        params = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        self.calls.append(UpstreamCall(source, request.method, path, params, dict(request.headers)))
        self.busy[source] = self.busy.get(source, 0) + 1
        self.busiest[source] = max(self.busiest.get(source, 0), self.busy[source])
        try:
            result = self.handlers[source](request)
            answer = result if isinstance(result, httpx.Response) else await result
            return _unread(answer) if answer.is_stream_consumed else answer
        finally:
            self.busy[source] -= 1

    @property
    def reads(self) -> list[UpstreamCall]:
        """All calls but those to sign in."""
        return [call for call in self.calls if call.path not in _SIGN_IN]

    def lines(self, source: str | None = None) -> list[str]:
        """The reads, as `source path`, sorted."""
        return sorted(call.line for call in self.reads if source in {None, call.source})

    def forget(self) -> None:
        """Begin to record anew."""
        self.calls.clear()
        self.busiest.clear()


def _netloc(request: httpx.Request) -> str:
    return request.url.netloc.decode()


def _unread(answer: httpx.Response) -> httpx.Response:
    """The same answer as it comes from a network: not read yet."""
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))


def served(app: Any) -> Handler:
    """Handler that passes requests to an ASGI application."""
    return httpx.ASGITransport(app).handle_async_request


def answered(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer: text and bytes as they are, all else as JSON."""
    if isinstance(body, str | bytes):
        return httpx.Response(status, content=body, headers=headers)
    content = json.dumps(
        body, default=lambda value: float(value) if isinstance(value, Decimal) else str(value)
    )
    return httpx.Response(
        status, content=content, headers={"Content-Type": "application/json", **(headers or {})}
    )


def paths(table: Mapping[str, Any], *, base: str = "") -> Handler:
    """
    Handler that answers each path with a fixed body, and any other path with 404.

    A value may be an `httpx.Response`, or a function of the request.
    """

    def handle(request: httpx.Request) -> httpx.Response:
        body = table.get(request.url.path.removeprefix(base))
        if callable(body):
            body = body(request)
        if body is None:
            return answered({"detail": "Not found."}, status=404)
        return body if isinstance(body, httpx.Response) else answered(body)

    return handle


def refusing(request: httpx.Request) -> httpx.Response:
    """Handler of a host that refuses connections."""
    raise httpx.ConnectError("refused", request=request)


async def silent(request: httpx.Request) -> httpx.Response:
    """Handler that does not answer in time."""
    await asyncio.sleep(30)
    raise httpx.ReadTimeout("silent", request=request)


def always(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Handler:
    """Handler with the same answer to every request."""
    return lambda _: answered(body, status=status, headers=headers)
