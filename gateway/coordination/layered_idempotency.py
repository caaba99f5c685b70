"""Idempotency keys across processes: claimed first among the callers of this process, then in a shared backend."""

import asyncio
import random
import secrets
from collections.abc import Mapping
from enum import Enum
from typing import Any, Protocol

from gateway.coordination.digests import name_digest
from gateway.coordination.idempotency import Claim, ClaimState, IdempotencyStore

_MIN_PAUSE, _MAX_PAUSE = 0.01, 0.2


class OtherProcess(Enum):
    """Answers of a backend that are no claim."""

    BUSY = "another process holds the key"
    UNREACHABLE = "the backend cannot be reached"


class IdempotencyBackend(Protocol):
    """
    Shared store of results, by digests of the keys. It never raises: if it cannot be reached, it answers UNREACHABLE.

    A claim whose lease ends before its owner settles it becomes UNKNOWN: its outcome is not known.
    """

    async def claim(self, key: str, fingerprint: str, owner: str) -> Claim | OtherProcess:
        """Claim a key. After NEW and UNKNOWN the owner holds it."""
        ...

    async def settle(self, key: str, owner: str, state: ClaimState, result: Mapping[str, Any] | None) -> None:
        """Record a result or an unknown outcome; no effect if another owner holds the key."""
        ...

    async def release(self, key: str, owner: str) -> None:
        """Restore the key's state from before the owner claimed it."""
        ...

    async def close(self) -> None:
        """Close files and connections."""
        ...


class LayeredIdempotency:
    """
    Idempotency store on two layers. `inner` is claimed before the shared `backend`, or alone if that is UNREACHABLE.

    Results of this process are known in it even if the backend fails. `namespace` separates the keys of sources.
    """

    def __init__(self, inner: IdempotencyStore, backend: IdempotencyBackend, namespace: str) -> None:
        self._inner = inner
        self._backend = backend
        self._namespace = namespace
        self._owners: dict[str, str] = {}

    async def claim(self, key: str, fingerprint: str) -> Claim:
        """Claim a key; waits while another caller holds it, in this process or in another."""
        inner_claim = await self._inner.claim(key, fingerprint)
        if inner_claim.state in {ClaimState.DONE, ClaimState.MISMATCH}:
            return inner_claim
        owner = secrets.token_hex(16)
        try:
            shared_claim = await self._claim_shared(key, fingerprint, owner)
        except BaseException:
            await self._restore_inner(key, inner_claim)
            await asyncio.shield(self._backend.release(self._digest(key), owner))
            raise
        if shared_claim is OtherProcess.UNREACHABLE:
            return inner_claim
        assert isinstance(shared_claim, Claim)
        if shared_claim.state is ClaimState.MISMATCH:
            await self._restore_inner(key, inner_claim)
        elif shared_claim.state is ClaimState.DONE:
            await self._inner.complete(key, shared_claim.result or {})
        else:
            self._owners[key] = owner
            # An outcome that is unknown in this process is unknown everywhere.
            return inner_claim if inner_claim.state is ClaimState.UNKNOWN else shared_claim
        return shared_claim

    async def complete(self, key: str, result: Mapping[str, Any]) -> None:
        """Record the result of a performed write."""
        owner = self._owners.pop(key, None)
        await self._inner.complete(key, result)
        if owner is not None:
            await self._backend.settle(self._digest(key), owner, ClaimState.DONE, result)

    async def mark_unknown(self, key: str) -> None:
        """Record that the write was sent and its outcome is unknown."""
        owner = self._owners.pop(key, None)
        await self._inner.mark_unknown(key)
        if owner is not None:
            await self._backend.settle(self._digest(key), owner, ClaimState.UNKNOWN, None)

    async def release(self, key: str) -> None:
        """Forget the key: nothing was written."""
        owner = self._owners.pop(key, None)
        await self._inner.release(key)
        if owner is not None:
            await self._backend.release(self._digest(key), owner)

    async def _claim_shared(self, key: str, fingerprint: str, owner: str) -> Claim | OtherProcess:
        pause = _MIN_PAUSE
        while (
            claim := await self._backend.claim(self._digest(key), fingerprint, owner)
        ) is OtherProcess.BUSY:
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
            pause = min(_MAX_PAUSE, pause * 1.5)
        return claim

    def _digest(self, key: str) -> str:
        return name_digest(self._namespace, key)

    async def _restore_inner(self, key: str, inner_claim: Claim) -> None:
        await (
            self._inner.mark_unknown(key)
            if inner_claim.state is ClaimState.UNKNOWN
            else self._inner.release(key)
        )
