"""Tether employees, to whom assets are checked out. The documentation has the path, and of the rows `id`, `name`."""

from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import List, Resource, Ttl

EMPLOYEES = Resource(
    type="Person",
    list=List(path="/employees", envelope_keys=("employees",), ttl=Ttl.REFERENCE),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "email": text("email"),
        "phone": text("phone"),
    },
)
