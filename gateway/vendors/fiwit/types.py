"""Fiwit's types of assets and of tickets. The documents exchange their paths with those of the fields."""

from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import List, Resource, Ttl
from gateway.connector.description.row_types import Row
from gateway.vendors.fiwit.custom_fields import is_definition


def _is_type(row: Row) -> bool:
    return not is_definition(row)


ASSET_TYPES = Resource(
    type="AssetTypeDefinition",
    list=List(path="/asset_types", extra_paths=("/asset_fields",), row_filter=_is_type, ttl=Ttl.DEFINITION),
    fields={"native_id": identity("id"), "name": text("name")},
)

TICKET_TYPES = Resource(
    type="TicketTypeDefinition",
    list=List(path="/ticket_types", extra_paths=("/ticket_fields",), row_filter=_is_type, ttl=Ttl.DEFINITION),
    fields={"native_id": identity("id"), "name": text("name")},
)
