"""Read-through cache of one source's GETs, with request coalescing: equal GETs in flight are sent once."""

import asyncio
import time
from collections.abc import Mapping

from gateway.errors import (
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamUnavailable,
)
from gateway.upstream.caching.addresses import AddressBuilder
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.cache import Cache, CacheKey, CacheLookup
from gateway.upstream.caching.freshness import CLOCK_SECONDS, CachedResponse, Freshness, freshness
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.caching.pending_read import PendingRead
from gateway.upstream.caching.shared_fetches import SharedFetches
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.dispatch.dispatcher import Dispatcher
from gateway.upstream.http.decode import Decode, SourceErrors
from gateway.upstream.http.sliced_decoding import LONG_BYTES
from gateway.upstream.http.target import Target
from gateway.upstream.telemetry.events import Observer

#: Errors at which a stale answer may be used (stale-if-error). A refused credential is not among them.
_TRANSIENT_ERRORS = (
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamRateLimited,
    UpstreamGarbled,
    UpstreamTooLarge,
)
_MAX_INVALIDATED = 256
#: Seconds past its own deadline for which an operation waits for a flight that another one started.
_GRACE_SECONDS = 0.1


class ReadThroughCache:
    """
    GETs to one source, of all operations. A GET is served from the operation's own reads, the cache, or an equal
    request in flight, before a new request is sent.
    """

    def __init__(
        self,
        target: Target,
        *,
        errors: SourceErrors,
        addresses: AddressBuilder,
        dispatcher: Dispatcher,
        cache: Cache,
        observer: Observer,
    ) -> None:
        self._source = target.source
        self._timeout = target.timeout_seconds
        self._errors = errors
        self._addresses = addresses
        self._cache = cache
        self._observer = observer
        self._fetches = SharedFetches(errors, dispatcher, cache)
        self._invalidated: set[CacheKey] = set()

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
        address = self._addresses.build(path, params, is_cached=ttl_seconds > 0)
        key = (address.key, decode)
        read = reads.lookup(key)
        if read is None:
            lookup = self._peek(address.key, ttl_seconds)
            if lookup is None:
                lookup = await self._look_up(address.key, ttl_seconds)
                read = reads.lookup(key)  # the operation may have started an equal read meanwhile
            cached = lookup[0]
            if cached is not None and len(cached.body) >= LONG_BYTES:
                await self._fetches.prepare(address.key, cached, decode)
                read = reads.lookup(key)
            if read is None:
                read = self._serve_or_start(PendingRead(key, address, decode, ttl_seconds, *lookup), reads)
        if isinstance(read, UpstreamAnswer):
            return read
        try:
            awaited = read.flight.outcome(reads) if read.is_leader else self._await_joined(read, reads)
            response = await awaited
            if read.answer is None and len(response.body) >= LONG_BYTES:
                await self._fetches.prepare(read.address.key, response, read.decode)
            answer = read.answer or self._fetches.decode(read, response)
        except _TRANSIENT_ERRORS:
            if read.fallback is None:
                raise
            answer = read.fallback
            if read.answer is None:
                self._observer.on_cache_result("stale")
                reads.stale.add(self._source)
        read.answer = answer
        reads.settle(read)
        return answer

    def is_current(self, answer: UpstreamAnswer) -> bool:
        """True if the answer is the fresh cached one, so that a GET would be served with it. Sends no request."""
        lookup, now = self._cache.peek(answer.key), time.time()
        if lookup is None or lookup[0] is None or answer.key in self._invalidated:
            return False
        is_fresh = answer.stored_at - CLOCK_SECONDS <= now < answer.expires_at
        if not is_fresh or answer not in lookup[0].decodings.values():
            return False
        self._observer.on_cache_result("hit")
        return True

    def invalidate(self, answer: UpstreamAnswer) -> None:
        """Drop an answer that proved invalid."""
        if len(self._invalidated) < _MAX_INVALIDATED:
            self._invalidated.add(answer.key)

    async def invalidate_all(self) -> None:
        """Drop all answers, cached and in flight."""
        self._fetches.detach()
        await self._cache.invalidate_source(self._source)

    async def epoch(self) -> int:
        """The source's epoch in the cache."""
        return await self._cache.epoch(self._source)

    async def close(self) -> None:
        """Cancel all requests in flight."""
        await self._fetches.close()

    def _peek(self, key: CacheKey, ttl_seconds: float) -> CacheLookup | None:
        """Cache lookup, see `_look_up`; None if it has to be awaited."""
        if ttl_seconds > 0:
            lookup = self._cache.peek(key)
            return None if lookup is None else self._valid(key, lookup)
        epoch = self._cache.peek_epoch(key.source)
        return None if epoch is None else (None, epoch)

    async def _look_up(self, key: CacheKey, ttl_seconds: float) -> CacheLookup:
        """Cache lookup; a miss if the TTL is 0 or the response was invalidated."""
        if ttl_seconds > 0:
            return self._valid(key, await self._cache.get(key))
        return None, await self._cache.epoch(key.source)

    def _valid(self, key: CacheKey, lookup: CacheLookup) -> CacheLookup:
        if key not in self._invalidated:
            return lookup
        self._invalidated.discard(key)
        return None, lookup[1]

    def _serve_or_start(self, read: PendingRead, reads: OperationReads) -> UpstreamAnswer | PendingRead:
        """The cached answer if its freshness allows its use; otherwise the read, which is pending then."""
        if read.cached is not None and not reads.only_renews:
            use = freshness(read.cached, time.time())
            answer = None if use is Freshness.EXPIRED else self._decode_valid(read, read.cached)
            if answer is not None and use is not Freshness.STALE_IF_ERROR:
                self._observer.on_cache_result("hit" if use is Freshness.FRESH else "refresh")
                if use is Freshness.STALE_WHILE_REVALIDATE:
                    self._revalidate(read)
                reads.add(read.key, answer)
                if reads.cost is not None:
                    reads.cost.of(self._source).cached += 1
                return answer
            read.fallback = answer
        reads.start(read)
        self._join_or_start(read, reads)
        self._observer.on_cache_result("miss" if read.is_leader else "joined")
        if reads.cost is not None:
            reads.cost.of(self._source).calls += read.is_leader
            reads.cost.of(self._source).joined += not read.is_leader
        return read

    def _decode_valid(self, read: PendingRead, cached: CachedResponse) -> UpstreamAnswer | None:
        """The decoded answer of a cached response, None if it cannot be decoded."""
        try:
            return self._fetches.decode(read, cached)
        except UpstreamGarbled:
            return None

    def _join_or_start(self, read: PendingRead, reads: OperationReads) -> None:
        """Join an equal request in flight, or start one."""
        # The epoch is in the key: a flight from before another process's write is not joined. An export's, which waits
        # longer for a source that rests, is joined by exports only.
        key = (read.address.key, read.epoch, reads.priority is Priority.EXPORT)
        flight = self._fetches.find(key)
        read.is_leader = flight is None
        if flight is None:
            self._fetches.start(key, read, reads)
        else:
            read.flight = flight

    def _revalidate(self, read: PendingRead) -> None:
        """Start a request in the background, unless an equal one is in flight."""
        key = (read.address.key, read.epoch, False)
        if self._fetches.find(key) is None:
            reads = OperationReads(calls=1, seconds=2 * self._timeout + 1, priority=Priority.REFRESH)
            self._fetches.start(key, read, reads, background=True)

    async def _await_joined(self, read: PendingRead, reads: OperationReads) -> CachedResponse:
        """The response of a flight that another operation started, which is awaited until our own deadline."""
        while not read.is_leader:
            flight = read.flight
            try:
                async with asyncio.timeout(max(0.0, reads.ends - time.monotonic()) + _GRACE_SECONDS):
                    return await flight.outcome(reads)
            except TimeoutError as exc:
                raise self._errors.error(UpstreamTimeout, "no answer in time") from exc
            except (UpstreamTimeout, UpstreamRateLimited):
                # The other operation may have had less time than this one has.
                if reads.ends - time.monotonic() < self._timeout / 2:
                    raise
            if read.flight is flight:
                self._join_or_start(read, reads)
        return await read.flight.outcome(reads)
