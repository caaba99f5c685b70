"""The headers of a table: how old and how whole it is, and what is null in it because it was not read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.edge.tables.column_headers import ColumnsShown, column_headers
from gateway.edge.tables.parameters import TableRequest
from gateway.tables.columns import FlatTable
from gateway.tables.files import SnapshotFile
from gateway.tables.formats import FileFormat
from gateway.tables.freshness import missing, stale
from gateway.tables.manifest import Fault, TableSnapshot


def version_headers(
    table: FlatTable,
    fmt: FileFormat,
    file: SnapshotFile,
    snapshot: TableSnapshot,
    query: TableRequest,
    *,
    now: datetime,
) -> Mapping[str, str]:
    """The headers of a file of a version."""
    faults = {
        name: part.fault for name, part in missing(snapshot, query.sources, query.names).items() if part.fault
    }
    headers = common_headers(table, fmt, faults, list(stale(snapshot, query.sources)))
    headers["age"] = str(max(0, int((now - file.modified).total_seconds())))
    if fmt.is_text:
        headers["vary"] = "accept-encoding"
    if file.coding != "identity":
        headers["content-encoding"] = file.coding
    named = {column.name for column in query.columns or table.columns}
    return headers | column_headers([ColumnsShown(snapshot=snapshot, columns=named)], query.sources)


def common_headers(
    table: FlatTable, fmt: FileFormat, faults: Mapping[str, Fault], stale_sources: Sequence[str]
) -> dict[str, str]:
    """The headers of every answer: a file to keep, and the sources of which rows are missing or older."""
    headers = {
        "cache-control": "private, no-cache",
        "content-disposition": f'attachment; filename="{table.name}.{fmt.ending}"',
    }
    if faults:
        headers["missing-sources"] = ", ".join(
            f"{name};code={fault.code}" for name, fault in sorted(faults.items())
        )
    if stale_sources:
        headers["stale-sources"] = ", ".join(stale_sources)
    return headers
