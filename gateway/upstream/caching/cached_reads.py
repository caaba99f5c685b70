"""What is asked of a source: what is known or kept is not asked, and what is under way is waited for."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

from gateway.concurrency.single_flight import Flights
from gateway.errors import (
    UpstreamGarbled,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.caching.addresses import Aims
from gateway.upstream.caching.answer import Told, told
from gateway.upstream.caching.cache import Cache, Found, Key
from gateway.upstream.caching.freshness import Kept, Use, use
from gateway.upstream.caching.operation_reads import OperationReads
from gateway.upstream.caching.pending_read import Question
from gateway.upstream.caching.validators import modified, validators
from gateway.upstream.dispatch.attempt import Outgoing
from gateway.upstream.dispatch.budget import Priority
from gateway.upstream.dispatch.dispatcher import Line
from gateway.upstream.http.decode import Decode, Named
from gateway.upstream.http.target import Target
from gateway.upstream.telemetry.events import Watch

#: Faults at which an answer from before them is better than none. A refused credential is not among them.
_PASSING = (UpstreamTimeout, UpstreamUnavailable, UpstreamRateLimited, UpstreamGarbled)
_REMEMBERED = 256
#: What an answer that another operation waits for may come later than our own would.
_GRACE = 0.1


class Questions:
    """The GETs to one source, of all operations."""

    def __init__(
        self, target: Target, *, named: Named, aims: Aims, line: Line, cache: Cache, watch: Watch
    ) -> None:
        self._source = target.source
        self._timeout = target.timeout_seconds
        self._named = named
        self._aims = aims
        self._line = line
        self._cache = cache
        self._watch = watch
        self._flights: Flights[Kept] = Flights()
        self._disowned: set[Key] = set()

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        budget: OperationReads,
        keep_seconds: float,
        decode: Decode | None,
    ) -> Told:
        """The decoded answer, see `Upstream.get`."""
        aim = self._aims.at(path, params)
        name = (aim.key, decode)
        asked = budget.asked(name)
        if asked is None:
            found = await self._found(aim.key, keep_seconds)
            # While the cache was asked, the operation may have put the same question once more.
            question = Question(name, aim, decode, keep_seconds, found)
            asked = budget.asked(name) or self._put(question, budget)
        return asked if isinstance(asked, Told) else await self._answer(asked, budget)

    def holds(self, told: Told) -> bool:
        """Whether what was told once is what would be told now, without asking anybody."""
        found = self._cache.at_hand(told.key)
        if found is None or found.kept is None or told.key in self._disowned:
            return False
        if use(found.kept, time.time()) is not Use.FRESH or told not in found.kept.read.values():
            return False
        self._watch.cached("hit")
        return True

    def disown(self, told: Told) -> None:
        """Do not use an answer again that turned out to be garbled."""
        if len(self._disowned) < _REMEMBERED:
            self._disowned.add(told.key)

    async def forget(self) -> None:
        """Use nothing again that was answered, nor what is being answered now."""
        self._flights.detach()
        await self._cache.forget(self._source)

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.close()

    async def _found(self, key: Key, keep_seconds: float) -> Found:
        """What is kept, where it is to be used."""
        if keep_seconds <= 0:
            return Found(None, await self._cache.epoch(key.source))
        found = await self._cache.get(key)
        if key in self._disowned:
            self._disowned.discard(key)
            return Found(None, found.epoch)
        return found

    def _put(self, question: Question, budget: OperationReads) -> Told | Question:
        """What is kept, as far as it is good for it; otherwise the question under way."""
        kept = question.found.kept
        good_for = Use.GONE if kept is None else use(kept, time.time())
        held = None if kept is None or good_for is Use.GONE else self._held(question, kept)
        if held is not None and good_for is not Use.FALLBACK:
            self._watch.cached("hit" if good_for is Use.FRESH else "refresh")
            if good_for is Use.REFRESH:
                self._refresh(question)
            budget.know(question.name, held)
            return held
        budget.spend()
        question.held = held
        self._board(question, budget)
        self._watch.cached("miss" if question.ours else "joined")
        budget.ask(question)
        return question

    def _held(self, question: Question, kept: Kept) -> Told | None:
        """What is kept, as far as it can be decoded."""
        try:
            return self._told(question, kept)
        except UpstreamGarbled:
            return None

    def _told(self, question: Question, kept: Kept) -> Told:
        return told(question.aim.key, kept, question.decode, self._named.decoded)

    def _board(self, question: Question, budget: OperationReads) -> None:
        """Wait for an equal question under way, or ask."""
        # Not one that was begun before a change of which another process tells.
        key = (question.aim.key, question.found.epoch)
        flight = self._flights.find(key)
        question.ours = flight is None
        if flight is None:
            cache = "off" if question.keep_seconds <= 0 else "miss"
            flight = self._flights.begin(key, lambda: self._fetch(question, budget, cache=cache))
        question.flight = flight

    def _refresh(self, question: Question) -> None:
        """Ask in the background, unless it is being asked."""
        key = (question.aim.key, question.found.epoch)
        if self._flights.find(key) is None:
            budget = OperationReads(calls=1, seconds=2 * self._timeout + 1, priority=Priority.REFRESH)
            self._flights.begin(key, lambda: self._fetch(question, budget, cache="refresh"), wanted=True)

    async def _answer(self, question: Question, budget: OperationReads) -> Told:
        """What comes of a question under way, the same for all who wait for it in the operation."""
        try:
            kept = await self._landed(question, budget)
            answer = question.answer or self._told(question, kept)
        except _PASSING:
            if question.held is None:
                raise
            answer = question.held
            if question.answer is None:
                self._watch.cached("stale")
                budget.stale.add(self._source)
        question.answer = answer
        budget.settle(question)
        return answer

    async def _landed(self, question: Question, budget: OperationReads) -> Kept:
        """What the flight brings that the question waits for: in our time, where it is another operation's."""
        while True:
            flight = question.flight
            if question.ours:
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
                self._board(question, budget)

    async def _fetch(self, question: Question, budget: OperationReads, *, cache: str) -> Kept:
        """Ask the vendor, and keep what is to be kept."""
        aim, kept, keep_seconds = question.aim, question.found.kept, question.keep_seconds
        asking = validators(kept) if kept else {}
        out = Outgoing(
            method="GET",
            url=aim.url,
            path=aim.path,
            headers=asking,
            cache="revalidate" if asking and cache == "miss" else cache,
        )
        response = await self._line.send(out, budget=budget)
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
            self._told(question, renewed)
        except UpstreamGarbled as exc:
            self._line.health.failed(exc.code)
            raise
        self._line.health.succeeded()
        if keep_seconds > 0:
            await self._cache.put(aim.key, renewed, epoch=question.found.epoch)
        return renewed
