"""Token buckets in a Valkey or Redis server, for several gateways. The clock is the server's."""

from collections.abc import Sequence

from gateway.coordination.token_buckets import Bucket, Taken
from gateway.coordination.valkey_connection import PREFIX, ValkeyConnection, ValkeyUnavailable

# ARGV: if_any, then quota, window and tokens of each bucket. Gives the time, and the moments in text: numbers would be
# cut to whole ones. A value that is not of our making counts as full.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
if redis.call('TYPE', KEYS[1])['ok'] ~= 'hash' then redis.call('DEL', KEYS[1]) end
local moments, is_admitted, last = {}, true, now
for i = 2, #ARGV, 3 do
  local quota, window = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local moment = tonumber(redis.call('HGET', KEYS[1], tostring(i)) or 0) or 0
  if ARGV[1] == '1' and moment - now - window + window / quota > 0 then is_admitted = false end
  moments[#moments + 1] = moment
end
local answer = {string.format('%.6f', now), is_admitted and '1' or '0'}
for index, moment in ipairs(moments) do
  local i = 3 * index - 1
  local tokens = tonumber(ARGV[i + 2])
  if is_admitted and tokens > 0 then
    moment = math.max(moment, now) + tokens * tonumber(ARGV[i + 1]) / tonumber(ARGV[i])
    redis.call('HSET', KEYS[1], tostring(i), string.format('%.6f', moment))
  end
  last = math.max(last, moment)
  answer[#answer + 1] = string.format('%.6f', moment)
end
redis.call('PEXPIRE', KEYS[1], math.ceil((last - now) * 1000) + 1000)
return answer
"""


class ValkeyBuckets:
    """A hash for each owner, which expires when its buckets are full."""

    def __init__(self, connection: ValkeyConnection) -> None:
        self._connection = connection

    async def take(
        self, owner: str, buckets: Sequence[Bucket], tokens: Sequence[float], *, if_any: bool
    ) -> Taken | None:
        """As `take_tokens`, of the owner's buckets; None if the server cannot be used."""
        arguments = [
            value
            for bucket, count in zip(buckets, tokens, strict=True)
            for value in (repr(bucket.quota), repr(bucket.window), repr(count))
        ]
        try:
            now, is_taken, *moments = await self._connection.execute(
                lambda client: client.eval(_TAKE, 1, f"{PREFIX}:share:{owner}", str(int(if_any)), *arguments)
            )
            return Taken(tuple(map(float, moments)), float(now), is_taken=int(is_taken) == 1)
        except (ValkeyUnavailable, ValueError, TypeError):
            return None

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()
