"""
Requests for fills, and marks of writes, as empty files beside the snapshots: any process may leave one, and the process
that fills finds it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path


class FillRequests:
    """The tables that are asked for. Names are those of tables and sources that exist: callers check them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "requests"
        self._writes = folder / "writes"

    def put(self, table: str) -> None:
        """Ask for a table. Raises OSError if the folder cannot be written."""
        _touch(self._folder / table)

    def take(self, tables: Iterable[str]) -> list[str]:
        """The tables that are asked for, oldest request first, else in this order; each request is taken once."""
        waiting: list[tuple[float, str]] = []
        for table in tables:
            path = self._folder / table
            try:
                waiting.append((path.stat().st_mtime, table))
                path.unlink()
            except OSError:
                continue
        return [table for _, table in sorted(waiting, key=itemgetter(0))]

    def has_any(self) -> bool:
        """True if any table is asked for."""
        try:
            return any(self._folder.iterdir())
        except OSError:
            return False

    def mark_written(self, source: str) -> None:
        """A write went to the source: its rows are older than that."""
        _touch(self._writes / source)

    def written_at(self, source: str) -> datetime | None:
        """When the last write went to the source."""
        try:
            return datetime.fromtimestamp((self._writes / source).stat().st_mtime, UTC)
        except OSError:
            return None


def _touch(path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
