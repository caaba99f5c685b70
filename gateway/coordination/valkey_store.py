"""What was done under the callers' keys, in a Valkey or Redis server: for a day."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gateway.coordination.idempotency import Claim, ClaimState
from gateway.coordination.layered_idempotency import OtherProcess
from gateway.coordination.valkey_connection import PREFIX, ValkeyConnection, ValkeyUnavailable

_DAY = 24 * 3600.0

# In each: the key; its owner, and more. `claimed` is under way, `again` is so after it was in doubt before.
_CLAIM = """
local now = redis.call('TIME')
local at = now[1] * 1000 + math.floor(now[2] / 1000)
local found = redis.call('HMGET', KEYS[1], 'fingerprint', 'state', 'until', 'result')
if found[1] and found[1] ~= ARGV[2] then return {'other'} end
if found[2] == 'done' then return {'done', found[4]} end
if (found[2] == 'claimed' or found[2] == 'again') and tonumber(found[3]) > at then return {'busy'} end
local state = found[2] and 'again' or 'claimed'
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[2], 'state', state, 'owner', ARGV[1],
  'until', string.format('%.0f', at + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {state}
"""
_SETTLE = """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'owner', '', 'result', ARGV[3])
return redis.call('PEXPIRE', KEYS[1], ARGV[4])
"""
_RELEASE = """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if redis.call('HGET', KEYS[1], 'state') == 'again' then
  return redis.call('HSET', KEYS[1], 'state', 'unknown', 'owner', '')
end
return redis.call('DEL', KEYS[1])
"""


class ValkeyStore:
    """
    A hash for each key: fingerprint, state, owner, until when a claim lasts, and the result.

    Times are the server's own. Nothing of a vendor's record is in it but its id.
    """

    def __init__(self, connection: ValkeyConnection, *, lease: float, seconds: float = _DAY) -> None:
        self._door = connection
        self._lease = int(lease * 1000)
        self._life = int(seconds * 1000)

    async def claim(self, key: str, fingerprint: str, owner: str) -> Claim | OtherProcess:
        """What there is to do."""
        try:
            told = await self._run(_CLAIM, key, owner, fingerprint, self._lease, self._life)
        except ValkeyUnavailable:
            return OtherProcess.AWAY
        match told:
            case [b"other"]:
                return Claim(ClaimState.OTHER)
            case [b"done", bytes(result)]:
                return Claim(ClaimState.DONE, json.loads(result))
            case [b"busy"]:
                return OtherProcess.BUSY
            case [b"claimed"]:
                return Claim(ClaimState.NEW)
            case _:
                return Claim(ClaimState.UNKNOWN)

    async def settle(self, key: str, owner: str, state: ClaimState, result: Mapping[str, Any] | None) -> None:
        """It was done, or is in doubt."""
        told = "done" if state is ClaimState.DONE else "unknown"
        with suppress(ValkeyUnavailable):
            await self._run(_SETTLE, key, owner, told, json.dumps(result or {}), self._life)

    async def release(self, key: str, owner: str) -> None:
        """The key is as it was before the owner claimed it."""
        with suppress(ValkeyUnavailable):
            await self._run(_RELEASE, key, owner)

    async def close(self) -> None:
        """Close the connections, the locks' as well."""
        await self._door.close()

    async def _run(self, script: str, key: str, *given: str | int) -> Any:
        return await self._door.ask(lambda client: client.eval(script, 1, f"{PREFIX}:key:{key}", *given))
