"""Callers' keys of several processes: first among the callers here, then among the processes."""

import asyncio
import random
import secrets
from collections.abc import Mapping
from enum import Enum
from typing import Any, Protocol

from gateway.coordination.digests import name_digest
from gateway.coordination.idempotency import Claim, ClaimState, IdempotencyStore

_SHORTEST, _LONGEST = 0.01, 0.2


class OtherProcess(Enum):
    """What a ledger says of a key that is nothing to be done about now."""

    BUSY = "another process is doing it"
    AWAY = "the ledger cannot be reached"


class IdempotencyBackend(Protocol):
    """
    Where the processes write down what was done, by digests of the keys. It never fails: it says that it is away.

    A claim whose owner says nothing for too long is one in doubt: nobody knows what became of it.
    """

    async def claim(self, key: str, fingerprint: str, owner: str) -> Claim | OtherProcess:
        """What there is to do; NEW and UNKNOWN give the key to the owner."""
        ...

    async def settle(self, key: str, owner: str, state: ClaimState, result: Mapping[str, Any] | None) -> None:
        """It was done, or is in doubt; nothing happens where the key is another's."""
        ...

    async def release(self, key: str, owner: str) -> None:
        """The key is as it was before the owner claimed it."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class LayeredIdempotency:
    """
    Keys that all processes at a ledger know. `within` is asked before, and alone while the ledger is away.

    What was done in this process is known in it, however the ledger fares. `place` is whose keys they are.
    """

    def __init__(self, within: IdempotencyStore, ledger: IdempotencyBackend, namespace: str) -> None:
        self._within = within
        self._ledger = ledger
        self._place = namespace
        self._owners: dict[str, str] = {}

    async def claim(self, key: str, fingerprint: str) -> Claim:
        """What there is to do; waits while another caller is doing it, here or elsewhere."""
        here = await self._within.claim(key, fingerprint)
        if here.state in {ClaimState.DONE, ClaimState.OTHER}:
            return here
        owner = secrets.token_hex(16)
        try:
            told = await self._told(key, fingerprint, owner)
        except BaseException:
            await self._give_up(key, here)
            await asyncio.shield(self._ledger.release(self._digest(key), owner))
            raise
        if told is OtherProcess.AWAY:
            return here
        assert isinstance(told, Claim)
        if told.state is ClaimState.OTHER:
            await self._give_up(key, here)
        elif told.state is ClaimState.DONE:
            await self._within.complete(key, told.result or {})
        else:
            self._owners[key] = owner
            # In doubt here, it is so everywhere.
            return here if here.state is ClaimState.UNKNOWN else told
        return told

    async def complete(self, key: str, result: Mapping[str, Any]) -> None:
        """It was done: this is the result."""
        owner = self._owners.pop(key, None)
        await self._within.complete(key, result)
        if owner is not None:
            await self._ledger.settle(self._digest(key), owner, ClaimState.DONE, result)

    async def mark_unknown(self, key: str) -> None:
        """It was tried, and nobody knows whether it was done."""
        owner = self._owners.pop(key, None)
        await self._within.mark_unknown(key)
        if owner is not None:
            await self._ledger.settle(self._digest(key), owner, ClaimState.UNKNOWN, None)

    async def release(self, key: str) -> None:
        """Nothing was done: the key is as new."""
        owner = self._owners.pop(key, None)
        await self._within.release(key)
        if owner is not None:
            await self._ledger.release(self._digest(key), owner)

    async def _told(self, key: str, fingerprint: str, owner: str) -> Claim | OtherProcess:
        pause = _SHORTEST
        while (told := await self._ledger.claim(self._digest(key), fingerprint, owner)) is OtherProcess.BUSY:
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
            pause = min(_LONGEST, pause * 1.5)
        return told

    def _digest(self, key: str) -> str:
        return name_digest(self._place, key)

    async def _give_up(self, key: str, here: Claim) -> None:
        await (
            self._within.mark_unknown(key) if here.state is ClaimState.UNKNOWN else self._within.release(key)
        )
