"""Export requests: the tables with their Parquet files, and the part of their rows that is exported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.tables.columns import FlatTable
from gateway.tables.parquet import CHANGED
from gateway.tables.selection import RowSelection


class ExportFault(Exception):
    """A reason for which nothing was exported, with what to do about it. Holds no password."""


@dataclass(frozen=True, kw_only=True)
class ExportTable:
    """A table, the Parquet file of one version of it on this machine, and when that was made."""

    table: FlatTable
    path: Path
    filled_at: datetime

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    def rows(self, changed_since: datetime | None) -> str:
        """SQL of its rows. Tables without moments of change are always whole."""
        return self._selection(changed_since).sql(self.path)

    def is_whole(self, changed_since: datetime | None) -> bool:
        """True if these are all of its rows."""
        return self._selection(changed_since).changed_since is None

    def _selection(self, changed_since: datetime | None) -> RowSelection:
        has_moments = self.table.column(CHANGED) is not None
        return RowSelection(
            columns={column.name: column.kind for column in self.table.columns},
            changed_since=changed_since if has_moments else None,
        )


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """
    The tables, rows changed since a moment or all, and the file of `deleted_rows`. `workspace` is an empty folder that
    goes when the export has ended; `on_table` is told of each table that is begun. With `history` PostgreSQL also keeps
    rows as they were.
    """

    tables: Sequence[ExportTable]
    workspace: Path
    now: datetime
    changed_since: datetime | None = None
    deleted_rows: Path | None = None
    history: bool = False
    on_table: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class TableCounts:
    """The result for one table: its rows there now, and how many of them were written and deleted by this export."""

    name: str
    rows: int
    written: int
    deleted: int = 0
