"""Rows of several days, as SQL. The day comes from the file's path, so that a condition on it skips whole files."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from gateway.tables.columns import FlatTable
from gateway.tables.duck import named, quoted
from gateway.tables.history.days import HistoryDay, HistoryDays
from gateway.tables.history.declarations import SNAPSHOT_DATE
from gateway.tables.manifest import TableSnapshot
from gateway.tables.parquet import SQL_TYPES

#: A row's number: that of its day, and within the day. Numbers grow, but not by one.
ROW_NUMBER = "file_row_number"
_FIRST_DAY = date(2000, 1, 1)
_ROWS_OF_A_DAY = 2**32


@dataclass(frozen=True, kw_only=True)
class HistoryRows:
    """SQL of a table's rows in some days, each with its day and its number; `digest` names their content."""

    sql: str
    digest: str
    days: int


@dataclass(frozen=True, kw_only=True)
class DateWindow:
    """Days from `first` to `last`, both included; None has no end."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """True if a day is within."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


def history_rows(history: HistoryDays, table: FlatTable, window: DateWindow) -> HistoryRows:
    """The rows of a table in the days of a window, in order of days."""
    days = [day for day in history.of(table.name, is_matched=table.is_matched) if window.holds(day.date)]
    groups = groupby(days, key=lambda day: (tuple(day.columns.items()), history.sources(day)))
    parts = [_select(history, table, list(group), sources) for (_, sources), group in groups]
    sql = " UNION ALL ".join(parts or [_nothing(table)])
    content = [sql, *(day.sha256 for day in days)]
    return HistoryRows(sql=sql, digest=hashlib.sha256(repr(content).encode()).hexdigest(), days=len(days))


def all_days(history: HistoryDays, table: FlatTable, original: FlatTable) -> TableSnapshot | None:
    """The days of the table `original` as a version of its history `table`; None if there is no day yet."""
    days = history.of(original.name, is_matched=original.is_matched)
    if not days:
        return None
    newest = days[-1]
    return TableSnapshot(
        version=newest.version,
        rows=sum(map(history.rows, days)),
        bytes=sum(day.bytes for day in days),
        sha256=hashlib.sha256(repr([day.sha256 for day in days]).encode()).hexdigest(),
        filled_at=newest.filled_at,
        seconds=0.0,
        columns=table.kinds,
    )


def dates_of(numbers: Iterable[int]) -> list[date]:
    """
    The days of the rows with these numbers.

    >>> dates_of([2**32 + 5, 2**32])
    [datetime.date(2000, 1, 2)]
    """
    return [
        _FIRST_DAY + timedelta(days=day) for day in sorted({number // _ROWS_OF_A_DAY for number in numbers})
    ]


def _select(
    history: HistoryDays, table: FlatTable, days: Sequence[HistoryDay], sources: tuple[str, ...] | None
) -> str:
    files = [history.path(table.name, day.date) for day in days]
    day = f"CAST(substr(filename, {len(str(files[0].parent)) - 9}, 10) AS DATE)"
    cells = [
        _cell(column.name, SQL_TYPES[column.kind], is_there=column.name in days[0].columns)
        for column in table.columns
    ]
    where = "" if sources is None else f" WHERE source IN ({', '.join(map(quoted, sources)) or 'NULL'})"
    return (
        f"SELECT {day} AS {SNAPSHOT_DATE.name}, {', '.join(cells)}, "  # noqa: S608
        f"({day} - DATE {quoted(_FIRST_DAY)}) * {_ROWS_OF_A_DAY} + {ROW_NUMBER} AS {ROW_NUMBER} "
        f"FROM read_parquet([{', '.join(map(quoted, files))}], filename = true, file_row_number = true, "
        f"hive_partitioning = false){where}"
    )


def _nothing(table: FlatTable) -> str:
    cells = [_cell(column.name, SQL_TYPES[column.kind], is_there=False) for column in table.columns]
    day = f"CAST(NULL AS DATE) AS {SNAPSHOT_DATE.name}"
    return f"(SELECT {day}, {', '.join(cells)}, CAST(NULL AS BIGINT) AS {ROW_NUMBER} LIMIT 0)"


def _cell(name: str, sql_type: str, *, is_there: bool) -> str:
    """A column, in its type of today; null in days of a release that had none."""
    cell = f"TRY_CAST({named(name)} AS {sql_type})" if is_there else f"CAST(NULL AS {sql_type})"
    return f"{cell} AS {named(name)}"
