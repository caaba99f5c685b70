"""The way to a Valkey or Redis server that writes are kept apart by; the gateway goes on where it is shut."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

_log = logging.getLogger("gateway.shared")

_SECONDS = 1.0
_PAUSE = 5.0
PREFIX = "asset-gateway:1"


class ValkeyUnavailable(Exception):
    """The server does not answer."""


class ValkeyConnection:
    """A client that is patient for a second, and then leaves the server alone for some."""

    def __init__(self, url: str, *, seconds: float = _SECONDS, pause: float = _PAUSE) -> None:
        # loaded only where it is used
        from valkey.asyncio import Valkey  # noqa: PLC0415

        self._client = Valkey.from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, max_connections=64
        )
        self._seconds = seconds
        self._pause = pause
        self._away_until = 0.0
        self._told = False

    async def ask(self, act: Callable[[Any], Awaitable[Any]]) -> Any:
        """What the server answers. Raises Away where it does not; the log tells so once, and when it is back."""
        from valkey.exceptions import ValkeyError  # noqa: PLC0415

        if time.monotonic() < self._away_until:
            raise ValkeyUnavailable
        try:
            async with asyncio.timeout(2 * self._seconds):
                answer = await act(self._client)
        except (ValkeyError, OSError, TimeoutError) as exc:
            self._away_until = time.monotonic() + self._pause
            if not self._told:
                _log.warning(
                    "the shared store does not answer: until it does, other gateways' writes and idempotency keys"
                    " are not known here"
                )
            self._told = True
            raise ValkeyUnavailable from exc
        if self._told:
            self._told = False
            _log.warning("the shared store answers again")
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
