"""The formats that tables come in, by the ending of their path."""

from collections.abc import Mapping

from gateway.edge.tables.as_csv import CSV
from gateway.edge.tables.as_ndjson import NDJSON
from gateway.edge.tables.format import Format

FORMATS: Mapping[str, Format] = {"csv": CSV, "ndjson": NDJSON}
