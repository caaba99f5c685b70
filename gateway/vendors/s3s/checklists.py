"""S3S checklists of the build of a server (S3S Assets API, "Get a Specific Asset Endpoint")."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.fields import computed, identity, link, text, value
from gateway.connector.description.paging import NumberedPages
from gateway.connector.description.resource import Get, List, Nested, Resource
from gateway.connector.description.row_types import Row
from gateway.vendors.s3s.dates import carbon

#: An id, or a serial number such as `US.2018.213`. Without `..` or a slash, so that it stays within the path.
ID = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._ -]{0,62}[A-Za-z0-9])?")

PAGES = NumberedPages(
    page_param="page",
    size_param="page_size",
    page_size=50,
    full_page=50,
    default_sizes=(15,),
    total_path="meta.pagination.total",
    pages_path="meta.pagination.total_pages",
)
LIST = List(path="/assets/checklists", envelope_keys=("data",), paging=PAGES)


def _serials(row: Row) -> tuple[str | None, ...]:
    """Both serial numbers of the server: the chassis's, and the one that S3S gives to what it assembles."""
    return convert.text(row.get("chassis_serial_number")), convert.text(row.get("assembly_serial_number"))


SERIALS = computed(_serials, "chassis_serial_number", "assembly_serial_number")
GET = Get(path="/assets/checklists/{id}", also_known_as=SERIALS)


def unwrapped(value: Any) -> Any:
    """
    Value without the object `{"data": ...}` that S3S wraps around many values.

    >>> unwrapped({"data": {"name": "x"}}), unwrapped({"name": "x"}), unwrapped(None)
    ({'name': 'x'}, {'name': 'x'}, None)
    """
    return value["data"] if isinstance(value, Mapping) and "data" in value else value


def service_contract(row: Row, key: str) -> Any:
    """Value at a key of the service contract that a server was sold with, or None."""
    contract = unwrapped(row.get("service_contract"))
    return contract.get(key) if isinstance(contract, Mapping) else None


def _items(row: Row) -> list[dict[str, Any]]:
    items = unwrapped(row.get("items"))
    return [_item(item) for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    option = unwrapped(item.get("option"))
    option = option if isinstance(option, Mapping) else {}
    kind, value = convert.text(option.get("type")), item.get("value")
    return {
        "id": convert.identity(item.get("id")) or "",
        "name": convert.text(item.get("display_name")),
        "description": convert.free_text(item.get("description")),
        "category": convert.text(item.get("category")),
        "option_type": kind,
        "default_settings": option.get("default_settings"),
        "value": value,
        "checked": convert.flag(value) if kind == "checkbox" else None,
    }


def _builders(row: Row) -> Sequence[str]:
    names = unwrapped(row.get("built_by_users"))
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


CHECKLISTS = Resource(
    type="Checklist",
    list=LIST,
    get=GET,
    id_form=ID,
    fields={
        "native_id": identity("id"),
        "chassis_serial_number": text("chassis_serial_number"),
        "assembly_serial_number": text("assembly_serial_number"),
        "serials": SERIALS,
        "status": text("status"),
        "server_type": text("server_type"),
        "server_reference": text("server_reference"),
        "built_by": computed(_builders, "built_by_users"),
        "service_contract.name": computed(
            lambda row: convert.text(service_contract(row, "name")), "service_contract"
        ),
        "service_contract.description": computed(
            lambda row: convert.free_text(service_contract(row, "description")), "service_contract"
        ),
        "service_contract.duration_years": computed(
            lambda row: convert.integer(service_contract(row, "duration")), "service_contract"
        ),
        "created_at": value("created_at", convert=carbon),
        "updated_at": value("updated_at", convert=carbon),
        "items": computed(_items, "items"),
    },
    links={"asset": link("Asset", "id")},
)

#: An asset's own checklist: the row that the asset itself is read from.
OWN_CHECKLIST = Nested(type="Checklist", read=lambda row: (row,), stub=False)
