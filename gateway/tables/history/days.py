"""
The kept days: `DIR/history/<table>/date=YYYY-MM-DD/<table>.parquet`, and `days.json` beside them, which names them: a
file that it does not name does not exist.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

_INDEX = "days.json"
_Stamp = tuple[int, int, int]


class HistoryDay(msgspec.Struct, frozen=True, kw_only=True):
    """
    A table's version of a day. `accounts` are digests of the sources' accounts, by the sources' names: rows of another
    account are not read. `counts` are the rows of each source.
    """

    date: date
    version: str
    rows: int
    bytes: int
    sha256: str
    filled_at: datetime
    columns: Mapping[str, str]
    accounts: Mapping[str, str]
    counts: Mapping[str, int] = {}


class HistoryDays:
    """
    The days of all tables, oldest first, with rows of these `accounts`, and for as many `days`. Only the holder of the
    fill lock writes.
    """

    def __init__(
        self, folder: Path, accounts: Mapping[str, str], *, days: int, clock: Callable[[], datetime]
    ) -> None:
        self.folder = folder / "history"
        self.accounts = accounts
        self._days = days
        self._clock = clock
        self._read: dict[str, tuple[_Stamp, Sequence[HistoryDay]]] = {}

    @property
    def oldest(self) -> date:
        """The oldest day that is kept."""
        return self._clock().date() - timedelta(days=self._days - 1)

    def path(self, table: str, day: date) -> Path:
        """The file of a table's day."""
        return self.folder / table / f"date={day}" / f"{table}.parquet"

    def of(self, table: str, *, is_matched: bool = False) -> list[HistoryDay]:
        """
        The days of a table that may be read. Rows that are matched are made of all sources at once: every one of these
        has to be there with its account.
        """
        is_ours = all if is_matched else any
        return [
            day
            for day in self.all(table)
            if day.date >= self.oldest
            and is_ours(self.accounts.get(name) == account for name, account in day.accounts.items())
        ]

    def all(self, table: str) -> Sequence[HistoryDay]:
        """All days of a table, whosesoever they are. None if the index cannot be read."""
        path = self.folder / table / _INDEX
        try:
            status = path.stat()
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            known = self._read.get(table)
            if known is None or known[0] != stamp:
                days = msgspec.json.decode(path.read_bytes(), type=list[HistoryDay])
                known = self._read[table] = stamp, days
        except (OSError, ValueError):
            return []
        return known[1]

    def sources(self, day: HistoryDay) -> tuple[str, ...] | None:
        """The sources whose rows may be read; None for all of the file's."""
        names = tuple(name for name, account in day.accounts.items() if self.accounts.get(name) == account)
        return None if len(names) == len(day.accounts) else names

    def rows(self, day: HistoryDay) -> int:
        """The number of rows that may be read."""
        names = self.sources(day)
        return day.rows if names is None else sum(day.counts.get(name, 0) for name in names)

    def write(self, table: str, days: Sequence[HistoryDay]) -> None:
        """Replace the index of a table. Raises OSError."""
        path = self.folder / table / _INDEX
        beside = path.with_suffix(f".{os.urandom(6).hex()}")
        try:
            beside.touch(mode=0o600)
            beside.write_bytes(msgspec.json.encode(sorted(days, key=lambda day: day.date)))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
