"""Fiwit: assets, tickets and locations of small companies. Its API has no filters, no sorting and no pages."""

from gateway.connector.description.field_names import USUAL_NAMES
from gateway.connector.description.resource import Description, Vendor
from gateway.connector.description.vocabulary import ENUMS
from gateway.settings import SourceKey, SourceKeys, SourceSettings
from gateway.upstream.dispatch.auth import FixedHeader
from gateway.vendors.fiwit.assets import asset
from gateway.vendors.fiwit.custom_fields import definitions
from gateway.vendors.fiwit.locations import LOCATIONS
from gateway.vendors.fiwit.people import PEOPLE
from gateway.vendors.fiwit.tickets import ticket
from gateway.vendors.fiwit.types import ASSET_TYPES, TICKET_TYPES

_NAMED = (
    "serial_number",
    "model",
    "manufacturer",
    "mac_address",
    "purchase_date",
    "purchase_cost",
    "warranty_end",
)

_KEYS = SourceKeys(
    keys=(
        SourceKey(
            "api_key",
            "secret",
            in_header=True,
            required=True,
            help="the key from the user settings, sent without a scheme word",
        ),
        *(
            SourceKey(
                f"{name}_fields",
                "words",
                default=USUAL_NAMES[name],
                help=f"custom fields that hold the {name}",
            )
            for name in _NAMED
        ),
        SourceKey(
            "ticket_asset_field",
            "text",
            help="ticket field that holds an asset's id or exact name; unset: no link",
        ),
        SourceKey(
            "ticket_status_map",
            "map",
            default={},
            choices=ENUMS["Ticket.status"],
            help="ticket statuses by our name, beside new=NEW",
        ),
    ),
    defaults={"base_url": "https://www.fiwit.io", "concurrency": 4, "timeout_seconds": 8.0},
)


def _describe(settings: SourceSettings) -> Description:
    values = settings.values
    return Description(
        resources=(
            asset({name: tuple(values[f"{name}_fields"]) for name in _NAMED}),
            ticket(values["ticket_status_map"], values["ticket_asset_field"]),
            LOCATIONS,
            PEOPLE,
            ASSET_TYPES,
            TICKET_TYPES,
            definitions("FieldDefinition", "/asset_fields", "/asset_types"),
            definitions("TicketFieldDefinition", "/ticket_fields", "/ticket_types"),
        ),
        probe="/locations",
        best_for=("ipAddress", "macAddress"),
    )


VENDOR = Vendor(
    name="fiwit",
    keys=_KEYS,
    auth=lambda settings: FixedHeader(settings.values["api_key"]),
    describe=_describe,
    about="Fiwit, service desk and inventory: assets, tickets, locations, people.",
)
