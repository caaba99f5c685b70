"""Lock backend in a Valkey or Redis server, for several gateways."""

from contextlib import suppress

from gateway.coordination.valkey_connection import PREFIX, ValkeyConnection, ValkeyUnavailable

# A lock without an expiry is not of our making: it is taken as not there. `pcall`, as its value may be of any type.
_ACQUIRE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('PTTL', KEYS[1]) >= 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.pcall('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


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
                lambda client: client.eval(_ACQUIRE, 1, _key(name), token, self._milliseconds)
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
