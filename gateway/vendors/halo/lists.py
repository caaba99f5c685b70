"""How Halo lists: pages, orders, and the values that stand for nothing."""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from types import MappingProxyType
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.fields import DetailRule, value
from gateway.connector.description.resource import Field, List, Paging, Ttl
from gateway.connector.description.row_types import Params

#: Both `pageinate` and an explicit `page_no` are needed: without them the agent's default of rows comes back, once. The
#: page may be shorter than asked for (/Asset gives 50, an agent may have less), so no page is judged by its size: where
#: no total is told, only an empty page, or one with nothing new, is the end.
PAGES = Paging(
    page_param="page_no",
    size_param="page_size",
    page_size=100,
    full_page=1,
    total_path="record_count",
    suspect_totals=(50, 100),
)
BY_ID: Params = {"pageinate": "true", "order": "id", "orderdesc": "false"}

#: Ids that mean "none".
NO_ID = ("0", "-1", "-99")
_UNSET = 1900


def listed(path: str, *keys: str, keep: Ttl = Ttl.ROWS, params: Params = MappingProxyType({})) -> List:
    """A list with pages."""
    return List(
        path=path, envelope_keys=keys, params={**BY_ID, **params}, paging=PAGES, order=_ordered, ttl=keep
    )


def table(path: str, *keys: str, params: Params = MappingProxyType({})) -> List:
    """A list that ignores pages and gives all rows: of definitions."""
    return List(path=path, envelope_keys=keys, params=params, ttl=Ttl.DEFINITION)


def _ordered(names: Sequence[tuple[str, bool]]) -> Params:
    """Up to five orders: `order`, `order2`, ... and `id` at the end, so that equal rows keep their places."""
    orders = [*names, ("id", False)]
    params: dict[str, str] = {}
    for number, (name, descends) in enumerate(orders[:5], 1):
        suffix = "" if number == 1 else str(number)
        params[f"order{suffix}"] = name
        params[f"orderdesc{suffix}"] = "true" if descends else "false"
    return params


def moment(*paths: str, zone: tzinfo, part: DetailRule = None, order: str | None = None) -> Field:
    """A moment; the year 1900 means that none was set."""

    def converted(raw: Any) -> datetime | None:
        found = convert.moment(raw, zone)
        return None if found is None or found.year <= _UNSET else found

    return value(*paths, convert=converted, detail=part, order=order)


def real_day(raw: Any) -> date | None:
    """
    A day; the year 1900 means that none was set.

    >>> real_day("2027-03-01T00:00:00"), real_day("1900-01-01T00:00:00")
    (datetime.date(2027, 3, 1), None)
    """
    found = convert.day(raw)
    return None if found is None or found.year <= _UNSET else found


def day(*paths: str, part: DetailRule = None, order: str | None = None) -> Field:
    """A day."""
    return value(*paths, convert=real_day, detail=part, order=order)
