"""Tether assets (Tether documentation, "Assets API")."""

import re

from gateway.connector.description.fields import (
    constant,
    day,
    enum_param,
    free_text,
    identity,
    link,
    mapped,
    money,
    query_param,
    text,
)
from gateway.connector.description.resource import Filter, Get, List, Resource
from gateway.connector.description.vendor_parameters import FILTER, is_number, is_text, own_parameters
from gateway.connector.description.warranty import status_by_end
from gateway.vendors.tether.dates import DATES
from gateway.vendors.tether.writes import ACTIONS, IMPORT

STATUS = {"available": "AVAILABLE", "deployed": "IN_USE", "maintenance": "MAINTENANCE", "retired": "RETIRED"}


def _is_column(value: str) -> bool:
    """True if a value has the form of a column name: the documents do not list the columns."""
    return re.fullmatch(r"[a-z][a-z_]{0,40}", value) is not None


_FILTERS: dict[str, Filter] = {
    # `q` searches tag, name, serial, model and manufacturer: the same fields as our search.
    "search": query_param("q", "contains"),
    "status": enum_param("status", {ours: theirs for theirs, ours in STATUS.items()}),
    "locationId": query_param("location_id", exact=True),
    FILTER: own_parameters(
        {
            "q": is_text,
            "status": STATUS.__contains__,
            "category_id": is_number,
            "location_id": is_number,
            "sort": _is_column,
            "order": {"asc", "desc"}.__contains__,
        }
    ),
}


def asset(organisation: str) -> Resource:
    """Resource of a tenant's assets. The list has no pages: a single call returns all of it."""
    return Resource(
        type="Asset",
        list=List(path="/assets", sort_param="sort"),
        get=Get(path="/assets/{id}"),
        filters=_FILTERS,
        actions=ACTIONS,
        file_import=IMPORT,
        fields={
            "native_id": identity("id"),
            "name": text("name"),
            "asset_tag": text("asset_tag"),
            "serial_number": text("serial"),
            "status": mapped("status", STATUS, default="UNKNOWN"),
            "status_raw": text("status"),
            "manufacturer": text("manufacturer"),
            "model": text("model"),
            "category": text("category.name"),
            "organisation": constant(organisation or None),
            "purchase_date": day("purchase_date", dates=DATES),
            "purchase_cost": money("purchase_cost"),
            "warranty.status": status_by_end("warranty_expiry", DATES),
            "warranty.end_date": day("warranty_expiry", dates=DATES),
            "notes": free_text("notes"),
        },
        links={
            "location": link("Location", "location.id", stub="location"),
            "assigned_to": link("Person", "assigned_to.id", stub="assigned_to"),
        },
    )
