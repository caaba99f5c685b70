"""Fiwit locations. Fiwit API, "Locations"."""

from gateway.connector.fields import computed, identity, text
from gateway.connector.spec import Keep, List, Resource
from gateway.vendors.fiwit.assets import deleted

LOCATIONS = Resource(
    type="Location",
    list=List(path="/locations", keep=Keep.TABLE),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "code": text("location"),
        "organisation": text("team_id"),
        "hidden": computed(deleted, "deleted_at"),
    },
)
