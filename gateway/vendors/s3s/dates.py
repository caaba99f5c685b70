"""Dates of S3S that mean that none was set. No document says so: they are what imports leave."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.vendor_dates import VendorDates

DATES = VendorDates(("0001-01-01", "1899-12-30", "1900-01-01", "1970-01-01"))


def carbon(raw: Any) -> datetime | None:
    """
    Date and time in UTC, as `convert.carbon`.

    >>> carbon({"date": "1970-01-01 00:00:00.000000", "timezone_type": 3, "timezone": "Europe/Brussels"})
    """
    wall_time = raw.get("date") if isinstance(raw, Mapping) else raw
    return None if DATES.is_null(wall_time) else convert.carbon(raw)
