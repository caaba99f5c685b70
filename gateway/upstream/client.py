"""One source, as the connector asks it: what is known is not asked, and what is asked is asked once."""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.errors import (
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.auth import Auth
from gateway.upstream.bodies import File, packed
from gateway.upstream.breaker import Circuit
from gateway.upstream.budget import Budget, Priority
from gateway.upstream.cache import Cache, Found, Key
from gateway.upstream.exchange import Exchange
from gateway.upstream.flights import Flights
from gateway.upstream.freshness import Kept, Use, use
from gateway.upstream.gate import Gate
from gateway.upstream.health import Report
from gateway.upstream.line import Line, Outgoing
from gateway.upstream.rates import Rates
from gateway.upstream.reading import Decode, Named
from gateway.upstream.target import Answer, Target
from gateway.upstream.told import Told, told
from gateway.upstream.transport import Response, Transport
from gateway.upstream.validators import modified, validators
from gateway.upstream.watch import Paths, Unwatched, Watch

#: Faults at which an answer from before them is better than none. A refused credential is not among them.
_PASSING = (UpstreamTimeout, UpstreamUnavailable, UpstreamRateLimited, UpstreamGarbled)
_REMEMBERED = 256
#: What an answer that another operation waits for may come later than our own would.
_GRACE = 0.1


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
        watch: Watch | None = None,
    ) -> None:
        self.target = target
        self._named = Named(target.source, target.vendor)
        self._watch = watch or Unwatched()
        self.line = Line(
            named=self._named,
            exchange=Exchange(self._named, transport, target.base_url, target.headers),
            auth=auth,
            gate=Gate(rates or Rates(), concurrency=target.concurrency),
            paths=Paths.of(target.paths),
            timeout=target.timeout_seconds,
            watch=self._watch,
        )
        self._cache = cache
        self._flights = Flights()
        self._disowned: set[Key] = set()

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        budget: Budget,
        keep_seconds: float,
        decode: Decode | None = None,
    ) -> Told:
        """
        The decoded answer of a GET: kept, already asked in this operation, being asked by another, or asked now.

        Where the vendor fails and an older answer is at hand, it is given, and `budget.stale` names the source.
        """
        key = self._key(path, {**self.target.params, **params})
        question = (key, decode)
        if keep_seconds > 0 and not budget.has(question) and (kept := self._fresh(key, decode)):
            budget.know(question, kept)
        found: Told = await budget.once(question, lambda: self._get(key, budget, keep_seconds, decode))
        return found

    async def write(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, File] | None = None,
        budget: Budget,
    ) -> Answer:
        """
        The answer to a change: 2xx, or a 4xx by which the vendor refuses it for its own reasons.

        It is sent again only where the vendor provably has not acted on it. Raises UpstreamUnavailable where it was
        never sent, OutcomeUnknown where no answer tells whether the change was made. All that was kept of this source
        is forgotten, whatever came of it.
        """
        content = packed(body, form=form, files=files)
        headers = {"Content-Type": content[0]} if content else {}
        asked = {**self.target.params, **(params or {})}
        budget.spend()
        await self.forget(budget)
        try:
            out = Outgoing(
                method=method,
                path=path,
                params=asked,
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

    async def picture(self, path: str, *, budget: Budget) -> Response:
        """The answer of a GET that needs no credential, as bytes, whatever it is."""
        budget.spend()
        out = Outgoing(method="GET", path=path, params=self.target.params, open=True)
        response = await self.line.send(out, budget=budget)
        self.line.health.succeeded()
        return response

    async def forget(self, budget: Budget | None = None) -> None:
        """Use nothing again that this source has said, nor what it is saying now: it is being changed."""
        self._flights.detach()
        await self._cache.forget(self.target.source)
        if budget is not None:
            budget.forget()

    def garbled(self, told: str) -> UpstreamGarbled:
        """An answer that cannot be understood, said by whoever found that out."""
        error = self._named.error(UpstreamGarbled, told)
        self.line.health.mistaken(error.code)
        return error

    def disown(self, told: Told) -> None:
        """Do not use an answer again that turned out to be garbled."""
        if len(self._disowned) < _REMEMBERED:
            self._disowned.add(told.key)

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
        await self._flights.close()

    def holds(self, told: Told) -> bool:
        """Whether what was told once is what would be told now, without asking anybody."""
        found = self._cache.at_hand(told.key)
        if found is None or found.kept is None or told.key in self._disowned:
            return False
        if use(found.kept, time.time()) is not Use.FRESH or told not in found.kept.read.values():
            return False
        self._watch.cached(self.target.source, "hit")
        return True

    # how an answer is come by

    def _fresh(self, key: Key, decode: Decode | None) -> Told | None:
        """What is kept and may be used as it is, where nobody has to be asked for that either."""
        found = self._cache.at_hand(key)
        if found is None or found.kept is None or key in self._disowned:
            return None
        if use(found.kept, time.time()) is not Use.FRESH:
            return None
        self._watch.cached(self.target.source, "hit")
        return self._held(key, found.kept, decode)

    def _held(self, key: Key, kept: Kept | None, decode: Decode | None) -> Told | None:
        """What is kept, as far as it can be decoded."""
        try:
            return None if kept is None else told(key, kept, decode, self._named.decoded)
        except UpstreamGarbled:
            return None

    async def _get(self, key: Key, budget: Budget, keep_seconds: float, decode: Decode | None) -> Told:
        good_for = Use.GONE
        if keep_seconds <= 0:
            found = Found(None, await self._cache.epoch(key.source))
        else:
            found = await self._cache.get(key)
            if key in self._disowned:
                self._disowned.discard(key)
                found = Found(None, found.epoch)
            good_for = use(found.kept, time.time()) if found.kept else Use.GONE
        held = self._held(key, found.kept, decode)
        if held is None:
            good_for = Use.GONE
        elif good_for is Use.FRESH:
            self._watch.cached(self.target.source, "hit")
            return held
        elif good_for is Use.REFRESH:
            self._watch.cached(self.target.source, "refresh")
            self._refresh(key, found, keep_seconds, decode)
            return held
        budget.spend()
        try:
            return await self._joined(key, found, budget, keep_seconds, decode)
        except _PASSING:
            if held is None or good_for is not Use.FALLBACK:
                raise
            self._watch.cached(self.target.source, "stale")
            budget.stale.add(self.target.source)
            return held

    async def _joined(
        self, key: Key, found: Found, budget: Budget, keep_seconds: float, decode: Decode | None
    ) -> Told:
        """The answer to an equal question under way, or to ours."""
        cache = "off" if keep_seconds <= 0 else "miss"
        # Not one that was begun before a change of which another process tells.
        flight = (key, found.epoch)

        def fetch() -> Coroutine[Any, Any, Kept]:
            return self._fetch(key, found, budget, keep_seconds, decode, cache=cache)

        if not self._flights.has(flight):
            self._watch.cached(self.target.source, "miss")
            return told(key, await self._flights.join(flight, fetch), decode, self._named.decoded)
        self._watch.cached(self.target.source, "joined")
        try:
            async with asyncio.timeout(max(0.0, budget.ends - time.monotonic()) + _GRACE):
                kept: Kept = await self._flights.join(flight, fetch)
            return told(key, kept, decode, self._named.decoded)
        except TimeoutError as exc:
            raise self._named.error(UpstreamTimeout, "no answer in time") from exc
        except (UpstreamTimeout, UpstreamRateLimited):
            # The other one may have had less time than we have.
            if budget.ends - time.monotonic() < self.target.timeout_seconds / 2:
                raise
        return told(key, await fetch(), decode, self._named.decoded)

    def _refresh(self, key: Key, found: Found, keep_seconds: float, decode: Decode | None) -> None:
        budget = Budget(calls=1, seconds=2 * self.target.timeout_seconds + 1, priority=Priority.REFRESH)
        self._flights.background(
            (key, found.epoch),
            lambda: self._fetch(key, found, budget, keep_seconds, decode, cache="refresh"),
        )

    async def _fetch(
        self,
        key: Key,
        found: Found,
        budget: Budget,
        keep_seconds: float,
        decode: Decode | None,
        *,
        cache: str,
    ) -> Kept:
        kept = found.kept
        asking = validators(kept) if kept else {}
        out = Outgoing(
            method="GET",
            path=key.path,
            params=dict(key.params),
            headers=asking,
            cache="revalidate" if asking and cache == "miss" else cache,
        )
        response = await self.line.send(out, budget=budget)
        if kept is not None and asking and response.status == 304:
            renewed = replace(kept, stored_at=time.time(), seconds=keep_seconds)
        else:
            etag = response.headers.get("etag")
            renewed = Kept(
                body=response.body,
                stored_at=time.time(),
                seconds=keep_seconds,
                etag=etag,
                modified=None if etag else modified(response.headers),
            )
        try:
            told(key, renewed, decode, self._named.decoded)
        except UpstreamGarbled as exc:
            self.line.health.failed(exc.code)
            raise
        self.line.health.succeeded()
        if keep_seconds > 0:
            await self._cache.put(key, renewed, epoch=found.epoch)
        return renewed

    def _key(self, path: str, params: Mapping[str, str]) -> Key:
        return Key(self.target.source, self.target.account, path, tuple(sorted(params.items())))

    def _said(self, response: Response) -> Any:
        try:
            return self._named.decoded(response.body, None)
        except UpstreamGarbled:
            return None
