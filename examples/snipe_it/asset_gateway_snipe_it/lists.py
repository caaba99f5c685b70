"""Lists of Snipe-IT: `total` and `rows`, by `offset` and `limit`; and its text, which is escaped for HTML."""

from html import unescape
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.fields import value
from gateway.connector.description.paging import OffsetPages
from gateway.connector.description.resource import Field, List, Ttl

#: An installation sends at most `MAX_RESULTS` rows, 500 unless it is set otherwise: fewer than requested is no end.
PAGES = OffsetPages(offset_param="offset", limit_param="limit", page_size=500, total_path="total")


def listed(path: str, *, ttl: Ttl = Ttl.ROWS) -> List:
    """A list in the order of its ids: by default it begins with the newest, and moves on while it is read."""
    return List(
        path=path, envelope_keys=("rows",), params={"sort": "id", "order": "asc"}, paging=PAGES, ttl=ttl
    )


def plain(raw: Any) -> str | None:
    """
    Text without the escapes of HTML. Empty text stands for none.

    >>> plain("Anna&#039;s &amp; Ben&#039;s"), plain(""), plain(7)
    ("Anna's & Ben's", None, '7')
    """
    written = convert.text(raw)
    return unescape(written) if written else None


def text(*paths: str) -> Field:
    """Field of text."""
    return value(*paths, convert=plain)
