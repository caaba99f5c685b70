"""Fiwit locations (Fiwit API, "Locations")."""

from gateway.connector.description.fields import identity, is_present, text
from gateway.connector.description.resource import List, Resource, Ttl

LOCATIONS = Resource(
    type="Location",
    list=List(path="/locations", ttl=Ttl.REFERENCE),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "code": text("location"),
        "organisation": text("team_id"),
        "hidden": is_present("deleted_at"),
    },
)
