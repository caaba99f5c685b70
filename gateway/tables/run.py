"""
The fill run: takes the fill lock, and fills the requested tables until nobody asks for more. Whoever comes second waits
for the first, and finds its work done.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.connector.fetching.source import Source
from gateway.identity import Decisions
from gateway.tables.columns import FlatTable
from gateway.tables.fill import TableFill
from gateway.tables.freshness import FreshnessPolicy
from gateway.tables.history.keeper import HistoryKeeper
from gateway.tables.lock import FolderLock
from gateway.tables.manifest import TableSnapshot
from gateway.tables.plans import lists, prerequisites
from gateway.tables.progress import Progress, ProgressFile
from gateway.tables.requests import FillRequests
from gateway.tables.store import FILL_LOCK, SnapshotStore
from gateway.tables.stretches import OpenContext

_LOOK_SECONDS = 0.2
_log = logging.getLogger("gateway.tables")


@dataclass(frozen=True, kw_only=True)
class FillRun:
    """All that a fill needs, in whichever process it runs."""

    store: SnapshotStore
    tables: Mapping[str, FlatTable]
    sources: Mapping[str, Source]
    open_context: OpenContext
    policy: FreshnessPolicy
    decisions: Callable[[], Decisions]
    history: HistoryKeeper | None = None
    detail_seconds: float | None = None
    on_progress: Callable[[Progress], None] = lambda _: None
    on_filled: Callable[[str, TableSnapshot], None] = lambda _table, _snapshot: None

    async def requested(self) -> None:
        """Fill what is requested, as far as it is due, until there are no more requests."""
        requests = FillRequests(self.store.folder)
        async with self._locked():
            while names := requests.take(self.tables):
                for name in names:
                    await self._fill_due(self.tables[name])

    async def all(self, names: Sequence[str]) -> None:
        """Fill these tables, all sources of them, unless somebody else did so while this waited for the lock."""
        began = self.store.clock()
        async with self._locked():
            for name in self._listed(names):
                before = self.store.manifest.tables.get(name)
                if before is not None and before.filled_at >= began:
                    continue
                await self._fill(
                    self.tables[name], [source.name for source in self._listing(self.tables[name])]
                )
            if any(self.tables[name].is_matched and self._current(name) is None for name in names):
                await self._match()

    async def forget(self) -> None:
        """Remove all snapshots."""
        async with self._locked():
            self.store.forget()

    async def _fill_due(self, table: FlatTable) -> None:
        before = self._current(table.name)
        if table.is_matched:
            # Later versions come with those of `assets`.
            if before is None and all(self._current(name) is not None for name in table.origins):
                await self._match()
            return
        names = [source.name for source in self._listing(table)]
        due = self.policy.due(before, names, self.store.clock())
        if due or before is None:
            await self._fill(table, due)

    def _current(self, name: str) -> TableSnapshot | None:
        """The newest version of a table, if it has its columns."""
        snapshot = self.store.manifest.tables.get(name)
        return (
            snapshot if snapshot is not None and dict(snapshot.columns) == self.tables[name].kinds else None
        )

    def _table_fill(self) -> TableFill:
        return TableFill(
            self.store,
            self.tables,
            self.sources,
            self.open_context,
            ProgressFile(self.store.folder),
            decisions=self.decisions,
            detail_seconds=self.detail_seconds,
            on_progress=self.on_progress,
        )

    async def _match(self) -> None:
        """Make the tables of unified assets of the rows of `assets`."""
        for name, snapshot in (await self._table_fill().match()).items():
            _log.info("made %s: %d rows in %.1f s", name, snapshot.rows, snapshot.seconds)
            self.on_filled(name, snapshot)
        await self._keep_history()

    async def _fill(self, table: FlatTable, names: Collection[str]) -> None:
        began = time.monotonic()
        snapshot = await self._table_fill().fill(table, names)
        faults = [name for name, part in snapshot.sources.items() if part.fault is not None]
        _log.info(
            "filled %s: %d rows in %.1f s%s",
            table.name,
            snapshot.rows,
            time.monotonic() - began,
            f"; failed: {', '.join(faults)}" if faults else "",
        )
        self.on_filled(table.name, snapshot)
        await self._keep_history()

    async def _keep_history(self) -> None:
        if self.history is not None:
            await asyncio.to_thread(self.history.keep, self.tables)

    def _listed(self, names: Sequence[str]) -> list[str]:
        """The tables that are read for these."""
        return list(
            dict.fromkeys(other for name in names for other in prerequisites(self.tables[name], self.tables))
        )

    def _listing(self, table: FlatTable) -> list[Source]:
        return [source for source in self.sources.values() if lists(source, table)]

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        lock = FolderLock(self.store.folder / FILL_LOCK)
        while not lock.try_acquire():  # noqa: ASYNC110 (another process gives it back)
            await asyncio.sleep(_LOOK_SECONDS)
        with lock:
            # Left behind by a run that was killed.
            self.store.sweep()
            shutil.rmtree(self.store.folder / "spill", ignore_errors=True)
            yield
