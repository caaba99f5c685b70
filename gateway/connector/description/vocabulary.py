"""
What can be asked of each of our types: its filters, its orders, what a search looks at, and its enums' orders.

These are the schema's inputs in the connector's words: each filter's name, of which kind it is, and which field or link
of a record it looks at.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class FilterKind(Enum):
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


class FilterTerm(NamedTuple):
    """What a filter or an order looks at: a field (or link) of the record, and how its values compare."""

    kind: FilterKind
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
    "source": FilterTerm(FilterKind.SOURCE),
    "vendor": FilterTerm(FilterKind.VENDOR),
    "search": FilterTerm(FilterKind.SEARCH),
    "id": FilterTerm(FilterKind.OWN_ID),
}

FILTERS: Mapping[str, Mapping[str, FilterTerm]] = {
    "Asset": _EVERYWHERE
    | {
        "name": FilterTerm(FilterKind.TEXT, "name"),
        "assetTag": FilterTerm(FilterKind.TEXT, "asset_tag"),
        "serialNumber": FilterTerm(FilterKind.SERIAL, "serial_number"),
        "secondarySerialNumber": FilterTerm(FilterKind.SERIAL, "secondary_serial_number"),
        "manufacturer": FilterTerm(FilterKind.TEXT, "manufacturer"),
        "model": FilterTerm(FilterKind.TEXT, "model"),
        "status": FilterTerm(FilterKind.ENUM, "status"),
        "category": FilterTerm(FilterKind.TEXT, "category"),
        "assetType": FilterTerm(FilterKind.TEXT, "asset_type"),
        "organisation": FilterTerm(FilterKind.TEXT, "organisation"),
        "ipAddress": FilterTerm(FilterKind.TEXT, "ip_address"),
        "locationId": FilterTerm(FilterKind.LINK, "location", "Location"),
        "assignedToId": FilterTerm(FilterKind.LINK, "assigned_to", "Person"),
        "ticketId": FilterTerm(FilterKind.LINK, "ticket", "Ticket"),
        "licenceId": FilterTerm(FilterKind.LINK, "licence", "Licence"),
        "contractId": FilterTerm(FilterKind.LINK, "contract", "Contract"),
        "purchaseDate": FilterTerm(FilterKind.RANGE, "purchase_date"),
        "purchaseCost": FilterTerm(FilterKind.RANGE, "purchase_cost"),
        "warrantyStatus": FilterTerm(FilterKind.ENUM, "warranty.status"),
        "warrantyProvider": FilterTerm(FilterKind.TEXT, "warranty.provider"),
        "warrantyStartDate": FilterTerm(FilterKind.RANGE, "warranty.start_date"),
        "warrantyEndDate": FilterTerm(FilterKind.RANGE, "warranty.end_date"),
        "supportStatus": FilterTerm(FilterKind.ENUM, "support.status"),
        "supportProvider": FilterTerm(FilterKind.TEXT, "support.provider"),
        "supportStartDate": FilterTerm(FilterKind.RANGE, "support.start_date"),
        "supportEndDate": FilterTerm(FilterKind.RANGE, "support.end_date"),
        "createdAt": FilterTerm(FilterKind.RANGE, "created_at"),
        "updatedAt": FilterTerm(FilterKind.RANGE, "updated_at"),
        "customField": FilterTerm(FilterKind.CUSTOM, "custom_fields"),
        "vendorParameters": FilterTerm(FilterKind.PARAMETERS),
    },
    "Ticket": _EVERYWHERE
    | {
        "subject": FilterTerm(FilterKind.TEXT, "subject"),
        "status": FilterTerm(FilterKind.ENUM, "status"),
        "priority": FilterTerm(FilterKind.ENUM, "priority"),
        "ticketType": FilterTerm(FilterKind.TEXT, "ticket_type"),
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset"),
        "assigneeId": FilterTerm(FilterKind.LINK, "assignee", "Person"),
        "requesterId": FilterTerm(FilterKind.LINK, "requester", "Person"),
        "createdAt": FilterTerm(FilterKind.RANGE, "created_at"),
        "updatedAt": FilterTerm(FilterKind.RANGE, "updated_at"),
        "dueAt": FilterTerm(FilterKind.RANGE, "due_at"),
    },
    "Licence": _EVERYWHERE
    | {
        "name": FilterTerm(FilterKind.TEXT, "name"),
        "active": FilterTerm(FilterKind.FLAG, "active"),
        "endDate": FilterTerm(FilterKind.RANGE, "end_date"),
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset"),
    },
    "Location": _EVERYWHERE
    | {"name": FilterTerm(FilterKind.TEXT, "name"), "country": FilterTerm(FilterKind.TEXT, "country")},
    "Checklist": _EVERYWHERE
    | {
        "serialNumber": FilterTerm(FilterKind.SERIAL, "serials"),
        "status": FilterTerm(FilterKind.TEXT, "status"),
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset"),
        "createdAt": FilterTerm(FilterKind.RANGE, "created_at"),
    },
    "MeterReading": _EVERYWHERE
    | {
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset"),
        "meterName": FilterTerm(FilterKind.TEXT, "meter_name"),
        "takenAt": FilterTerm(FilterKind.RANGE, "taken_at"),
    },
    "ChangeRecord": _EVERYWHERE | {"assetId": FilterTerm(FilterKind.LINK, "asset", "Asset")},
    "LicenceChange": _EVERYWHERE | {"licenceId": FilterTerm(FilterKind.LINK, "licence", "Licence")},
    "SoftwareInstallation": _EVERYWHERE | {"assetId": FilterTerm(FilterKind.LINK, "asset", "Asset")},
    "Person": _EVERYWHERE,
    "Certificate": _EVERYWHERE,
    "Contract": _EVERYWHERE,
    "Order": _EVERYWHERE,
    "AssetTypeDefinition": _EVERYWHERE,
    "FieldDefinition": _EVERYWHERE,
    "TicketTypeDefinition": _EVERYWHERE,
    "TicketFieldDefinition": _EVERYWHERE,
    "LicenceRole": _EVERYWHERE | {"licenceId": FilterTerm(FilterKind.LINK, "licence", "Licence")},
}

SEARCHED: Mapping[str, tuple[str, ...]] = {
    "Asset": ("name", "asset_tag", "serial_number", "model", "manufacturer"),
    "Ticket": ("subject", "description"),
    "Licence": ("name", "manufacturer", "sku"),
    "Location": ("name", "code", "city", "country"),
}

ORDERS: Mapping[str, Mapping[str, FilterTerm]] = {
    "Asset": {
        "NAME": FilterTerm(FilterKind.TEXT, "name"),
        "ASSET_TAG": FilterTerm(FilterKind.TEXT, "asset_tag"),
        "SERIAL_NUMBER": FilterTerm(FilterKind.TEXT, "serial_number"),
        "MANUFACTURER": FilterTerm(FilterKind.TEXT, "manufacturer"),
        "MODEL": FilterTerm(FilterKind.TEXT, "model"),
        "STATUS": FilterTerm(FilterKind.ENUM, "status"),
        "PURCHASE_DATE": FilterTerm(FilterKind.RANGE, "purchase_date"),
        "PURCHASE_COST": FilterTerm(FilterKind.RANGE, "purchase_cost"),
        "WARRANTY_START_DATE": FilterTerm(FilterKind.RANGE, "warranty.start_date"),
        "WARRANTY_END_DATE": FilterTerm(FilterKind.RANGE, "warranty.end_date"),
        "SUPPORT_START_DATE": FilterTerm(FilterKind.RANGE, "support.start_date"),
        "SUPPORT_END_DATE": FilterTerm(FilterKind.RANGE, "support.end_date"),
        "CREATED_AT": FilterTerm(FilterKind.RANGE, "created_at"),
        "UPDATED_AT": FilterTerm(FilterKind.RANGE, "updated_at"),
    },
    "Ticket": {
        "SUBJECT": FilterTerm(FilterKind.TEXT, "subject"),
        "STATUS": FilterTerm(FilterKind.ENUM, "status"),
        "PRIORITY": FilterTerm(FilterKind.ENUM, "priority"),
        "CREATED_AT": FilterTerm(FilterKind.RANGE, "created_at"),
        "UPDATED_AT": FilterTerm(FilterKind.RANGE, "updated_at"),
        "DUE_AT": FilterTerm(FilterKind.RANGE, "due_at"),
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
