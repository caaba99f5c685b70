"""Connection to a Valkey or Redis server for locks and idempotency keys. The gateway goes on if it is unreachable."""

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
    """The server did not answer, or has just failed to."""


class ValkeyConnection:
    """
    Client with a timeout of `seconds`; after a failure it does not try the server again for `pause` seconds.

    The timeout is our own: the library's (`socket_timeout`) is `asyncio.wait_for`, which in Python 3.11 loses a
    cancellation that comes as the command is sent, so that a caller who has left would go on waiting for its lock.
    """

    def __init__(self, url: str, *, seconds: float = _SECONDS, pause: float = _PAUSE) -> None:
        # imported only if it is used
        from valkey.asyncio import Valkey  # noqa: PLC0415

        self._client = Valkey.from_url(
            url, socket_timeout=None, socket_connect_timeout=seconds, max_connections=64
        )
        self._seconds = seconds
        self._pause = pause
        self._unavailable_until = 0.0
        self._has_warned = False

    async def execute(self, command: Callable[[Any], Awaitable[Any]]) -> Any:
        """
        The server's answer to a command.

        Raises ValkeyUnavailable if there is none. The first failure is logged, and the first answer after it.
        """
        from valkey.exceptions import ValkeyError  # noqa: PLC0415

        if time.monotonic() < self._unavailable_until:
            raise ValkeyUnavailable
        try:
            async with asyncio.timeout(2 * self._seconds):
                answer = await command(self._client)
        except (ValkeyError, OSError, TimeoutError) as exc:
            self._unavailable_until = time.monotonic() + self._pause
            if not self._has_warned:
                _log.warning(
                    "the shared store does not answer: until it does, other gateways' writes and idempotency keys"
                    " are not known here"
                )
            self._has_warned = True
            raise ValkeyUnavailable from exc
        if self._has_warned:
            self._has_warned = False
            _log.warning("the shared store answers again")
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
