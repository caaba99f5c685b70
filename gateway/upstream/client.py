"""One source, as the connector asks it: what is known is not asked, and what is asked is asked once."""

import time
from collections.abc import Mapping
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
from gateway.upstream.http.exchange import Exchange
from gateway.upstream.http.request_bodies import File, encode_body
from gateway.upstream.http.target import Target, WriteAnswer
from gateway.upstream.telemetry.circuit_state import CircuitState
from gateway.upstream.telemetry.events import NullObserver, ObserverFactory
from gateway.upstream.transport.interface import Transport, TransportResponse


class Upstream:
    """Asks one source. Every failure is an UpstreamError of that source, without anything of the vendor's answer."""

    def __init__(
        self,
        target: Target,
        *,
        auth: Auth,
        transport: Transport,
        cache: Cache,
        rates: SlidingWindowLimiter | None = None,
        watches: ObserverFactory | None = None,
    ) -> None:
        self.target = target
        self._errors = SourceErrors(target.source, target.vendor)
        watch = (watches or NullObserver()).observe(target.source, target.vendor)
        headers = {"Accept": "application/json", **target.headers}
        exchange = Exchange(self._errors, transport, target.base_url, headers)
        self.dispatcher = Dispatcher(
            errors=self._errors,
            exchange=exchange,
            auth=auth,
            admission=Admission(rates or SlidingWindowLimiter(), concurrency=target.concurrency),
            timeout=target.timeout_seconds,
            observer=watch,
        )
        self._addresses = AddressBuilder(target, exchange)
        self._reads = ReadThroughCache(
            target, named=self._errors, aims=self._addresses, line=self.dispatcher, cache=cache, watch=watch
        )

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        reads: OperationReads,
        ttl_seconds: float,
        decode: Decode | None = None,
    ) -> UpstreamAnswer:
        """
        The decoded answer of a GET: kept, already asked in this operation, being asked by another, or asked now.

        Where the vendor fails and an older answer is at hand, it is given, and `budget.stale` names the source.
        """
        return await self._reads.get(path, params, reads=reads, ttl_seconds=ttl_seconds, decode=decode)

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

        It is sent again only where the vendor provably has not acted on it. Raises UpstreamUnavailable where it was
        never sent, OutcomeUnknown where no answer tells whether the change was made. All that was kept of this source
        is forgotten, whatever came of it.
        """
        content = encode_body(body, form=form, files=files)
        headers = {"Content-Type": content[0]} if content else {}
        aim = self._addresses.build(path, params or {})
        reads.spend()
        await self.invalidate_all(reads)
        try:
            out = UpstreamRequest(
                method=method,
                url=aim.url,
                path=aim.path,
                headers=headers,
                body=content[1] if content else None,
            )
            response = await self.dispatcher.send(out, budget=reads)
        finally:
            await self.invalidate_all(reads)
        self.dispatcher.health.succeeded()
        said = self._json(response)
        garbled = said is None and response.body.strip() not in {b"", b"null"}
        return WriteAnswer(status=response.status, headers=response.headers, body=said, is_invalid=garbled)

    async def picture(self, path: str, *, reads: OperationReads) -> TransportResponse:
        """The answer of a GET that needs no credential, as bytes, whatever it is."""
        reads.spend()
        aim = self._addresses.build(path, {})
        out = UpstreamRequest(method="GET", url=aim.url, path=aim.path, is_public=True)
        response = await self.dispatcher.send(out, budget=reads)
        self.dispatcher.health.succeeded()
        return response

    async def invalidate_all(self, reads: OperationReads | None = None) -> None:
        """Use nothing again that this source has said, nor what it is saying now: it is being changed."""
        await self._reads.invalidate_all()
        if reads is not None:
            reads.invalidate_all()

    def invalid_response(self, reason: str) -> UpstreamGarbled:
        """An answer that cannot be understood, said by whoever found that out."""
        error = self._errors.error(UpstreamGarbled, reason)
        self.dispatcher.health.degraded(error.code)
        return error

    def invalidate(self, answer: UpstreamAnswer) -> None:
        """Do not use an answer again that turned out to be garbled."""
        self._reads.invalidate(answer)

    def report(self) -> HealthReport:
        """How the source has done lately, and whether it is left alone for now."""
        health, breaker, now = self.dispatcher.health, self.dispatcher.breaker, time.monotonic()
        rates = self.dispatcher.admission.rates
        is_open = breaker.circuit is not CircuitState.CLOSED
        again = breaker.retry_at if is_open else rates.paused_until(now)
        return HealthReport(
            state="DOWN" if is_open else health.state,
            last_success_at=health.last_success_at,
            last_error=health.last_error,
            retry_at=None if again is None else datetime.now(UTC) + timedelta(seconds=max(0.0, again - now)),
            requests_remaining=rates.remaining(now),
        )

    async def close(self) -> None:
        """End what is under way."""
        self.dispatcher.admission.close()
        await self._reads.close()

    def is_current(self, answer: UpstreamAnswer) -> bool:
        """Whether what was told once is what would be told now, without asking anybody."""
        return self._reads.is_current(answer)

    def _json(self, response: TransportResponse) -> Any:
        try:
            return self._errors.decode(response.body, None)
        except UpstreamGarbled:
            return None
