"""One source's HTTP: address, credential, deadline, decoding, and every fault translated once."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from gateway.errors import (
    UpstreamAuth,
    UpstreamError,
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.auth import Auth, NoToken
from gateway.upstream.budget import Budget
from gateway.upstream.cache import Cache
from gateway.upstream.health import Health
from gateway.upstream.transport import Request, Response, TooLarge, Transport, TransportError

E = TypeVar("E", bound=UpstreamError)

log = logging.getLogger("gateway.upstream")

_MAX_BYTES = 16 * 1024 * 1024
_REDIRECTS = 3
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Which source this is and how it is reached."""

    source: str
    vendor: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 8.0
    concurrency: int = 4


class Upstream:
    """Asks one source. Every failure is an UpstreamError of that source, without anything of the vendor's answer."""

    def __init__(self, target: Target, *, auth: Auth, transport: Transport, cache: Cache) -> None:
        self.target = target
        self.health = Health()
        self._auth = auth
        self._transport = transport
        self._cache = cache
        self._slots = asyncio.Semaphore(target.concurrency)
        self._origin = _origin(target.base_url)

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        budget: Budget,
        keep_seconds: float,
        decode: Callable[[bytes], Any] | None = None,
    ) -> Any:
        """The decoded answer of a GET: kept, already asked in this operation, or asked now."""
        asked = {**self.target.params, **params}
        key = (self.target.source, path, tuple(sorted(asked.items())))

        async def ask() -> Any:
            kept = self._cache.get(key) if keep_seconds > 0 else None
            if kept is not None:
                return kept
            budget.spend()
            response = await self._call("GET", path, asked)
            body = self._decoded(response, decode)
            self._cache.put(key, body, size=len(response.body), seconds=keep_seconds)
            return body

        return await budget.once(key, ask)

    async def picture(self, path: str, *, budget: Budget) -> Response:
        """The answer of a GET as bytes, whatever it is."""
        budget.spend()
        return await self._call("GET", path, self.target.params)

    async def _call(self, method: str, path: str, params: Mapping[str, str]) -> Response:
        """One request with our credential; once more with a new one where the vendor refuses it."""
        started = time.monotonic()
        status: int | None = None
        try:
            async with self._slots, asyncio.timeout(self.target.timeout_seconds):
                signed = await self._signed()
                response = await self._send(method, path, params, signed)
                if response.status == 401 and self._auth.refused(signed):
                    response = await self._send(method, path, params, await self._signed())
            status = response.status
            self._check(response)
        except TimeoutError as exc:
            raise self._failed(UpstreamTimeout, "no answer in time") from exc
        except UpstreamError as exc:
            if not isinstance(exc, UpstreamRejected):
                self.health.failed(exc.code)
            raise
        finally:
            log.info(
                "upstream call",
                extra={
                    "source": self.target.source,
                    "path": path,
                    "status": status,
                    "ms": round((time.monotonic() - started) * 1000, 1),
                },
            )
        self.health.succeeded()
        return response

    async def _signed(self) -> Mapping[str, str]:
        try:
            return await self._auth.headers(self._sign_in)
        except NoToken as exc:
            raise self._error(UpstreamGarbled, "the sign-in was answered without a token") from exc
        except UpstreamRejected as exc:
            raise self._error(UpstreamAuth, "the sign-in was refused", status=exc.status) from exc

    async def _sign_in(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        headers = {"Accept": "application/json"}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form).encode()
        response = await self._send(method, url, params or {}, headers, body=body)
        self._check(response)
        return self._decoded(response, None)

    async def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
    ) -> Response:
        """One exchange. Redirects are followed for GETs that stay with the same origin."""
        url = path if path.startswith(("http://", "https://")) else self.target.base_url + path
        if params:
            url = f"{url}?{urlencode(params)}"
        sent = {"Accept": "application/json", **self.target.headers, **headers}
        for _ in range(_REDIRECTS):
            try:
                response = await self._transport.send(
                    Request(method=method, url=url, headers=sent, body=body), max_bytes=_MAX_BYTES
                )
            except TransportError as exc:
                told = "the connection broke before the answer was whole" if exc.sent else "cannot be reached"
                raise self._error(UpstreamUnavailable, told) from exc
            except TooLarge as exc:
                raise self._error(
                    UpstreamGarbled, f"the answer is larger than {_MAX_BYTES >> 20} MiB"
                ) from exc
            if method != "GET" or response.status not in {301, 302, 303, 307, 308}:
                return response
            url = urljoin(url, response.headers.get("location", ""))
            if _origin(url) != self._origin:
                raise self._error(UpstreamGarbled, "redirects to another address", status=response.status)
        raise self._error(UpstreamGarbled, "redirects without end")

    def _check(self, response: Response) -> None:
        status = response.status
        if 200 <= status < 300:
            return
        if status in {401, 403}:
            raise self._error(UpstreamAuth, "the vendor refuses our credential", status=status)
        if status == 429:
            wait = _retry_after(response.headers.get("retry-after"))
            raise self._error(
                UpstreamRateLimited, "the vendor asks us to slow down", status=status, retry_after=wait
            )
        if status >= 500:
            wait = _retry_after(response.headers.get("retry-after"))
            raise self._error(
                UpstreamUnavailable, "the vendor cannot serve now", status=status, retry_after=wait
            )
        if status >= 400:
            raise self._error(UpstreamRejected, "the vendor refuses the request", status=status)
        raise self._error(UpstreamGarbled, "an answer that its API does not have", status=status)

    def _decoded(self, response: Response, decode: Callable[[bytes], Any] | None) -> Any:
        try:
            return decode(response.body) if decode else _DECODER.decode(response.body)
        except (msgspec.DecodeError, ValueError, RecursionError) as exc:
            raise self._failed(UpstreamGarbled, "the answer is not JSON") from exc

    def garbled(self, told: str) -> UpstreamGarbled:
        """An answer that cannot be understood, said by whoever found that out."""
        error = self._error(UpstreamGarbled, told)
        self.health.failed(error.code)
        return error

    def _failed(self, kind: type[UpstreamError], told: str) -> UpstreamError:
        self.health.failed(kind.code)
        return self._error(kind, told)

    def _error(
        self, kind: type[E], told: str, *, status: int | None = None, retry_after: float | None = None
    ) -> E:
        return kind(
            told, source=self.target.source, vendor=self.target.vendor, status=status, retry_after=retry_after
        )


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _retry_after(header: str | None) -> float | None:
    """
    Seconds to wait, from seconds or from a date.

    >>> _retry_after("40"), _retry_after("soon"), _retry_after(None)
    (40.0, None, None)
    """
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
