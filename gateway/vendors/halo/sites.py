"""Halo sites, as locations. Halo API, "Site"."""

from collections.abc import Mapping

from gateway.connector.description import convert
from gateway.connector.description.fields import computed, identity, text
from gateway.connector.description.resource import Detail, Get, Resource, Ttl
from gateway.connector.description.row_types import Row
from gateway.vendors.halo.lists import paged_list

_DETAIL = "detail"
_LINES = tuple(f"delivery_address_line{number}" for number in range(1, 5))
#: The row of a list writes the postcode as a fifth line, the detail as a value of its own.
_POSTCODE = "delivery_address_line5"


def _address(row: Row) -> str | None:
    """The lines of the address, joined."""
    detailed = row.get("delivery_address")
    lines = [convert.text(row.get(key)) for key in _LINES]
    if not any(lines) and isinstance(detailed, Mapping):
        lines = [convert.text(detailed.get(f"line{number}")) for number in range(1, 5)]
    return ", ".join(line for line in lines if line) or None


SITES = Resource(
    type="Location",
    list=paged_list(
        "/Site",
        "sites",
        ttl=Ttl.REFERENCE,
        params={"includeaddress": "true", "includeactive": "true", "includeinactive": "true"},
    ),
    get=Get(path="/Site/{id}", params={"includedetails": "true"}, includes=(_DETAIL,)),
    details={_DETAIL: Detail()},
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "code": text("ref"),
        "address": computed(_address, *_LINES, optional_keys=("delivery_address",)),
        "region": text("region_code_name"),
        "country": text("country_code_name"),
        "postal_code": text(
            "delivery_address.postcode",
            _POSTCODE,
            detail=lambda row, _: None if "delivery_address" in row or row.get(_POSTCODE) else _DETAIL,
        ),
        "organisation": text("client_name"),
    },
)
