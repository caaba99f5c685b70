"""Idempotency keys: the result of a write by its caller's key, so that a repeated request is performed once."""

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

_DAY = 24 * 3600.0
_KEYS = 20_000


class ClaimState(Enum):
    """State of an idempotency key."""

    NEW = "unused: perform the write, then complete or release the key"
    DONE = "performed: return the recorded result"
    UNKNOWN = "sent before, outcome unknown"
    MISMATCH = "used for another request"


@dataclass(frozen=True)
class Claim:
    """Outcome of claiming a key: its state, and the recorded result if it is DONE."""

    state: ClaimState
    result: Mapping[str, Any] | None = None


class IdempotencyStore(Protocol):
    """
    Results of writes by idempotency key, kept for a day.

    A key is claimed, and then completed, marked as unknown, or released.
    """

    async def claim(self, key: str, fingerprint: str) -> Claim:
        """Claim a key; waits while another caller holds it. After NEW and UNKNOWN the caller holds the key."""
        ...

    async def complete(self, key: str, result: Mapping[str, Any]) -> None:
        """Record the result of a performed write. `result` is encodable as JSON."""
        ...

    async def mark_unknown(self, key: str) -> None:
        """Record that the write was sent and its outcome is unknown."""
        ...

    async def release(self, key: str) -> None:
        """Forget the key: nothing was written."""
        ...


@dataclass
class _ClaimEntry:
    fingerprint: str
    expires_at: float
    state: ClaimState = ClaimState.NEW
    result: Mapping[str, Any] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class InProcessIdempotency:
    """Idempotency store in memory: at most `keys` keys, each for `seconds`; the oldest are evicted first."""

    def __init__(
        self, *, seconds: float = _DAY, keys: int = _KEYS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._max_keys = keys
        self._clock = clock
        self._entries: OrderedDict[str, _ClaimEntry] = OrderedDict()

    async def claim(self, key: str, fingerprint: str) -> Claim:
        """Claim a key; waits while another caller holds it."""
        while True:
            self._drop_expired()
            entry = self._entries.get(key)
            if entry is None:
                self._evict_oldest()
                entry = self._entries[key] = _ClaimEntry(fingerprint, self._clock() + self._seconds)
            if entry.fingerprint != fingerprint:
                return Claim(ClaimState.MISMATCH)
            await entry.lock.acquire()
            if self._entries.get(key) is not entry:
                # The key was released while this caller waited: start again.
                entry.lock.release()
                continue
            if entry.state is ClaimState.DONE:
                entry.lock.release()
                return Claim(ClaimState.DONE, entry.result)
            return Claim(entry.state)

    async def complete(self, key: str, result: Mapping[str, Any]) -> None:
        """Record the result of a performed write."""
        self._settle(key, ClaimState.DONE, result)

    async def mark_unknown(self, key: str) -> None:
        """Record that the write was sent and its outcome is unknown."""
        self._settle(key, ClaimState.UNKNOWN, None)

    async def release(self, key: str) -> None:
        """Forget the key: nothing was written."""
        entry = self._entries.pop(key)
        entry.lock.release()

    def _settle(self, key: str, state: ClaimState, result: Mapping[str, Any] | None) -> None:
        entry = self._entries[key]
        entry.state, entry.result = state, result
        entry.expires_at = self._clock() + self._seconds
        self._entries.move_to_end(key)
        entry.lock.release()

    def _drop_expired(self) -> None:
        now = self._clock()
        for key in list(self._entries):
            entry = self._entries[key]
            if entry.expires_at > now:
                break
            if not entry.lock.locked():
                del self._entries[key]

    def _evict_oldest(self) -> None:
        """Evict the oldest entries beyond the bound, but never one that a caller holds."""
        excess = len(self._entries) - self._max_keys + 1
        for key in list(self._entries) if excess > 0 else ():
            if not self._entries[key].lock.locked():
                del self._entries[key]
                excess -= 1
                if excess <= 0:
                    break


def fingerprint(mutation: str, arguments: Mapping[str, Any]) -> str:
    """
    Fingerprint of a request (SHA-256, hexadecimal): the same for equal requests, in whatever order their fields are.

    >>> fingerprint("createAsset", {"a": 1, "b": 2}) == fingerprint("createAsset", {"b": 2, "a": 1})
    True
    """
    canonical = json.dumps([mutation, arguments], sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
