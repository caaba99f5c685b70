"""One attempt at a request: authenticated, within a timeout, and reported; its error is returned, not raised."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from gateway.errors import (
    UpstreamAuth,
    UpstreamError,
    UpstreamGarbled,
    UpstreamRejected,
    UpstreamTimeout,
    drop_traceback,
)
from gateway.upstream.dispatch.auth import Auth, NoToken
from gateway.upstream.dispatch.rate_limit import SlidingWindowLimiter
from gateway.upstream.http.decode import SourceErrors
from gateway.upstream.http.exchange import Exchange, NotSent, host_of
from gateway.upstream.telemetry import events
from gateway.upstream.transport.failure_reason import CONNECT_TIMEOUT, READ_TIMEOUT
from gateway.upstream.transport.interface import PreparedRequest, TransportResponse


@dataclass(kw_only=True, slots=True, eq=False)
class UpstreamRequest:
    """
    A request to a vendor, at an absolute URL; `path` is its template for logs. One that is not `is_safe` changes
    something: it is retried only if the vendor cannot have acted on it. An `is_public` one is sent without our
    credential.
    """

    method: str
    url: str = field(repr=False)
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    cache: str = "off"
    is_public: bool = False
    signed: "SignedRequest | None" = field(default=None, init=False, repr=False)
    """As it was sent the last time: an address that is read again and again has one request."""

    @property
    def is_safe(self) -> bool:
        """True for a safe method (RFC 9110, 9.2.1): it may be repeated whatever the outcome."""
        return self.method == "GET"


class SignedRequest(NamedTuple):
    """A request prepared with a credential; None if it cannot be."""

    credential: Mapping[str, str]
    request: PreparedRequest | None


class FirstOutcome(NamedTuple):
    """Outcome of a request that was sent with a credential, and that is no success."""

    started_at: float
    credential: Mapping[str, str]
    outcome: TransportResponse | Exception


@dataclass(slots=True, eq=False)
class SignIn:
    """Progress of a sign-in: `sent` as for any Delivery, and the host once it is known."""

    sent: bool = True
    host: str | None = None


@dataclass(slots=True, eq=False)
class AttemptResult:
    """
    Outcome of one attempt, which ends after `timeout` seconds. `first` is the outcome of its request if that has been
    sent already. `sent` is True if the vendor may have received the request and acted on it: the transport, whose
    Delivery it is, knows better while it connects.
    """

    number: int
    timeout: float
    started_at: float
    first: FirstOutcome | None = field(default=None, repr=False)
    response: TransportResponse | None = field(default=None, repr=False)
    error: UpstreamError | None = None
    sent: bool = False
    sign_in: "SignIn | None" = None
    """The sign-in that is under way before the request."""

    @property
    def status(self) -> int | None:
        """The response's status, None without a response."""
        if self.response is not None:
            return self.response.status
        return None if self.error is None else self.error.status


@dataclass(kw_only=True)
class AttemptRunner:
    """Runs attempts at requests to one source."""

    errors: SourceErrors
    exchange: Exchange
    auth: Auth
    limiter: SlidingWindowLimiter
    observer: events.Observer
    clock: Callable[[], float] = time.monotonic

    async def run(self, request: UpstreamRequest, result: AttemptResult) -> None:
        """Send the request once, and write its outcome into `result`."""
        with self.observer.span(request.method, request.path) as span:
            try:
                async with asyncio.timeout(result.started_at + result.timeout - self.clock()):
                    await self._exchange(request, result)
                if result.response is not None:
                    result.error = self.errors.from_status(result.response)
            except TimeoutError:
                result.error = self.errors.error(UpstreamTimeout, "no answer in time")
                is_sent = result.sign_in.sent if result.sign_in else result.sent
                result.error.reason = READ_TIMEOUT if is_sent else CONNECT_TIMEOUT
                result.error.host = result.sign_in.host if result.sign_in else None
            except NotSent as exc:
                result.error, result.sent = _cause(exc), False
            except UpstreamError as exc:
                drop_traceback(exc)  # another attempt may follow, and nobody see this error
                result.error = exc
            if result.error is not None:
                _complete(result.error, request.url)
            event = self.report(request, result)
            if span is not None:
                span.end(event)

    def report(self, request: UpstreamRequest, result: AttemptResult) -> events.AttemptEvent:
        """Log and count an attempt that has ended."""
        error = result.error
        event = events.AttemptEvent(
            self.errors.source,
            self.errors.vendor,
            request.method,
            request.path,
            result.status,
            "ok" if error is None else error.code,
            self.clock() - result.started_at,
            result.number,
            request.cache,
            None if error is None else error.reason,
            None if error is None else error.host,
        )
        events.log(event)
        self.observer.on_attempt(event.outcome, event.seconds, event.attempt)
        return event

    async def _exchange(self, request: UpstreamRequest, result: AttemptResult) -> None:
        """One exchange with our credential; a second one with a new credential if the vendor refuses it."""
        for is_second in (False, True):
            first = None if is_second else result.first
            if is_second:
                self.limiter.spend(self.clock())
            credential = {} if request.is_public else await self._credential(result, first)
            result.sent = True
            response = await self.exchange.send(
                request.method,
                request.url,
                {**request.headers, **credential},
                body=request.body,
                delivery=result,
                first=None if first is None else first.outcome,
            )
            if response.status != 401:
                if not request.is_public:
                    self.auth.on_accepted()
                break
            # refused before the vendor acted on it
            result.sent = False
            if request.is_public or not self.auth.on_refused(credential):
                break
        result.response = response

    async def _credential(self, result: AttemptResult, first: FirstOutcome | None) -> Mapping[str, str]:
        if first is not None:
            return first.credential
        result.sign_in = SignIn()
        try:
            credential = await self.auth.headers(partial(self._sign_in, result.sign_in))
        except NoToken as exc:
            message = "the sign-in was answered without a token"
            raise self.errors.error(UpstreamGarbled, message) from exc
        except UpstreamRejected as exc:
            error = self.errors.error(UpstreamAuth, "the sign-in was refused", status=exc.status)
            error.host = exc.host
            raise error from exc
        result.sign_in = None
        return credential

    async def _sign_in(
        self,
        delivery: SignIn,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        headers: dict[str, str] = {}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form).encode()
        self.limiter.spend(self.clock())
        delivery.host = host_of(url)
        try:
            response = await self.exchange.send(
                method, self.exchange.url(url, params or {}), headers, body=body, delivery=delivery
            )
        except NotSent as exc:
            raise _cause(exc) from exc
        error = self.errors.from_status(response)
        if error is not None:
            _complete(error, url)
            raise error
        return self.errors.decode(response.body, None)


def _complete(error: UpstreamError, url: str) -> None:
    """Add the host and the reason to an error that does not have them yet."""
    error.host = error.host or host_of(url)
    if error.reason is None and error.status is not None:
        error.reason = f"status={error.status}"


def _cause(exc: NotSent) -> UpstreamError:
    error = exc.__cause__
    assert isinstance(error, UpstreamError)
    return error
