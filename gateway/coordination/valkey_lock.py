"""Lock backend in a Valkey or Redis server, for several gateways."""

from contextlib import suppress

from gateway.coordination.valkey_connection import PREFIX, ValkeyConnection, ValkeyUnavailable

_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class ValkeyLock:
    """
    A key for each lock, which holds its owner's token and expires after `lease` seconds.

    The lease is longer than an operation may take, so that it expires only if its process has died.
    """

    def __init__(self, connection: ValkeyConnection, *, lease: float) -> None:
        self._connection = connection
        self._milliseconds = int(lease * 1000)

    async def acquire(self, name: str, token: str) -> bool:
        """Try to acquire the lock; True if the token has it now, or if the server is unreachable."""
        try:
            answer = await self._connection.execute(
                lambda client: client.set(_key(name), token, nx=True, px=self._milliseconds)
            )
        except ValkeyUnavailable:
            return True
        return bool(answer)

    async def release(self, name: str, token: str) -> None:
        """Release the lock if the token has it."""
        with suppress(ValkeyUnavailable):
            await self._connection.execute(lambda client: client.eval(_RELEASE, 1, _key(name), token))


def _key(name: str) -> str:
    return f"{PREFIX}:lock:{name}"
