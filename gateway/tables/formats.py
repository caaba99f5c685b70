"""The file formats of tables, by the ending of their path, and how a version is written in each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gateway.tables.duck import connect, quoted
from gateway.tables.parquet import WRITTEN_AS
from gateway.tables.selection import RowSelection
from gateway.tables.text_sql import csv_sql, ndjson_sql

Coding = Literal["identity", "gzip", "zstd"]
CODINGS: tuple[Coding, ...] = ("identity", "gzip", "zstd")


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """
    A format. `switches` are the query parameters that it takes beside those of every table; `is_text` says that it may
    be sent compressed.
    """

    ending: str
    media_type: str
    switches: frozenset[str] = frozenset()
    is_text: bool = False


FORMATS: Mapping[str, FileFormat] = {
    fmt.ending: fmt
    for fmt in (
        FileFormat(
            ending="csv",
            media_type="text/csv; charset=utf-8; header=present",
            switches=frozenset({"bom", "exact"}),
            is_text=True,
        ),
        FileFormat(ending="ndjson", media_type="application/x-ndjson", is_text=True),
        FileFormat(ending="parquet", media_type="application/vnd.apache.parquet"),
        FileFormat(ending="arrow", media_type="application/vnd.apache.arrow.file"),
    )
}


def write_file(
    folder: Path,
    source: Path,
    target: Path,
    *,
    fmt: FileFormat,
    selection: RowSelection,
    coding: Coding = "identity",
) -> None:
    """The selection of a version's Parquet file in a format, at `target`, which appears whole or not at all."""
    query = written_rows(selection.sql(source), fmt, selection)
    write_rows(folder, query, target, fmt=fmt, coding=coding)


def written_rows(rows: str, fmt: FileFormat, selection: RowSelection) -> str:
    """The rows of a query as the format has them: of text formats a line each."""
    return _LINES[fmt.ending](selection, rows) if fmt.is_text else rows


def write_rows(
    folder: Path, query: str, target: Path, *, fmt: FileFormat, coding: Coding = "identity"
) -> None:
    """The rows of a query, of texts in the format's form, at `target`, which appears whole or not at all."""
    beside = target.with_name(f"{target.name}.{os.urandom(6).hex()}.part")
    try:
        if fmt.ending == "arrow":
            _write_arrow(folder, query, beside)
        else:
            written_as = (
                WRITTEN_AS if fmt.ending == "parquet" else f"FORMAT blob, COMPRESSION {_CODINGS[coding]}"
            )
            with connect(folder) as connection:
                connection.execute(f"COPY ({query}) TO {quoted(beside)} ({written_as})")
        beside.chmod(0o600)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _write_arrow(folder: Path, rows: str, target: Path) -> None:
    """An Arrow IPC file. Its batches come out of DuckDB as they are written."""
    from arro3.core import RecordBatchReader  # noqa: PLC0415
    from arro3.io import write_ipc  # noqa: PLC0415

    with connect(folder) as connection:
        write_ipc(RecordBatchReader.from_arrow(connection.sql(rows)), target, compression="zstd")


_LINES = {"csv": csv_sql, "ndjson": ndjson_sql}
_CODINGS: Mapping[Coding, str] = {"identity": "none", "gzip": "gzip", "zstd": "zstd"}
