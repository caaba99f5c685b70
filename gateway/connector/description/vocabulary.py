"""
What can be asked of each of our types: its filters, its orders, what a search looks at, and its enums' orders.

These are the schema's inputs in the connector's words: each filter's name, of which kind it is, and which field or link
of a record it looks at.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """How values of a filter or an order compare."""

    TEXT = "text"
    SERIAL = "serial"
    ENUM = "enum"
    FLAG = "flag"
    RANGE = "range"
    LINK = "link"
    OWN_ID = "own id"
    SOURCE = "source"
    VENDOR = "vendor"
    SEARCH = "search"
    CUSTOM = "custom field"
    PARAMETERS = "vendor parameters"


class Term(NamedTuple):
    """What a filter or an order looks at: a field (or link) of the record, and how its values compare."""

    kind: Kind
    name: str = ""
    type: str = ""  # of what a LINK points at


ENUMS: Mapping[str, tuple[str, ...]] = {
    "Asset.status": (
        "AVAILABLE",
        "IN_USE",
        "MAINTENANCE",
        "RETIRED",
        "IN_BUILD",
        "BUILT",
        "DELETED",
        "UNKNOWN",
    ),
    "Ticket.status": ("NEW", "OPEN", "IN_PROGRESS", "ON_HOLD", "RESOLVED", "CLOSED", "CANCELLED", "UNKNOWN"),
    "Ticket.priority": ("LOW", "MEDIUM", "HIGH", "URGENT", "UNKNOWN"),
}

_EVERYWHERE = {
    "source": Term(Kind.SOURCE),
    "vendor": Term(Kind.VENDOR),
    "search": Term(Kind.SEARCH),
    "id": Term(Kind.OWN_ID),
}

FILTERS: Mapping[str, Mapping[str, Term]] = {
    "Asset": _EVERYWHERE
    | {
        "name": Term(Kind.TEXT, "name"),
        "assetTag": Term(Kind.TEXT, "asset_tag"),
        "serialNumber": Term(Kind.SERIAL, "serial_number"),
        "secondarySerialNumber": Term(Kind.SERIAL, "secondary_serial_number"),
        "manufacturer": Term(Kind.TEXT, "manufacturer"),
        "model": Term(Kind.TEXT, "model"),
        "status": Term(Kind.ENUM, "status"),
        "category": Term(Kind.TEXT, "category"),
        "assetType": Term(Kind.TEXT, "asset_type"),
        "organisation": Term(Kind.TEXT, "organisation"),
        "ipAddress": Term(Kind.TEXT, "ip_address"),
        "locationId": Term(Kind.LINK, "location", "Location"),
        "assignedToId": Term(Kind.LINK, "assigned_to", "Person"),
        "ticketId": Term(Kind.LINK, "ticket", "Ticket"),
        "licenceId": Term(Kind.LINK, "licence", "Licence"),
        "contractId": Term(Kind.LINK, "contract", "Contract"),
        "purchaseDate": Term(Kind.RANGE, "purchase_date"),
        "purchaseCost": Term(Kind.RANGE, "purchase_cost"),
        "warrantyStatus": Term(Kind.ENUM, "warranty.status"),
        "warrantyProvider": Term(Kind.TEXT, "warranty.provider"),
        "warrantyStartDate": Term(Kind.RANGE, "warranty.start_date"),
        "warrantyEndDate": Term(Kind.RANGE, "warranty.end_date"),
        "supportStatus": Term(Kind.ENUM, "support.status"),
        "supportProvider": Term(Kind.TEXT, "support.provider"),
        "supportStartDate": Term(Kind.RANGE, "support.start_date"),
        "supportEndDate": Term(Kind.RANGE, "support.end_date"),
        "createdAt": Term(Kind.RANGE, "created_at"),
        "updatedAt": Term(Kind.RANGE, "updated_at"),
        "customField": Term(Kind.CUSTOM, "custom_fields"),
        "vendorParameters": Term(Kind.PARAMETERS),
    },
    "Ticket": _EVERYWHERE
    | {
        "subject": Term(Kind.TEXT, "subject"),
        "status": Term(Kind.ENUM, "status"),
        "priority": Term(Kind.ENUM, "priority"),
        "ticketType": Term(Kind.TEXT, "ticket_type"),
        "assetId": Term(Kind.LINK, "asset", "Asset"),
        "assigneeId": Term(Kind.LINK, "assignee", "Person"),
        "requesterId": Term(Kind.LINK, "requester", "Person"),
        "createdAt": Term(Kind.RANGE, "created_at"),
        "updatedAt": Term(Kind.RANGE, "updated_at"),
        "dueAt": Term(Kind.RANGE, "due_at"),
    },
    "Licence": _EVERYWHERE
    | {
        "name": Term(Kind.TEXT, "name"),
        "active": Term(Kind.FLAG, "active"),
        "endDate": Term(Kind.RANGE, "end_date"),
        "assetId": Term(Kind.LINK, "asset", "Asset"),
    },
    "Location": _EVERYWHERE | {"name": Term(Kind.TEXT, "name"), "country": Term(Kind.TEXT, "country")},
    "Checklist": _EVERYWHERE
    | {
        "serialNumber": Term(Kind.SERIAL, "serials"),
        "status": Term(Kind.TEXT, "status"),
        "assetId": Term(Kind.LINK, "asset", "Asset"),
        "createdAt": Term(Kind.RANGE, "created_at"),
    },
    "MeterReading": _EVERYWHERE
    | {
        "assetId": Term(Kind.LINK, "asset", "Asset"),
        "meterName": Term(Kind.TEXT, "meter_name"),
        "takenAt": Term(Kind.RANGE, "taken_at"),
    },
    "ChangeRecord": _EVERYWHERE | {"assetId": Term(Kind.LINK, "asset", "Asset")},
    "LicenceChange": _EVERYWHERE | {"licenceId": Term(Kind.LINK, "licence", "Licence")},
    "SoftwareInstallation": _EVERYWHERE | {"assetId": Term(Kind.LINK, "asset", "Asset")},
    "Person": _EVERYWHERE,
    "Certificate": _EVERYWHERE,
    "Contract": _EVERYWHERE,
    "Order": _EVERYWHERE,
    "AssetTypeDefinition": _EVERYWHERE,
    "FieldDefinition": _EVERYWHERE,
    "TicketTypeDefinition": _EVERYWHERE,
    "TicketFieldDefinition": _EVERYWHERE,
    "LicenceRole": _EVERYWHERE | {"licenceId": Term(Kind.LINK, "licence", "Licence")},
}

SEARCHED: Mapping[str, tuple[str, ...]] = {
    "Asset": ("name", "asset_tag", "serial_number", "model", "manufacturer"),
    "Ticket": ("subject", "description"),
    "Licence": ("name", "manufacturer", "sku"),
    "Location": ("name", "code", "city", "country"),
}

ORDERS: Mapping[str, Mapping[str, Term]] = {
    "Asset": {
        "NAME": Term(Kind.TEXT, "name"),
        "ASSET_TAG": Term(Kind.TEXT, "asset_tag"),
        "SERIAL_NUMBER": Term(Kind.TEXT, "serial_number"),
        "MANUFACTURER": Term(Kind.TEXT, "manufacturer"),
        "MODEL": Term(Kind.TEXT, "model"),
        "STATUS": Term(Kind.ENUM, "status"),
        "PURCHASE_DATE": Term(Kind.RANGE, "purchase_date"),
        "PURCHASE_COST": Term(Kind.RANGE, "purchase_cost"),
        "WARRANTY_START_DATE": Term(Kind.RANGE, "warranty.start_date"),
        "WARRANTY_END_DATE": Term(Kind.RANGE, "warranty.end_date"),
        "SUPPORT_START_DATE": Term(Kind.RANGE, "support.start_date"),
        "SUPPORT_END_DATE": Term(Kind.RANGE, "support.end_date"),
        "CREATED_AT": Term(Kind.RANGE, "created_at"),
        "UPDATED_AT": Term(Kind.RANGE, "updated_at"),
    },
    "Ticket": {
        "SUBJECT": Term(Kind.TEXT, "subject"),
        "STATUS": Term(Kind.ENUM, "status"),
        "PRIORITY": Term(Kind.ENUM, "priority"),
        "CREATED_AT": Term(Kind.RANGE, "created_at"),
        "UPDATED_AT": Term(Kind.RANGE, "updated_at"),
        "DUE_AT": Term(Kind.RANGE, "due_at"),
    },
}

#: The types that an id may name, and which of them are one type of the schema: vendors number their agents and their
#: users apart, and their ticket types and asset types.
TYPES: Mapping[str, tuple[str, ...]] = {
    "Asset": ("Asset",),
    "Person": ("Person", "Agent", "Owner"),
    "Location": ("Location",),
    "Ticket": ("Ticket",),
    "Licence": ("Licence",),
    "LicenceRole": ("LicenceRole",),
    "Checklist": ("Checklist",),
    "MeterReading": ("MeterReading",),
    "ChangeRecord": ("ChangeRecord", "LicenceChange"),
    "SoftwareInstallation": ("SoftwareInstallation",),
    "Certificate": ("Certificate",),
    "Contract": ("Contract",),
    "Order": ("Order",),
    "AssetTypeDefinition": ("AssetTypeDefinition", "TicketTypeDefinition"),
    "FieldDefinition": ("FieldDefinition", "TicketFieldDefinition"),
}
