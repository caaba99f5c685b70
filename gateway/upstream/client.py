"""
HTTP access to one source. A GET is served from the operation's own reads, the cache, or a request in flight, before a
new one is sent; a write invalidates them.
"""

import time
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.errors import UpstreamGarbled
from gateway.upstream.caching.addresses import AddressBuilder
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.cache import Cache
from gateway.upstream.caching.cached_reads import ReadThroughCache
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.dispatch.admission import Admission
from gateway.upstream.dispatch.attempt import UpstreamRequest
from gateway.upstream.dispatch.auth import Auth
from gateway.upstream.dispatch.dispatcher import Dispatcher
from gateway.upstream.dispatch.health import HealthReport
from gateway.upstream.dispatch.rate_limit import SlidingWindowLimiter
from gateway.upstream.http.decode import Decode, SourceErrors
from gateway.upstream.http.exchange import MAX_ANSWER_BYTES, Exchange
from gateway.upstream.http.request_bodies import File, encode_body
from gateway.upstream.http.target import Target, WriteAnswer
from gateway.upstream.telemetry.circuit_state import CircuitState
from gateway.upstream.telemetry.events import NullObserver, ObserverFactory, log_invalid_answer
from gateway.upstream.transport.interface import Transport, TransportResponse


class Upstream:
    """HTTP client of one source. Every failure is an UpstreamError of it, without anything of the vendor's response."""

    def __init__(
        self,
        target: Target,
        *,
        auth: Auth,
        transport: Transport,
        cache: Cache,
        limiter: SlidingWindowLimiter | None = None,
        observers: ObserverFactory | None = None,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self.target = target
        self._errors = SourceErrors(target.source, target.vendor)
        self._observer = observer = (observers or NullObserver()).observe(target.source, target.vendor)
        headers = {"Accept": "application/json", **target.headers}
        exchange = Exchange(
            self._errors,
            transport,
            target.base_url,
            headers,
            account=target.account,
            max_bytes=max_bytes,
            error_status=target.error_status,
        )
        self.dispatcher = Dispatcher(
            errors=self._errors,
            exchange=exchange,
            auth=auth,
            admission=Admission(
                limiter or SlidingWindowLimiter(),
                concurrency=target.concurrency,
                max_wait=(
                    2 * target.timeout_seconds if target.max_wait_seconds is None else target.max_wait_seconds
                ),
            ),
            timeout=target.timeout_seconds,
            observer=observer,
        )
        self._addresses = AddressBuilder(target, exchange)
        self._reads = ReadThroughCache(
            target,
            errors=self._errors,
            addresses=self._addresses,
            dispatcher=self.dispatcher,
            cache=cache,
            observer=observer,
        )
        self.is_current = self._reads.is_current
        """True if an answer is the fresh cached one, so that a GET would be served with it. Sends no request."""

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        reads: OperationReads,
        ttl_seconds: float,
        decode: Decode | None = None,
    ) -> Coroutine[Any, Any, UpstreamAnswer]:
        """
        The decoded answer of a GET. `ttl_seconds` is how long its response is cached, 0 for not at all.

        If the vendor fails and a stale answer is cached, it is returned, and `reads.stale` names the source.
        """
        answer = self._reads.get(path, params, reads=reads, ttl_seconds=ttl_seconds, decode=decode)
        return answer if reads.cost is None else reads.cost.waiting(self.target.source, answer)

    async def write(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, File] | None = None,
        reads: OperationReads,
    ) -> WriteAnswer:
        """
        The answer to a change: 2xx, or a 4xx by which the vendor refuses it for its own reasons.

        It is retried only if the vendor provably has not acted on it. Raises UpstreamUnavailable if it was never sent,
        OutcomeUnknown if no answer says whether the change was made. All cached answers of this source are
        invalidated, whatever the outcome.
        """
        encoded = encode_body(body, form=form, files=files)
        headers = {"Content-Type": encoded[0]} if encoded else {}
        address = self._addresses.build(path, params or {})
        reads.spend()
        await self.invalidate_all(reads)
        try:
            request = UpstreamRequest(
                method=method,
                url=address.request.url,
                path=address.request.path,
                headers=headers,
                body=encoded[1] if encoded else None,
            )
            if reads.cost is not None:
                reads.cost.of(self.target.source).calls += 1
            sending = self.dispatcher.send(request, budget=reads)
            if reads.cost is not None:
                sending = reads.cost.waiting(self.target.source, sending)
            response = await sending
        finally:
            await self.invalidate_all(reads)
        self.dispatcher.health.succeeded()
        decoded = self._decode_json(response)
        is_invalid = decoded is None and response.body.strip() not in {b"", b"null"}
        return WriteAnswer(
            status=response.status, headers=response.headers, body=decoded, is_invalid=is_invalid
        )

    async def get_public(self, path: str, *, reads: OperationReads) -> TransportResponse:
        """The raw response of a GET that is sent without our credential."""
        reads.spend()
        request = replace(self._addresses.build(path, {}).request, is_public=True)
        response = await self.dispatcher.send(request, budget=reads)
        self.dispatcher.health.succeeded()
        return response

    async def probe(self, path: str, *, reads: OperationReads) -> str | None:
        """The time that a GET's answer tells (its Date header), past the cache. Raises UpstreamError."""
        reads.spend()
        request = self._addresses.build(path, {}).request
        response = await self.dispatcher.send(request, budget=reads)
        self._errors.decode(response.body, None)
        self.dispatcher.health.succeeded()
        return response.headers.get("date")

    async def invalidate_all(self, reads: OperationReads | None = None) -> None:
        """Drop all answers of this source, cached and in flight: it is being changed."""
        await self._reads.invalidate_all()
        if reads is not None:
            reads.invalidate_all()

    def invalid_response(self, reason: str) -> UpstreamGarbled:
        """The error for an answer that a caller found invalid. It counts against the source's health."""
        error = self._errors.error(UpstreamGarbled, reason)
        self.dispatcher.health.degraded(error.code)
        log_invalid_answer(error)
        return error

    def invalidate(self, answer: UpstreamAnswer) -> None:
        """Drop an answer that proved invalid."""
        self._reads.invalidate(answer)

    def count_unread(self, type_name: str, field: str, count: int) -> None:
        """Count values of a field that are null because they are not in the form that the description says."""
        self._observer.on_values_unread(type_name, field, count)

    def report(self) -> HealthReport:
        """Health of the source: outcome of its latest calls, circuit breaker and rate limit."""
        health, breaker, now = self.dispatcher.health, self.dispatcher.breaker, time.monotonic()
        limiter = self.dispatcher.admission.limiter
        is_open = breaker.circuit is not CircuitState.CLOSED
        retry_at = breaker.retry_at if is_open else limiter.paused_until(now)
        return HealthReport(
            state="DOWN" if is_open else health.state,
            last_success_at=health.last_success_at,
            last_error=health.last_error,
            retry_at=None if retry_at is None else _as_datetime(retry_at, now),
            requests_remaining=limiter.remaining(now),
        )

    @property
    def calls_per_minute(self) -> float:
        """The calls that this process may send to the account in a minute, 0 for any number."""
        return self.dispatcher.admission.limiter.per_minute

    async def epoch(self) -> int:
        """A number that differs after each change of the source, by whichever process that shares the cache."""
        return await self._reads.epoch()

    async def close(self) -> None:
        """Cancel all calls in flight."""
        self.dispatcher.admission.close()
        await self._reads.close()

    def _decode_json(self, response: TransportResponse) -> Any:
        try:
            return self._errors.decode(response.body, None)
        except UpstreamGarbled:
            return None


def _as_datetime(monotonic: float, now: float) -> datetime:
    """A time of the monotonic clock as date and time in UTC, not before now."""
    return datetime.now(UTC) + timedelta(seconds=max(0.0, monotonic - now))
