"""
Failed attempts to authenticate, by address: a client that keeps sending wrong credentials is asked to slow down.

A right credential is never slowed down, wherever it comes from. Behind a proxy all callers have one address, and who
sends nonsense there would shut the others out; and no rate at which keys of chance can be tried finds one.
"""

import ipaddress
import time
from collections.abc import Callable

from cachetools import LRUCache

_MAX_ADDRESSES = 10_000
_BURST = 20
_SECONDS_EACH = 3.0
#: Bits of an IPv6 address that a network's customer cannot choose freely.
_IPV6_BITS = 64


class FailedAttempts:
    """A token bucket for each address: 20 attempts, and one more every 3 s. Of too many addresses the oldest go."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        #: The moment at which an address has its whole burst again.
        self._full_at: LRUCache[str, float] = LRUCache(_MAX_ADDRESSES)

    def add(self, address: str) -> float:
        """Count an attempt; the seconds until the next that would be within the limit, 0 if this one is."""
        now, network = self._now(), _network(address)
        full_at = max(now, self._full_at.get(network, now)) + _SECONDS_EACH
        excess = full_at - now - _BURST * _SECONDS_EACH
        if excess > 0:
            return excess
        self._full_at[network] = full_at
        return 0.0


def _network(address: str) -> str:
    """
    The address; of an IPv6 address its network.

    >>> _network("192.0.2.1"), _network("2001:db8::1"), _network("unix")
    ('192.0.2.1', '2001:db8::/64', 'unix')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, _IPV6_BITS), strict=False))
