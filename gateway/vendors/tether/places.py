"""Tether locations. The documentation names the path, and of the rows only `id` and `name`."""

from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import Keep, List, Resource

LOCATIONS = Resource(
    type="Location",
    list=List(path="/locations", keys=("locations",), keep=Keep.TABLE),
    fields={"native_id": identity("id"), "name": text("name")},
)
