"""Dates of Fiwit that mean that none was set. No document says so: they are what imports leave."""

from gateway.connector.description.vendor_dates import VendorDates

DATES = VendorDates(("0001-01-01", "1899-12-30", "1900-01-01", "1970-01-01"))
