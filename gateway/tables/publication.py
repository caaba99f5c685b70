"""
Publication of a table's new version, together with all tables that are made of it: those that it contributes rows to,
those whose ids refer to it, deleted rows, and the sources' states.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gateway.connector.fetching.source import Source
from gateway.tables.columns import FlatTable
from gateway.tables.duck import named, quoted
from gateway.tables.manifest import SourcePart, TableSnapshot
from gateway.tables.parquet import Composition, Earlier, Reference, count_rows, write_parquet
from gateway.tables.parts import relation_parts
from gateway.tables.plans import contributes_to
from gateway.tables.side_publication import SideTables
from gateway.tables.side_tables import DELETED_ROWS, SOURCES
from gateway.tables.store import SnapshotStore, sha256_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, kw_only=True)
class NewRows:
    """Rows that were read now: their spools, the sources whose rows are taken over, and columns that rows may keep."""

    spools: Collection[Path] = ()
    carried: Collection[str] = ()
    details: Collection[str] = ()


class Publication:
    """Makes and publishes versions in one folder. The caller holds the fill lock. Raises OSError or DuckDB's error."""

    def __init__(
        self,
        store: SnapshotStore,
        tables: Mapping[str, FlatTable],
        sources: Mapping[str, Source],
        version: str,
        connection: "DuckDBPyConnection",
    ) -> None:
        self.connection = connection
        self.tables = tables
        self.sources = sources
        self.folder = store.folder / version
        self._store = store
        self._version = version
        self._before = dict(store.manifest.tables)
        self._snapshots = dict(self._before)
        self._changed: dict[str, TableSnapshot] = {}

    def add(
        self, table: FlatTable, new: NewRows, parts: Mapping[str, SourcePart], *, seconds: float = 0.0
    ) -> TableSnapshot:
        """The next version of a table, of these parts. Its file is the one before if all rows are as they were."""
        began = time.monotonic()
        before = self._before.get(table.name)
        now = self._moment(before)
        target = self.folder / f"{table.name}.parquet"
        rows = write_parquet(self.connection, target, self._composition(table, new), now=now)
        if (
            before is not None
            and rows == before.rows
            and count_rows(self.connection, target, changed_at=now) == 0
        ):
            target.unlink()
            target.hardlink_to(self._store.path(table.name, before))
        snapshot = self._described(target, self._version, rows, now, table.kinds)
        took = seconds + time.monotonic() - began
        if table.origins and not table.is_matched:
            counts = self._counts(target)
            parts = {
                name: msgspec.structs.replace(part, rows=counts.get(name, 0)) for name, part in parts.items()
            }
        snapshot = msgspec.structs.replace(snapshot, sources=parts, seconds=took)
        self._snapshots[table.name] = self._changed[table.name] = snapshot
        return snapshot

    def path(self, name: str) -> Path | None:
        """The file of a table as it will be published; None if it was never filled."""
        snapshot = self._snapshots.get(name)
        return self._store.path(name, snapshot) if snapshot is not None else None

    def parts(self, name: str) -> Mapping[str, SourcePart]:
        """The sources' parts of that file."""
        return self._snapshots[name].sources

    def publish(self, table: FlatTable, read: Collection[str]) -> None:
        """Publish the new version and all that depends on it; `read` are the sources that were read whole."""
        for other in self._dependent(table):
            self._renew(other)
        listed = {name: snapshot for name, snapshot in self._snapshots.items() if self._is_listed(name)}
        side = SideTables(self.connection, self._store, self.sources, self._version)
        now = self._changed[table.name].filled_at
        files = {
            DELETED_ROWS: side.write_deleted(self._before, self._changed, table.name, read),
            SOURCES: side.write_states(listed),
        }
        for side_table, path in files.items():
            self._changed[side_table.name] = self._described(path, self._version, None, now, side_table.kinds)
        self._store.publish(self._changed)

    def _is_listed(self, name: str) -> bool:
        return name in self.tables and self.tables[name].resource is not None

    def _dependent(self, table: FlatTable) -> list[FlatTable]:
        targets = set(contributes_to(table, self.tables))
        return [
            other
            for other in self.tables.values()
            if other.name != table.name and self._depends(other, table, targets)
        ]

    def _depends(self, table: FlatTable, changed: FlatTable, targets: Collection[str]) -> bool:
        """True if a table has to be made again, since another one has changed, which contributes to `targets`."""
        if table.is_matched:
            return False
        if table.origins:
            return table.name in targets or (table.name in self._before and _refers(table, changed))
        is_target = table.name in targets and table.name in self._before
        return is_target or self._dangles(table, changed)

    def _renew(self, table: FlatTable) -> None:
        """Make a table again of what there is. One that is as before stays in its version."""
        before = self._before.get(table.name)
        if table.origins:
            parts = relation_parts(table, self.tables, self._snapshots, self.sources)
            self.add(table, NewRows(), parts)
            return
        assert before is not None
        snapshot = self.add(
            table, NewRows(carried=list(before.sources)), before.sources, seconds=before.seconds
        )
        if snapshot.sha256 == before.sha256 and snapshot.columns == before.columns:
            self._store.path(table.name, snapshot).unlink()
            self._snapshots[table.name] = before
            del self._changed[table.name]
            return
        folder = self._store.folder
        for path in (folder / before.version).glob(f"{table.name}.*.rows.parquet"):
            (self.folder / path.name).hardlink_to(path)

    def _composition(self, table: FlatTable, new: NewRows) -> Composition:
        before = self._before.get(table.name)
        earlier = None
        if before is not None:
            earlier = Earlier(
                path=self._store.path(table.name, before),
                columns=before.columns,
                carried=new.carried,
                details=new.details,
            )
        return Composition(
            columns=table.stored,
            spools=list(new.spools),
            earlier=earlier,
            contributed=self._contributed(table),
            has_stubs=table.has_stubs,
            references=self._references(table),
            required=[column.name for column in table.columns if column.required and table.origins],
        )

    def _contributed(self, table: FlatTable) -> list[Path]:
        paths = [
            self._store.contribution(name, snapshot.version, table.name)
            for name, snapshot in self._snapshots.items()
            if name != table.name
        ]
        return [path for path in paths if path.is_file()]

    def _references(self, table: FlatTable) -> list[Reference]:
        """The columns whose ids may have no row: their tables have no stubs."""
        references: list[Reference] = []
        for column in table.columns:
            snapshot = self._snapshots.get(column.references or "")
            if column.references is None or snapshot is None or self.tables[column.references].has_stubs:
                continue
            path = self._store.path(column.references, snapshot)
            references.append(Reference(column=column.name, path=path, sources=_whole(snapshot)))
        return references

    def _dangles(self, table: FlatTable, changed: FlatTable) -> bool:
        """True if ids in a kept table have lost their rows in the one that has changed."""
        snapshot = self._before.get(table.name)
        if table.resource is None or snapshot is None or changed.has_stubs:
            return False
        columns = [
            column.name
            for column in table.columns
            if column.references == changed.name and column.name in snapshot.columns
        ]
        target = self._snapshots[changed.name]
        sources = ", ".join(map(quoted, _whole(target))) or "NULL"
        lost = [
            f"{named(name)} NOT IN (SELECT id FROM {quoted(self._store.path(changed.name, target))})"  # noqa: S608
            for name in columns
        ]
        if not lost:
            return False
        path = quoted(self._store.path(table.name, snapshot))
        row = self.connection.execute(
            f"SELECT count(*) FROM {path} WHERE source IN ({sources}) AND ({' OR '.join(lost)})"  # noqa: S608
        ).fetchone()
        return row is not None and row[0] > 0

    def _counts(self, path: Path) -> Mapping[str, int]:
        rows = self.connection.execute(
            f"SELECT source, count(*) FROM {quoted(path)} GROUP BY source"  # noqa: S608
        ).fetchall()
        return dict(rows)

    def _described(
        self, path: Path, version: str, rows: int | None, now: datetime, kinds: Mapping[str, str]
    ) -> TableSnapshot:
        path.chmod(0o600)
        return TableSnapshot(
            version=version,
            rows=count_rows(self.connection, path) if rows is None else rows,
            bytes=path.stat().st_size,
            sha256=sha256_of(path),
            filled_at=now,
            seconds=0.0,
            columns=kinds,
        )

    def _moment(self, before: TableSnapshot | None) -> datetime:
        """Now, but later than the version before, even if the clock was set back."""
        now = self._store.clock()
        return now if before is None else max(now, before.filled_at + timedelta(microseconds=1))


def _refers(table: FlatTable, other: FlatTable) -> bool:
    return any(column.references == other.name for column in table.columns)


def _whole(snapshot: TableSnapshot) -> list[str]:
    return [name for name, part in snapshot.sources.items() if not part.is_missing]
