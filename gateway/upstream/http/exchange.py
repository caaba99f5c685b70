"""One HTTP exchange: redirects within the source's own origin are followed, transport errors become upstream errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote_plus, urljoin, urlsplit

from gateway.errors import UpstreamGarbled, UpstreamTooLarge, UpstreamUnavailable
from gateway.upstream.http.decode import E, SourceErrors
from gateway.upstream.transport.interface import (
    Delivery,
    ImmediateTransport,
    InvalidEncoding,
    PreparedRequest,
    ProtocolError,
    TooLarge,
    Transport,
    TransportError,
    TransportRequest,
    TransportResponse,
)

#: Default of the largest answer, in bytes after decompression.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024
#: Exceptions of a predicate that meets an answer of another shape.
_UNEXPECTED_SHAPE = (ValueError, TypeError, AttributeError, LookupError)
_MAX_REQUESTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Origin = tuple[str, str, int | None]


class NotSent(Exception):
    """The request never reached the vendor. Its `__cause__` is the UpstreamError to report."""


@dataclass(frozen=True)
class Exchange:
    """
    Sends a source's requests, each with `headers` and its own, over connections of its `account` only. Answers are
    limited to `max_bytes` after decompression.
    """

    errors: SourceErrors
    transport: Transport
    base_url: str
    headers: Mapping[str, str]
    account: str = ""
    max_bytes: int = MAX_ANSWER_BYTES
    error_status: Callable[[Any], int | None] | None = None

    def url(self, path: str, params: Mapping[str, str]) -> str:
        """URL of a path below `base_url`, or of an absolute URL, with query parameters."""
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        if not params:
            return url
        return f"{url}?{'&'.join([f'{_quote(name)}={_quote(value)}' for name, value in params.items()])}"

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        delivery: Delivery | None = None,
        first: TransportResponse | Exception | None = None,
    ) -> TransportResponse:
        """
        The response, whatever its status. `delivery` is told of the request's progress. `first` is the outcome of the
        request if that has been sent.

        Raises NotSent if the request cannot have reached the vendor, otherwise UpstreamUnavailable, UpstreamGarbled or
        UpstreamTooLarge.
        """
        sent = {**self.headers, **headers}
        for _ in range(_MAX_REQUESTS):
            request = TransportRequest(
                method=method,
                url=url,
                headers=sent,
                body=body,
                account=self.account,
                delivery=delivery,
            )
            response, first = await self._send_once(request, first), None
            if method != "GET" or response.status not in _REDIRECTS:
                return self._with_body_status(response)
            url = self._redirect_url(url, response)
        raise self.errors.error(UpstreamGarbled, "redirects without end")

    def prepare(self, url: str, headers: Mapping[str, str]) -> PreparedRequest | None:
        """A GET that can be sent at once, with answers of at most `max_bytes`; None if it needs `send`."""
        if not isinstance(self.transport, ImmediateTransport):
            return None
        request = TransportRequest(
            method="GET", url=url, headers={**self.headers, **headers}, account=self.account
        )
        try:
            return self.transport.prepare(request)
        except TransportError:
            return None  # `send` says why

    def is_success(self, response: TransportResponse) -> bool:
        """True for a status of success that the body does not contradict. Never raises: `send` does."""
        if self.error_status is None:
            return 200 <= response.status < 300
        try:
            return 200 <= self._with_body_status(response).status < 300
        except Exception:  # noqa: BLE001 (of a vendor's own function)
            return False

    async def _send_once(
        self, request: TransportRequest, outcome: TransportResponse | Exception | None
    ) -> TransportResponse:
        """The outcome of a request that has been sent, or of one that is sent now."""
        error = partial(self._error, request.url)
        try:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome or await self.transport.send(request, max_bytes=self.max_bytes)
        except ProtocolError as exc:
            raise error(UpstreamGarbled, "the answer is not valid HTTP/1.1", exc.reason) from exc
        except TransportError as exc:
            if not exc.sent:
                raise NotSent from error(UpstreamUnavailable, "cannot be reached", exc.reason)
            message = "the connection broke before the answer was whole"
            raise error(UpstreamUnavailable, message, exc.reason) from exc
        except TooLarge as exc:
            message = (
                f"the answer is larger than {self.max_bytes} bytes: ask for less, or raise"
                " GATEWAY_UPSTREAM__ANSWER_BYTES"
            )
            raise error(UpstreamTooLarge, message, "size") from exc
        except InvalidEncoding as exc:
            raise error(UpstreamGarbled, "the answer cannot be unpacked", "encoding") from exc

    def _error(self, url: str, kind: type[E], message: str, reason: str | None) -> E:
        """An error with what the log tells of it."""
        error = self.errors.error(kind, message)
        error.reason, error.host = reason, host_of(url)
        return error

    def _with_body_status(self, response: TransportResponse) -> TransportResponse:
        """The answer; with the status that its body tells, if that is an error in spite of a success's status."""
        is_success = 200 <= response.status < 300
        if self.error_status is None or not is_success or len(response.body) > _MAX_ERROR_BYTES:
            return response
        try:
            status = self.error_status(self.errors.decode(response.body, None))
        except (UpstreamGarbled, *_UNEXPECTED_SHAPE):
            return response
        return response if status is None else replace(response, status=status)

    def _redirect_url(self, url: str, response: TransportResponse) -> str:
        try:
            target = urljoin(url, response.headers.get("location", ""))
            is_same_origin = origin(target) == origin(url)
        except ValueError:
            is_same_origin = False
        if not is_same_origin:
            raise self.errors.error(UpstreamGarbled, "redirects to another address", status=response.status)
        return target


def _quote(text: str) -> str:
    """
    A name or value of a query, percent-encoded. Words and numbers, the usual case, take a fast path.

    >>> _quote("per_page"), _quote("Halle 3 & 4/ü")
    ('per_page', 'Halle+3+%26+4%2F%C3%BC')
    """
    return text if text.isascii() and text.replace("_", "").isalnum() else quote_plus(text)


def host_of(url: str) -> str:
    """
    Host and port of a URL, for the log.

    >>> host_of("https://acme.example:8443/api?secret=1")
    'acme.example:8443'
    """
    return url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]


def origin(url: str) -> Origin:
    """
    Scheme, host and port of a URL. Raises ValueError if it is invalid.

    >>> origin("https://acme.example/a") == origin("https://acme.example:443/b")
    True
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
