"""
DuckDB connections for the snapshots: one thread, bounded memory with spill to disk, and no way to other files.

The library is loaded at the first connection: a gateway whose tables nobody asks for does without.
"""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

_MEMORY = "160MB"


@contextmanager
def connect(folder: Path, *others: Path, memory: str = _MEMORY) -> "Iterator[DuckDBPyConnection]":
    """A connection that reads and writes below these folders only, and spills into the first one."""
    import duckdb  # noqa: PLC0415

    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": memory,
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": True,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=config) as connection:
        allowed = ", ".join(map(quoted, (folder, *others)))
        connection.execute(f"SET allowed_directories = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def quoted(text: object) -> str:
    """
    A string literal.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + str(text).replace("'", "''") + "'"


def named(column: str) -> str:
    """
    An identifier.

    >>> named("order")
    '"order"'
    """
    return '"' + column.replace('"', '""') + '"'
