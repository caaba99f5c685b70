"""Fiwit assets (Fiwit API, "Assets"). Serial number, model and others are custom fields named by each customer."""

from collections.abc import Mapping, Sequence

from gateway.connector.description import convert
from gateway.connector.description.combined_fields import when
from gateway.connector.description.fields import (
    constant,
    from_table,
    identity,
    is_present,
    link,
    moment,
    text,
)
from gateway.connector.description.resource import Get, List, Resource
from gateway.connector.description.row_types import ReferenceTables
from gateway.connector.description.warranty import status
from gateway.connector.description.warranty import today as current_day
from gateway.vendors.fiwit.custom_fields import custom_fields, from_values, named
from gateway.vendors.fiwit.custom_values import Values
from gateway.vendors.fiwit.dates import DATES
from gateway.vendors.fiwit.writes import asset_actions

_TABLE = "FieldDefinition"


def asset(names: Mapping[str, Sequence[str]]) -> Resource:
    """Resource of assets. `names` are the names of the custom fields that store each of our fields."""
    warranty_end = named(_TABLE, names["warranty_end"], DATES.day, DATES.days)

    def warranty_status(values: Values, tables: ReferenceTables) -> list[str]:
        today = current_day()
        return [status(end, today) for end in warranty_end.column(values, tables)]

    return Resource(
        type="Asset",
        list=List(path="/assets"),
        get=Get(path="/assets/{id}"),
        actions=asset_actions(names),
        fields={
            "native_id": identity("id"),
            "name": text("name"),
            "serial_number": named(_TABLE, names["serial_number"], convert.text),
            # The API has no status; an assignee alone does not mean that an asset is in use.
            "status": when(is_present("deleted_at"), "DELETED", otherwise=constant("UNKNOWN")),
            "manufacturer": named(_TABLE, names["manufacturer"], convert.text),
            "model": named(_TABLE, names["model"], convert.text),
            "asset_type": from_table("asset_type_id", "AssetTypeDefinition"),
            "organisation": text("team_id"),
            "ip_address": text("ip_address"),
            "mac_address": named(_TABLE, names["mac_address"], convert.text),
            "purchase_date": named(_TABLE, names["purchase_date"], DATES.day, DATES.days),
            "purchase_cost": named(_TABLE, names["purchase_cost"], convert.decimal),
            "warranty.status": from_values(warranty_status, _TABLE),
            "warranty.end_date": warranty_end,
            "created_at": moment("created_at", dates=DATES),
            "updated_at": moment("updated_at", dates=DATES),
            "deleted_at": moment("deleted_at", dates=DATES),
            # Fiwit keeps deleted assets, and may list them.
            "hidden": is_present("deleted_at"),
            "custom_fields": custom_fields(_TABLE),
        },
        links={
            "location": link("Location", "location_id"),
            "assigned_to": link("Person", "assigned_id"),
            "owner": link("Person", "user_id"),
        },
    )
