"""Destinations of an export, by their address: a folder, `FILE.duckdb`, `postgresql://...` or `s3://bucket/prefix`."""

# ruff: noqa: PLC0415 (each destination loads its own library)

from pathlib import Path
from typing import Protocol

from gateway.tables.export.request import ExportFault, ExportRequest, TableCounts


class Destination(Protocol):
    """A place that tables are written to."""

    def write(self, request: ExportRequest) -> list[TableCounts]:
        """Write the tables, whole or not at all each. Raises ExportFault."""
        ...


def parse_destination(address: str) -> Destination:
    """The destination. Raises ExportFault if there is no such kind, or its extra is not installed."""
    scheme, separator, _ = address.partition("://")
    if not separator:
        return _local(Path(address))
    if scheme in {"postgresql", "postgres"}:
        return _postgresql(address)
    if scheme == "s3":
        return _bucket(address)
    raise ExportFault("--to is a folder, FILE.duckdb, postgresql://... or s3://bucket/prefix")


def _local(path: Path) -> Destination:
    from gateway.tables.export.duckdb_file import DuckDBDestination
    from gateway.tables.export.folder import FolderDestination

    return DuckDBDestination(path) if path.suffix == ".duckdb" else FolderDestination(path)


def _postgresql(address: str) -> Destination:
    try:
        from gateway.tables.export.postgresql.destination import PostgreSQLDestination
    except ImportError as exc:
        raise _lacks("postgresql") from exc
    return PostgreSQLDestination.parse(address)


def _bucket(address: str) -> Destination:
    try:
        from gateway.tables.export.bucket import BucketDestination
    except ImportError as exc:
        raise _lacks("s3") from exc
    return BucketDestination.parse(address)


def _lacks(extra: str) -> ExportFault:
    return ExportFault(f"this needs more packages: pip install 'asset-gateway[{extra}]'")
