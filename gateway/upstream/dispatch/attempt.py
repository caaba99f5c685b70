"""One attempt at a request: signed, in its time, and told of; what became of it is returned, not raised."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
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
from gateway.upstream.http.exchange import Exchange, NotSent
from gateway.upstream.telemetry import events as told
from gateway.upstream.transport.interface import TransportResponse


@dataclass(kw_only=True, slots=True, eq=False)
class UpstreamRequest:
    """
    A request to be made, at an absolute URL; `path` is the template that is told of it. One that is not `safe` changes
    something: it is never sent twice by mistake. What is `open` to everybody is asked for without our credential.
    """

    method: str
    url: str = field(repr=False)
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    cache: str = "off"
    is_public: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether it may be made again whatever became of it."""
        return self.method == "GET"


@dataclass(slots=True, eq=False)
class AttemptResult:
    """
    What became of one attempt, which has so many `seconds`. `sent` says that the vendor may have got the request and
    acted on it.
    """

    number: int
    seconds: float
    response: TransportResponse | None = field(default=None, repr=False)
    error: UpstreamError | None = None
    sent: bool = False

    @property
    def status(self) -> int | None:
        """The answer's status, where there was an answer."""
        if self.response is not None:
            return self.response.status
        return None if self.error is None else self.error.status


@dataclass(kw_only=True)
class AttemptRunner:
    """Makes attempts at requests to one source."""

    errors: SourceErrors
    exchange: Exchange
    auth: Auth
    rates: SlidingWindowLimiter
    observer: told.Observer
    clock: Callable[[], float] = time.monotonic

    async def run(self, out: UpstreamRequest, trial: AttemptResult) -> None:
        """Make an attempt, and write into the trial what comes of it."""
        began = self.clock()
        with self.observer.span(out.method, out.path) as span:
            try:
                async with asyncio.timeout(trial.seconds):
                    await self._exchange(out, trial)
                if trial.response is not None:
                    trial.error = self.errors.from_status(trial.response)
            except TimeoutError:
                trial.error = self.errors.error(UpstreamTimeout, "no answer in time")
            except NotSent as exc:
                trial.error, trial.sent = _cause(exc), False
            except UpstreamError as exc:
                drop_traceback(exc)  # another attempt may follow, and nobody be told of this one
                trial.error = exc
            attempt = told.AttemptEvent(
                source=self.errors.source,
                vendor=self.errors.vendor,
                method=out.method,
                path=out.path,
                status=trial.status,
                outcome=trial.error.code if trial.error else "ok",
                seconds=self.clock() - began,
                attempt=trial.number,
                cache=out.cache,
            )
            if span is not None:
                span.end(attempt)
        told.log(attempt)
        self.observer.on_attempt(attempt)

    async def _exchange(self, out: UpstreamRequest, trial: AttemptResult) -> None:
        """One exchange with our credential; once more with a new one where the vendor refuses it."""
        for again in (False, True):
            if again:
                self.rates.spend(self.clock())
            signed = {} if out.is_public else await self._signed()
            trial.sent = True
            response = await self.exchange.send(out.method, out.url, {**out.headers, **signed}, body=out.body)
            if response.status != 401:
                if not out.is_public:
                    self.auth.accepted()
                break
            # refused before it was looked at
            trial.sent = False
            if out.is_public or not self.auth.refused(signed):
                break
        trial.response = response

    async def _signed(self) -> Mapping[str, str]:
        try:
            return await self.auth.headers(self._sign_in)
        except NoToken as exc:
            said = "the sign-in was answered without a token"
            raise self.errors.error(UpstreamGarbled, said) from exc
        except UpstreamRejected as exc:
            raise self.errors.error(UpstreamAuth, "the sign-in was refused", status=exc.status) from exc

    async def _sign_in(
        self,
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
        self.rates.spend(self.clock())
        try:
            response = await self.exchange.send(
                method, self.exchange.url(url, params or {}), headers, body=body
            )
        except NotSent as exc:
            raise _cause(exc) from exc
        error = self.errors.from_status(response)
        if error is not None:
            raise error
        return self.errors.decode(response.body, None)


def _cause(exc: NotSent) -> UpstreamError:
    error = exc.__cause__
    assert isinstance(error, UpstreamError)
    return error
