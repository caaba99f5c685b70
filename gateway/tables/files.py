"""
The files that are made of a version when they are first asked for, and kept beside it: other formats, selections,
compressed copies. They go when their version goes.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from gateway.tables.duck import connect
from gateway.tables.formats import FORMATS, Coding, FileFormat, write_file, write_rows, written_rows
from gateway.tables.history.rows import HistoryRows
from gateway.tables.manifest import TableSnapshot
from gateway.tables.selection import RowSelection
from gateway.tables.store import SnapshotStore

#: Of one version of a table, the files made of it that were not asked for longest go beyond this.
_MAX_BYTES = 1024**3
_MAX_FILES = 200
#: Smaller files are not compressed.
_WORTH_COMPRESSING = 16 * 1024
#: The folder of files that are made of several versions.
_EXTRACTS = "extracts"
_DIGEST = "[0-9a-f]" * 24
_ENDINGS = {"identity": "", "gzip": ".gz", "zstd": ".zst"}


@dataclass(frozen=True, kw_only=True)
class SnapshotFile:
    """A file, its strong entity tag without quotes, when its oldest rows were read, and its `rows` as SQL."""

    path: Path
    rows: str
    tag: str
    coding: Coding
    modified: datetime


class SnapshotFiles:
    """Makes files of versions, one at a time in this process, in a thread."""

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._turn = asyncio.Lock()

    async def file(
        self,
        snapshot: TableSnapshot,
        fmt: FileFormat,
        selection: RowSelection,
        *,
        coding: Coding,
        modified: datetime,
        origin: Path,
        columns: Mapping[str, object],
    ) -> SnapshotFile:
        """
        The file, made of `origin` with its `columns`, now if nobody has asked for it before. Raises OSError or DuckDB's
        error.
        """
        plain = await self._plain(fmt, selection, origin, columns)
        path = plain
        if coding != "identity" and (not fmt.is_text or plain.stat().st_size < _WORTH_COMPRESSING):
            coding = "identity"
        if coding != "identity":
            path = plain.with_name(plain.name + _ENDINGS[coding])
            await self._make(origin, path, partial(write_file, fmt=fmt, selection=selection, coding=coding))
        tag = _tag(snapshot, plain.name, coding)
        return SnapshotFile(path=path, rows=selection.sql(origin), tag=tag, coding=coding, modified=modified)

    async def count(self, file: SnapshotFile) -> int:
        """The number of rows in a file. Raises OSError or DuckDB's error."""

        def counted() -> int:
            with connect(self._store.folder) as connection:
                row = connection.execute(f"SELECT count(*) FROM ({file.rows})").fetchone()  # noqa: S608
            assert row is not None
            return int(row[0])

        return await asyncio.to_thread(counted)

    async def derive(self, table: str, snapshot: TableSnapshot, name: str, query: str) -> Path:
        """A Parquet file of a query over a version's file, under a name of its own beside that."""
        whole = self._store.path(table, snapshot)
        path = whole.with_name(name)

        def write(folder: Path, _: Path, target: Path) -> None:
            write_rows(folder, query, target, fmt=FORMATS["parquet"])

        await self._make(whole, path, write)
        return path

    async def of_rows(
        self,
        table: str,
        rows: HistoryRows,
        fmt: FileFormat,
        selection: RowSelection,
        *,
        coding: Coding,
        modified: datetime,
    ) -> SnapshotFile:
        """The file of a selection of rows of several versions. Raises as `file`."""
        coding = coding if fmt.is_text else "identity"
        folder = self._store.folder / _EXTRACTS
        digest = selection.digest(fmt.ending, rows.digest)
        path = folder / f"{table}.{digest}.{fmt.ending}{_ENDINGS[coding]}"
        selected = selection.of(f"({rows.sql})")
        query = written_rows(selected, fmt, selection)

        def write(store_folder: Path, _: Path, target: Path) -> None:
            folder.mkdir(mode=0o700, exist_ok=True)
            write_rows(store_folder, query, target, fmt=fmt, coding=coding)

        await self._make(folder, path, write)
        tag = hashlib.sha256(f"{rows.digest} {path.name}".encode()).hexdigest()
        return SnapshotFile(path=path, rows=selected, tag=tag, coding=coding, modified=modified)

    async def _plain(
        self, fmt: FileFormat, selection: RowSelection, origin: Path, columns: Mapping[str, object]
    ) -> Path:
        if fmt.ending == "parquet" and selection.is_whole(columns):
            return origin
        table = origin.name.partition(".")[0]
        path = origin.with_name(f"{table}.{selection.digest(fmt.ending, origin.name)}.{fmt.ending}")
        await self._make(origin, path, partial(write_file, fmt=fmt, selection=selection))
        return path

    async def _make(self, origin: Path, path: Path, write: Callable[[Path, Path, Path], None]) -> None:
        if os.path.exists(path):  # noqa: ASYNC240, PTH110 (takes microseconds)
            return
        async with self._turn:
            await asyncio.to_thread(_make, write, self._store.folder, origin, path)


def _make(write: Callable[[Path, Path, Path], None], folder: Path, source: Path, target: Path) -> None:
    if not target.is_file():
        write(folder, source, target)
        _trim(target)


def _tag(snapshot: TableSnapshot, name: str, coding: Coding) -> str:
    """The digest of the version's file for that file itself, else one of it and of the derived file's name."""
    if name.count(".") == 1:
        return snapshot.sha256
    return hashlib.sha256(f"{snapshot.sha256} {name} {coding}".encode()).hexdigest()


def _trim(newest: Path) -> None:
    """Remove the files of the same table that were not used for longest, beyond the bounds."""
    table = newest.name.partition(".")[0]
    files = [(path, path.stat()) for path in newest.parent.glob(f"{table}.{_DIGEST}.*") if path != newest]
    files.sort(key=lambda entry: max(entry[1].st_atime, entry[1].st_mtime), reverse=True)
    total = newest.stat().st_size
    for number, (path, status) in enumerate(files, 1):
        total += status.st_size
        if number >= _MAX_FILES or total > _MAX_BYTES:
            path.unlink(missing_ok=True)
