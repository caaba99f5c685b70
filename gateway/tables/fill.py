"""
The fill of one table: each source's list is read in stretches into spools, the spools become the next version.

A source that fails keeps its rows of the version before, and is stale then; without such rows it is missing.
"""

import asyncio
import shutil
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.concurrency.gather import gather
from gateway.connector.fetching.source import Source
from gateway.identity import Decisions
from gateway.tables.columns import FlatTable
from gateway.tables.contributions import Contribution, write_contribution
from gateway.tables.details import DETAIL_COLUMNS, DETAILS
from gateway.tables.duck import connect
from gateway.tables.manifest import TableSnapshot
from gateway.tables.parts import next_parts
from gateway.tables.plans import contributes_to, fields_table, has_pages, lists, read_plan, stub_links
from gateway.tables.progress import Progress, ProgressFile, SourceProgress
from gateway.tables.publication import NewRows, Publication
from gateway.tables.relations import CUSTOM_FIELD_VALUES, RECORD_KEYS
from gateway.tables.source_read import SourceRead, SourceReader
from gateway.tables.store import SnapshotStore
from gateway.tables.stretches import OpenContext, Stretch
from gateway.tables.things.declarations import ASSETS
from gateway.tables.things.thing_publication import add_things

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")


class TableFill:
    """
    Fills tables, one at a time. The caller holds the fill lock. Details of a source may take `detail_seconds` of a
    fill; None: they are not read. `decisions` are the operator's, for the tables of unified assets.
    """

    def __init__(
        self,
        store: SnapshotStore,
        tables: Mapping[str, FlatTable],
        sources: Mapping[str, Source],
        open_context: OpenContext,
        progress: ProgressFile,
        *,
        decisions: Callable[[], Decisions],
        detail_seconds: float | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._tables = tables
        self._sources = sources
        self._open_context = open_context
        self._file = progress
        self._decisions = decisions
        self._detail_seconds = detail_seconds
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
            reads = await self._read_all(table, names, folder)
            return await _uninterrupted(asyncio.to_thread(self._finish, table, reads, version, began))
        except BaseException:
            self._discard(version)
            raise
        finally:
            self._file.remove()

    async def match(self) -> Mapping[str, TableSnapshot]:
        """Publish the tables of unified assets, made of the current version of `assets`. Raises as `fill` does."""
        version = self._store.new_version()
        folder = self._store.folder / version
        folder.mkdir(mode=0o700)
        try:
            await _uninterrupted(asyncio.to_thread(self._publish_things, version))
        except BaseException:
            self._discard(version)
            raise
        manifest = self._store.manifest
        return {name: manifest.tables[name] for name in self._matched}

    def _discard(self, version: str) -> None:
        """Remove the files of a version, unless it was published before the fill was cancelled."""
        if all(snapshot.version != version for snapshot in self._store.manifest.tables.values()):
            shutil.rmtree(self._store.folder / version, ignore_errors=True)

    def _publish_things(self, version: str) -> None:
        with connect(self._store.folder) as connection:
            publication = Publication(self._store, self._tables, self._sources, version, connection)
            add_things(publication, self._decisions())
            publication.publish(self._tables[self._matched[0]], ())

    @property
    def _matched(self) -> list[str]:
        return [table.name for table in self._tables.values() if table.is_matched]

    async def _read_all(self, table: FlatTable, names: Collection[str], folder: Path) -> Sequence[SourceRead]:
        progress = Progress(table=table.name, began=time.time())
        self._tell(progress, at_once=True)
        return await gather(
            [
                self._read(table, source, folder, progress)
                for source in self._sources.values()
                if source.name in names and lists(source, table)
            ]
        )

    async def _read(self, table: FlatTable, source: Source, folder: Path, progress: Progress) -> SourceRead:
        before = self._store.manifest.tables.get(table.name)
        known = self._store.contribution(table.name, before.version, DETAILS) if before is not None else None
        plan = read_plan(table, source, self._tables, known=known, detail_seconds=self._detail_seconds)
        others = [*plan.others, *([DETAILS] if plan.details is not None else [])]
        read = SourceRead(
            source=source,
            spools={name: folder / f"{source.name}.{name}.spool" for name in (table.name, *others)},
            not_read=plan.not_read,
            details=plan.not_read if plan.details is not None else frozenset(),
            unread=plan.by_record,
            by_record=plan.by_record if plan.details is not None else frozenset(),
            tried_at=self._store.clock(),
        )
        part = progress.sources[source.name] = SourceProgress()

        def on_stretch(rows: int, stretch: Stretch) -> None:
            part.rows, part.page, part.pages = rows, stretch.page, stretch.pages
            self._tell(progress)

        reader = SourceReader(plan, read, on_stretch)
        if has_pages(source, table):
            await reader.run(self._open_context)
        else:
            async with self._one_whole_list:
                await reader.run(self._open_context)
        part.ended = True
        self._tell(progress)
        return read

    def _finish(
        self, table: FlatTable, reads: Sequence[SourceRead], version: str, began: float
    ) -> TableSnapshot:
        with connect(self._store.folder) as connection:
            return self._publish(connection, table, reads, version, began=began)

    def _publish(
        self,
        connection: "DuckDBPyConnection",
        table: FlatTable,
        reads: Sequence[SourceRead],
        version: str,
        *,
        began: float,
    ) -> TableSnapshot:
        listing = [source for source in self._sources.values() if lists(source, table)]
        before = self._store.manifest.tables.get(table.name)
        parts, carried = next_parts(listing, {read.source.name: read for read in reads}, before)
        taken = [read for read in reads if read.source.name not in carried]
        publication = Publication(self._store, self._tables, self._sources, version, connection)
        new = NewRows(
            spools=[read.spools[table.name] for read in taken if read.rows],
            carried=carried,
            details={column for read in taken if DETAILS in read.spools for column in read.details},
        )
        snapshot = publication.add(table, new, parts, seconds=time.monotonic() - began)
        self._write_contributions(connection, table, taken, carried, versions=(before, snapshot))
        for read in reads:
            for spool in read.spools.values():
                spool.unlink(missing_ok=True)
        if table.name == ASSETS and any(name in self._store.manifest.tables for name in self._matched):
            add_things(publication, self._decisions())
        publication.publish(table, {read.source.name for read in taken if not read.fault})
        return snapshot

    def _write_contributions(
        self,
        connection: "DuckDBPyConnection",
        table: FlatTable,
        reads: Sequence[SourceRead],
        carried: Collection[str],
        *,
        versions: tuple[TableSnapshot | None, TableSnapshot],
    ) -> None:
        """Write what the version tells of other tables: details first, which say what of the version before stands."""
        before, snapshot = versions
        store, version = self._store, snapshot.version
        links, fields = stub_links(table, self._tables), fields_table(table, self._tables)
        details = store.contribution(table.name, version, DETAILS)
        columns = {name: self._tables[name].stored for name in contributes_to(table, self._tables)}
        for name, stored in {DETAILS: DETAIL_COLUMNS, **columns}.items():
            referring = [(store.path(table.name, snapshot), column) for column in links.get(name, ())]
            if name == fields:
                values = store.contribution(table.name, version, CUSTOM_FIELD_VALUES.name)
                referring += [(values, "field_id")] if values.is_file() else []
            write_contribution(
                connection,
                store.contribution(table.name, version, name),
                Contribution(
                    columns=stored,
                    spools=[
                        path for read in reads if (path := read.spools.get(name)) and path.stat().st_size
                    ],
                    before=store.contribution(table.name, before.version, name) if before else None,
                    carried=carried if name not in links and name != fields else (),
                    key=RECORD_KEYS.get(name),
                    details=details if details.is_file() else None,
                    detail_sources=[read.source.name for read in reads if name in read.by_record],
                    referring=referring,
                ),
            )

    def _tell(self, progress: Progress, *, at_once: bool = False) -> None:
        self._file.write(progress, at_once=at_once)
        self._on_progress(progress)


async def _uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """The result of work in a thread. A cancellation waits for its end: nothing else could stop it."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
