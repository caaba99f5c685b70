"""The made-up company as Fiwit writes it down: types, custom fields, locations, users, assets and tickets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from gateway.sandbox.company import Company, Device, TicketItem
from gateway.sandbox.generate import dice, written
from gateway.sandbox.table import Row

TEAM = 111
CREATOR = 85
TICKET_ASSET_FIELD = "Asset impacted"
MACHINES = frozenset({"Laptop", "Desktop", "Server"})
STATUSES = {
    "new": "new",
    "in progress": "in_progress",
    "on hold": "on_hold",
    "resolved": "solved",
    "closed": "closed",
}

_SET_UP = datetime(2023, 4, 1, 5, 29, 15, 710_000, tzinfo=UTC)

# what people called the same thing when they set up the type of asset
_FIELD_NAMES = {
    "serial": ("Serial number", "serial", "Numéro de série", "Serial Number"),
    "model": ("model", "Model"),
    "manufacturer": ("Manufacturer", "manufacturer"),
    "mac": ("MAC address", "mac"),
    "purchase_date": ("Purchase date",),
    "purchase_cost": ("Purchase cost",),
    "warranty_end": ("Warranty end",),
}


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """Types, and the custom fields that belong to each."""

    asset_types: list[Row]
    asset_fields: list[Row]
    ticket_types: list[Row]
    ticket_fields: list[Row]
    field_ids: dict[tuple[str, str], int]  # (kind of device or of ticket, what it means) -> custom_field_id


def stamp(moment: datetime) -> str:
    """
    A moment as Rails writes it.

    >>> stamp(datetime(2020, 4, 1, 5, 45, 23, 469_000, tzinfo=UTC))
    '2020-04-01T05:45:23.469Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def stamps(created: datetime, updated: datetime | None = None) -> Row:
    """What every row of Fiwit carries."""
    return {
        "created_at": stamp(created),
        "updated_at": stamp(updated or created + timedelta(milliseconds=15)),
        "team_id": TEAM,
        "deleted_at": None,
    }


def definitions(company: Company) -> Definitions:
    """The types and custom fields of this company's account."""
    kinds = sorted({device.kind for device in company.devices})
    topics = sorted({ticket.kind for ticket in company.tickets})
    made = Definitions(asset_types=[], asset_fields=[], ticket_types=[], ticket_fields=[], field_ids={})
    numbers = count(1002)
    for rank, kind in enumerate(kinds):
        type_id = 362 + rank
        row: Row = {"id": type_id, "name": kind, "user_id": CREATOR}
        made.asset_types.append(row | stamps(_SET_UP) | {"is_machine": kind in MACHINES})
        for meaning, names in _FIELD_NAMES.items():
            made.field_ids[kind, meaning] = number = next(numbers)
            name = names[rank % len(names)]
            made.asset_fields.append(_field(number, name, owner=("AssetType", type_id), description=None))
    for rank, topic in enumerate(topics):
        type_id = 196 + rank
        row = {"id": type_id, "name": topic, "user_id": CREATOR}
        made.ticket_types.append(row | stamps(_SET_UP))
        made.field_ids[topic, "device"] = number = 1780 + rank
        made.ticket_fields.append(
            _field(number, TICKET_ASSET_FIELD, owner=("TicketType", type_id), description="")
        )
    return made


def _field(number: int, name: str, *, owner: tuple[str, int], description: str | None) -> Row:
    return {
        "id": number,
        "name": name,
        "description": description,
        "type": "string",
        "value": None,
        "user_id": CREATOR,
        "entity_type_type": owner[0],
        "entity_type_id": owner[1],
        **stamps(_SET_UP),
        "default_value": None,
    }


def locations(company: Company) -> list[Row]:
    """A location for each site; its `location` is a short code."""
    return [
        {
            "id": 15 + site.number,
            "name": site.name,
            "location": site.code,
            "user_id": CREATOR,
            **stamps(_SET_UP),
        }
        for site in company.sites
    ]


def users(company: Company) -> list[Row]:
    """Everybody: technicians work on the platform, the others ask for help."""
    return [
        {
            "id": user_id(person.number),
            "email": person.email,
            "role": "platform_user" if person.role == "technician" else "end_user",
            "first_name": person.first_name,
            "last_name": person.last_name,
        }
        for person in company.people
    ]


def user_id(person: int) -> int:
    """The id of a person's user. The first one set up the account."""
    return CREATOR if person == 1 else 1023 + person


def asset_id(number: int) -> int:
    """The id of a device's asset: rising, with gaps of removed ones."""
    return 127 + number + number // 6


def assets(company: Company, made: Definitions) -> list[Row]:
    """The assets, in the order of their ids; half of the retired ones softly deleted."""
    values = count(197)
    type_ids = {row["name"]: row["id"] for row in made.asset_types}
    return [
        _asset(device, made, type_id=type_ids[device.kind], numbers=values)
        for device in company.devices
        if "fiwit" in device.vendors
    ]


def _asset(device: Device, made: Definitions, *, type_id: object, numbers: Iterator[int]) -> Row:
    number = asset_id(device.number)
    told = {
        "serial": written(device.serial_number, "fiwit", device.number),
        "model": device.model,
        "manufacturer": device.manufacturer,
        "mac": device.mac_address,
        "purchase_date": device.purchase_date.isoformat() if device.purchase_date else None,
        "purchase_cost": str(device.purchase_cost) if device.purchase_cost is not None else None,
        "warranty_end": device.warranty_end.isoformat() if device.warranty_end else None,
    }
    typed = device.number % 31 != 0
    return {
        "id": number,
        "name": device.name,
        "user_id": CREATOR,
        **stamps(device.created_at, device.updated_at),
        "assigned_id": user_id(device.holder) if device.holder else None,
        "location_id": None if device.number % 23 == 0 else 15 + device.site,
        "asset_type_id": type_id if typed else None,
        "deleted_at": stamp(device.updated_at) if device.state == "retired" and device.number % 2 else None,
        "ip_address": device.ip_address,
        "custom_field_values": [
            value_row(
                next(numbers),
                value,
                entity=("Asset", number),
                field=made.field_ids[device.kind, meaning],
                at=device.created_at + timedelta(milliseconds=137),
            )
            for meaning, value in told.items()
            if value and typed
        ],
    }


def value_row(number: int, value: str | None, *, entity: tuple[str, int], field: int, at: datetime) -> Row:
    """What one asset or ticket says in one custom field."""
    return {
        "id": number,
        "entity_type": entity[0],
        "entity_id": entity[1],
        "custom_field_id": field,
        "value": value,
        **stamps(at, at),
    }


def tickets(company: Company, made: Definitions) -> list[Row]:
    """The tickets about assets that Fiwit knows and about none, in the order of their ids."""
    values = count(90_197)
    type_ids = {row["name"]: row["id"] for row in made.ticket_types}
    return [
        _ticket(company, ticket, made, type_id=type_ids[ticket.kind], numbers=values)
        for ticket in company.tickets
        if ticket.device is None or "fiwit" in company.devices[ticket.device - 1].vendors
    ]


def _ticket(
    company: Company, ticket: TicketItem, made: Definitions, *, type_id: object, numbers: Iterator[int]
) -> Row:
    number = 52 + ticket.number + ticket.number // 7
    conversation = 26_607_347_877 + 311 * ticket.number
    impacted = _impacted(company, ticket)
    page = "https://app.intercom.com/a/apps/ygjdratr/inbox/inbox/all/conversations"
    return {
        "id": number,
        "name": ticket.subject,
        "status": STATUSES[ticket.state],
        "priority": ticket.priority,
        "status_changed_at": stamp(ticket.closed_at or ticket.updated_at),
        "assigned_id": user_id(ticket.assignee) if ticket.assignee else None,
        "user_id": user_id(ticket.requester),
        "ticket_type_id": None if ticket.number % 19 == 0 else type_id,
        **stamps(ticket.created_at, ticket.updated_at),
        "deleted_at": stamp(ticket.updated_at) if ticket.number % 53 == 0 else None,
        "intercom_url": f"{page}/{conversation}" if ticket.number % 4 == 0 else None,
        "custom_field_values": [
            value_row(
                next(numbers),
                impacted,
                entity=("Ticket", number),
                field=made.field_ids[ticket.kind, "device"],
                at=ticket.created_at,
            )
        ]
        if impacted
        else [],
    }


def _impacted(company: Company, ticket: TicketItem) -> str | None:
    """What the requester typed as "Asset impacted": mostly the asset's name, else its id or a vague word."""
    if ticket.device is None:
        return None
    match dice(company.seed, "fiwit", "impacted", ticket.number).randrange(10):
        case 0 | 1 | 2:
            return str(asset_id(ticket.device))
        case 3:
            return "my laptop"
        case _:
            return company.devices[ticket.device - 1].name
