"""Locks of several gateways in a Valkey or Redis server."""

from contextlib import suppress

from gateway.coordination.valkey_connection import PREFIX, ValkeyConnection, ValkeyUnavailable

_OPEN = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class ValkeyLock:
    """
    A key for each name, with its owner's token, which ends by itself after `lease` seconds.

    The lease is longer than an operation may take, so that it ends only for a process that did.
    """

    def __init__(self, connection: ValkeyConnection, *, lease: float) -> None:
        self._door = connection
        self._milliseconds = int(lease * 1000)

    async def acquire(self, name: str, token: str) -> bool:
        """Whether the name is ours now, or the server is away."""
        try:
            told = await self._door.ask(
                lambda client: client.set(_key(name), token, nx=True, px=self._milliseconds)
            )
        except ValkeyUnavailable:
            return True
        return bool(told)

    async def release(self, name: str, token: str) -> None:
        """Give the name back, where the token has it."""
        with suppress(ValkeyUnavailable):
            await self._door.ask(lambda client: client.eval(_OPEN, 1, _key(name), token))


def _key(name: str) -> str:
    return f"{PREFIX}:lock:{name}"
