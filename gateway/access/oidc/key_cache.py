"""
Cache of an issuer's keys. They are read when the first token comes, for a token with an unknown key, and every hour; if
the issuer is away, those that are known stay.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from gateway.access.oidc.issuer import IssuerKeys, IssuerUnavailable

_log = logging.getLogger("gateway.access")

#: Seconds between two attempts, however many tokens name unknown keys; shorter as long as there are no keys at all.
_PAUSE_SECONDS = 30.0
_FIRST_PAUSE_SECONDS = 5.0
_REFRESH_SECONDS = 3600.0


class KeyCache:
    """Keys by `fetch`, which raises IssuerUnavailable. `on_removed` is called if the issuer has withdrawn a key."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[IssuerKeys]],
        *,
        on_removed: Callable[[], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._on_removed = on_removed
        self._now = now
        self._keys: IssuerKeys | None = None
        self._attempted = float("-inf")
        self._attempt: asyncio.Task[None] | None = None

    async def get(self, key_id: str | None) -> IssuerKeys | None:
        """The keys, read again for one that is unknown unless they were just read; None if they were never read."""
        is_known = self._keys is not None and self._keys.find(key_id) is not None
        if self._attempt is None and self._now() - self._attempted >= self._pause(is_known=is_known):
            self._attempted = self._now()
            self._attempt = asyncio.create_task(self._read())
        if self._attempt is not None and not is_known:
            await asyncio.shield(self._attempt)
        return self._keys

    async def close(self) -> None:
        """End a read that is under way."""
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.wait([self._attempt])

    def _pause(self, *, is_known: bool) -> float:
        if is_known:
            return _REFRESH_SECONDS
        return _FIRST_PAUSE_SECONDS if self._keys is None else _PAUSE_SECONDS

    async def _read(self) -> None:
        try:
            keys = await self._fetch()
            if self._keys is not None and _is_removed(self._keys, keys):
                self._on_removed()
            self._keys = keys
        except IssuerUnavailable as exc:
            _log.warning("the keys of the tokens' issuer cannot be read: %s", exc)
        finally:
            self._attempt = None


def _is_removed(old: IssuerKeys, new: IssuerKeys) -> bool:
    return any(new.by_id.get(key_id) != key for key_id, key in old.by_id.items())
