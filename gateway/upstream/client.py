"""One source, as the connector asks it: what is known is not asked, and what is asked is asked once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from gateway.upstream.transport import Response, Transport
from gateway.upstream.validators import modified, validators
from gateway.upstream.watch import Paths, Unwatched, Watch

#: Faults at which an answer from before them is better than none. A refused credential is not among them.
_PASSING = (UpstreamTimeout, UpstreamUnavailable, UpstreamRateLimited, UpstreamGarbled)
_REMEMBERED = 256
#: What an answer that another operation waits for may come later than our own would.
_GRACE = 0.1


@dataclass(frozen=True, kw_only=True)
class Target:
    """
    Which source this is and how it is reached. `account` stands for the credential without telling it;
    `paths` are the templates of what is asked, as `/Asset/{id}`.
    """

    source: str
    vendor: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 8.0
    concurrency: int = 4
    account: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """
    What a write was answered with. `body` is the decoded JSON, None where there is none; `garbled` says that something
    else came in its place.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False)
    garbled: bool = False


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
        self._given: OrderedDict[int, Key] = OrderedDict()
        self._disowned: set[Key] = set()

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        budget: Budget,
        keep_seconds: float,
        decode: Decode | None = None,
    ) -> Any:
        """
        The decoded answer of a GET: kept, already asked in this operation, being asked by another, or asked now.

        Where the vendor fails and an older answer is at hand, it is given, and `budget.stale` names the source.
        """
        key = self._key(path, {**self.target.params, **params})
        return await budget.once((key, decode), lambda: self._get(key, budget, keep_seconds, decode))

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

    def disown(self, answer: Any) -> None:
        """Do not use an answer again that turned out to be garbled."""
        key = self._given.pop(id(answer), None)
        if key is not None and len(self._disowned) < _REMEMBERED:
            self._disowned.add(key)

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

    # how an answer is come by

    async def _get(self, key: Key, budget: Budget, keep_seconds: float, decode: Decode | None) -> Any:
        good_for = Use.GONE
        if keep_seconds <= 0:
            found = Found(None, await self._cache.epoch(key.source))
        else:
            found = await self._cache.get(key, lambda body: self._named.decoded(body, decode))
            if key in self._disowned:
                self._disowned.discard(key)
                found = Found(None, found.epoch)
            good_for = use(found.kept, time.time()) if found.kept else Use.GONE
        if found.kept is not None and good_for is Use.FRESH:
            self._watch.cached(self.target.source, "hit")
            return self._give(key, found.kept.answer)
        if found.kept is not None and good_for is Use.REFRESH:
            self._watch.cached(self.target.source, "refresh")
            self._refresh(key, found, keep_seconds, decode)
            return self._give(key, found.kept.answer)
        budget.spend()
        try:
            return self._give(key, await self._joined(key, found, budget, keep_seconds, decode))
        except _PASSING:
            if found.kept is None or good_for is not Use.FALLBACK:
                raise
            self._watch.cached(self.target.source, "stale")
            budget.stale.add(self.target.source)
            return found.kept.answer

    async def _joined(
        self, key: Key, found: Found, budget: Budget, keep_seconds: float, decode: Decode | None
    ) -> Any:
        """The answer to an equal question under way, or to ours."""
        cache = "off" if keep_seconds <= 0 else "miss"
        # Not one that was begun before a change of which another process tells.
        flight = (key, decode, found.epoch)
        is_joined = self._flights.has(flight)
        self._watch.cached(self.target.source, "joined" if is_joined else "miss")
        try:
            async with asyncio.timeout(max(0.0, budget.ends - time.monotonic()) + _GRACE):
                return await self._flights.join(
                    flight, lambda: self._fetch(key, found, budget, keep_seconds, decode, cache=cache)
                )
        except TimeoutError as exc:
            raise self._named.error(UpstreamTimeout, "no answer in time") from exc
        except (UpstreamTimeout, UpstreamRateLimited):
            # The other one may have had less time than we have.
            if not is_joined or budget.ends - time.monotonic() < self.target.timeout_seconds / 2:
                raise
        return await self._fetch(key, found, budget, keep_seconds, decode, cache=cache)

    def _refresh(self, key: Key, found: Found, keep_seconds: float, decode: Decode | None) -> None:
        budget = Budget(calls=1, seconds=2 * self.target.timeout_seconds + 1, priority=Priority.REFRESH)
        self._flights.background(
            (key, decode, found.epoch),
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
    ) -> Any:
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
            self.line.health.succeeded()
        else:
            renewed = Kept(
                answer=self._decoded(response, decode),
                size=len(response.body),
                body=response.body,
                stored_at=time.time(),
                seconds=keep_seconds,
                etag=response.headers.get("etag"),
                modified=modified(response.headers),
            )
        if keep_seconds > 0:
            await self._cache.put(key, renewed, epoch=found.epoch)
        return renewed.answer

    def _give(self, key: Key, answer: Any) -> Any:
        """Remember where an answer came from, so that it can be disowned."""
        if isinstance(answer, dict | list):
            self._given[id(answer)] = key
            self._given.move_to_end(id(answer))
            if len(self._given) > _REMEMBERED:
                self._given.popitem(last=False)
        return answer

    def _key(self, path: str, params: Mapping[str, str]) -> Key:
        return Key(self.target.source, self.target.account, path, tuple(sorted(params.items())))

    def _decoded(self, response: Response, decode: Decode | None) -> Any:
        try:
            found = self._named.decoded(response.body, decode)
        except UpstreamGarbled as exc:
            self.line.health.failed(exc.code)
            raise
        self.line.health.succeeded()
        return found

    def _said(self, response: Response) -> Any:
        try:
            return self._named.decoded(response.body, None)
        except UpstreamGarbled:
            return None
