"""Tables as NDJSON: one object a line, every column in each, decimals as numbers digit for digit."""

from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from gateway.edge.tables.columns import Column, Kind
from gateway.edge.tables.format import Format, stamp
from gateway.edge.tables.reading import Chunk


async def _write(
    columns: Sequence[Column], chunks: AsyncIterator[Chunk], switches: AbstractSet[str]
) -> AsyncIterator[bytes]:
    assert not switches
    names = [column.name for column in columns]
    moments = [column.kind is Kind.TIMESTAMP for column in columns]
    encoder = msgspec.json.Encoder(decimal_format="number")
    async for chunk in chunks:
        written = [
            [None if value is None else stamp(value) for value in values] if is_moment else values
            for is_moment, values in zip(moments, chunk, strict=True)
        ]
        yield encoder.encode_lines([dict(zip(names, row, strict=True)) for row in zip(*written, strict=True)])


NDJSON = Format(media_type="application/x-ndjson", write=_write)
