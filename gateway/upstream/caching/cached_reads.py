"""What is asked of a source: what is known or kept is not asked, and what is under way is waited for."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

from gateway.concurrency.single_flight import SingleFlight
from gateway.errors import (
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.caching.addresses import AddressBuilder
from gateway.upstream.caching.answer import UpstreamAnswer, decode_cached
from gateway.upstream.caching.cache import Cache, CacheKey, CacheLookup
from gateway.upstream.caching.freshness import CachedResponse, Freshness, freshness
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.caching.pending_read import PendingRead
from gateway.upstream.caching.validators import modified, validators
from gateway.upstream.dispatch.attempt import UpstreamRequest
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.dispatch.dispatcher import Dispatcher
from gateway.upstream.http.decode import Decode, SourceErrors
from gateway.upstream.http.target import Target
from gateway.upstream.telemetry.events import Observer

#: Faults at which an answer from before them is better than none. A refused credential is not among them.
_PASSING = (UpstreamTimeout, UpstreamUnavailable, UpstreamRateLimited, UpstreamGarbled)
_REMEMBERED = 256
#: What an answer that another operation waits for may come later than our own would.
_GRACE = 0.1


class ReadThroughCache:
    """The GETs to one source, of all operations."""

    def __init__(
        self,
        target: Target,
        *,
        named: SourceErrors,
        aims: AddressBuilder,
        line: Dispatcher,
        cache: Cache,
        watch: Observer,
    ) -> None:
        self._source = target.source
        self._timeout = target.timeout_seconds
        self._named = named
        self._aims = aims
        self._line = line
        self._cache = cache
        self._watch = watch
        self._flights: SingleFlight[CachedResponse] = SingleFlight()
        self._disowned: set[CacheKey] = set()

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        reads: OperationReads,
        ttl_seconds: float,
        decode: Decode | None,
    ) -> UpstreamAnswer:
        """The decoded answer, see `Upstream.get`."""
        aim = self._aims.build(path, params)
        name = (aim.key, decode)
        asked = reads.lookup(name)
        if asked is None:
            found = await self._look_up(aim.key, ttl_seconds)
            # While the cache was asked, the operation may have put the same question once more.
            question = PendingRead(name, aim, decode, ttl_seconds, found)
            asked = reads.lookup(name) or self._serve_or_start(question, reads)
        return asked if isinstance(asked, UpstreamAnswer) else await self._answer(asked, reads)

    def is_current(self, answer: UpstreamAnswer) -> bool:
        """Whether what was told once is what would be told now, without asking anybody."""
        found = self._cache.peek(answer.key)
        if found is None or found.cached is None or answer.key in self._disowned:
            return False
        if (
            freshness(found.cached, time.time()) is not Freshness.FRESH
            or answer not in found.cached.decodings.values()
        ):
            return False
        self._watch.on_cache_result("hit")
        return True

    def invalidate(self, answer: UpstreamAnswer) -> None:
        """Do not use an answer again that turned out to be garbled."""
        if len(self._disowned) < _REMEMBERED:
            self._disowned.add(answer.key)

    async def invalidate_all(self) -> None:
        """Use nothing again that was answered, nor what is being answered now."""
        self._flights.detach()
        await self._cache.invalidate_source(self._source)

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.close()

    async def _look_up(self, key: CacheKey, keep_seconds: float) -> CacheLookup:
        """What is kept, where it is to be used."""
        if keep_seconds <= 0:
            return CacheLookup(None, await self._cache.epoch(key.source))
        found = await self._cache.get(key)
        if key in self._disowned:
            self._disowned.discard(key)
            return CacheLookup(None, found.epoch)
        return found

    def _serve_or_start(self, question: PendingRead, budget: OperationReads) -> UpstreamAnswer | PendingRead:
        """What is kept, as far as it is good for it; otherwise the question under way."""
        kept = question.lookup.cached
        good_for = Freshness.EXPIRED if kept is None else freshness(kept, time.time())
        held = None if kept is None or good_for is Freshness.EXPIRED else self._decodable(question, kept)
        if held is not None and good_for is not Freshness.STALE_IF_ERROR:
            self._watch.on_cache_result("hit" if good_for is Freshness.FRESH else "refresh")
            if good_for is Freshness.STALE_WHILE_REVALIDATE:
                self._refresh(question)
            budget.add(question.key, held)
            return held
        budget.spend()
        question.fallback = held
        self._join_or_start(question, budget)
        self._watch.on_cache_result("miss" if question.is_leader else "joined")
        budget.start(question)
        return question

    def _decodable(self, question: PendingRead, kept: CachedResponse) -> UpstreamAnswer | None:
        """What is kept, as far as it can be decoded."""
        try:
            return self._decoded(question, kept)
        except UpstreamGarbled:
            return None

    def _decoded(self, question: PendingRead, kept: CachedResponse) -> UpstreamAnswer:
        return decode_cached(question.address.key, kept, question.decode, self._named.decode)

    def _join_or_start(self, question: PendingRead, budget: OperationReads) -> None:
        """Wait for an equal question under way, or ask."""
        # Not one that was begun before a change of which another process tells.
        key = (question.address.key, question.lookup.epoch)
        flight = self._flights.find(key)
        question.is_leader = flight is None
        if flight is None:
            cache = "off" if question.ttl_seconds <= 0 else "miss"
            flight = self._flights.start(key, lambda: self._fetch(question, budget, cache=cache))
        question.flight = flight

    def _refresh(self, question: PendingRead) -> None:
        """Ask in the background, unless it is being asked."""
        key = (question.address.key, question.lookup.epoch)
        if self._flights.find(key) is None:
            budget = OperationReads(calls=1, seconds=2 * self._timeout + 1, priority=Priority.REFRESH)
            self._flights.start(key, lambda: self._fetch(question, budget, cache="refresh"), background=True)

    async def _answer(self, question: PendingRead, budget: OperationReads) -> UpstreamAnswer:
        """What comes of a question under way, the same for all who wait for it in the operation."""
        try:
            kept = await self._await_flight(question, budget)
            answer = question.answer or self._decoded(question, kept)
        except _PASSING:
            if question.fallback is None:
                raise
            answer = question.fallback
            if question.answer is None:
                self._watch.on_cache_result("stale")
                budget.stale.add(self._source)
        question.answer = answer
        budget.settle(question)
        return answer

    async def _await_flight(self, question: PendingRead, budget: OperationReads) -> CachedResponse:
        """What the flight brings that the question waits for: in our time, where it is another operation's."""
        while True:
            flight = question.flight
            if question.is_leader:
                return await flight.outcome(budget)
            try:
                async with asyncio.timeout(max(0.0, budget.ends - time.monotonic()) + _GRACE):
                    return await flight.outcome(budget)
            except TimeoutError as exc:
                raise self._named.error(UpstreamTimeout, "no answer in time") from exc
            except (UpstreamTimeout, UpstreamRateLimited):
                # The other one may have had less time than we have.
                if budget.ends - time.monotonic() < self._timeout / 2:
                    raise
            if question.flight is flight:
                self._join_or_start(question, budget)

    async def _fetch(self, question: PendingRead, budget: OperationReads, *, cache: str) -> CachedResponse:
        """Ask the vendor, and keep what is to be kept."""
        aim, kept, keep_seconds = question.address, question.lookup.cached, question.ttl_seconds
        asking = validators(kept) if kept else {}
        out = UpstreamRequest(
            method="GET",
            url=aim.url,
            path=aim.path,
            headers=asking,
            cache="revalidate" if asking and cache == "miss" else cache,
        )
        response = await self._line.send(out, budget=budget)
        if kept is not None and asking and response.status == 304:
            renewed = replace(kept, stored_at=time.time(), ttl_seconds=keep_seconds)
        else:
            etag = response.headers.get("etag")
            renewed = CachedResponse(
                body=response.body,
                stored_at=time.time(),
                ttl_seconds=keep_seconds,
                etag=etag,
                modified=None if etag else modified(response.headers),
            )
        try:
            self._decoded(question, renewed)
        except UpstreamGarbled as exc:
            self._line.health.failed(exc.code)
            raise
        self._line.health.succeeded()
        if keep_seconds > 0:
            await self._cache.put(aim.key, renewed, epoch=question.lookup.epoch)
        return renewed
