"""Dates of a vendor, of which some mean that no date was set: the first day of a database's or language's calendar."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.convert_columns import ConvertColumn, column_converter

#: .NET's, SQL Server's, OLE's and Unix's first day.
USUAL_NULL_DATES = ("0001-01-01", "1900-01-01", "1899-12-30", "1970-01-01")
_MIDNIGHT = re.compile(r"([T ]00:00(:00([.,]0+)?)?)?\s*(Z|[+-][0-9:]+)?")


@dataclass(frozen=True)
class VendorDates:
    """
    Date conversions of a vendor. `null_dates` are the days that, without a time or at midnight, mean that none was set;
    so do all days up to the end of `last_null_year`.

    >>> dates = VendorDates(("1970-01-01",))
    >>> dates.day("1970-01-01T00:00:00Z"), dates.day("1970-01-02"), dates.moment("1970-01-01T09:30:00Z").hour
    (None, datetime.date(1970, 1, 2), 9)
    """

    null_dates: tuple[str, ...] = USUAL_NULL_DATES
    last_null_year: int = 0

    def is_null(self, raw: Any) -> bool:
        """True if a text is a date that means that none was set."""
        if not isinstance(raw, str):
            return False
        text = raw.strip()
        return text[:10] in self.null_dates and _MIDNIGHT.fullmatch(text, 10) is not None

    def day(self, raw: Any) -> date | None:
        """Calendar day, as `convert.day`."""
        day = convert.day(raw)
        return None if day is None or day.year <= self.last_null_year or self.is_null(raw) else day

    def moment(self, raw: Any, zone: tzinfo = UTC) -> datetime | None:
        """Date and time in UTC, as `convert.moment`."""
        moment = convert.moment(raw, zone)
        return None if moment is None or moment.year <= self.last_null_year or self.is_null(raw) else moment

    @cached_property
    def days(self) -> ConvertColumn:
        """Column version of `day`."""
        return self._column_converter(convert.day, self.day)

    def moments_in(self, zone: tzinfo) -> tuple[Callable[[Any], datetime | None], ConvertColumn]:
        """`moment` in a zone, and its column version."""
        if zone is UTC:
            return self.moment, self._column_converter(convert.moment, self.moment)

        def in_zone(raw: Any) -> datetime | None:
            return self.moment(raw, zone)

        return in_zone, lambda column: list(map(in_zone, column))

    def _column_converter(
        self, convert_any: Callable[[Any], Any], convert_one: Callable[[Any], Any]
    ) -> ConvertColumn:
        convert_all = column_converter(convert_any)
        last_null_year = max([self.last_null_year, *(int(day[:4]) for day in self.null_dates)])

        def convert_column(column: list[Any]) -> list[Any]:
            values = convert_all(column)
            first = min(filter(None, values), default=None)
            is_plain = first is None or first.year > last_null_year
            return values if is_plain else list(map(convert_one, column))

        return convert_column


USUAL_DATES = VendorDates()
