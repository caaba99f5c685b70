"""One question of one operation: what is asked, and what its answer is waited for with."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from gateway.concurrency.single_flight import InFlight
from gateway.upstream.caching.addresses import Address
from gateway.upstream.caching.answer import UpstreamAnswer
from gateway.upstream.caching.cache import CacheLookup
from gateway.upstream.caching.freshness import CachedResponse
from gateway.upstream.http.decode import Decode


@dataclass(eq=False, slots=True)
class PendingRead:
    """
    A GET that the operation waits for, or that failed; `name` is by what it is remembered.

    The flight is `ours`, or another operation's that asks the same. `held` is what may stand in where the vendor fails,
    `answer` what came of it in the end.
    """

    key: Hashable
    address: Address
    decode: Decode | None
    ttl_seconds: float
    lookup: CacheLookup
    fallback: UpstreamAnswer | None = None
    answer: UpstreamAnswer | None = None
    flight: InFlight[CachedResponse] = field(init=False)
    is_leader: bool = field(init=False)
