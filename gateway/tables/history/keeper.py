"""
Keeping of history: of each day the first whole version of a table stays, as a hard link that takes no room while the
version itself is there, or a later day has the same rows. Days beyond the bounds go, oldest first.
"""

import logging
import os
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from gateway.tables.columns import FlatTable
from gateway.tables.history.days import HistoryDay, HistoryDays
from gateway.tables.manifest import TableSnapshot
from gateway.tables.store import SnapshotStore

_DAY = "date="
_log = logging.getLogger("gateway.tables")


class HistoryKeeper:
    """Keeps days of at most `max_bytes`. The caller holds the fill lock."""

    def __init__(self, store: SnapshotStore, days: HistoryDays, *, max_bytes: int) -> None:
        self._store = store
        self._days = days
        self._max_bytes = max_bytes

    def keep(self, tables: Mapping[str, FlatTable]) -> None:
        """Keep the current versions of tables that have none of their day. A disk that is full is told in the log."""
        try:
            new_days = [
                self._keep(name, snapshot)
                for name, snapshot in self._store.manifest.tables.items()
                if name in tables and tables[name].has_records and _is_whole(snapshot)
            ]
            if any(new_days):
                self._prune()
        except OSError as exc:
            _log.warning("the history of tables is not kept: %s", exc.strerror)

    def _keep(self, table: str, snapshot: TableSnapshot) -> bool:
        day = snapshot.filled_at.date()
        accounts = self._days.accounts
        days = self._days.all(table)
        if day < self._days.oldest or any(each.date == day and each.accounts == accounts for each in days):
            return False
        target = self._days.path(table, day)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = target.with_suffix(f".{os.urandom(6).hex()}")
        try:
            beside.hardlink_to(self._store.path(table, snapshot))
            beside.replace(target)
        finally:
            # A rename to the same file does nothing.
            beside.unlink(missing_ok=True)
        new = HistoryDay(
            date=day,
            version=snapshot.version,
            rows=snapshot.rows,
            bytes=snapshot.bytes,
            sha256=snapshot.sha256,
            filled_at=snapshot.filled_at,
            columns=snapshot.columns,
            accounts=accounts,
            counts={name: part.rows for name, part in snapshot.sources.items()},
        )
        self._days.write(table, [*(each for each in days if each.date != day), new])
        return True

    def _prune(self) -> None:
        """Remove days that are too old or too much, and files that no index names."""
        tables = [entry.name for entry in self._days.folder.iterdir() if entry.is_dir()]
        days = {table: self._days.all(table) for table in tables}
        first = self._first_kept({day.date for each in days.values() for day in each}, tables)
        for table, each in days.items():
            recent = [day for day in each if day.date >= first]
            if len(recent) < len(each):
                self._days.write(table, recent)
            named = {f"{_DAY}{day.date}" for day in recent}
            for entry in (self._days.folder / table).iterdir():
                if entry.name.startswith(_DAY) and entry.name not in named:
                    shutil.rmtree(entry, ignore_errors=True)

    def _first_kept(self, dates: set[date], tables: list[str]) -> date:
        """The first day that stays. The newest one always does."""
        newest_first = sorted(dates, reverse=True)
        sizes: dict[int, int] = {}
        for number, day in enumerate(newest_first):
            for table in tables:
                sizes |= _size(self._days.path(table, day))
            if number and (day < self._days.oldest or sum(sizes.values()) > self._max_bytes):
                return newest_first[number - 1]
        return newest_first[-1]


def _size(path: Path) -> Mapping[int, int]:
    """The size of a file by its inode: equal days are one file."""
    try:
        status = path.stat()
    except OSError:
        return {}
    return {status.st_ino: status.st_size}


def _is_whole(snapshot: TableSnapshot) -> bool:
    return all(part.fault is None and not part.is_missing for part in snapshot.sources.values())
