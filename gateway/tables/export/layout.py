"""
Layout of an export as files: `table/date=YYYY-MM-DD/table.parquet`, the day in UTC on which the version was made, and
`manifest.json`, which is written last. DuckDB, Spark, Trino and Snowflake read the date as a column.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import msgspec

from gateway.tables.duck import connect, quoted
from gateway.tables.export.request import ExportRequest, ExportTable, TableCounts
from gateway.tables.parquet import WRITTEN_AS, count_rows
from gateway.tables.store import sha256_of

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class ExportFile:
    """A file of an export: its path there, and where it lies on this machine."""

    table: ExportTable
    path: str
    source: Path
    rows: int

    @property
    def counts(self) -> TableCounts:
        """Its rows, all of which are written."""
        return TableCounts(name=self.table.name, rows=self.rows, written=self.rows)


def export_files(request: ExportRequest) -> Iterator[ExportFile]:
    """The files of the tables, one after another. Raises OSError or DuckDB's error."""
    for exported in request.tables:
        request.on_table(exported.name)
        source = exported.path
        with connect(request.workspace, source.parent) as connection:
            if not exported.is_whole(request.changed_since):
                source = request.workspace / f"{exported.name}.parquet"
                rows = exported.rows(request.changed_since)
                connection.execute(f"COPY ({rows}) TO {quoted(source)} ({WRITTEN_AS})")
            counted = count_rows(connection, source)
        day = exported.filled_at.astimezone(UTC).date()
        yield ExportFile(
            table=exported,
            path=f"{exported.name}/date={day}/{exported.name}.parquet",
            source=source,
            rows=counted,
        )


def manifest(request: ExportRequest, files: Sequence[ExportFile]) -> bytes:
    """The manifest of these files, as JSON."""
    described = {
        "exported_at": request.now,
        "changed_since": request.changed_since,
        "tables": {
            file.table.name: {
                "path": file.path,
                "rows": file.rows,
                "bytes": file.source.stat().st_size,
                "sha256": sha256_of(file.source),
                "filled_at": file.table.filled_at,
                "columns": file.table.table.kinds,
            }
            for file in files
        },
    }
    return msgspec.json.format(msgspec.json.encode(described), indent=1)
