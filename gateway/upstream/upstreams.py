"""Factory of upstreams. They share the transport, the cache, the observers, and each account's rate limit."""

import hashlib
import json
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.upstream.caching.cache import Cache, LocalCache
from gateway.upstream.client import Upstream
from gateway.upstream.dispatch.auth import Auth, FixedHeader
from gateway.upstream.dispatch.rate_limit import SlidingWindowLimiter
from gateway.upstream.http.exchange import MAX_ANSWER_BYTES
from gateway.upstream.http.target import Target
from gateway.upstream.telemetry.account_observers import AccountObservers
from gateway.upstream.telemetry.events import NullObserver, ObserverFactory
from gateway.upstream.transport.interface import Transport


@dataclass(frozen=True)
class UpstreamFactory:
    """
    Opens upstreams. Sources with the same credential at the same vendor share that account's rate limit. Answers are
    limited to `max_bytes` after decompression. `limiters` are by account, and may come from an earlier factory.
    """

    transport: Transport
    cache: Cache = field(default_factory=LocalCache)
    observers: ObserverFactory = field(default_factory=NullObserver)
    max_bytes: int = MAX_ANSWER_BYTES
    limiters: dict[str, SlidingWindowLimiter] = field(default_factory=dict)
    _whole_rates: dict[str, float] = field(default_factory=dict)
    _upstreams: "weakref.WeakSet[Upstream]" = field(default_factory=weakref.WeakSet)

    def open(self, target: Target, auth: Auth, *, per_minute: float) -> Upstream:
        """The upstream of a source, whose account allows `per_minute` calls a minute (0: no limit is known)."""
        limiter = self.limiters.setdefault(target.account, SlidingWindowLimiter())
        rates = [rate for rate in (per_minute, self._whole_rates.get(target.account, 0.0)) if rate > 0]
        self._whole_rates[target.account] = limiter.per_minute = min(rates, default=0.0)
        upstream = Upstream(
            target,
            auth=auth,
            transport=self.transport,
            cache=self.cache,
            limiter=limiter,
            observers=self.observers,
            max_bytes=self.max_bytes,
        )
        self._upstreams.add(upstream)
        return upstream

    def open_own_account(self, source: Upstream, authorization: str) -> Upstream:
        """
        Another account at a source, which sends this as `Authorization`. Its limits are the source's, but its own.
        Raises ValueError if no header can hold that.
        """
        target = source.target
        limiter = SlidingWindowLimiter()
        limiter.per_minute = self._whole_rates.get(target.account, 0.0)
        credential = {"authorization": authorization}
        upstream = Upstream(
            replace(target, account=account(target.vendor, target.base_url, credential)),
            auth=FixedHeader(authorization),
            transport=self.transport,
            cache=self.cache,
            limiter=limiter,
            observers=AccountObservers(self.observers),
            max_bytes=self.max_bytes,
        )
        self._upstreams.add(upstream)
        return upstream

    def use_share(self, share: float) -> None:
        """Use this share of each account's rate from now on: another process uses the rest."""
        for name, per_minute in self._whole_rates.items():
            self.limiters[name].per_minute = per_minute * share

    async def close(self) -> None:
        """Cancel all calls in flight, and close the cache and the transport."""
        for upstream in list(self._upstreams):
            await upstream.close()
        await self.cache.close()
        await self.transport.close()


def account(vendor: str, address: str, credential: Mapping[str, Any]) -> str:
    """
    A digest that identifies a credential at an address, and reveals neither.

    >>> account("revnue", "https://a.example", {"token": "t"}) == account("revnue", "https://b.example", {"token": "t"})
    False
    """
    identity = json.dumps([vendor, address, sorted(credential.items())], default=str)
    return hashlib.sha256(identity.encode()).hexdigest()[:32]
