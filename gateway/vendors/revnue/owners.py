"""Owners of Revnue's assets. They are embedded in the asset only, complete."""

from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import EmbeddedIn, Resource

OWNERS = Resource(
    type="Person",
    embedded_in=EmbeddedIn(type="Asset", link="assigned_to"),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "email": text("email"),
        "phone": text("phone_number"),
    },
)
