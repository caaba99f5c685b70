"""
Fair shares: how much of the gateway a caller may use, by the limits of its roles. Requests are counted before they are
answered; what an operation has cost in calls and records is counted after it, so that no answer is cut, and the next
requests wait for it.
"""

import dataclasses
import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from cachetools import LRUCache

from gateway.access.caller import Caller
from gateway.access.policy import ConfiguredRoles, Policy
from gateway.coordination.share_counts import ShareCounts
from gateway.coordination.token_buckets import Bucket, Taken
from gateway.coordination.valkey_buckets import ValkeyBuckets
from gateway.coordination.valkey_connection import ValkeyConnection
from gateway.settings import RoleLimits, Settings

_MAX_SHARES = 10_000
_MINUTE = 60.0


class Charge(Protocol):
    """Charges the cost of an operation."""

    async def __call__(self, *, calls: int, records: int) -> None:
        """Charge calls to vendors, and records of the answer."""
        ...


class ShareUsedUp(Exception):
    """A caller has used up its share, for `seconds`."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = max(1, math.ceil(seconds))


class BucketState(NamedTuple):
    """A bucket as a caller sees it: its tokens, and the seconds until it is full."""

    bucket: Bucket
    remaining: int
    full_in: int


@dataclass(eq=False)
class Share:
    """The share of one caller, as it is known here: other processes may use it too."""

    owner: str
    buckets: tuple[Bucket, ...]
    concurrent: int | None
    taken: Taken | None = None

    def states(self) -> Iterator[BucketState]:
        """The buckets, as of the last request or operation."""
        if self.taken is not None:
            for bucket, full_at in zip(self.buckets, self.taken.full_at, strict=True):
                remaining = max(0, math.floor(bucket.remaining(full_at, self.taken.now)))
                yield BucketState(bucket, remaining, math.ceil(max(0.0, full_at - self.taken.now)))


class FairShares:
    """
    The shares of all callers, as `counts` has them, and of all gateways with the same server at `url`. Without a policy
    nobody has limits.
    """

    def __init__(
        self, policy: Policy | None, counts: ShareCounts | None = None, *, url: str | None = None
    ) -> None:
        self._policy = policy
        self._shares: LRUCache[Caller, Share | None] = LRUCache(_MAX_SHARES)
        self._counts = counts or ShareCounts()
        self._common = None if url is None else ValkeyBuckets(ValkeyConnection(url))

    @property
    def is_limiting(self) -> bool:
        """True if some callers have limits."""
        return self._policy is not None

    def of(self, caller: Caller) -> Share | None:
        """The caller's share; None if it has no limits."""
        if self._policy is None:
            return None
        roles = self._policy.roles(caller)
        limits = _merge([role.limits for role in roles or ()])
        if limits == RoleLimits():
            return None
        share = self._shares.get(caller)
        if share is None or (share.buckets, share.concurrent) != (
            _buckets(limits),
            limits.concurrent_operations,
        ):
            share = Share(caller.digest, _buckets(limits), limits.concurrent_operations)
            self._shares[caller] = share
        return share

    @contextmanager
    def slot(self, share: Share) -> Iterator[None]:
        """One of the operations that the caller may run at once. Raises ShareUsedUp."""
        if share.concurrent is None:
            yield
            return
        slot = self._counts.slots.acquire(share.owner, share.concurrent)
        if slot is None:
            raise ShareUsedUp(f"You may run {share.concurrent} operations at once", 1)
        try:
            yield
        finally:
            self._counts.slots.release(share.owner, slot)

    async def begin(self, share: Share) -> None:
        """Count a request. Raises ShareUsedUp if something of the share is used up."""
        tokens = [1.0 if bucket.name == "requests" else 0.0 for bucket in share.buckets]
        taken = await self._take(share, tokens, if_any=True)
        if taken.is_taken:
            return
        seconds, bucket = max(
            (bucket.wait(full_at, taken.now), bucket)
            for bucket, full_at in zip(share.buckets, taken.full_at, strict=True)
        )
        raise ShareUsedUp(
            f"Your share of {bucket.name} is used up: {bucket.quota:g} in {bucket.window:g} s", seconds
        )

    @asynccontextmanager
    async def operation(self, caller: Caller) -> AsyncIterator[None]:
        """An operation of a caller that no request of its own brings. Raises ShareUsedUp."""
        share = self.of(caller)
        if share is None:
            yield
            return
        with self.slot(share):
            await self.begin(share)
            yield

    def charging(self, caller: Caller) -> Charge | None:
        """Function that charges the costs of one operation to the caller; None if it has no limits."""
        share = None if self._policy is None else self.of(caller)
        return None if share is None else partial(self.charge, share)

    async def charge(self, share: Share, *, calls: int, records: int) -> None:
        """Count what an operation has cost."""
        costs = {"vendor-calls": calls, "records": records}
        tokens = [float(costs.get(bucket.name, 0)) for bucket in share.buckets]
        if any(tokens):
            await self._take(share, tokens, if_any=False)

    async def _take(self, share: Share, tokens: Sequence[float], *, if_any: bool) -> Taken:
        taken = None
        if self._common is not None:
            taken = await self._common.take(share.owner, share.buckets, tokens, if_any=if_any)
        if taken is None:
            taken = self._counts.buckets.take(share.owner, share.buckets, tokens, if_any=if_any)
        share.taken = taken
        return taken

    async def close(self) -> None:
        """Close connections."""
        if self._common is not None:
            await self._common.close()


def limiting_policy(settings: Settings, policy: Policy | None) -> Policy | None:
    """The policy that gives callers their limits; None if no role has any."""
    if policy is None and any(role.limits != RoleLimits() for role in settings.roles):
        return ConfiguredRoles(settings.roles)
    return policy


def _buckets(limits: RoleLimits) -> tuple[Bucket, ...]:
    """
    The buckets of the limits that are set. A bucket holds at least one token.

    >>> _buckets(RoleLimits(requests_per_second=0.5, records_per_minute=1000))
    (Bucket(name='requests', quota=1.0, window=2.0), Bucket(name='records', quota=1000, window=60.0))
    """
    rates = (
        ("requests", limits.requests_per_second, 1.0),
        ("vendor-calls", limits.vendor_calls_per_minute, _MINUTE),
        ("records", limits.records_per_minute, _MINUTE),
    )
    return tuple(
        Bucket(name, max(1.0, rate), window * max(1.0, 1 / rate))
        for name, rate, window in rates
        if rate is not None
    )


def _merge(limits: Sequence[RoleLimits]) -> RoleLimits:
    """
    The limits of roles that add up: of each the largest, and none if one of the roles has none.

    >>> _merge([RoleLimits(requests_per_second=5), RoleLimits(requests_per_second=9, records_per_minute=1)])
    RoleLimits(requests_per_second=9, vendor_calls_per_minute=None, records_per_minute=None, concurrent_operations=None)
    """
    merged = {}
    for field in dataclasses.fields(RoleLimits):
        values = [getattr(role_limits, field.name) for role_limits in limits]
        merged[field.name] = max(values) if values and None not in values else None
    return RoleLimits(**merged)
