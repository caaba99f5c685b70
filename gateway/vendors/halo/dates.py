"""Dates of Halo that mean that none was set. Halo API: `targetdate` and others are 1900 where unset."""

from gateway.connector.description.vendor_dates import VendorDates

#: Halo writes the year 1900 for a date that was not set, in whatever zone its first day then is.
DATES = VendorDates(("0001-01-01", "1899-12-30", "1900-01-01", "1970-01-01"), last_null_year=1900)
