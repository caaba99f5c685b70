"""Fiwit locations. Fiwit API, "Locations"."""

from gateway.connector.description.fields import given, identity, text
from gateway.connector.description.resource import Keep, List, Resource

LOCATIONS = Resource(
    type="Location",
    list=List(path="/locations", keep=Keep.TABLE),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "code": text("location"),
        "organisation": text("team_id"),
        "hidden": given("deleted_at"),
    },
)
