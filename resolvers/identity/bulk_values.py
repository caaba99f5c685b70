"""Values of many things: read in blocks, with pauses between them, so that other requests go on meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from gateway.identity import RecordValues
from gateway.identity.matching_view import ThingKey
from resolvers.context import RequestContext
from resolvers.identity.asset_values import ValueReader
from resolvers.identity.reading import AssetReading

_BLOCK = 32


async def values_of(
    ctx: RequestContext,
    reading: AssetReading,
    things: Sequence[ThingKey],
    fields: Sequence[str],
) -> AsyncIterator[tuple[ThingKey, list[RecordValues]]]:
    """Each thing with its records' values of these fields."""
    for start in range(0, len(things), _BLOCK):
        block = things[start : start + _BLOCK]
        record_ids = [record_id for thing in block for record_id in thing.record_ids]
        reader = ValueReader(ctx, is_single=False)
        values = iter(await reader.read(reading.records(record_ids), fields))
        for thing in block:
            yield thing, [next(values) for _ in thing.record_ids]
        await asyncio.sleep(0)
