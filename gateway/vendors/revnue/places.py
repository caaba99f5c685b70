"""Where Revnue's assets are: an address on the asset, and no place of its own."""

import re

from gateway.connector.description import convert
from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import EmbeddedIn, Resource
from gateway.connector.description.row_types import Row

_KEYS = ("address", "city", "region", "country", "location_description")


def place_id(row: Row) -> str | None:
    """A place's id is its asset's, where the asset has an address at all."""
    native = convert.identity(row.get("id"))
    return f"asset-{native}" if native is not None and any(row.get(key) for key in _KEYS) else None


def place(row: Row) -> Row:
    """The address as a row of its own."""
    return {"id": place_id(row), **{key: row.get(key) for key in _KEYS}}


PLACES = Resource(
    type="Location",
    id_form=re.compile(r"asset-(?:0|[1-9][0-9]{0,17})"),
    embedded_in=EmbeddedIn(type="Asset", link="location", owner=lambda native: native.removeprefix("asset-")),
    fields={
        "native_id": identity("id"),
        "name": text("location_description", "city", "address"),
        "address": text("address"),
        "city": text("city"),
        "region": text("region"),
        "country": text("country"),
    },
)
