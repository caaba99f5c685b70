"""Fiwit tickets (Fiwit API, "Tickets")."""

from collections.abc import Mapping

from gateway.connector.description import convert
from gateway.connector.description.fields import from_table, identity, is_present, link, mapped, moment, text
from gateway.connector.description.resource import Get, Link, List, Resource
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.vendors.fiwit.custom_fields import custom_fields, named
from gateway.vendors.fiwit.dates import DATES
from gateway.vendors.fiwit.writes import ticket_actions

_TABLE = "TicketFieldDefinition"
_PRIORITIES = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}


def ticket(statuses: Mapping[str, str], asset_field: str | None) -> Resource:
    """
    Resource of tickets.

    `statuses` map the vendor's statuses, configured by the operator, to ours. `asset_field` is the name of the custom
    field with an asset's id or name.
    """
    return Resource(
        type="Ticket",
        list=List(path="/tickets"),
        get=Get(path="/tickets/{id}"),
        actions=ticket_actions(statuses, asset_field),
        fields={
            "native_id": identity("id"),
            "subject": text("name"),
            "status": mapped("status", {"new": "NEW", **statuses}, default="UNKNOWN"),
            "status_raw": text("status"),
            "priority": mapped("priority", _PRIORITIES, default="UNKNOWN"),
            "priority_raw": text("priority"),
            "ticket_type": from_table("ticket_type_id", "TicketTypeDefinition"),
            "organisation": text("team_id"),
            "url": text("intercom_url"),
            "created_at": moment("created_at", dates=DATES),
            "updated_at": moment("updated_at", dates=DATES),
            "hidden": is_present("deleted_at"),
            "custom_fields": custom_fields(_TABLE),
        },
        links={
            "requester": link("Person", "user_id"),
            "assignee": link("Person", "assigned_id"),
            **({"asset": _asset(asset_field)} if asset_field else {}),
        },
    )


def _asset(field_name: str) -> Link:
    """Link to the asset whose id, or else exact name, is the text of a custom field."""
    asset_text = named(_TABLE, (field_name,), convert.text)

    def read(row: Row, tables: ReferenceTables) -> str | None:
        id_or_name = asset_text.value(row, tables)
        assets = tables["Asset"]
        if id_or_name is None or id_or_name in assets:
            return None if id_or_name is None else str(id_or_name)
        matches = (native_id for native_id, asset in assets.items() if asset.get("name") == id_or_name)
        return next(matches, None)

    return Link(type="Asset", id=read, keys=("custom_field_values",), refs=(_TABLE, "Asset"))
