"""Halo users (the customers' people) and agents (those who help them): two sets of ids."""

from gateway.connector.description import convert
from gateway.connector.description.fields import computed, identity, text
from gateway.connector.description.resource import Resource, Ttl
from gateway.connector.description.row_types import Row
from gateway.vendors.halo.lists import definition_list, paged_list


def _name(row: Row) -> str | None:
    full_name = convert.text(row.get("name"))
    parts = (convert.text(row.get("firstname")), convert.text(row.get("surname")))
    return full_name or " ".join(part for part in parts if part) or None


USERS = Resource(
    type="Person",
    list=paged_list(
        "/Users", "users", ttl=Ttl.REFERENCE, params={"includeactive": "true", "includeinactive": "true"}
    ),
    fields={
        "native_id": identity("id"),
        "name": computed(_name, "name", optional_keys=("firstname", "surname")),
        "email": text("emailaddress"),
        "phone": text("phonenumber", "phonenumber_preferred", "mobilenumber"),
    },
)

AGENTS = Resource(
    type="Agent",
    list=definition_list("/Agent", "agents", params={"includeenabled": "true", "includedisabled": "true"}),
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "email": text("email"),
        "phone": text("phonenumber"),
        "role": text("jobtitle"),
    },
)
