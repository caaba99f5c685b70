"""Dispatcher of a source's requests: admission control, circuit breaker, attempts and retries."""

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.concurrency.timeouts import SharedTimer
from gateway.errors import (
    OutcomeUnknown,
    UpstreamError,
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamUnavailable,
)
from gateway.literals import parse_whole
from gateway.upstream.dispatch.admission import Admission, RateLimitExceeded
from gateway.upstream.dispatch.attempt import AttemptResult, AttemptRunner, FirstOutcome, UpstreamRequest
from gateway.upstream.dispatch.auth import Auth
from gateway.upstream.dispatch.budget import Budget
from gateway.upstream.dispatch.circuit_breaker import CircuitBreaker
from gateway.upstream.dispatch.health import Health
from gateway.upstream.dispatch.immediate_call import ImmediateCall, OnEnd
from gateway.upstream.dispatch.retry import RetryBudget, RetryPolicy, next_delay
from gateway.upstream.http.decode import SourceErrors
from gateway.upstream.http.exchange import Exchange
from gateway.upstream.telemetry.circuit_state import CircuitState
from gateway.upstream.telemetry.events import NullObserver, Observer, SourceState, logs_usual
from gateway.upstream.transport.interface import TransportResponse

#: Statuses that a retry does not change.
_PERMANENT_STATUSES = frozenset({501, 505})
#: Seconds that a circuit's probe may take: while it is under way nobody knows when calls are sent again.
_PROBE_SECONDS = 0.5
#: So many successes in a row after a failure fill the retry budget; one more changes nothing. A new source's is full,
#: and only the circuit breaker's ten calls are missing.
_SETTLED, _NEW = 40, 30
_REMAINING_HEADERS = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")


@dataclass(kw_only=True)
class Dispatcher:
    """
    Sends a source's requests. `timeout` is one attempt's, in seconds; all attempts together have twice as much, not
    counting the wait for the vendor's rate limit, which admission control bounds.
    """

    errors: SourceErrors
    exchange: Exchange
    auth: Auth
    admission: Admission
    timeout: float
    observer: Observer = field(default_factory=NullObserver)
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    health: Health = field(default_factory=Health)
    retry_budget: RetryBudget = field(default_factory=RetryBudget)
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        self.observer.watch(self.state)
        self._successes = _NEW
        self.timer = SharedTimer(self.timeout)
        self.policy = RetryPolicy.for_timeout(self.timeout)
        self.attempts = AttemptRunner(
            errors=self.errors,
            exchange=self.exchange,
            auth=self.auth,
            limiter=self.admission.limiter,
            observer=self.observer,
            clock=self.clock,
        )

    def begin(self, request: UpstreamRequest, *, budget: Budget, on_end: OnEnd) -> ImmediateCall | None:
        """
        Send a GET at once, as is usual: the circuit is closed, it is this call's turn, and there is time for a whole
        attempt. None if it has to be sent by `send`, which also goes on with what is no success.
        """
        now = self.clock()
        if (
            self.breaker.circuit is not CircuitState.CLOSED
            or budget.ends - now < self.timeout
            or self.observer.is_tracing
            or not self.admission.admits(now, rank=budget.priority)
        ):
            return None
        call = ImmediateCall(self, request, on_end, now=now)
        if not call.is_sent:
            self.admission.release(unused=True)
            return None
        return call

    def complete(self, request: UpstreamRequest, started_at: float, response: TransportResponse) -> None:
        """End a call that was begun, and succeeded."""
        if logs_usual():
            self.attempts.report(request, AttemptResult(1, self.timeout, started_at, response=response))
        else:
            self.observer.on_attempt("ok", self.clock() - started_at, 1)
        if (
            self._successes < _SETTLED
            or not self.admission.limiter.is_settled
            or not response.headers.keys().isdisjoint(_REMAINING_HEADERS)
        ):
            self.auth.on_accepted()
            self.retry_budget.earn()
            self._record_success(response)
        self.admission.release()

    def abandon(self) -> None:
        """End a call without an outcome."""
        self.breaker.abandoned(self.clock())
        self.admission.release()

    async def send(
        self, request: UpstreamRequest, *, budget: Budget, first: FirstOutcome | None = None
    ) -> TransportResponse:
        """
        The response: 2xx or an expected 304. For a write also a 4xx about the change, not about credential or rate.
        `first` is the outcome of its first request if that was begun before.

        Raises UpstreamError.
        """
        number, elapsed = 0, 0.0
        self.retry_budget.earn()
        while True:
            number += 1
            if first is None:
                await self._acquire(budget, is_retry=number > 1)
            started_at = self.clock() if first is None else first.started_at
            seconds = min(self.timeout, 2 * self.timeout - elapsed, budget.ends - started_at)
            result = AttemptResult(number, seconds, started_at, first)
            first = None
            try:
                await self.attempts.run(request, result)
                self._record(result)
            except BaseException:
                self.breaker.abandoned(self.clock())
                raise
            finally:
                self.admission.release()
            elapsed += self.clock() - started_at
            is_refused_write = not request.is_safe and isinstance(result.error, UpstreamRejected)
            if result.response is not None and (result.error is None or is_refused_write):
                return result.response
            assert result.error is not None
            delay = self._retry_delay(request, result, elapsed=elapsed, budget=budget)
            if delay is None:
                raise self._final_error(request, result)
            await asyncio.sleep(delay)
            elapsed += delay

    async def _acquire(self, budget: Budget, *, is_retry: bool) -> None:
        if self.breaker.is_open(self.clock()):
            raise self._circuit_open()
        try:
            await self.admission.acquire(
                caller=budget.caller,
                operation=budget,
                rank=budget.priority,
                deadline=budget.ends,
                rest_ends=budget.rest_ends,
                is_retry=is_retry,
            )
        except RateLimitExceeded as exc:
            message = "the calls that it allows are spent for now"
            raise self.errors.error(UpstreamRateLimited, message, retry_after=_round_up(exc.wait)) from exc
        except TimeoutError as exc:
            raise self.errors.error(UpstreamTimeout, "its other calls took too long") from exc
        if not self.breaker.admits(self.clock()):
            self.admission.release(unused=True)
            raise self._circuit_open()

    def _circuit_open(self) -> UpstreamUnavailable:
        wait = max(_PROBE_SECONDS, (self.breaker.retry_at or 0.0) - self.clock())
        message = "failed again and again, and is left alone for a moment"
        error = self.errors.error(UpstreamUnavailable, message, retry_after=_round_up(wait))
        error.reason = "circuit:open"
        return error

    def _record(self, result: AttemptResult) -> None:
        """Report an attempt's outcome to circuit breaker, rate limiter and health."""
        now, error = self.clock(), result.error
        if error is None:
            assert result.response is not None
            self._record_success(result.response)
            return
        self._successes = 0
        if isinstance(error, UpstreamTimeout) and result.timeout < self.timeout / 2:
            # it had too little time to answer
            self.breaker.abandoned(now)
            return
        if isinstance(error, UpstreamTimeout | UpstreamUnavailable):
            self.breaker.failed(now)
        else:
            self.breaker.succeeded()
        if isinstance(error, UpstreamRateLimited):
            resume_at = self.admission.limiter.record_refusal(now, error.retry_after, chance=self.chance())
            error.retry_after = (
                error.retry_after if error.retry_after is not None else _round_up(resume_at - now)
            )
        if not isinstance(error, UpstreamRejected):
            self.health.failed(error.code)

    def _record_success(self, response: TransportResponse) -> None:
        self._successes += 1
        self.breaker.succeeded()
        self.admission.limiter.record_success(_remaining_calls(response.headers))

    def _retry_delay(
        self, request: UpstreamRequest, result: AttemptResult, *, elapsed: float, budget: Budget
    ) -> float | None:
        """Seconds until the next attempt, or None if there is none."""
        now, error = self.clock(), result.error
        if isinstance(error, UpstreamRateLimited):
            # Admission control waits as long as the vendor asks for, within the operation's limit.
            latest = self.admission.latest(budget.ends, budget.rest_ends, now)
            may_retry = result.number < self.policy.attempts and self.admission.limiter.ready_at(now) < latest
            return 0.0 if may_retry else None
        is_transient = (
            isinstance(error, UpstreamTimeout | UpstreamUnavailable)
            and error.status not in _PERMANENT_STATUSES
        )
        if not is_transient or (result.sent and not request.is_safe) or self.breaker.is_open(now):
            return None
        delay = next_delay(
            self.policy,
            result.number,
            remaining=min(2 * self.timeout - elapsed, budget.ends - now),
            chance=self.chance(),
            retry_after=error.retry_after if error is not None else None,
        )
        return delay if delay is not None and self.retry_budget.spend() else None

    def _final_error(self, request: UpstreamRequest, result: AttemptResult) -> UpstreamError:
        error = result.error
        assert error is not None
        is_unknown = isinstance(
            error, UpstreamTimeout | UpstreamUnavailable | UpstreamGarbled | UpstreamTooLarge
        )
        if not request.is_safe and result.sent and is_unknown:
            message = (
                "the change was sent, and no answer tells whether it was made: look before you repeat it"
            )
            return self.errors.error(OutcomeUnknown, message, status=error.status)
        return error

    def state(self) -> SourceState:
        """The source's state now."""
        return SourceState(
            self.admission.in_flight,
            self.admission.waiting,
            self.admission.limiter.remaining(self.clock()),
            self.breaker.circuit,
        )


def _round_up(seconds: float) -> float:
    """
    Seconds to report, rounded up to a tenth: never too few.

    >>> _round_up(39.91)
    40.0
    """
    return math.ceil(seconds * 10) / 10


def _remaining_calls(headers: Mapping[str, str]) -> int | None:
    """The vendor's remaining calls by its rate limit headers, None without a valid one."""
    if headers.keys().isdisjoint(_REMAINING_HEADERS):
        return None
    for name in _REMAINING_HEADERS:
        value = headers.get(name)
        if value is not None:
            with suppress(ValueError):
                return min(10**6, max(0, parse_whole(value.split(";")[0].strip())))
    return None
