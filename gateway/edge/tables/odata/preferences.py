"""Preferences and formats of an OData request: the headers Accept and Prefer, and `$format`."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.tables.odata.paging import MAX_PAGE_ROWS, PAGE_ROWS

_JSON_RANGES = frozenset(("application/json", "application/*", "*/*"))


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """Rows of a page, and whether nulls are left out; `applied` is what the answer says of it."""

    page_rows: int = PAGE_ROWS
    omit_nulls: bool = False
    applied: str = ""

    @classmethod
    def parse(cls, prefer: str) -> "Preferences":
        """
        The preferences of a Prefer header; those that are not known are left alone, as RFC 7240 has it.

        >>> Preferences.parse("odata.maxpagesize=50000, omit-values=nulls").applied
        'odata.maxpagesize=20000, omit-values=nulls'
        """
        page_rows, omit_nulls, applied = PAGE_ROWS, False, []
        for part in prefer.lower().split(","):
            name, _, value = part.partition(";")[0].partition("=")
            name, value = name.strip(), value.strip().strip('"')
            if name in {"odata.maxpagesize", "maxpagesize"} and value.isascii() and value.isdecimal():
                page_rows = min(MAX_PAGE_ROWS, max(1, int(value[:9])))
                applied.append(f"{name}={page_rows}")
            elif name == "omit-values" and value == "nulls":
                omit_nulls = True
                applied.append("omit-values=nulls")
        return cls(page_rows=page_rows, omit_nulls=omit_nulls, applied=", ".join(applied))


def accepts_json(accept: str) -> bool:
    """
    True if a request takes JSON.

    >>> accepts_json(""), accepts_json("application/atom+xml, application/json;q=0.1"), accepts_json("text/csv")
    (True, True, False)
    """
    ranges = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return ranges == {""} or not ranges.isdisjoint(_JSON_RANGES)


def wants_no_metadata(accept: str, options: Mapping[str, str]) -> bool:
    """
    True if the answer goes without its context.

    >>> wants_no_metadata("application/json;odata.metadata=none", {})
    True
    """
    written = options.get("$format", accept).replace(" ", "").lower()
    return "odata.metadata=none" in written and "odata.metadata=minimal" not in written
