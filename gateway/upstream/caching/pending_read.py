"""A GET of one operation that is in flight: its address, what the cache has, and the flight that it waits for."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from gateway.concurrency.single_flight import InFlight
from gateway.upstream.caching.addresses import Address
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.http.decode import Decode


@dataclass(eq=False, slots=True)
class PendingRead:
    """
    A GET that the operation waits for, or that failed; `key` identifies it among the operation's reads.

    `cached` and `epoch` are what the cache lookup found. `flight` was started by this read if `is_leader`, otherwise it
    is shared with another operation's equal GET. `fallback` is the stale answer to use if the vendor fails, `answer`
    the final one.
    """

    key: Hashable
    address: Address
    decode: Decode | None
    ttl_seconds: float
    cached: CachedResponse | None
    epoch: int
    fallback: UpstreamAnswer | None = None
    answer: UpstreamAnswer | None = None
    flight: InFlight[CachedResponse] = field(init=False)
    is_leader: bool = field(init=False)
