"""DuckDB's extension for HTTP, from its package: nothing is downloaded."""

from pathlib import Path

import duckdb
import duckdb_extension_httpfs


def extension() -> Path:
    """The extension's file."""
    (path,) = Path(duckdb_extension_httpfs.__file__).parent.rglob("*.duckdb_extension")
    return path


def with_httpfs(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The connection, which reads addresses."""
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute(f"LOAD '{extension()}'")
    return connection
