"""Warranty status, derived from the end date for vendors that have no status of their own."""

from datetime import UTC, date, datetime

from gateway.connector.description.fields import get_path
from gateway.connector.description.resource import Field
from gateway.connector.description.row_types import Row
from gateway.connector.description.vendor_dates import USUAL_DATES, VendorDates


def status(end: date | None, today: date) -> str:
    """
    Status of a warranty on a day; its last day is within warranty.

    >>> status(date(2027, 3, 1), date(2027, 3, 1)), status(date(2027, 3, 1), date(2027, 3, 2)), status(None, date.max)
    ('WITHIN_WARRANTY', 'OUT_OF_WARRANTY', 'UNKNOWN')
    """
    if end is None:
        return "UNKNOWN"
    return "WITHIN_WARRANTY" if end >= today else "OUT_OF_WARRANTY"


def today() -> date:
    """Current day, in UTC."""
    return datetime.now(UTC).date()


def status_by_end(path: str, dates: VendorDates = USUAL_DATES) -> Field:
    """Field of the warranty's status, by the end date at a path."""

    def read(row: Row, _: object) -> str:
        return status(dates.day(get_path(row, path)), today())

    return Field(read=read, keys=(path.split(".", 1)[0],))
