"""
Rows of a DuckDB query as a stream of CSV. A thread writes into a named pipe, so that PostgreSQL reads rows while
further ones are made, and no file of them is written.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from gateway.tables.duck import connect, quoted

_CHUNK = 256 * 1024


@contextmanager
def csv_stream(query: str, *, source: Path, workspace: Path) -> Iterator[Iterator[bytes]]:
    """The CSV of a query over the file `source`, in chunks. What the query raises is raised by the last of them."""
    pipe = workspace / "rows.csv"
    os.mkfifo(pipe, 0o600)
    try:
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        # Open until the query has ended: without anybody who may write, the reader would see the end at once.
        writer = os.open(pipe, os.O_WRONLY)
        os.set_blocking(reader, True)
        # The file is closed before the thread is waited for: a query whose reader is gone ends.
        with ThreadPoolExecutor(1) as pool, os.fdopen(reader, "rb", buffering=0) as file:
            written = pool.submit(_write, query, pipe, source.parent, writer)

            def chunks() -> Iterator[bytes]:
                while chunk := file.read(_CHUNK):
                    yield chunk
                written.result()

            yield chunks()
    finally:
        pipe.unlink()


def _write(query: str, pipe: Path, folder: Path, writer: int) -> None:
    try:
        with connect(pipe.parent, folder) as connection:
            connection.execute(f"COPY ({query}) TO {quoted(pipe)} (FORMAT csv, HEADER false)")
    finally:
        os.close(writer)
