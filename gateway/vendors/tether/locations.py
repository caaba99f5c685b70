"""Tether locations. The documentation has the path, and of the rows only `id` and `name`."""

from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import List, Resource, Ttl

LOCATIONS = Resource(
    type="Location",
    list=List(path="/locations", envelope_keys=("locations",), ttl=Ttl.REFERENCE),
    fields={"native_id": identity("id"), "name": text("name")},
)
