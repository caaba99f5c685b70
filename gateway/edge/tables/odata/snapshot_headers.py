"""Headers that say how old and how whole the tables of an answer are."""

from collections.abc import Mapping
from datetime import datetime

from gateway.tables.freshness import missing, stale
from gateway.tables.manifest import TableSnapshot


def snapshot_headers(
    snapshots: Mapping[str, TableSnapshot], sources: Mapping[str, object], now: datetime
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
    return headers
