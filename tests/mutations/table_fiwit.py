"""Fiwit's changes."""

from tests.mutations.cases import (
    NO_DAY,
    NO_FIELDS,
    NO_MONEY,
    NO_NAME,
    NO_OWN_ID,
    NO_TEXT,
    Case,
    Wrong,
    no_link,
)

_FIWIT_ASSET: Wrong = {
    "name": NO_NAME, "ipAddress": NO_TEXT, "assetTypeId": NO_OWN_ID, "locationId": no_link("fiwit"),
    "assignedToId": no_link("fiwit"), "serialNumber": NO_TEXT, "model": NO_TEXT, "manufacturer": NO_TEXT,
    "purchaseDate": NO_DAY, "purchaseCost": NO_MONEY, "warrantyEndDate": NO_DAY, "customFields": NO_FIELDS,
}  # fmt: skip
_FIWIT_TICKET: Wrong = {
    "subject": NO_NAME, "status": (("RESOLVED", "INVALID"), ("DONE", "BAD_USER_INPUT")),
    "priority": (("UNKNOWN", "INVALID"), ("NOW", "BAD_USER_INPUT")), "ticketTypeId": NO_OWN_ID,
    "assigneeId": no_link("fiwit"), "customFields": NO_FIELDS,
}  # fmt: skip
_FIWIT_NO_ASSET = frozenset({"status", "assetTag", "notes", "categoryId"})
_FIWIT_NO_TICKET = frozenset({"description", "requesterId", "locationId"})

FIWIT = (
    Case(
        operation="fiwit.asset.create",
        mutation="createAsset",
        input_values=lambda f: {
            "source": "fiwit", "name": "Fresh", "ipAddress": "10.0.0.9",
            "assignedToId": f"fiwit:Person:{f.person}", "locationId": f"fiwit:Location:{f.location}",
        },
        sent=lambda f: (
            "POST",
            "/assets/",
            {
                "name": "Fresh", "ip_address": "10.0.0.9", "assigned_id": int(f.person),
                "location_id": int(f.location),
            },
        ),
        row=lambda f: {
            "name": "Fresh", "ip_address": "10.0.0.9", "assigned_id": int(f.person), "location_id": int(f.location),
            "asset_type_id": None, "deleted_at": None, "custom_field_values": [],
        },
        shown={"name": "Fresh", "ipAddress": "10.0.0.9"},
        wrong=_FIWIT_ASSET,
        without=_FIWIT_NO_ASSET,
        named=("ip_address", "ipAddress"),
    ),
    Case(
        operation="fiwit.asset.update",
        mutation="updateAsset",
        input_values=lambda f: {"id": f"fiwit:Asset:{f.asset}", "name": "Renamed", "ipAddress": None},
        sent=lambda f: ("PATCH", f"/assets/{f.asset}", {"name": "Renamed", "ip_address": None}),
        row=lambda _: {"name": "Renamed", "ip_address": None},
        shown={"name": "Renamed", "ipAddress": None},
        wrong=_FIWIT_ASSET,
        without=_FIWIT_NO_ASSET,
        named=("name", "name"),
        settles=True,
    ),
    Case(
        operation="fiwit.ticket.create",
        mutation="createTicket",
        input_values=lambda f: {
            "source": "fiwit", "subject": "Broken", "priority": "HIGH", "status": "NEW",
            "assigneeId": f"fiwit:Person:{f.person}",
        },
        sent=lambda f: (
            "POST",
            "/tickets/",
            {"name": "Broken", "priority": "high", "status": "new", "assigned_id": int(f.person)},
        ),
        row=lambda f: {
            "name": "Broken", "priority": "high", "status": "new", "assigned_id": int(f.person),
            "ticket_type_id": None, "custom_field_values": [],
        },
        shown={"subject": "Broken", "priority": "HIGH", "status": "NEW"},
        wrong={**_FIWIT_TICKET, "assetIds": ((["fiwit:Ticket:1"], "INVALID"), (["x"], "BAD_USER_INPUT"))},
        without=_FIWIT_NO_TICKET,
        named=("name", "subject"),
    ),
    Case(
        operation="fiwit.ticket.update",
        mutation="updateTicket",
        input_values=lambda f: {"id": f"fiwit:Ticket:{f.ticket}", "subject": "Mended", "priority": "URGENT"},
        sent=lambda f: ("PATCH", f"/tickets/{f.ticket}", {"name": "Mended", "priority": "urgent"}),
        row=lambda _: {"name": "Mended", "priority": "urgent"},
        shown={"subject": "Mended", "priority": "URGENT"},
        wrong=_FIWIT_TICKET,
        without=_FIWIT_NO_TICKET,
        named=("priority", "priority"),
        settles=True,
    ),
)  # fmt: skip
