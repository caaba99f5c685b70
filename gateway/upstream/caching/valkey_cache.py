"""HTTP cache in a Valkey or Redis server, shared by several gateways."""

import asyncio
import hashlib
import logging
import secrets
import time
import zlib
from collections.abc import Callable
from typing import Any

import msgspec

from gateway.upstream.caching.cache import CacheKey, CacheLookup
from gateway.upstream.caching.freshness import CachedResponse, retention_seconds

_log = logging.getLogger("gateway.upstream")

_TIMEOUT_SECONDS = 0.25
_PAUSE_SECONDS = 5.0
_MAX_BYTES = 4 * 1024 * 1024
_PREFIX = "asset-gateway:1"
_MISS: CacheLookup = (None, -1)
_CHECKSUM_BYTES = 4
#: Digits of the largest epoch.
_MAX_DIGITS = 19


class _Metadata(msgspec.Struct, array_like=True):
    """First line of a stored value, after its checksum; the response's body follows it."""

    epoch: int
    stored_at: float
    ttl_seconds: float
    etag: str | None
    modified: str | None
    link: str | None = None


class ValkeyCache:
    """
    Responses by a digest of their key, each with the epoch of its source: a write starts a new epoch, in which older
    responses are misses. If the server does not answer at once, it is not called for `pause` seconds. A value that is
    not as it was written is a miss.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], float] = time.time,
        max_bytes: int = _MAX_BYTES,
        pause: float = _PAUSE_SECONDS,
        on_invalidate: Callable[[str], None] = lambda _: None,
    ) -> None:
        # imported only if it is used
        from valkey.asyncio import Valkey  # noqa: PLC0415

        self._client = Valkey.from_url(
            url,
            socket_timeout=None,  # it may lose a cancellation, see ValkeyConnection
            socket_connect_timeout=_TIMEOUT_SECONDS,
            max_connections=16,
        )
        self._clock = clock
        self._max_bytes = max_bytes
        self._pause = pause
        self._on_invalidate = on_invalidate
        self._paused_until = 0.0
        self._pending_invalidations: set[str] = set()

    def peek(self, key: CacheKey) -> None:
        """None: every lookup needs the server."""

    def peek_epoch(self, source: str) -> None:
        """None, too."""

    def try_put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> bool:  # noqa: ARG002
        """False, too."""
        return False

    async def get(self, key: CacheKey) -> CacheLookup:
        """The cached response under the key."""
        values = await self._execute(lambda: self._client.mget(_epoch_key(key.source), _response_key(key)))
        if values is None or key.source in self._pending_invalidations:
            return _MISS
        epoch = _parse_epoch(values[0])
        if epoch is None:
            # A random epoch, so that responses of a forgotten epoch that the server still holds are misses.
            number = secrets.randbits(62)
            await self._execute(lambda: self._client.set(_epoch_key(key.source), number))
            return _MISS
        return _decode(values[1], epoch), epoch

    async def epoch(self, source: str) -> int:
        """The epoch alone; -1 if it is unknown."""
        # MGET has no value for a key of another type, at which GET fails
        values = await self._execute(lambda: self._client.mget(_epoch_key(source)))
        epoch = None if values is None else _parse_epoch(values[0])
        return -1 if epoch is None or source in self._pending_invalidations else epoch

    async def put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> None:
        """Cache a response under the epoch in which its request was sent, unless it is over `max_bytes`."""
        if epoch < 0 or len(response.body) > self._max_bytes:
            return
        metadata = _Metadata(
            epoch,
            response.stored_at,
            response.ttl_seconds,
            response.etag,
            response.modified,
            response.link,
        )
        value = _encode(metadata, response.body)
        seconds = int(retention_seconds(response.ttl_seconds)) + 1
        await self._execute(lambda: self._client.set(_response_key(key), value, ex=seconds))

    async def invalidate_source(self, source: str) -> None:
        """Start a new epoch of a source. If that fails, its lookups are misses until a later call has done so."""
        self._pending_invalidations.add(source)
        await self._execute(self._client.ping)
        self._on_invalidate(source)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _execute(self, command: Callable[[], Any]) -> Any:
        """The server's reply to a command, sent after the pending invalidations; None if it fails or is paused."""
        from valkey.exceptions import ValkeyError  # noqa: PLC0415

        if self._clock() < self._paused_until:
            return None
        try:
            async with asyncio.timeout(2 * _TIMEOUT_SECONDS):
                for source in tuple(self._pending_invalidations):
                    self._pending_invalidations.discard(source)
                    try:
                        await self._client.set(_epoch_key(source), secrets.randbits(62))
                    except BaseException:
                        self._pending_invalidations.add(source)
                        raise
                return await command()
        except (ValkeyError, OSError, TimeoutError):
            self._paused_until = self._clock() + self._pause
            _log.warning("the shared cache does not answer: for %g s nothing is kept", self._pause)
            return None


def _parse_epoch(value: bytes | None) -> int | None:
    """
    The number of an epoch, None if it is not one.

    >>> _parse_epoch(b"17"), _parse_epoch(b"-1"), _parse_epoch(b"9" * 5000), _parse_epoch(None)
    (17, None, None, None)
    """
    return int(value) if value is not None and value.isdigit() and len(value) <= _MAX_DIGITS else None


def _encode(metadata: _Metadata, body: bytes) -> bytes:
    content = msgspec.json.encode(metadata) + b"\n" + body
    return zlib.crc32(content).to_bytes(_CHECKSUM_BYTES) + content


def _decode(value: bytes | None, epoch: int) -> CachedResponse | None:
    """The stored response, None if it is of another epoch, or not as it was written."""
    if value is None:
        return None
    content = memoryview(value)[_CHECKSUM_BYTES:]
    if zlib.crc32(content).to_bytes(_CHECKSUM_BYTES) != value[:_CHECKSUM_BYTES]:
        return None
    first_line, _, body = bytes(content).partition(b"\n")
    try:
        metadata = msgspec.json.decode(first_line, type=_Metadata)
    except msgspec.MsgspecError:
        return None
    if metadata.epoch != epoch:
        return None
    return CachedResponse(
        body=body,
        stored_at=metadata.stored_at,
        ttl_seconds=metadata.ttl_seconds,
        etag=metadata.etag,
        modified=metadata.modified,
        link=metadata.link,
    )


def _response_key(key: CacheKey) -> str:
    request = msgspec.json.encode([key.account, key.path, key.params])
    return f"{_PREFIX}:{key.source}:{hashlib.sha256(request).hexdigest()}"


def _epoch_key(source: str) -> str:
    return f"{_PREFIX}:{source}:epoch"
