"""
Revnue assets. Revnue API, "List Asset".

The list has no pages, and is sorted here. `req=warranty` and `req=support` have, in an undocumented shape, values that
the asset's own row has already. The other parameters are the caller's (`vendorParameters`), `ordering` among them.
"""

from collections.abc import Mapping
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action
from gateway.connector.description.fields import (
    computed,
    day,
    free_text,
    identity,
    link,
    mapped,
    money,
    query_param,
    text,
)
from gateway.connector.description.paging import NextAddress
from gateway.connector.description.resource import Field, Filter, Get, Link, List, Resource
from gateway.connector.description.row_types import Row
from gateway.connector.description.vendor_parameters import FILTER, is_number, is_text, own_parameters
from gateway.vendors.revnue.dates import DATES
from gateway.vendors.revnue.locations import address_row, location_id

_WARRANTY = {"none": "NONE", "out_of_warranty": "OUT_OF_WARRANTY", "within_warranty": "WITHIN_WARRANTY"}
_SUPPORT = {"none": "NONE", "out_of_support": "OUT_OF_SUPPORT", "within_support": "WITHIN_SUPPORT"}

#: The usage status: an object today, a bare word in older versions.
_USAGE = ("usage_status.name", "usage_status")
_ORDERINGS = frozenset(
    {
        "asset_id",
        "asset_name",
        "created_date",
        "modified_date",
        "support_start_date",
        "support_end_date",
        "warranty_start_date",
        "warranty_end_date",
    }
)


def _is_ordering(value: str) -> bool:
    """True for a documented name, with a minus before it for descending order."""
    return value.removeprefix("-") in _ORDERINGS


#: If Revnue compares these exactly or by substring is not documented: both results have the equal rows. A serial number
#: may be written in more than one form, so it is not pushed down; `list` would be a command there.
_FILTERS: dict[str, Filter] = {
    "name": query_param("name", "eq"),
    "manufacturer": query_param("manufacturer_name", "eq"),
    FILTER: own_parameters(
        {
            "name": is_text,
            "serial_number": lambda value: is_text(value) and value.strip().casefold() != "list",
            "manufacturer_name": is_text,
            "custom_form_id": is_number,
            "custom_form_name": is_text,
            "custom_form_value": is_text,
            "ordering": _is_ordering,
        },
        all_or_none=("custom_form_id", "custom_form_name", "custom_form_value"),
    ),
}


def asset(usage: Mapping[str, str], actions: Mapping[str, Action]) -> Resource:
    """Assets of one company. `usage` are the usage statuses that the operator has mapped, by ours."""
    return Resource(
        type="Asset",
        list=List(
            path="/asset/",
            envelope_keys=("assets",),
            allows_single=True,
            paging=NextAddress(next_path="next", total_path="count"),
            sort_param="ordering",
        ),
        get=Get(path="/asset/{id}/"),
        actions=actions,
        filters=_FILTERS,
        fields={
            "native_id": identity("id"),
            "name": text("name"),
            "asset_tag": text("asset_tag"),
            "serial_number": text("serial_number"),
            "status": mapped(_USAGE, {"production": "IN_USE", **usage}, default="UNKNOWN"),
            "status_raw": text(*_USAGE),
            "manufacturer": text("manufacturer"),
            "category": text("category.name"),
            "organisation": text("business_unit.name"),
            "purchase_cost": money("original_cost"),
            **_coverage("warranty", _WARRANTY),
            "warranty.end_of_life_date": day("end_of_life_date", dates=DATES),
            **_coverage("support", _SUPPORT),
            "supplier": text("attached_supplier.name"),
            "depreciation_schedule": text("depreciation_schedule"),
            "salvage_value": money("estimated_salvage_value"),
            "notes": free_text("asset_notes"),
            "custom_fields": computed(_custom_fields, "template", raw=True),
        },
        links={
            "location": Link(type="Location", id=lambda row, _: location_id(row), stub=address_row),
            "assigned_to": link("Person", "asset_owner.id", stub="asset_owner"),
            "owner": link("Person", "asset_owner.id", stub="asset_owner"),
            "contract": link("Contract", "contract.id", stub="contract"),
        },
    )


def _coverage(kind: str, words: Mapping[str, str]) -> dict[str, Field]:
    """The fields of a coverage: warranty and support have the same, each under its own prefix."""
    return {
        f"{kind}.status": mapped(f"{kind}_status", words, default="UNKNOWN"),
        f"{kind}.type": text(f"{kind}_type"),
        f"{kind}.provider": text(f"{kind}_provider.name"),
        f"{kind}.start_date": day(f"{kind}_start_date", dates=DATES),
        f"{kind}.end_date": day(f"{kind}_end_date", dates=DATES),
        f"{kind}.contact_phone": text(f"{kind}_contact_phone"),
        f"{kind}.contact_email": text(f"{kind}_contact_email"),
        f"{kind}.notes": free_text(f"{kind}_notes"),
    }


def _custom_fields(row: Row) -> list[dict[str, Any]]:
    template = row.get("template")
    fields = template.get("fields") if isinstance(template, Mapping) else None
    if isinstance(fields, Mapping):
        return [_custom_field(None, name, value) for name, value in fields.items()]
    if not isinstance(fields, list):
        return []
    rows = [field for field in fields if isinstance(field, Mapping)]
    return [
        _custom_field(convert.identity(field.get("id")), convert.text(field.get("name")), field.get("value"))
        for field in rows
    ]


def _custom_field(native_id: str | None, name: str | None, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping) and "value" in value:
        native_id, value = convert.identity(value.get("id")), value["value"]
    return {
        "id": native_id,
        "name": name or native_id or "",
        "type": None,
        "value": value,
        "display_value": convert.text(value),
    }
