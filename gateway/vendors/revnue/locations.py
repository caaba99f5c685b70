"""Locations of Revnue's assets: an address on the asset, which is no record of its own."""

import re

from gateway.connector.description import convert
from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import EmbeddedIn, Resource
from gateway.connector.description.row_types import Row

_KEYS = ("address", "city", "region", "country", "location_description")


def location_id(row: Row) -> str | None:
    """A location's id, which is its asset's; None if the asset has no address."""
    native_id = convert.identity(row.get("id"))
    has_address = not all(convert.is_blank(row.get(key)) for key in _KEYS)
    return f"asset-{native_id}" if native_id is not None and has_address else None


def address_row(row: Row) -> Row:
    """The address as a row of its own."""
    return {"id": location_id(row), **{key: row.get(key) for key in _KEYS}}


LOCATIONS = Resource(
    type="Location",
    id_form=re.compile(r"asset-(?:0|[1-9][0-9]{0,17})"),
    embedded_in=EmbeddedIn(
        type="Asset", link="location", owner=lambda native_id: native_id.removeprefix("asset-")
    ),
    fields={
        "native_id": identity("id"),
        "name": text("location_description", "city", "address"),
        "address": text("address"),
        "city": text("city"),
        "region": text("region"),
        "country": text("country"),
    },
)
