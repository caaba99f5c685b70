"""Answers kept in a Valkey or Redis server, for several gateways together."""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

import msgspec

from gateway.upstream.caching.cache import CacheKey, CacheLookup
from gateway.upstream.caching.freshness import CachedResponse, retention_seconds

_log = logging.getLogger("gateway.upstream")

_SECONDS = 0.25
_PAUSE = 5.0
_MOST_BYTES = 4 * 1024 * 1024
_PREFIX = "asset-gateway:1"
_NOTHING = CacheLookup(None, -1)


class _Head(msgspec.Struct, array_like=True):
    """What stands before an answer's body."""

    epoch: int
    stored_at: float
    seconds: float
    etag: str | None
    modified: str | None


class ValkeyCache:
    """
    Answers by a digest of their key, each with the epoch of its source: a write makes a new epoch, in which nothing
    older is found. Where the server does not answer at once, the gateway goes on without it for a few seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float] = time.time,
        most_bytes: int = _MOST_BYTES,
        pause: float = _PAUSE,
    ) -> None:
        # loaded only where it is used
        from valkey.asyncio import Valkey  # noqa: PLC0415

        self._client = Valkey.from_url(
            url,
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
            max_connections=16,
        )
        self._clock = clock
        self._most_bytes = most_bytes
        self._pause = pause
        self._away_until = 0.0
        self._owed: set[str] = set()

    def peek(self, key: CacheKey) -> None:
        """The server has to be asked."""

    async def get(self, key: CacheKey) -> CacheLookup:
        """What is kept under the key."""
        kept = await self._try(lambda: self._client.mget(_epoch(key.source), _name(key)))
        if kept is None or key.source in self._owed:
            return _NOTHING
        if kept[0] is None:
            # A number that was never used: whatever the server still holds of the time before is not found.
            number = secrets.randbits(62)
            await self._try(lambda: self._client.set(_epoch(key.source), number, nx=True))
            return _NOTHING
        epoch = int(kept[0])
        head, _, body = (kept[1] or b"").partition(b"\n")
        try:
            told = msgspec.json.decode(head, type=_Head)
            if told.epoch != epoch:
                return CacheLookup(None, epoch)
        except msgspec.MsgspecError:
            return CacheLookup(None, epoch)
        return CacheLookup(
            CachedResponse(
                body=body,
                stored_at=told.stored_at,
                ttl_seconds=told.seconds,
                etag=told.etag,
                modified=told.modified,
            ),
            epoch,
        )

    async def epoch(self, source: str) -> int:
        """The epoch alone; -1 where it is not known."""
        found = await self._try(lambda: self._client.get(_epoch(source)))
        return -1 if found is None or source in self._owed else int(found)

    async def put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> None:
        """Keep an answer under the epoch in which it was asked for. A very large one is not kept."""
        if epoch < 0 or len(response.body) > self._most_bytes:
            return
        head = _Head(epoch, response.stored_at, response.ttl_seconds, response.etag, response.modified)
        value = msgspec.json.encode(head) + b"\n" + response.body
        await self._try(
            lambda: self._client.set(_name(key), value, ex=int(retention_seconds(response.ttl_seconds)) + 1)
        )

    async def invalidate_source(self, source: str) -> None:
        """Begin a new epoch of a source. Where that fails, nothing of it is used until it has been made up for."""
        self._owed.add(source)
        await self._try(self._client.ping)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _try(self, act: Callable[[], Any]) -> Any:
        """What the server answers, or None where it does not."""
        from valkey.exceptions import ValkeyError  # noqa: PLC0415

        if self._clock() < self._away_until:
            return None
        try:
            async with asyncio.timeout(2 * _SECONDS):
                for source in tuple(self._owed):
                    self._owed.discard(source)
                    try:
                        await self._client.set(_epoch(source), secrets.randbits(62))
                    except BaseException:
                        self._owed.add(source)
                        raise
                return await act()
        except (ValkeyError, OSError, TimeoutError):
            self._away_until = self._clock() + self._pause
            _log.warning("the shared cache does not answer: for %g s nothing is kept", self._pause)
            return None


def _name(key: CacheKey) -> str:
    told = msgspec.json.encode([key.account, key.path, key.params])
    return f"{_PREFIX}:{key.source}:{hashlib.sha256(told).hexdigest()}"


def _epoch(source: str) -> str:
    return f"{_PREFIX}:{source}:epoch"
