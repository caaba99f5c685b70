"""Halo's contracts with clients. An asset's own row has its contract's reference and end."""

from gateway.connector.description.fields import identity, text
from gateway.connector.description.resource import Resource, Ttl
from gateway.vendors.halo.lists import day, paged_list

CONTRACTS = Resource(
    type="Contract",
    list=paged_list("/ClientContract", "contracts", ttl=Ttl.REFERENCE),
    fields={
        "native_id": identity("id"),
        "number": text("ref"),
        "name": text("name"),
        "status": text("status_name", "status"),
        "start_date": day("start_date"),
        "end_date": day("end_date"),
    },
)
