"""Locations. API reference, "/locations"."""

from asset_gateway_snipe_it.lists import listed, text
from gateway.connector.description.fields import identity
from gateway.connector.description.resource import Get, Resource, Ttl

LOCATIONS = Resource(
    type="Location",
    list=listed("/locations", ttl=Ttl.REFERENCE),
    get=Get(path="/locations/{id}"),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "address": text("address"),
        "city": text("city"),
        "region": text("state"),
        "country": text("country"),
        "postal_code": text("zip"),
    },
)
