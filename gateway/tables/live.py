"""A table read from the sources now, for one caller, within the limits of one operation: nothing of it is kept."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.concurrency.gather import gather
from gateway.connector.fetching.source import Source
from gateway.tables.columns import FlatColumn, FlatTable
from gateway.tables.duck import connect
from gateway.tables.faults import fault_of
from gateway.tables.formats import FileFormat, write_file
from gateway.tables.manifest import Fault
from gateway.tables.parquet import Composition, write_parquet
from gateway.tables.plans import lists
from gateway.tables.reading import ValueReader
from gateway.tables.selection import RowSelection
from gateway.tables.spool import Spool
from gateway.tables.stretches import stretches
from resolvers.context import RequestContext


@dataclass(kw_only=True)
class LiveRead:
    """Rows in spools, the sources' faults, and those of which answers from before a fault stand in."""

    spools: Mapping[str, Path]
    scales: Mapping[str, Mapping[str, int]]
    faults: Mapping[str, Fault]
    stale: Sequence[str]
    rows: int


@dataclass
class _Part:
    source: Source
    spool: Path
    rows: int = 0
    fault: Fault | None = None
    is_stale: bool = False
    scales: Mapping[str, int] | None = None


async def read_live(
    folder: Path, context: RequestContext, table: FlatTable, columns: Sequence[FlatColumn]
) -> LiveRead:
    """The rows of the context's sources, in `folder`. Raises BadInput."""
    parts = [
        _Part(source, folder / f"{source.name}.spool")
        for source in context.sources.values()
        if lists(source, table)
    ]
    await gather([_read(part, context, table, columns) for part in parts])
    return LiveRead(
        spools={part.source.name: part.spool for part in parts},
        scales={part.source.name: part.scales or {} for part in parts},
        faults={part.source.name: part.fault for part in parts if part.fault is not None},
        stale=[part.source.name for part in parts if part.is_stale],
        rows=sum(part.rows for part in parts),
    )


def write_live(
    folder: Path, read: LiveRead, columns: Sequence[FlatColumn], fmt: FileFormat, selection: RowSelection
) -> Path:
    """The file of these rows, in `folder`."""
    table, target = folder / "table.parquet", folder / f"file.{fmt.ending}"
    spools = [path for path in read.spools.values() if path.stat().st_size]
    with connect(folder) as connection:
        write_parquet(connection, table, Composition(columns=columns, spools=spools))
    write_file(folder, table, target, fmt=fmt, selection=selection)
    return target


async def _read(
    part: _Part, context: RequestContext, table: FlatTable, columns: Sequence[FlatColumn]
) -> None:
    @asynccontextmanager
    async def same_context(_: bool) -> AsyncIterator[RequestContext]:  # noqa: FBT001
        yield context

    assert table.resource is not None
    with Spool(part.spool, columns) as spool:
        async with aclosing(stretches(same_context, table.resource, part.source.name)) as walk:
            async for stretch in walk:
                reader = ValueReader(stretch.context, columns, frozenset())
                async for _, chunk in reader.chunks(stretch.records):
                    await asyncio.to_thread(spool.write, chunk)
                fault = stretch.fault or next(iter(reader.faults.values()), None)
                if fault is not None and part.fault is None:
                    part.fault = fault_of(fault, part.source)
                part.is_stale = part.is_stale or stretch.stale
                if stretch.broken:
                    break
    part.rows, part.scales = spool.rows, spool.scales
