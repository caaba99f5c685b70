"""
The kept tables as the server reads them: a version is answered at once and renewed behind the answer; the first ask
waits for the fill.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property

from gateway.connector.fetching.source import Source
from gateway.tables.columns import FlatTable
from gateway.tables.fillers import Filler
from gateway.tables.freshness import RETRY, FreshnessPolicy, missing
from gateway.tables.history.days import HistoryDays
from gateway.tables.history.declarations import history_tables
from gateway.tables.history.rows import all_days
from gateway.tables.manifest import Manifest, SourcePart, TableSnapshot, utc_now
from gateway.tables.not_filled import NotFilledYet, impossible, not_ready
from gateway.tables.plans import lists, prerequisites
from gateway.tables.progress import ProgressFile
from gateway.tables.requests import FillRequests
from gateway.tables.setup import SnapshotFolder, freshness_policy
from gateway.tables.side_tables import SIDE_TABLES
from gateway.tables.store import SnapshotStore

_FIRST_LOOK_SECONDS, _LOOK_SECONDS = 0.02, 0.25
_RENEW_SECONDS = 30.0
#: A day is kept a moment after its version.
_DAY_LOOKS = 8
_log = logging.getLogger("gateway.tables")


class TableService:
    """Serves the snapshots, and asks for their renewal. The folder is opened when it is first needed."""

    def __init__(
        self,
        folder: SnapshotFolder,
        tables: Mapping[str, FlatTable],
        sources: Mapping[str, Source],
        make_filler: Callable[[SnapshotStore], Filler],
    ) -> None:
        histories = history_tables(tables) if folder.settings.history_days else {}
        self.tables = {**tables, **SIDE_TABLES, **histories}
        self._record_tables = tables
        self._listed = [table for table in tables.values() if table.resource is not None]
        self.sources = sources
        self._folder = folder
        self._make_filler = make_filler
        self._always: asyncio.Task[None] | None = None

    @cached_property
    def store(self) -> SnapshotStore:
        """The snapshots. Raises OSError if their folder cannot be used."""
        return self._folder.store()

    @cached_property
    def policy(self) -> FreshnessPolicy:
        """The ages that are allowed."""
        return freshness_policy(self._folder.settings, self._requests)

    @cached_property
    def _requests(self) -> FillRequests:
        return FillRequests(self.store.folder)

    @cached_property
    def _progress(self) -> ProgressFile:
        return ProgressFile(self.store.folder)

    @cached_property
    def _filler(self) -> Filler:
        return self._make_filler(self.store)

    @cached_property
    def history(self) -> HistoryDays | None:
        """The kept days; None if none are kept. Raises OSError as `store`."""
        return self._folder.history(self.store)

    def current(self, table: FlatTable) -> TableSnapshot | None:
        """
        The newest version, if it has the table's columns: another release may have had others. Of a history all of its
        days, if there are any.
        """
        if table.history_of is not None:
            return all_days(self.history, table, self.tables[table.history_of]) if self.history else None
        snapshot = self.store.manifest.tables.get(table.name)
        return snapshot if snapshot is not None and dict(snapshot.columns) == table.kinds else None

    def current_if_any(self, table: FlatTable) -> TableSnapshot | None:
        """The same; None, too, if the snapshots' folder cannot be used."""
        try:
            return self.current(table)
        except OSError:
            return None

    def manifest_if_any(self) -> Manifest:
        """The manifest; an empty one before the first table."""
        return self.store.manifest if "store" in self.__dict__ else Manifest(fingerprint="")

    def now(self) -> datetime:
        """The time that ages are measured by."""
        return self.store.clock() if "store" in self.__dict__ else utc_now()

    def is_outdated(self, source: str, part: SourcePart) -> bool:
        """True if the source was written to through the gateway after its rows were read."""
        written = self.policy.written_at(source)
        return written is not None and written >= part.tried_at

    def listing(self, table: FlatTable) -> list[str]:
        """The names of the sources that list the table's records, or those that it is read along with."""
        tables = [self.tables[name] for name in table.origins] or [table]
        return [
            source.name for source in self.sources.values() if any(lists(source, other) for other in tables)
        ]

    async def snapshot(
        self, table: FlatTable, sources: Mapping[str, Source], seconds: float
    ) -> TableSnapshot:
        """
        A version that may be served for these sources, or in which one is missing that failed a moment ago.

        Raises NotFilledYet if none is there within `seconds`.
        """
        names = [name for name in self.listing(table) if name in sources]
        try:
            snapshot = self.current(table)
        except OSError as exc:
            raise impossible(table, exc.strerror) from exc
        if table.history_of is not None:
            return await self._days(table, snapshot, sources, seconds)
        if snapshot is not None and self._is_ready(table, snapshot, names, sources):
            if self.policy.due(snapshot, snapshot.sources if table.origins else names, self.store.clock()):
                with suppress(NotFilledYet):
                    self._request(table)
            return snapshot
        return await self._filled(
            table, snapshot, lambda later: self._is_ready(table, later, names, sources), seconds=seconds
        )

    async def _days(
        self, table: FlatTable, days: TableSnapshot | None, sources: Mapping[str, Source], seconds: float
    ) -> TableSnapshot:
        """The days of a history. Who asks for them keeps their table being read, and waits for the first day."""
        assert table.history_of is not None
        original = self.tables[table.history_of]
        if days is not None:
            if self.policy.due(self.current(original), self.listing(original), self.store.clock()):
                with suppress(NotFilledYet):
                    self._request(original)
            return days
        await self.snapshot(original, sources, seconds)
        for _ in range(_DAY_LOOKS):
            days = self.current(table)
            if days is not None:
                return days
            await asyncio.sleep(_LOOK_SECONDS)
        raise not_ready(table, "no day has been read whole yet", None)

    def start_always(self) -> None:
        """Fill all tables now, and again and again."""
        if self._always is None:
            self._always = asyncio.create_task(self._renew())

    async def close(self) -> None:
        """End what is under way."""
        if self._always is not None:
            self._always.cancel()
            await asyncio.wait({self._always})
        if "_filler" in self.__dict__:
            await self._filler.close()
        self._folder.close()

    def mark_written(self, source: str) -> None:
        """A write went to the source: its tables are renewed next. Costs nothing before the first table."""
        if "store" in self.__dict__:
            with suppress(OSError):
                self._requests.mark_written(source)

    def progress_if_any(self) -> str:
        """Progress of the fill that is under way; empty if none is."""
        try:
            progress = self._progress.read()
        except OSError:
            return ""
        return progress.text() if progress is not None else ""

    def is_filling(self) -> bool:
        """True if tables are being filled, or will be."""
        return "store" in self.__dict__ and (self._requests.has_any() or self._folder.is_being_filled())

    def _unfilled(self, table: FlatTable) -> list[str]:
        """The tables that have to be read first, as their records tell of this one's rows."""
        if not table.has_records:
            return []
        names = prerequisites(table, self._record_tables)
        return [name for name in names if self.current(self.tables[name]) is None]

    def _is_ready(
        self,
        table: FlatTable,
        snapshot: TableSnapshot,
        names: Collection[str],
        sources: Mapping[str, Source],
    ) -> bool:
        now = self.store.clock()
        if self._unfilled(table):
            return False
        if not table.origins and any(name not in snapshot.sources for name in names):
            return False
        if any(now - part.tried_at >= RETRY for part in missing(snapshot, sources).values()):
            return False
        return not self.policy.is_too_old(snapshot, names, now)

    async def _filled(
        self,
        table: FlatTable,
        before: TableSnapshot | None,
        is_ready: Callable[[TableSnapshot], bool],
        *,
        seconds: float,
    ) -> TableSnapshot:
        """
        A version that is ready now, or the next one after `before`. The tables that its rows come from may have been
        read at no later moment than before: it is ready then without being younger.
        """
        pause = _FIRST_LOOK_SECONDS
        self._request(table)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await asyncio.sleep(pause)
                    pause = min(_LOOK_SECONDS, pause * 1.5)
                    snapshot = self.current(table)
                    if snapshot is not None and (
                        is_ready(snapshot) or self._is_next(table, snapshot, before)
                    ):
                        return snapshot
                    if self._filler.failure is not None:
                        break
                    self._filler.start()
        except TimeoutError:
            raise self._not_yet(table) from None
        raise impossible(table, self._filler.failure)

    def _is_next(self, table: FlatTable, snapshot: TableSnapshot, before: TableSnapshot | None) -> bool:
        """True if the sources have been read since: a version may also be made of what other tables tell."""
        if self._unfilled(table):
            return False
        if before is None or not snapshot.sources:
            return before is None or snapshot.version != before.version
        return snapshot.sources != before.sources

    def _request(self, table: FlatTable) -> None:
        try:
            for name in self._requested(table):
                self._requests.put(name)
        except OSError as exc:
            raise impossible(table, exc.strerror) from exc
        self._filler.start()

    def _requested(self, table: FlatTable) -> Collection[str]:
        """The tables to be read for a table: those that its rows come from, and those that are read first."""
        if not table.has_records:
            # What the side tables say is made with every other table.
            return [other.name for other in self._listed]
        own = (*table.origins, table.name) if table.is_matched else table.origins or (table.name,)
        return dict.fromkeys((*self._unfilled(table), *own))

    def _not_yet(self, table: FlatTable) -> NotFilledYet:
        progress = self._progress.read()
        if progress is None:
            return not_ready(table, "", None)
        return not_ready(table, progress.text(), progress.remaining_seconds(self.store.clock().timestamp()))

    async def _renew(self) -> None:
        while True:
            pause = _RENEW_SECONDS
            try:
                for table in self._listed:
                    if self.policy.due(self.current(table), self.listing(table), self.store.clock()):
                        self._requests.put(table.name)
                for table in self._record_tables.values():
                    if table.is_matched and self.current(table) is None:
                        self._requests.put(table.name)
                if self._requests.has_any():
                    self._filler.start()
                pause = min(pause, max(1.0, self.policy.refresh.total_seconds() / 4))
            except OSError as exc:
                _log.warning("tables cannot be kept: %s", exc.strerror)
            await asyncio.sleep(pause)
