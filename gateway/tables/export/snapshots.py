"""The kept tables of this machine's snapshots folder, for an export."""

from collections.abc import Collection, Mapping

from gateway.tables.columns import FlatTable
from gateway.tables.export.request import ExportTable
from gateway.tables.manifest import TableSnapshot
from gateway.tables.plans import prerequisites
from gateway.tables.store import SnapshotStore


def exportable_tables(
    store: SnapshotStore, tables: Mapping[str, FlatTable], names: Collection[str]
) -> tuple[list[ExportTable], list[str]]:
    """The tables of these names (empty: all that are kept), and why others cannot be exported."""
    manifest = store.manifest
    exported: list[ExportTable] = []
    faults: list[str] = []
    for name in names or tables:
        table, snapshot = tables[name], manifest.tables.get(name)
        if snapshot is None or not _is_ready(table, tables, manifest.tables):
            if names:
                faults.append(f"{name} is not kept: read it with `asset-gateway fill --tables {name}`")
        elif missing := [source for source, part in snapshot.sources.items() if part.is_missing]:
            faults.append(f"{name} has no rows of {', '.join(missing)}: {_codes(snapshot)}")
        else:
            exported.append(
                ExportTable(table=table, path=store.path(name, snapshot), filled_at=snapshot.filled_at)
            )
    return exported, faults


def _is_ready(
    table: FlatTable, tables: Mapping[str, FlatTable], snapshots: Mapping[str, TableSnapshot]
) -> bool:
    """True if it has this release's columns, and everything that its rows come from was read."""
    if dict(snapshots[table.name].columns) != table.kinds:
        return False
    if not table.has_records:
        return True
    records = {name: other for name, other in tables.items() if other.has_records}
    return all(name in snapshots for name in prerequisites(table, records))


def _codes(snapshot: TableSnapshot) -> str:
    codes = {part.fault.code for part in snapshot.sources.values() if part.is_missing and part.fault}
    return f"the last read ended with {', '.join(sorted(codes))}" if codes else "they were never read"
