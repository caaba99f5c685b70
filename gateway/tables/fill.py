"""
The fill of one table: each source's list is read in stretches into a spool, the spools become the next version.

A source that fails keeps its rows of the version before, and is stale then; without such rows it is missing.
"""

import asyncio
import shutil
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from gateway.concurrency.gather import gather
from gateway.connector.fetching.source import Source
from gateway.errors import GatewayError, UpstreamError, UpstreamRateLimited
from gateway.tables.columns import FlatColumn, FlatTable
from gateway.tables.costs import costs_calls
from gateway.tables.faults import fault_of
from gateway.tables.manifest import Fault, SourcePart, TableSnapshot
from gateway.tables.parquet import Earlier, count_rows, write_parquet
from gateway.tables.progress import Progress, ProgressFile, SourceProgress
from gateway.tables.reading import ValueReader
from gateway.tables.side_tables import (
    DELETED_ROWS,
    SOURCES,
    record_tables,
    write_deleted_rows,
    write_sources,
)
from gateway.tables.spool import Spool
from gateway.tables.store import SnapshotStore, sha256_of
from gateway.tables.stretches import OpenContext, Stretch, stretches

#: Failures of the same page in a row: refusals for the rate are waited out, others may pass.
_REFUSALS, _FAILURES = 30, 3
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 2.0, 600.0


@dataclass(kw_only=True)
class _SourceRead:
    """Outcome of reading one source."""

    source: Source
    spool: Path
    not_read: frozenset[str]
    tried_at: datetime
    rows: int = 0
    fault: Fault | None = None
    unfit: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    is_stale: bool = False
    lacking: set[str] = field(default_factory=set)
    """Columns of which values are missing."""
    lacks_rows: bool = False

    def part(self) -> SourcePart:
        """As the manifest has it, if these rows are taken."""
        whole = self.fault is None or self.is_stale
        return SourcePart(
            rows=self.rows,
            read_at=self.tried_at if whole else None,
            tried_at=self.tried_at,
            fault=self.fault,
            lacking=() if self.lacks_rows else tuple(sorted(self.lacking)),
            not_read=tuple(sorted(self.not_read)),
            unfit=self.unfit,
            scales=self.scales,
        )


class TableFill:
    """Fills tables, one at a time. The caller holds the fill lock."""

    def __init__(
        self,
        store: SnapshotStore,
        sources: Mapping[str, Source],
        open_context: OpenContext,
        progress: ProgressFile,
        *,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._sources = sources
        self._open_context = open_context
        self._file = progress
        self._on_progress = on_progress
        self._one_whole_list = asyncio.Semaphore(1)

    async def fill(self, table: FlatTable, names: Collection[str]) -> TableSnapshot:
        """
        Read the sources of these names, and publish the next version. Other sources' rows are taken over.

        Raises OSError or DuckDB's error if the files cannot be written; the version before then stays.
        """
        began = time.monotonic()
        version = self._store.new_version()
        folder = self._store.folder / version
        folder.mkdir(mode=0o700)
        try:
            snapshot = await self._fill(table, names, folder, began)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self._file.remove()
        return snapshot

    async def _fill(
        self, table: FlatTable, names: Collection[str], folder: Path, began: float
    ) -> TableSnapshot:
        progress = Progress(table=table.name, began=time.time())
        columns = [column for column in table.columns if column.is_read]
        listing = [source for source in self._sources.values() if lists(source, table)]
        self._tell(progress, at_once=True)
        reads = await gather(
            [
                self._read(table, columns, source, folder / f"{source.name}.spool", progress)
                for source in listing
                if source.name in names
            ]
        )
        before = self._store.manifest.tables.get(table.name)
        parts, carried = _parts(listing, {read.source.name: read for read in reads}, before)
        spools = [read.spool for read in reads if read.source.name not in carried and read.rows]
        now = self._moment(before)
        target = folder / f"{table.name}.parquet"
        earlier = _earlier(self._store, table.name, before, carried)
        rows = await asyncio.to_thread(
            write_parquet, self._store.folder, target, spools, columns, now=now, earlier=earlier
        )
        for read in reads:
            read.spool.unlink(missing_ok=True)
        if earlier is not None and before is not None and rows == before.rows:
            await asyncio.to_thread(_keep_if_unchanged, target, earlier.path, now)
        snapshot = await asyncio.to_thread(_described, target, folder.name, rows, now, table.kinds)
        snapshot = msgspec.structs.replace(snapshot, sources=parts, seconds=time.monotonic() - began)
        read_now = {read.source.name for read in reads if read.source.name not in carried and not read.fault}
        await asyncio.to_thread(self._publish, table, snapshot, before, read_now)
        return snapshot

    async def _read(
        self,
        table: FlatTable,
        columns: list[FlatColumn],
        source: Source,
        spool: Path,
        progress: Progress,
    ) -> _SourceRead:
        not_read = frozenset(column.name for column in columns if costs_calls(table, column, source))
        read = _SourceRead(source=source, spool=spool, not_read=not_read, tried_at=self._store.clock())
        part = progress.sources[source.name] = SourceProgress()
        if _has_pages(source, table):
            await self._spool(table, columns, read, progress, part)
        else:
            async with self._one_whole_list:
                await self._spool(table, columns, read, progress, part)
        part.ended = True
        self._tell(progress)
        return read

    async def _spool(
        self,
        table: FlatTable,
        columns: list[FlatColumn],
        read: _SourceRead,
        progress: Progress,
        part: SourceProgress,
    ) -> None:
        """Read a source's rows into its spool, waiting out refusals."""
        assert table.resource is not None
        failures = 0
        walk = stretches(self._open_context, table.resource, read.source.name)
        with Spool(read.spool, columns) as spool:
            async with aclosing(walk):
                async for stretch in walk:
                    reader = ValueReader(stretch.context, columns, read.not_read)
                    async for chunk in reader.chunks(stretch.records):
                        await asyncio.to_thread(spool.write, chunk)
                    part.rows, part.page, part.pages = spool.rows, stretch.page, stretch.pages
                    self._tell(progress)
                    failures = 0 if stretch.records else failures
                    read.is_stale = read.is_stale or stretch.stale
                    read.lacking |= reader.faults.keys()
                    fault = stretch.fault or next(iter(reader.faults.values()), None)
                    if fault is None:
                        continue
                    failures += 1
                    if not _is_worth_waiting(stretch, failures, spool.rows):
                        read.fault = fault_of(fault, read.source)
                        read.lacks_rows = read.lacks_rows or stretch.fault is not None
                        if stretch.broken:
                            break
                    else:
                        await asyncio.sleep(_pause(fault, failures))
        read.rows, read.unfit, read.scales = spool.rows, dict(spool.unfit), spool.scales
        if read.is_stale and read.fault is None:
            read.fault = Fault(
                code="UPSTREAM_UNAVAILABLE",
                message=f"{read.source.name} failed: answers from before stand in.",
                vendor=read.source.vendor,
                retryable=True,
            )

    def _publish(
        self, table: FlatTable, snapshot: TableSnapshot, before: TableSnapshot | None, read: Collection[str]
    ) -> None:
        """Publish the version together with the tables that are made of it."""
        store, folder = self._store, self._store.folder / snapshot.version
        manifest, now = store.manifest, snapshot.filled_at
        deleted_before = manifest.tables.get(DELETED_ROWS.name)
        last_seen = {
            name: part.read_at
            for name, part in (before.sources if before else {}).items()
            if name in read and part.read_at is not None
        }
        deleted = folder / f"{DELETED_ROWS.name}.parquet"
        write_deleted_rows(
            store.folder,
            deleted,
            before=store.path(DELETED_ROWS.name, deleted_before) if deleted_before else None,
            table=table.name,
            rows=store.path(table.name, snapshot),
            rows_before=store.path(table.name, before) if before else None,
            last_seen=last_seen,
            now=now,
        )
        tables = {**record_tables(manifest), table.name: snapshot}
        sources = folder / f"{SOURCES.name}.parquet"
        vendors = {source.name: source.vendor for source in self._sources.values()}
        write_sources(store.folder, sources, vendors, tables)
        side = {
            side_table.name: _described(path, snapshot.version, None, now, side_table.kinds)
            for side_table, path in ((DELETED_ROWS, deleted), (SOURCES, sources))
        }
        store.publish({table.name: snapshot, **side})

    def _moment(self, before: TableSnapshot | None) -> datetime:
        """Now, but later than the version before, even if the clock was set back."""
        now = self._store.clock()
        return now if before is None else max(now, before.filled_at + timedelta(microseconds=1))

    def _tell(self, progress: Progress, *, at_once: bool = False) -> None:
        self._file.write(progress, at_once=at_once)
        self._on_progress(progress)


def lists(source: Source, table: FlatTable) -> bool:
    """True if the source can list the table's records."""
    resource = source.resources.get(table.resource or "")
    return resource is not None and resource.list is not None


def _has_pages(source: Source, table: FlatTable) -> bool:
    listed = source.resources[table.resource or ""].list
    return listed is not None and listed.paging is not None


def _parts(
    listing: Collection[Source], reads: Mapping[str, _SourceRead], before: TableSnapshot | None
) -> tuple[dict[str, SourcePart], set[str]]:
    """The sources' parts of the next version, and the names of those whose rows are taken over."""
    parts: dict[str, SourcePart] = {}
    carried: set[str] = set()
    for source in listing:
        read, known = reads.get(source.name), (before.sources if before else {}).get(source.name)
        if read is None and known is None:
            continue
        if read is None:
            assert known is not None
            parts[source.name] = known
            carried.add(source.name)
        elif read.fault is None or known is None or known.read_at is None:
            parts[source.name] = read.part()
        else:
            parts[source.name] = _with_fault(known, read)
            carried.add(source.name)
    return parts, carried


def _with_fault(known: SourcePart, read: _SourceRead) -> SourcePart:
    return msgspec.structs.replace(known, tried_at=read.tried_at, fault=read.fault)


def _earlier(
    store: SnapshotStore, table: str, before: TableSnapshot | None, carried: Collection[str]
) -> Earlier | None:
    if before is None:
        return None
    return Earlier(path=store.path(table, before), columns=before.columns, carried=carried)


def _keep_if_unchanged(target: Path, earlier: Path, now: datetime) -> None:
    """The earlier file itself, if all rows are as they were: readers who have it need no other."""
    if count_rows(target, changed_at=now) == 0:
        target.unlink()
        target.hardlink_to(earlier)


def _described(
    path: Path, version: str, rows: int | None, now: datetime, kinds: Mapping[str, str]
) -> TableSnapshot:
    path.chmod(0o600)
    return TableSnapshot(
        version=version,
        rows=count_rows(path) if rows is None else rows,
        bytes=path.stat().st_size,
        sha256=sha256_of(path),
        filled_at=now,
        seconds=0.0,
        columns=kinds,
    )


def _is_worth_waiting(stretch: Stretch, failures: int, rows: int) -> bool:
    """True if reading the list is continued after a pause, at the page at which it broke off."""
    if not stretch.broken or not isinstance(stretch.fault, UpstreamError):
        return False
    if isinstance(stretch.fault, UpstreamRateLimited):
        return failures < _REFUSALS
    return stretch.fault.retryable and rows > 0 and failures < _FAILURES


def _pause(fault: GatewayError, failures: int) -> float:
    wait = fault.retry_after if isinstance(fault, UpstreamError) else None
    return min(_LONGEST_PAUSE_SECONDS, wait if wait is not None else _PAUSE_SECONDS * 2.0**failures)
