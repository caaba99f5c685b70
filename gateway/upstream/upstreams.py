"""What the sources share on their way out: the network, the cache, each account's rate limit, and who watches."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.upstream.caching.cache import Cache, LocalCache
from gateway.upstream.client import Upstream
from gateway.upstream.dispatch.auth import Auth
from gateway.upstream.dispatch.rate_limit import SlidingWindowLimiter
from gateway.upstream.http.target import Target
from gateway.upstream.telemetry.events import NullObserver, ObserverFactory
from gateway.upstream.transport.interface import Transport


@dataclass(frozen=True)
class UpstreamFactory:
    """Opens upstreams. Sources with the same credential at the same vendor share that account's rate limit."""

    transport: Transport
    cache: Cache = field(default_factory=LocalCache)
    watches: ObserverFactory = field(default_factory=NullObserver)
    _rates: dict[str, SlidingWindowLimiter] = field(default_factory=dict)
    _opened: list[Upstream] = field(default_factory=list)

    def open(self, target: Target, auth: Auth, *, per_minute: float) -> Upstream:
        """The upstream of a source, whose account allows so many calls a minute (0: no limit known)."""
        rates = self._rates.setdefault(target.account, SlidingWindowLimiter(per_minute))
        if per_minute > 0:
            rates.per_minute = min(per_minute, rates.per_minute or per_minute)
        upstream = Upstream(
            target, auth=auth, transport=self.transport, cache=self.cache, rates=rates, watches=self.watches
        )
        self._opened.append(upstream)
        return upstream

    async def close(self) -> None:
        """End what is under way, and close the cache and the network."""
        for upstream in self._opened:
            await upstream.close()
        await self.cache.close()
        await self.transport.close()


def account(vendor: str, address: str, credential: Mapping[str, Any]) -> str:
    """
    A digest that is the same for the same credential at the same address, and tells neither.

    >>> account("revnue", "https://a.example", {"token": "t"}) == account("revnue", "https://b.example", {"token": "t"})
    False
    """
    told = json.dumps([vendor, address, sorted(credential.items())], default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
