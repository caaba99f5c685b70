"""Halo's lists: paging, orders, and the values that mean none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, tzinfo
from types import MappingProxyType
from typing import Any

from gateway.connector.description import fields
from gateway.connector.description.fields import DetailRule
from gateway.connector.description.paging import NumberedPages, UnpromisedPages
from gateway.connector.description.resource import Field, List, Ttl
from gateway.connector.description.row_types import Params
from gateway.vendors.halo.dates import DATES

#: Both `pageinate` and an explicit `page_no` are needed: without them the agent's default of rows comes back, once. The
#: page may be shorter than requested (/Asset gives 50, an agent may have less), so no page is judged by its size: if
#: there is no total, only an empty page, or a page with nothing new, is the end.
PAGES = NumberedPages(
    page_param="page_no",
    size_param="page_size",
    page_size=100,
    full_page=1,
    total_path="record_count",
    suspect_totals=(50, 100),
)
#: For lists whose documents name no pages: an agent's default of rows may cut them off all the same.
UNPROMISED = UnpromisedPages(
    page_param="page_no",
    size_param="page_size",
    default_sizes=(50, 100),
    params={"pageinate": "true"},
    total_path="record_count",
)
BY_ID: Params = {"pageinate": "true", "order": "id", "orderdesc": "false"}

#: Ids that mean "none".
NO_ID = ("0", "-1", "-99")


def paged_list(path: str, *keys: str, ttl: Ttl = Ttl.ROWS, params: Params = MappingProxyType({})) -> List:
    """List that is read by pages, in the order of the ids unless another is pushed down."""
    return List(
        path=path, envelope_keys=keys, params={**BY_ID, **params}, paging=PAGES, order=_order_params, ttl=ttl
    )


def unpaged_list(path: str, *keys: str, ttl: Ttl = Ttl.ROWS, params: Params = MappingProxyType({})) -> List:
    """List whose documents name no pages."""
    return List(
        path=path,
        envelope_keys=keys,
        params=params,
        paging=UNPROMISED,
        ttl=ttl,
    )


def list_of_pairs(path: str, *keys: str) -> List:
    """List that is not needed to know its rows: it is not used if it may be cut off."""
    return replace(unpaged_list(path, *keys), paging=replace(UNPROMISED, may_give_up=True))


def definition_list(path: str, *keys: str, params: Params = MappingProxyType({})) -> List:
    """List of definitions. Its documents name no pages."""
    return unpaged_list(path, *keys, params=params, ttl=Ttl.DEFINITION)


def _order_params(names: Sequence[tuple[str, bool]]) -> Params:
    """Up to five sort keys: `order`, `order2`, ... and `id` at the end, so that the order is total."""
    orders = [*names, ("id", False)]
    params: dict[str, str] = {}
    for number, (name, descends) in enumerate(orders[:5], 1):
        suffix = "" if number == 1 else str(number)
        params[f"order{suffix}"] = name
        params[f"orderdesc{suffix}"] = "true" if descends else "false"
    return params


def moment(*paths: str, zone: tzinfo, detail: DetailRule = None, order: str | None = None) -> Field:
    """Field of a moment."""
    return fields.moment(*paths, dates=DATES, zone=zone, detail=detail, order=order)


def real_day(raw: Any) -> date | None:
    """
    A day; the year 1900 means that none was set.

    >>> real_day("2027-03-01T00:00:00"), real_day("1900-01-01T00:00:00")
    (datetime.date(2027, 3, 1), None)
    """
    return DATES.day(raw)


def day(*paths: str, detail: DetailRule = None, order: str | None = None) -> Field:
    """Field of a day."""
    return fields.day(*paths, dates=DATES, detail=detail, order=order)
