"""Fetches of one source's responses: sent once for all that wait for them, decoded, and cached."""

import time
from collections.abc import Hashable
from dataclasses import replace
from functools import partial

from gateway.concurrency.single_flight import SingleFlight
from gateway.errors import UpstreamGarbled
from gateway.upstream.caching.answer import UpstreamAnswer, decode_cached, decode_in_slices
from gateway.upstream.caching.cache import Cache, CacheKey
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.caching.pending_read import PendingRead
from gateway.upstream.caching.validators import modified, validators
from gateway.upstream.dispatch.attempt import FirstOutcome, UpstreamRequest
from gateway.upstream.dispatch.dispatcher import Dispatcher
from gateway.upstream.http.decode import Decode, SourceErrors
from gateway.upstream.http.sliced_decoding import LONG_BYTES
from gateway.upstream.telemetry.events import log_invalid_answer
from gateway.upstream.transport.interface import TransportResponse


class SharedFetches:
    """Fetches in flight, by a key of those that may share one."""

    def __init__(self, errors: SourceErrors, dispatcher: Dispatcher, cache: Cache) -> None:
        self._errors = errors
        self._dispatcher = dispatcher
        self._cache = cache
        self._flights: SingleFlight[CachedResponse] = SingleFlight()
        self.find = self._flights.find
        self.detach = self._flights.detach
        self.close = self._flights.close

    def start(
        self, key: Hashable, read: PendingRead, reads: OperationReads, *, background: bool = False
    ) -> None:
        """
        Start a read's flight on behalf of an operation: without a task if its request can be sent at once, as is usual.
        It is conditional if a response with a validator is cached. With `background` nobody waits for it.
        """
        request = read.address.request
        conditions = {} if read.cached is None else validators(read.cached)
        if conditions or background:
            kind = "refresh" if background else "revalidate"
            request = replace(request, headers=conditions, cache=kind)
        read.flight = flight = self._flights.open(key, background=background)
        on_end = partial(self._on_end, read, reads, request)
        flight.begun = self._dispatcher.begin(request, budget=reads, on_end=on_end)
        if flight.begun is None:
            flight.go_on(lambda: self._fetch(read, reads, request))

    def decode(self, read: PendingRead, cached: CachedResponse) -> UpstreamAnswer:
        """The decoded answer of a response. Raises UpstreamGarbled."""
        return decode_cached(read.address.key, cached, read.decode, self._errors.decode)

    @staticmethod
    async def prepare(key: CacheKey, cached: CachedResponse, decode: Decode | None) -> None:
        """Decode a long response in slices, for `decode`. A short one is decoded there."""
        if len(cached.body) >= LONG_BYTES:
            await decode_in_slices(key, cached, decode)

    def _on_end(
        self,
        read: PendingRead,
        reads: OperationReads,
        request: UpstreamRequest,
        outcome: TransportResponse | FirstOutcome,
    ) -> None:
        """
        End a flight with a response, unless it has to go on. What takes long is awaited: a cache that needs I/O,
        decoding of a long list.
        """
        flight = read.flight
        if isinstance(outcome, FirstOutcome):
            flight.go_on(lambda: self._fetch(read, reads, request, first=outcome))
            return
        if len(outcome.body) >= LONG_BYTES:
            flight.go_on(lambda: self._take(read, reads, outcome))
            return
        try:
            renewed = _renewed(read, outcome)
            self._decode_renewed(read, renewed)
            is_done = (
                read.ttl_seconds <= 0
                or not _is_stored(read, reads)
                or self._cache.try_put(read.address.key, renewed, epoch=read.epoch)
            )
        except Exception as exc:  # noqa: BLE001 (whoever waits raises it)
            flight.finish(error=exc)
            return
        if is_done:
            flight.finish(renewed)
        else:
            flight.go_on(lambda: self._store(read, renewed))

    async def _fetch(
        self,
        read: PendingRead,
        reads: OperationReads,
        request: UpstreamRequest,
        *,
        first: FirstOutcome | None = None,
    ) -> CachedResponse:
        """Send the request, or go on with its first outcome, and cache its response."""
        return await self._take(read, reads, await self._dispatcher.send(request, budget=reads, first=first))

    async def _take(
        self, read: PendingRead, reads: OperationReads, response: TransportResponse
    ) -> CachedResponse:
        """Decode and cache a response."""
        renewed = _renewed(read, response)
        await self.prepare(read.address.key, renewed, read.decode)
        self._decode_renewed(read, renewed)
        return await self._store(read, renewed) if _is_stored(read, reads) else renewed

    async def _store(self, read: PendingRead, renewed: CachedResponse) -> CachedResponse:
        await self._cache.put(read.address.key, renewed, epoch=read.epoch)
        return renewed

    def _decode_renewed(self, read: PendingRead, renewed: CachedResponse) -> None:
        """Decode a response that was sent for. Raises UpstreamGarbled."""
        try:
            read.answer = self.decode(read, renewed)
        except UpstreamGarbled as exc:
            self._dispatcher.health.failed(exc.code)
            log_invalid_answer(exc, path=read.address.request.path)
            raise
        self._dispatcher.health.succeeded()


def _renewed(read: PendingRead, response: TransportResponse) -> CachedResponse:
    """The response as it is cached: a new one, or the cached one that it confirms."""
    cached, ttl_seconds = read.cached, read.ttl_seconds
    if cached is not None and response.status == 304 and validators(cached):
        return replace(cached, stored_at=time.time(), ttl_seconds=ttl_seconds)
    headers = response.headers
    etag, link = headers.get("etag"), headers.get("link")
    renewed = CachedResponse(
        body=response.body,
        stored_at=time.time(),
        ttl_seconds=ttl_seconds,
        etag=etag,
        modified=None if etag or "last-modified" not in headers else modified(headers),
        link=link,
    )
    if cached is not None and cached.body == response.body and cached.link == link:
        # Few rows change from one read to the next: what was decoded and derived stays.
        renewed.body, renewed.decodings = cached.body, cached.decodings
    return renewed


def _is_stored(read: PendingRead, reads: OperationReads) -> bool:
    return read.ttl_seconds > 0 and (read.cached is not None or not reads.only_renews)
