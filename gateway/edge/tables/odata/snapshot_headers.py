"""Headers that say how old and how whole the tables of an answer are."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from gateway.edge.tables.column_headers import ColumnsShown, column_headers
from gateway.tables.freshness import missing, stale
from gateway.tables.manifest import TableSnapshot
from gateway.tables.odata.columns_read import columns_read
from gateway.tables.odata.query import EntityQuery


def snapshot_headers(
    query: EntityQuery,
    snapshots: Mapping[str, TableSnapshot],
    sources: Mapping[str, object],
    now: datetime,
) -> dict[str, str]:
    """Age of the oldest part, and sources that are stale, missing, or not read in some columns."""
    oldest = min(snapshot.oldest(sources) for snapshot in snapshots.values())
    headers = {"age": str(max(0, int((now - oldest).total_seconds())))}
    stale_names = sorted({name for snapshot in snapshots.values() for name in stale(snapshot, sources)})
    if stale_names:
        headers["stale-sources"] = ", ".join(stale_names)
    codes = {
        name: part.fault.code
        for snapshot in snapshots.values()
        for name, part in missing(snapshot, sources).items()
        if part.fault is not None
    }
    if codes:
        headers["missing-sources"] = ", ".join(f"{name};code={code}" for name, code in sorted(codes.items()))
    return headers | column_headers(_shown(query, snapshots), sources)


def _shown(query: EntityQuery, snapshots: Mapping[str, TableSnapshot]) -> Iterator[ColumnsShown]:
    """The columns of the answer; those of other sets than the one that it is of, as `people/email`."""
    for name, columns in columns_read(query).items():
        if name in snapshots:
            yield ColumnsShown(
                snapshot=snapshots[name],
                columns=query.set.columns if columns is None else columns,
                prefix="" if name == query.set.name else f"{name}/",
            )
