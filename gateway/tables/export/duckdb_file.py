"""Export into a DuckDB file, with keys and comments. It is written beside and renamed, so that readers see it whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.tables.duck import connect, named, quoted
from gateway.tables.export.folder import replace_file
from gateway.tables.export.request import ExportFault, ExportRequest, ExportTable, TableCounts
from gateway.tables.parquet import SQL_TYPES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MEMORY = "512MB"
#: Of the storage format: every DuckDB from 1.0 on reads it, whichever version wrote the file.
_STORAGE_VERSION = "v1.0.0"


@dataclass(frozen=True)
class DuckDBDestination:
    """A database file, which is replaced."""

    path: Path

    def write(self, request: ExportRequest) -> list[TableCounts]:
        """Write the tables. Raises ExportFault."""
        counts: list[TableCounts] = []
        try:
            replace_file(self.path.absolute(), lambda path: counts.extend(_write(path, request)))
        except OSError as exc:
            raise ExportFault(f"{self.path} cannot be written: {exc.strerror}") from exc
        return counts


def _write(path: Path, request: ExportRequest) -> Iterator[TableCounts]:
    folders = {exported.path.parent for exported in request.tables}
    with connect(request.workspace, path.parent, *folders, memory=_MEMORY) as connection:
        connection.execute(f"ATTACH {quoted(path)} AS exported (STORAGE_VERSION {quoted(_STORAGE_VERSION)})")
        connection.execute("USE exported")
        for exported in request.tables:
            request.on_table(exported.name)
            yield _write_table(connection, exported, request)
        connection.execute("USE memory")
        connection.execute("DETACH exported")


def _write_table(
    connection: "DuckDBPyConnection", exported: ExportTable, request: ExportRequest
) -> TableCounts:
    table = exported.table
    columns = ", ".join(f"{named(column.name)} {SQL_TYPES[column.kind]}" for column in table.columns)
    key = ", ".join(map(named, table.key))
    connection.execute(f"CREATE TABLE {named(table.name)} ({columns}, PRIMARY KEY ({key}))")
    connection.execute(f"COMMENT ON TABLE {named(table.name)} IS {quoted(table.description)}")
    for column in table.columns:
        connection.execute(
            f"COMMENT ON COLUMN {named(table.name)}.{named(column.name)} IS {quoted(column.description)}"
        )
    connection.execute(f"INSERT INTO {named(table.name)} {exported.rows(request.changed_since)}")
    counted = connection.execute(f"SELECT count(*) FROM {named(table.name)}").fetchone()  # noqa: S608
    rows = int(counted[0]) if counted is not None else 0
    return TableCounts(name=table.name, rows=rows, written=rows)
