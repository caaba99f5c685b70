"""The next version of `deleted_rows` and `sources`, which goes with every other table's."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.connector.fetching.source import Source
from gateway.identity import UNIFIED_SOURCE
from gateway.tables.manifest import TableSnapshot
from gateway.tables.side_tables import DELETED_ROWS, SOURCES, write_deleted_rows, write_sources
from gateway.tables.store import SnapshotStore

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class SideTables:
    """Writes the files of one version."""

    def __init__(
        self,
        connection: "DuckDBPyConnection",
        store: SnapshotStore,
        sources: Mapping[str, Source],
        version: str,
    ) -> None:
        self._connection = connection
        self._store = store
        self._sources = sources
        self._folder = store.folder / version

    def write_deleted(
        self,
        before: Mapping[str, TableSnapshot],
        changed: Mapping[str, TableSnapshot],
        table: str,
        read: Collection[str],
    ) -> Path:
        """The rows that the versions `changed` do not have any more. Of `table` the sources `read` were read whole."""
        known = before.get(DELETED_ROWS.name)
        deleted = self._store.path(DELETED_ROWS.name, known) if known else None
        for number, (name, snapshot) in enumerate(changed.items()):
            earlier = before.get(name)
            if name != table and (earlier is None or earlier.sha256 == snapshot.sha256):
                continue
            names = read if name == table else _whole_sources(snapshot, self._sources)
            target = self._folder / f"{DELETED_ROWS.name}.{number}.parquet"
            write_deleted_rows(
                self._connection,
                target,
                before=deleted,
                table=name,
                rows=self._store.path(name, snapshot),
                rows_before=self._store.path(name, earlier) if earlier else None,
                last_seen=_last_seen(earlier, names) if earlier else {},
                now=snapshot.filled_at,
            )
            deleted = target
        assert deleted is not None  # the table itself is among those that have changed
        newest = deleted.replace(self._folder / f"{DELETED_ROWS.name}.parquet")
        for path in self._folder.glob(f"{DELETED_ROWS.name}.*.parquet"):
            path.unlink()
        return newest

    def write_states(self, snapshots: Mapping[str, TableSnapshot]) -> Path:
        """States of the sources: how many rows these tables have of each, how old, and the last fault."""
        target = self._folder / f"{SOURCES.name}.parquet"
        vendors = {source.name: source.vendor for source in self._sources.values()}
        write_sources(self._connection, target, vendors, snapshots)
        return target


def _whole_sources(snapshot: TableSnapshot, sources: Iterable[str]) -> list[str]:
    """The sources whose rows a version has whole, and what is made of all of them."""
    parts = snapshot.sources
    whole = [name for name in sources if name not in parts or parts[name].fault is None]
    return [*whole, UNIFIED_SOURCE] if all(part.fault is None for part in parts.values()) else whole


def _last_seen(before: TableSnapshot, sources: Collection[str]) -> Mapping[str, datetime]:
    """The moments at which the sources were read before. What only links tell of was read with the version."""
    moments = {
        name: part.read_at if (part := before.sources.get(name)) is not None else before.filled_at
        for name in sources
    }
    return {name: moment for name, moment in moments.items() if moment is not None}
