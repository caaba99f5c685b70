"""
Vocabulary of queries for each of our types: its filters, its orders, the fields that a search reads, and the order of
its enums' values.

These are the schema's inputs as the connector knows them: the name of each filter, its kind, and the field or link of a
record that it reads.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class FilterKind(Enum):
    """Kind of a filter or an order: the way in which its values are compared."""

    TEXT = "text"
    SERIAL = "serial"
    ENUM = "enum"
    FLAG = "flag"
    RANGE = "range"
    LINK = "link"
    LINKED_NAME = "name of the linked record"
    OWN_ID = "own id"
    SOURCE = "source"
    VENDOR = "vendor"
    SEARCH = "search"
    CUSTOM = "custom field"
    PARAMETERS = "vendor parameters"


class FilterTerm(NamedTuple):
    """Term of a filter or an order: the field or link of the record that it reads, and its kind."""

    kind: FilterKind
    name: str = ""
    type: str = ""  # the type of the linked record, if the kind is LINK or LINKED_NAME
    is_to_many: bool = False  # True if a record may be linked to several: there is no null to compare


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

_SHARED_FILTERS = {
    "source": FilterTerm(FilterKind.SOURCE),
    "vendor": FilterTerm(FilterKind.VENDOR),
    "search": FilterTerm(FilterKind.SEARCH),
    "id": FilterTerm(FilterKind.OWN_ID),
}

_CHANGE_FILTERS = {
    "field": FilterTerm(FilterKind.TEXT, "field"),
    "changedBy": FilterTerm(FilterKind.TEXT, "changed_by"),
    "changedAt": FilterTerm(FilterKind.RANGE, "changed_at"),
}

FILTERS: Mapping[str, Mapping[str, FilterTerm]] = {
    "Asset": _SHARED_FILTERS
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
        "ticketId": FilterTerm(FilterKind.LINK, "ticket", "Ticket", is_to_many=True),
        "licenceId": FilterTerm(FilterKind.LINK, "licence", "Licence", is_to_many=True),
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
    "Ticket": _SHARED_FILTERS
    | {
        "subject": FilterTerm(FilterKind.TEXT, "subject"),
        "status": FilterTerm(FilterKind.ENUM, "status"),
        "priority": FilterTerm(FilterKind.ENUM, "priority"),
        "ticketType": FilterTerm(FilterKind.TEXT, "ticket_type"),
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset", is_to_many=True),
        "assigneeId": FilterTerm(FilterKind.LINK, "assignee", "Person"),
        "requesterId": FilterTerm(FilterKind.LINK, "requester", "Person"),
        "createdAt": FilterTerm(FilterKind.RANGE, "created_at"),
        "updatedAt": FilterTerm(FilterKind.RANGE, "updated_at"),
        "dueAt": FilterTerm(FilterKind.RANGE, "due_at"),
    },
    "Licence": _SHARED_FILTERS
    | {
        "name": FilterTerm(FilterKind.TEXT, "name"),
        "active": FilterTerm(FilterKind.FLAG, "active"),
        "endDate": FilterTerm(FilterKind.RANGE, "end_date"),
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset"),
    },
    "Location": _SHARED_FILTERS
    | {"name": FilterTerm(FilterKind.TEXT, "name"), "country": FilterTerm(FilterKind.TEXT, "country")},
    "Checklist": _SHARED_FILTERS
    | {
        "serialNumber": FilterTerm(FilterKind.SERIAL, "serials"),
        "status": FilterTerm(FilterKind.TEXT, "status"),
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset"),
        "createdAt": FilterTerm(FilterKind.RANGE, "created_at"),
    },
    "MeterReading": _SHARED_FILTERS
    | {
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset"),
        "meterName": FilterTerm(FilterKind.TEXT, "meter_name"),
        "takenAt": FilterTerm(FilterKind.RANGE, "taken_at"),
    },
    "ChangeRecord": _SHARED_FILTERS
    | _CHANGE_FILTERS
    | {"assetId": FilterTerm(FilterKind.LINK, "asset", "Asset")},
    "LicenceChange": _SHARED_FILTERS
    | _CHANGE_FILTERS
    | {"licenceId": FilterTerm(FilterKind.LINK, "licence", "Licence")},
    "SoftwareInstallation": _SHARED_FILTERS
    | {
        "name": FilterTerm(FilterKind.TEXT, "name"),
        "version": FilterTerm(FilterKind.TEXT, "version"),
        "installedOn": FilterTerm(FilterKind.RANGE, "installed_on"),
        "lastUsedOn": FilterTerm(FilterKind.RANGE, "last_used_on"),
        "assetId": FilterTerm(FilterKind.LINK, "asset", "Asset"),
    },
    "Person": _SHARED_FILTERS
    | {"name": FilterTerm(FilterKind.TEXT, "name"), "email": FilterTerm(FilterKind.TEXT, "email")},
    "LicenceInfo": _SHARED_FILTERS
    | {
        "name": FilterTerm(FilterKind.TEXT, "name"),
        "version": FilterTerm(FilterKind.TEXT, "version"),
        "isTrial": FilterTerm(FilterKind.FLAG, "is_trial"),
        "registeredAt": FilterTerm(FilterKind.RANGE, "registered_at"),
    },
    "Certificate": _SHARED_FILTERS
    | {
        "name": FilterTerm(FilterKind.TEXT, "name"),
        "subject": FilterTerm(FilterKind.TEXT, "subject"),
        "issuer": FilterTerm(FilterKind.TEXT, "issuer"),
        "thumbprint": FilterTerm(FilterKind.TEXT, "thumbprint"),
    },
    "Contract": _SHARED_FILTERS
    | {
        "number": FilterTerm(FilterKind.TEXT, "number"),
        "name": FilterTerm(FilterKind.TEXT, "name"),
        "status": FilterTerm(FilterKind.TEXT, "status"),
        "startDate": FilterTerm(FilterKind.RANGE, "start_date"),
        "endDate": FilterTerm(FilterKind.RANGE, "end_date"),
    },
    "Order": _SHARED_FILTERS
    | {
        "status": FilterTerm(FilterKind.TEXT, "status"),
        "createdAt": FilterTerm(FilterKind.RANGE, "created_at"),
    },
    "AssetTypeDefinition": _SHARED_FILTERS,
    "FieldDefinition": _SHARED_FILTERS,
    "TicketTypeDefinition": _SHARED_FILTERS,
    "TicketFieldDefinition": _SHARED_FILTERS,
    "LicenceRole": _SHARED_FILTERS | {"licenceId": FilterTerm(FilterKind.LINK, "licence", "Licence")},
}

SEARCH_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Asset": ("name", "asset_tag", "serial_number", "model", "manufacturer"),
    "Ticket": ("subject", "description"),
    "Licence": ("name", "manufacturer", "sku"),
    "Location": ("name", "code", "city", "country"),
    "Person": ("name", "email"),
    "Contract": ("number", "name"),
    "Certificate": ("name", "subject", "issuer"),
    "LicenceInfo": ("name", "organisation"),
    "SoftwareInstallation": ("name",),
}

_CHANGE_ORDERS = {
    "FIELD": FilterTerm(FilterKind.TEXT, "field"),
    "CHANGED_BY": FilterTerm(FilterKind.TEXT, "changed_by"),
    "CHANGED_AT": FilterTerm(FilterKind.RANGE, "changed_at"),
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
        "CATEGORY": FilterTerm(FilterKind.TEXT, "category"),
        "LOCATION": FilterTerm(FilterKind.LINKED_NAME, "location", "Location"),
        "ORGANISATION": FilterTerm(FilterKind.TEXT, "organisation"),
        "SOURCE": FilterTerm(FilterKind.SOURCE, "source"),
        "ASSIGNED_TO": FilterTerm(FilterKind.LINKED_NAME, "assigned_to", "Person"),
    },
    "Ticket": {
        "SUBJECT": FilterTerm(FilterKind.TEXT, "subject"),
        "STATUS": FilterTerm(FilterKind.ENUM, "status"),
        "PRIORITY": FilterTerm(FilterKind.ENUM, "priority"),
        "CREATED_AT": FilterTerm(FilterKind.RANGE, "created_at"),
        "UPDATED_AT": FilterTerm(FilterKind.RANGE, "updated_at"),
        "DUE_AT": FilterTerm(FilterKind.RANGE, "due_at"),
        "TYPE": FilterTerm(FilterKind.TEXT, "ticket_type"),
        "REQUESTER": FilterTerm(FilterKind.LINKED_NAME, "requester", "Person"),
        "ASSIGNEE": FilterTerm(FilterKind.LINKED_NAME, "assignee", "Person"),
        "SOURCE": FilterTerm(FilterKind.SOURCE, "source"),
    },
    "Licence": {
        "NAME": FilterTerm(FilterKind.TEXT, "name"),
        "MANUFACTURER": FilterTerm(FilterKind.TEXT, "manufacturer"),
        "QUANTITY": FilterTerm(FilterKind.RANGE, "quantity"),
        "AVAILABLE": FilterTerm(FilterKind.RANGE, "available"),
        "START_DATE": FilterTerm(FilterKind.RANGE, "start_date"),
        "END_DATE": FilterTerm(FilterKind.RANGE, "end_date"),
    },
    "Location": {
        "NAME": FilterTerm(FilterKind.TEXT, "name"),
        "CITY": FilterTerm(FilterKind.TEXT, "city"),
        "COUNTRY": FilterTerm(FilterKind.TEXT, "country"),
        "ORGANISATION": FilterTerm(FilterKind.TEXT, "organisation"),
    },
    "Person": {
        "NAME": FilterTerm(FilterKind.TEXT, "name"),
        "EMAIL": FilterTerm(FilterKind.TEXT, "email"),
    },
    "Checklist": {
        "STATUS": FilterTerm(FilterKind.TEXT, "status"),
        "CREATED_AT": FilterTerm(FilterKind.RANGE, "created_at"),
        "UPDATED_AT": FilterTerm(FilterKind.RANGE, "updated_at"),
    },
    "MeterReading": {
        "METER_NAME": FilterTerm(FilterKind.TEXT, "meter_name"),
        "READING": FilterTerm(FilterKind.RANGE, "reading"),
        "TAKEN_AT": FilterTerm(FilterKind.RANGE, "taken_at"),
    },
    "ChangeRecord": _CHANGE_ORDERS,
    "LicenceChange": _CHANGE_ORDERS,
    "SoftwareInstallation": {
        "NAME": FilterTerm(FilterKind.TEXT, "name"),
        "VERSION": FilterTerm(FilterKind.TEXT, "version"),
        "INSTALLED_ON": FilterTerm(FilterKind.RANGE, "installed_on"),
        "LAST_USED_ON": FilterTerm(FilterKind.RANGE, "last_used_on"),
    },
    "LicenceInfo": {
        "NAME": FilterTerm(FilterKind.TEXT, "name"),
        "VERSION": FilterTerm(FilterKind.TEXT, "version"),
        "REGISTERED_AT": FilterTerm(FilterKind.RANGE, "registered_at"),
    },
    "Certificate": {
        "NAME": FilterTerm(FilterKind.TEXT, "name"),
        "SUBJECT": FilterTerm(FilterKind.TEXT, "subject"),
        "ISSUER": FilterTerm(FilterKind.TEXT, "issuer"),
    },
    "Contract": {
        "NUMBER": FilterTerm(FilterKind.TEXT, "number"),
        "NAME": FilterTerm(FilterKind.TEXT, "name"),
        "STATUS": FilterTerm(FilterKind.TEXT, "status"),
        "START_DATE": FilterTerm(FilterKind.RANGE, "start_date"),
        "END_DATE": FilterTerm(FilterKind.RANGE, "end_date"),
    },
    "Order": {
        "STATUS": FilterTerm(FilterKind.TEXT, "status"),
        "CREATED_AT": FilterTerm(FilterKind.RANGE, "created_at"),
    },
}


class GroupKind(Enum):
    """Kind of a group of counts: the form of its values."""

    TEXT = "text"
    ENUM = "enum"
    SOURCE = "source"
    VENDOR = "vendor"
    LINK = "link"
    YEAR = "year"
    MONTH = "month"


class GroupTerm(NamedTuple):
    """Term that records are counted by: the field or link that it reads, and the form of its values."""

    kind: GroupKind
    name: str
    type: str = ""  # the type of the linked record, if the kind is LINK


GROUPS: Mapping[str, Mapping[str, GroupTerm]] = {
    "Asset": {
        "STATUS": GroupTerm(GroupKind.ENUM, "status"),
        "VENDOR": GroupTerm(GroupKind.VENDOR, "vendor"),
        "SOURCE": GroupTerm(GroupKind.SOURCE, "source"),
        "MANUFACTURER": GroupTerm(GroupKind.TEXT, "manufacturer"),
        "MODEL": GroupTerm(GroupKind.TEXT, "model"),
        "CATEGORY": GroupTerm(GroupKind.TEXT, "category"),
        "ASSET_TYPE": GroupTerm(GroupKind.TEXT, "asset_type"),
        "LOCATION": GroupTerm(GroupKind.LINK, "location", "Location"),
        "ORGANISATION": GroupTerm(GroupKind.TEXT, "organisation"),
        "ASSIGNED_TO": GroupTerm(GroupKind.LINK, "assigned_to", "Person"),
        "WARRANTY_STATUS": GroupTerm(GroupKind.ENUM, "warranty.status"),
        "PURCHASE_YEAR": GroupTerm(GroupKind.YEAR, "purchase_date"),
    },
    "Ticket": {
        "STATUS": GroupTerm(GroupKind.ENUM, "status"),
        "PRIORITY": GroupTerm(GroupKind.ENUM, "priority"),
        "TYPE": GroupTerm(GroupKind.TEXT, "ticket_type"),
        "VENDOR": GroupTerm(GroupKind.VENDOR, "vendor"),
        "SOURCE": GroupTerm(GroupKind.SOURCE, "source"),
        "ASSIGNEE": GroupTerm(GroupKind.LINK, "assignee", "Person"),
        "CREATED_MONTH": GroupTerm(GroupKind.MONTH, "created_at"),
    },
}

#: The types in global ids, by the type of the schema that they belong to: vendors number their agents and their users
#: separately, and their ticket types and asset types.
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
    "LicenceInfo": ("LicenceInfo",),
    "Certificate": ("Certificate",),
    "Contract": ("Contract",),
    "Order": ("Order",),
    "AssetTypeDefinition": ("AssetTypeDefinition", "TicketTypeDefinition"),
    "FieldDefinition": ("FieldDefinition", "TicketFieldDefinition"),
}
