"""What was done under a caller's key, so that the same request is done once however often it comes."""

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
    """What there is to do about a key."""

    NEW = "nobody has used it: do it, then keep or release"
    DONE = "it was done: give that result again"
    UNKNOWN = "it was tried, and nobody knows whether it was done"
    OTHER = "it was used for another request"


@dataclass(frozen=True)
class Claim:
    """What there is to do about a key; `result` where it was done."""

    state: ClaimState
    result: Mapping[str, Any] | None = None


class IdempotencyStore(Protocol):
    """Keeps for a day what was done under each key. A key is claimed, and then kept, put in doubt, or released."""

    async def claim(self, key: str, fingerprint: str) -> Claim:
        """What there is to do; waits while another caller is doing it. NEW and UNKNOWN give the key to the caller."""
        ...

    async def complete(self, key: str, result: Mapping[str, Any]) -> None:
        """It was done: this is the result, which JSON can hold."""
        ...

    async def mark_unknown(self, key: str) -> None:
        """It was tried, and nobody knows whether it was done."""
        ...

    async def release(self, key: str) -> None:
        """Nothing was done: the key is as new."""
        ...


@dataclass
class _ClaimEntry:
    fingerprint: str
    ends: float
    state: ClaimState = ClaimState.NEW
    result: Mapping[str, Any] | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class InProcessIdempotency:
    """Keeps it in this process: for a day, at most so many keys, the oldest go first."""

    def __init__(
        self, *, seconds: float = _DAY, keys: int = _KEYS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._most = keys
        self._clock = clock
        self._entries: OrderedDict[str, _ClaimEntry] = OrderedDict()

    async def claim(self, key: str, fingerprint: str) -> Claim:
        """What there is to do; waits while another caller is doing it."""
        while True:
            self._drop_ended()
            entry = self._entries.get(key)
            if entry is None:
                self._make_room()
                entry = self._entries[key] = _ClaimEntry(fingerprint, self._clock() + self._seconds)
            if entry.fingerprint != fingerprint:
                return Claim(ClaimState.OTHER)
            await entry.turn.acquire()
            if self._entries.get(key) is not entry:
                # It was released while we waited: begin anew.
                entry.turn.release()
                continue
            if entry.state is ClaimState.DONE:
                entry.turn.release()
                return Claim(ClaimState.DONE, entry.result)
            return Claim(entry.state)

    async def complete(self, key: str, result: Mapping[str, Any]) -> None:
        """It was done: this is the result."""
        self._settle(key, ClaimState.DONE, result)

    async def mark_unknown(self, key: str) -> None:
        """It was tried, and nobody knows whether it was done."""
        self._settle(key, ClaimState.UNKNOWN, None)

    async def release(self, key: str) -> None:
        """Nothing was done: the key is as new."""
        entry = self._entries.pop(key)
        entry.turn.release()

    def _settle(self, key: str, state: ClaimState, result: Mapping[str, Any] | None) -> None:
        entry = self._entries[key]
        entry.state, entry.result = state, result
        entry.ends = self._clock() + self._seconds
        self._entries.move_to_end(key)
        entry.turn.release()

    def _drop_ended(self) -> None:
        now = self._clock()
        for key in list(self._entries):
            entry = self._entries[key]
            if entry.ends > now:
                break
            if not entry.turn.locked():
                del self._entries[key]

    def _make_room(self) -> None:
        """Drop the oldest beyond the bound; never what somebody is doing."""
        spare = len(self._entries) - self._most + 1
        for key in list(self._entries) if spare > 0 else ():
            if not self._entries[key].turn.locked():
                del self._entries[key]
                spare -= 1
                if spare <= 0:
                    break


def fingerprint(what: str, given: Mapping[str, Any]) -> str:
    """
    Tells requests apart: equal for equal ones, whatever the order of their fields.

    >>> fingerprint("createAsset", {"a": 1, "b": 2}) == fingerprint("createAsset", {"b": 2, "a": 1})
    True
    """
    written = json.dumps([what, given], sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()
