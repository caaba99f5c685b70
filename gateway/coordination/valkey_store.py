"""Idempotency backend in a Valkey or Redis server, for several gateways. Keys expire after a day."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gateway.coordination.idempotency import Claim, ClaimState
from gateway.coordination.layered_idempotency import OtherProcess
from gateway.coordination.valkey_connection import PREFIX, ValkeyConnection, ValkeyUnavailable

_DAY = 24 * 3600.0

# KEYS[1] is the key and ARGV[1] its owner in each script. A key in state `claimed` is held for the first time, in state
# `again` after its outcome was unknown. An entry that is not of our making is taken as one of unknown outcome.
_CLAIM = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind ~= 'hash' and kind ~= 'none' then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[2], 'state', 'unknown')
end
local entry = redis.call('HMGET', KEYS[1], 'fingerprint', 'state', 'until', 'result')
if entry[1] and entry[1] ~= ARGV[2] then return {'other'} end
if entry[2] == 'done' then return {'done', entry[4]} end
if (entry[2] == 'claimed' or entry[2] == 'again') and (tonumber(entry[3]) or 0) > now then return {'busy'} end
local state = (entry[2] or kind ~= 'none') and 'again' or 'claimed'
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[2], 'state', state, 'owner', ARGV[1],
  'until', string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {state}
"""
_MARK_UNKNOWN = """
if (redis.call('HGET', KEYS[1], 'result') or '') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'state', 'unknown')
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
    A hash for each key: fingerprint, state, owner, `until` (the end of the claim's lease), and the result.

    Times are milliseconds of the server's own clock. Of a vendor's record only the id is stored.
    """

    def __init__(self, connection: ValkeyConnection, *, lease: float, seconds: float = _DAY) -> None:
        self._connection = connection
        self._lease = int(lease * 1000)
        self._ttl = int(seconds * 1000)

    async def claim(self, key: str, fingerprint: str, owner: str) -> Claim | OtherProcess:
        """Claim a key; UNREACHABLE if the server cannot be reached."""
        try:
            answer = await self._run(_CLAIM, key, owner, fingerprint, self._lease, self._ttl)
        except ValkeyUnavailable:
            return OtherProcess.UNREACHABLE
        match answer:
            case [b"other"]:
                return Claim(ClaimState.MISMATCH)
            case [b"done", bytes() | None as result]:
                decoded = _decode(result)
                if decoded is not None:
                    return Claim(ClaimState.DONE, decoded)
                return await self._claim_in_doubt(key, fingerprint, owner, result or b"")
            case [b"busy"]:
                return OtherProcess.BUSY
            case [b"claimed"]:
                return Claim(ClaimState.NEW)
            case _:
                return Claim(ClaimState.UNKNOWN)

    async def _claim_in_doubt(
        self, key: str, fingerprint: str, owner: str, result: bytes
    ) -> Claim | OtherProcess:
        """Claim a key whose result cannot be read, as one of unknown outcome."""
        try:
            await self._run(_MARK_UNKNOWN, key, result)
        except ValkeyUnavailable:
            return OtherProcess.UNREACHABLE
        return await self.claim(key, fingerprint, owner)

    async def settle(self, key: str, owner: str, state: ClaimState, result: Mapping[str, Any] | None) -> None:
        """Record a result or an unknown outcome."""
        state_name = "done" if state is ClaimState.DONE else "unknown"
        with suppress(ValkeyUnavailable):
            await self._run(_SETTLE, key, owner, state_name, json.dumps(result or {}), self._ttl)

    async def release(self, key: str, owner: str) -> None:
        """Restore the key's state from before the owner claimed it."""
        with suppress(ValkeyUnavailable):
            await self._run(_RELEASE, key, owner)

    async def close(self) -> None:
        """Close the connections, which the locks use as well."""
        await self._connection.close()

    async def _run(self, script: str, key: str, *arguments: str | bytes | int) -> Any:
        return await self._connection.execute(
            lambda client: client.eval(script, 1, f"{PREFIX}:key:{key}", *arguments)
        )


def _decode(result: bytes | None) -> Mapping[str, Any] | None:
    """A stored result, None if it is not one."""
    try:
        decoded = json.loads(result or b"")
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None
