"""Users. API reference, "/users"."""

from asset_gateway_snipe_it.lists import listed, text
from gateway.connector.description.fields import identity
from gateway.connector.description.resource import Get, Resource, Ttl

USERS = Resource(
    type="Person",
    list=listed("/users", ttl=Ttl.REFERENCE),
    get=Get(path="/users/{id}"),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "email": text("email"),
        "phone": text("phone"),
        "role": text("jobtitle"),
    },
)
