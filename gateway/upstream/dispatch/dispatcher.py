"""A source's way out: its gate, its breaker, and as many attempts as are worth it."""

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.errors import (
    OutcomeUnknown,
    UpstreamError,
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.dispatch.admission import Admission, RateLimitExceeded
from gateway.upstream.dispatch.attempt import AttemptResult, AttemptRunner, UpstreamRequest
from gateway.upstream.dispatch.auth import Auth
from gateway.upstream.dispatch.budget import Budget
from gateway.upstream.dispatch.circuit_breaker import CircuitBreaker
from gateway.upstream.dispatch.health import Health
from gateway.upstream.dispatch.retry import RetryBudget, RetryPolicy, next_delay
from gateway.upstream.http.decode import SourceErrors
from gateway.upstream.http.exchange import Exchange
from gateway.upstream.telemetry import events as told
from gateway.upstream.transport.interface import TransportResponse

#: Answers of a vendor that will not be another a moment later.
_LASTING = frozenset({501, 505})
_LEFT_HEADERS = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")


@dataclass(kw_only=True)
class Dispatcher:
    """
    Sends a source's requests. `timeout` is what one attempt has, in seconds; all together have twice as much, not
    counting what they wait for the vendor's rate limit: that only the operation's own end bounds.
    """

    errors: SourceErrors
    exchange: Exchange
    auth: Auth
    admission: Admission
    timeout: float
    observer: told.Observer = field(default_factory=told.NullObserver)
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    health: Health = field(default_factory=Health)
    retry_budget: RetryBudget = field(default_factory=RetryBudget)
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        self.policy = RetryPolicy.within(self.timeout)
        self._attempts = AttemptRunner(
            errors=self.errors,
            exchange=self.exchange,
            auth=self.auth,
            rates=self.admission.rates,
            observer=self.observer,
            clock=self.clock,
        )

    async def send(self, out: UpstreamRequest, *, budget: Budget) -> TransportResponse:
        """
        The answer: 2xx or an awaited 304. For a write also a 4xx that is about the change, not about us or the rate.

        Raises UpstreamError.
        """
        number, used = 0, 0.0
        self.retry_budget.earn()
        while True:
            number += 1
            await self._enter(budget, again=number > 1)
            began = self.clock()
            trial = AttemptResult(number, min(self.timeout, 2 * self.timeout - used, budget.ends - began))
            try:
                await self._attempts.run(out, trial)
                self._record(trial)
            except BaseException:
                self.breaker.abandoned(self.clock())
                raise
            finally:
                self.admission.leave()
                self._report_state()
            used += self.clock() - began
            refused = not out.is_safe and isinstance(trial.error, UpstreamRejected)
            if trial.response is not None and (trial.error is None or refused):
                return trial.response
            assert trial.error is not None
            delay = self._retry_delay(out, trial, used=used, budget=budget)
            if delay is None:
                raise self._final(out, trial)
            await asyncio.sleep(delay)
            used += delay

    async def _enter(self, budget: Budget, *, again: bool) -> None:
        if self.breaker.is_open(self.clock()):
            raise self._circuit_open()
        try:
            await self.admission.enter(caller=budget, rank=budget.priority, until=budget.ends, ahead=again)
        except RateLimitExceeded as exc:
            said = "the calls that it allows are spent for now"
            raise self.errors.error(UpstreamRateLimited, said, retry_after=_up(exc.wait)) from exc
        except TimeoutError as exc:
            raise self.errors.error(UpstreamTimeout, "its other calls took too long") from exc
        if not self.breaker.admits(self.clock()):
            self.admission.leave(unused=True)
            raise self._circuit_open()
        self._report_state()

    def _circuit_open(self) -> UpstreamUnavailable:
        wait = max(0.0, (self.breaker.retry_at or 0.0) - self.clock())
        said = "failed again and again, and is left alone for a moment"
        return self.errors.error(UpstreamUnavailable, said, retry_after=_up(wait) or None)

    def _record(self, trial: AttemptResult) -> None:
        """Take note of what an attempt says of the source."""
        now, error = self.clock(), trial.error
        if error is None:
            self.breaker.succeeded()
            if trial.response is not None:
                self.admission.rates.accept(_left(trial.response.headers))
            return
        if isinstance(error, UpstreamTimeout) and trial.seconds < self.timeout / 2:
            # it had no time to answer
            self.breaker.abandoned(now)
            return
        if isinstance(error, UpstreamTimeout | UpstreamUnavailable):
            self.breaker.failed(now)
        else:
            self.breaker.succeeded()
        if isinstance(error, UpstreamRateLimited):
            until = self.admission.rates.refuse(now, error.retry_after, chance=self.chance())
            error.retry_after = error.retry_after if error.retry_after is not None else _up(until - now)
        if not isinstance(error, UpstreamRejected):
            self.health.failed(error.code)

    def _retry_delay(
        self, out: UpstreamRequest, trial: AttemptResult, *, used: float, budget: Budget
    ) -> float | None:
        """Seconds until the next attempt, or None where there is none."""
        now, error = self.clock(), trial.error
        if isinstance(error, UpstreamRateLimited):
            # The gate waits as long as the vendor asks for.
            enough = trial.number < self.policy.attempts and self.admission.rates.ready_at(now) < budget.ends
            return 0.0 if enough else None
        worth = isinstance(error, UpstreamTimeout | UpstreamUnavailable) and error.status not in _LASTING
        if not worth or (trial.sent and not out.is_safe) or self.breaker.is_open(now):
            return None
        delay = next_delay(
            self.policy,
            trial.number,
            remaining=min(2 * self.timeout - used, budget.ends - now),
            chance=self.chance(),
            retry_after=error.retry_after if error is not None else None,
        )
        return delay if delay is not None and self.retry_budget.spend() else None

    def _final(self, out: UpstreamRequest, trial: AttemptResult) -> UpstreamError:
        error = trial.error
        assert error is not None
        vague = isinstance(error, UpstreamTimeout | UpstreamUnavailable | UpstreamGarbled)
        if not out.is_safe and trial.sent and vague:
            said = "the change was sent, and no answer tells whether it was made: look before you repeat it"
            return self.errors.error(OutcomeUnknown, said, status=error.status)
        return error

    def _report_state(self) -> None:
        self.observer.on_state_change(
            self.admission.inside,
            self.admission.waiting,
            remaining=self.admission.rates.remaining(self.clock()),
            circuit=self.breaker.circuit,
        )


def _up(seconds: float) -> float:
    """
    Seconds as they are told: never too few.

    >>> _up(39.91)
    40.0
    """
    return math.ceil(seconds * 10) / 10


def _left(headers: Mapping[str, str]) -> int | None:
    """How many calls the vendor says are left."""
    for name in _LEFT_HEADERS:
        told = headers.get(name)
        if told is not None:
            with suppress(ValueError):
                return min(10**6, max(0, int(told.split(";")[0].strip()[:9])))
    return None
