"""One source, as the connector asks it: what is known is not asked, and what is asked is asked once."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.errors import UpstreamGarbled
from gateway.upstream.caching.addresses import Aims
from gateway.upstream.caching.answer import Told
from gateway.upstream.caching.cache import Cache
from gateway.upstream.caching.cached_reads import Questions
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.dispatch.admission import Gate
from gateway.upstream.dispatch.attempt import Outgoing
from gateway.upstream.dispatch.auth import Auth
from gateway.upstream.dispatch.dispatcher import Line
from gateway.upstream.dispatch.health import Report
from gateway.upstream.dispatch.rate_limit import Rates
from gateway.upstream.http.decode import Decode, Named
from gateway.upstream.http.exchange import Exchange
from gateway.upstream.http.request_bodies import File, packed
from gateway.upstream.http.target import Answer, Target
from gateway.upstream.telemetry.circuit_state import Circuit
from gateway.upstream.telemetry.events import Unwatched, Watches
from gateway.upstream.transport.interface import Response, Transport


class Upstream:
    """Asks one source. Every failure is an UpstreamError of that source, without anything of the vendor's answer."""

    def __init__(
        self,
        target: Target,
        *,
        auth: Auth,
        transport: Transport,
        cache: Cache,
        rates: Rates | None = None,
        watches: Watches | None = None,
    ) -> None:
        self.target = target
        self._named = Named(target.source, target.vendor)
        watch = (watches or Unwatched()).watch(target.source, target.vendor)
        headers = {"Accept": "application/json", **target.headers}
        exchange = Exchange(self._named, transport, target.base_url, headers)
        self.line = Line(
            named=self._named,
            exchange=exchange,
            auth=auth,
            gate=Gate(rates or Rates(), concurrency=target.concurrency),
            timeout=target.timeout_seconds,
            watch=watch,
        )
        self._aims = Aims(target, exchange)
        self._questions = Questions(
            target, named=self._named, aims=self._aims, line=self.line, cache=cache, watch=watch
        )

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        budget: OperationReads,
        keep_seconds: float,
        decode: Decode | None = None,
    ) -> Told:
        """
        The decoded answer of a GET: kept, already asked in this operation, being asked by another, or asked now.

        Where the vendor fails and an older answer is at hand, it is given, and `budget.stale` names the source.
        """
        return await self._questions.get(
            path, params, budget=budget, keep_seconds=keep_seconds, decode=decode
        )

    async def write(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, File] | None = None,
        budget: OperationReads,
    ) -> Answer:
        """
        The answer to a change: 2xx, or a 4xx by which the vendor refuses it for its own reasons.

        It is sent again only where the vendor provably has not acted on it. Raises UpstreamUnavailable where it was
        never sent, OutcomeUnknown where no answer tells whether the change was made. All that was kept of this source
        is forgotten, whatever came of it.
        """
        content = packed(body, form=form, files=files)
        headers = {"Content-Type": content[0]} if content else {}
        aim = self._aims.at(path, params or {})
        budget.spend()
        await self.forget(budget)
        try:
            out = Outgoing(
                method=method,
                url=aim.url,
                path=aim.path,
                headers=headers,
                body=content[1] if content else None,
            )
            response = await self.line.send(out, budget=budget)
        finally:
            await self.forget(budget)
        self.line.health.succeeded()
        said = self._said(response)
        garbled = said is None and response.body.strip() not in {b"", b"null"}
        return Answer(status=response.status, headers=response.headers, body=said, garbled=garbled)

    async def picture(self, path: str, *, budget: OperationReads) -> Response:
        """The answer of a GET that needs no credential, as bytes, whatever it is."""
        budget.spend()
        aim = self._aims.at(path, {})
        out = Outgoing(method="GET", url=aim.url, path=aim.path, open=True)
        response = await self.line.send(out, budget=budget)
        self.line.health.succeeded()
        return response

    async def forget(self, budget: OperationReads | None = None) -> None:
        """Use nothing again that this source has said, nor what it is saying now: it is being changed."""
        await self._questions.forget()
        if budget is not None:
            budget.forget()

    def garbled(self, told: str) -> UpstreamGarbled:
        """An answer that cannot be understood, said by whoever found that out."""
        error = self._named.error(UpstreamGarbled, told)
        self.line.health.mistaken(error.code)
        return error

    def disown(self, told: Told) -> None:
        """Do not use an answer again that turned out to be garbled."""
        self._questions.disown(told)

    def report(self) -> Report:
        """How the source has done lately, and whether it is left alone for now."""
        health, breaker, now = self.line.health, self.line.breaker, time.monotonic()
        rates = self.line.gate.rates
        is_open = breaker.circuit is not Circuit.CLOSED
        again = breaker.retry_at if is_open else rates.paused_until(now)
        return Report(
            state="DOWN" if is_open else health.state,
            last_success_at=health.last_success_at,
            last_error=health.last_error,
            retry_at=None if again is None else datetime.now(UTC) + timedelta(seconds=max(0.0, again - now)),
            requests_remaining=rates.left(now),
        )

    async def close(self) -> None:
        """End what is under way."""
        self.line.gate.close()
        await self._questions.close()

    def holds(self, told: Told) -> bool:
        """Whether what was told once is what would be told now, without asking anybody."""
        return self._questions.holds(told)

    def _said(self, response: Response) -> Any:
        try:
            return self._named.decoded(response.body, None)
        except UpstreamGarbled:
            return None
