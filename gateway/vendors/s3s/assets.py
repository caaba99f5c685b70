"""S3S servers: the API has no assets, a checklist is its server (S3S Assets API, "Get a Specific Asset Endpoint")."""

import re

from gateway.connector.description import convert
from gateway.connector.description.fields import computed, constant, identity, mapped, text, value
from gateway.connector.description.resource import EmbeddedIn, Field, Link, Resource
from gateway.connector.description.row_types import Row
from gateway.vendors.s3s.checklists import GET, ID, LIST, OWN_CHECKLIST, service_contract
from gateway.vendors.s3s.dates import carbon


def asset(manufacturer: str | None, in_build: tuple[str, ...]) -> Resource:
    """Resource of servers. `in_build` are the statuses that mean IN_BUILD, as configured by the operator."""
    build_statuses = dict.fromkeys(in_build, "IN_BUILD")
    fields: dict[str, Field] = {
        "native_id": identity("id"),
        "name": text("server_reference", "assembly_serial_number"),
        "serial_number": text("chassis_serial_number"),
        "secondary_serial_number": text("assembly_serial_number"),
        "status": mapped("status", {**build_statuses, "finished": "BUILT"}, default="UNKNOWN"),
        "status_raw": text("status"),
        "manufacturer": constant(manufacturer),
        "model": text("server_type"),
        "asset_type": text("server_type"),
        "warranty.status": constant("UNKNOWN"),
        "warranty.type": computed(
            lambda row: convert.text(service_contract(row, "name")), "service_contract"
        ),
        "warranty.notes": computed(
            lambda row: convert.free_text(service_contract(row, "description")), "service_contract"
        ),
        "created_at": value("created_at", convert=carbon),
        "updated_at": value("updated_at", convert=carbon),
    }
    return Resource(
        type="Asset",
        list=LIST,
        get=GET,
        id_form=ID,
        fields=fields,
        links={"contract": Link(type="Contract", id=lambda row, _: _contract_id(row), stub=_contract_row)},
        nested={"checklists": OWN_CHECKLIST},
    )


def _contract_id(row: Row) -> str | None:
    native_id = convert.identity(row.get("id"))
    if native_id is None or convert.is_blank(service_contract(row, "name")):
        return None
    return f"checklist-{native_id}"


def _contract_row(row: Row) -> Row:
    return {"id": _contract_id(row), "name": service_contract(row, "name")}


def contract() -> Resource:
    """Resource of service contracts, sold with a server. A contract has no id of its own: it gets the checklist's."""
    return Resource(
        type="Contract",
        id_form=re.compile(r"checklist-[0-9]{1,18}"),
        embedded_in=EmbeddedIn(
            type="Asset", link="contract", owner=lambda native_id: native_id.removeprefix("checklist-")
        ),
        fields={"native_id": identity("id"), "name": text("name")},
    )
