"""Cache of a fill: reference tables and definitions are read once; rows are not kept, since nobody reads them again."""

from gateway.connector.description.resource import Ttl
from gateway.upstream.caching.cache import CacheKey, LocalCache
from gateway.upstream.caching.freshness import CachedResponse


class ReferenceCache(LocalCache):
    """Keeps what stays fresh for longer than rows do, so that memory does not grow with the lists."""

    async def put(self, key: CacheKey, response: CachedResponse, *, epoch: int) -> None:
        """Keep an answer, unless it is one of rows."""
        if response.ttl_seconds > Ttl.ROWS.value:
            await super().put(key, response, epoch=epoch)
