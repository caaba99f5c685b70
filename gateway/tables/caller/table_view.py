"""View of the tables by a caller's rights: which there are, and the files that they are read from."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from cachetools import LRUCache

from gateway.access.rights import Rights
from gateway.connector.fetching.source import Source
from gateway.tables.caller.row_sql import RowSql, targets_of
from gateway.tables.caller.shown_tables import ShownTables
from gateway.tables.columns import FlatTable
from gateway.tables.duck import quoted
from gateway.tables.files import SnapshotFiles
from gateway.tables.history.declarations import SNAPSHOT_DATE
from gateway.tables.history.rows import ROW_NUMBER, DateWindow, HistoryRows, history_rows
from gateway.tables.manifest import TableSnapshot
from gateway.tables.service import TableService

_VIEWS = 64


@dataclass(frozen=True, eq=False)
class TableView:
    """The tables for one caller's rights: all of them, with the versions' own files."""

    tables: Mapping[str, FlatTable]
    sources: Mapping[str, Source]
    service: TableService
    files: Callable[[], SnapshotFiles]
    digest: str = ""

    @property
    def is_whole(self) -> bool:
        """True if nothing is hidden: counts of a version's rows may be told."""
        return True

    async def path(self, name: str, snapshot: TableSnapshot, seconds: float) -> Path:  # noqa: ARG002
        """The file to read a version from. Raises as `TableService.snapshot`."""
        return self.service.store.path(name, snapshot)

    async def days(self, table: FlatTable, window: DateWindow, seconds: float) -> HistoryRows:  # noqa: ARG002
        """The rows of a history in the days of a window. Raises as `path`."""
        assert table.history_of is not None
        assert self.service.history is not None
        return history_rows(self.service.history, self.service.tables[table.history_of], window)

    def rows(self, table: FlatTable, snapshot: TableSnapshot) -> int | None:  # noqa: ARG002
        """The number of rows of a version; None if it is not told."""
        return snapshot.rows


@dataclass(frozen=True, eq=False)
class RestrictedTableView(TableView):
    """The tables as a caller with limited rights sees them. Files of its rows and columns are made when asked for."""

    restricted: ShownTables | None = None

    @property
    def is_whole(self) -> bool:
        """False: files are made of the versions."""
        return False

    async def path(self, name: str, snapshot: TableSnapshot, seconds: float) -> Path:
        """The file of the seen rows and columns of a version."""
        table = self._all.tables[name]
        whole = f"read_parquet({quoted(self.service.store.path(name, snapshot))})"
        sql = (await self._row_sql(table, seconds)).select(table, self.tables[name].columns, whole)
        key = hashlib.sha256(sql.encode()).hexdigest()[:24]
        return await self.files().derive(name, snapshot, f"{name}.{key}.parquet", sql)

    async def days(self, table: FlatTable, window: DateWindow, seconds: float) -> HistoryRows:
        """The seen rows of a history. Rules hold for rows as they were; what they refer to is seen if it is now."""
        every = await super().days(table, window, seconds)
        assert table.history_of is not None
        original = self._all.tables[table.history_of]
        row_sql = await self._row_sql(original, seconds)
        columns = self.tables[original.name].columns
        sql = row_sql.select(original, columns, f"({every.sql})", also=(SNAPSHOT_DATE.name, ROW_NUMBER))
        return replace(every, sql=sql, digest=hashlib.sha256(f"{every.digest} {sql}".encode()).hexdigest())

    async def _row_sql(self, table: FlatTable, seconds: float) -> RowSql:
        referred = {}
        for target in self._referred(table):
            version = await self.service.snapshot(self._all.tables[target], self.service.sources, seconds)
            referred[target] = self.service.store.path(target, version)
        return RowSql(shown=self._all, files=referred)

    def rows(self, table: FlatTable, snapshot: TableSnapshot) -> int | None:
        """The number of rows of the seen sources; None if not all of their rows are seen."""
        rights = [self._all.rights.of_type(name, table.type) for name in self._all.sources_of(table)]
        if (
            table.origins
            or table.history_of
            or any(part is None or part.rules is not None for part in rights)
        ):
            return None
        return sum(
            part.rows for name, part in snapshot.sources.items() if name in self._all.sources_of(table)
        )

    @property
    def _all(self) -> ShownTables:
        assert self.restricted is not None
        return self.restricted

    def _referred(self, table: FlatTable) -> list[str]:
        """The tables whose rows decide about those of a table: of types that are seen in part."""
        targets = {target for column in table.columns for target in targets_of(column)}
        return sorted(
            target
            for target in targets
            if any(
                (rights := self._all.rights.of_type(source, self._all.tables[target].type)) is not None
                and rights.rules
                for source in self._all.visible
            )
        )


class TableViews:
    """The views by rights. `visible` gives a caller's rights and the sources that it sees, by the request's scope."""

    def __init__(
        self, service: TableService, visible: Callable[[Any], tuple[Rights | None, Mapping[str, Source]]]
    ) -> None:
        self._service = service
        self._visible = visible
        self._views: LRUCache[str, TableView] = LRUCache(_VIEWS)

    @cached_property
    def _snapshot_files(self) -> SnapshotFiles:
        return SnapshotFiles(self._service.store)

    def files(self) -> SnapshotFiles:
        """The files that are made of versions. Raises OSError if the snapshots' folder cannot be used."""
        return self._snapshot_files

    def of(self, scope: Any) -> TableView:
        """The view of a request's caller."""
        rights, sources = self._visible(scope)
        digest = "" if rights is None or rights.reads_all else rights.digest
        view = self._views.get(digest)
        if view is None:
            view = self._views[digest] = (
                self._restricted(rights, sources)
                if rights is not None and digest
                else TableView(self._service.tables, sources, self._service, self.files)
            )
        return view

    def _restricted(self, rights: Rights, sources: Mapping[str, Source]) -> TableView:
        restricted = ShownTables(
            tables=self._service.tables, rights=rights, sources=self._service.sources, visible=sources
        )
        return RestrictedTableView(
            restricted.shown(), sources, self._service, self.files, rights.digest, restricted
        )
