"""Halo software licences and their roles. Halo API, "Licence" and "LicenceRole"."""

import re
from collections.abc import Sequence

from gateway.connector.description import convert
from gateway.connector.description.fields import (
    computed,
    flag,
    free_text,
    identity,
    integer,
    link,
    money,
    query_param,
    text,
)
from gateway.connector.description.resource import Get, Link, ListLookup, Resource
from gateway.connector.description.row_types import Row
from gateway.vendors.halo.lists import NO_ID, day, list_of_pairs, paged_list, unpaged_list
from gateway.vendors.halo.writes import LICENCE_ACTIONS

#: The usage numbers are left out without this parameter.
_USAGE = {"include_licence_usage": "true"}


def _active(row: Row) -> bool | None:
    active = convert.flag(row.get("is_active"))
    return False if convert.flag(row.get("deleted")) else active


LICENCES = Resource(
    type="Licence",
    list=paged_list("/SoftwareLicence", "licences", params={"includeinactive": "true", **_USAGE}),
    get=Get(path="/SoftwareLicence/{id}", params={"includedetails": "true", **_USAGE}),
    actions=LICENCE_ACTIONS,
    fields={
        "native_id": identity("id"),
        "name": text("name"),
        "licence_type": text("type"),
        "quantity": integer("count"),
        "in_use": integer("licences_in_use"),
        "available": integer("licences_available"),
        "manufacturer": text("manufacturer"),
        "supplier": text("supplier_name", "vendor", "distributor"),
        "sku": text("product_sku", "vendor_product_sku"),
        "purchase_price": money("purchase_price"),
        "unit_price": money("price"),
        "start_date": day("start_date"),
        "end_date": day("end_date"),
        "active": computed(_active, "is_active", "deleted"),
        "auto_renew": flag("autorenew"),
        "billing_cycle": text("billing_cycle"),
        "organisation": text("client_name"),
    },
    links={
        "location": link(
            "Location",
            "site_id",
            stub={"id": "site_id", "name": "site_name", "client_name": "client_name"},
            null_ids=NO_ID,
        )
    },
)


def _role_id(row: Row) -> str | None:
    native_id = convert.identity(row.get("id"))
    licence = convert.identity(row.get("softwarelicence_id"))
    return f"{licence}-{native_id}" if native_id is not None and licence is not None else None


ROLES = Resource(
    type="LicenceRole",
    id_form=re.compile(r"[0-9]{1,18}-[0-9]{1,18}"),
    list=unpaged_list("/SoftwareLicenceRole", "roles", "licenceroles"),
    list_lookup=ListLookup(params=lambda native_id: {"softwarelicence_id": native_id.split("-")[0]}),
    filters={"licenceId": query_param("softwarelicence_id", exact=True)},
    fields={"native_id": computed(_role_id), "name": text("name"), "note": free_text("note")},
    links={"licence": link("Licence", "softwarelicence_id", null_ids=NO_ID)},
)


#: "DeviceLicence" has no schema: these are the names that its columns may have. The pairs' own ids are not used.
_ASSET = ("did", "device_id", "asset_id", "dldid")
_LICENCE = ("licence_id", "license_id", "softwarelicence_id", "dllid")

ASSET_LICENCES = Resource(
    type="AssetLicence",
    id_form=re.compile(r"[0-9]{0,18}\+[0-9]{0,18}"),
    list=list_of_pairs("/DeviceLicence", "devicelicences", "licences"),
    fields={
        "native_id": computed(lambda row: f"{_pair_id(row, _ASSET) or ''}+{_pair_id(row, _LICENCE) or ''}")
    },
    links={
        "asset": Link(type="Asset", id=lambda row, _: _pair_id(row, _ASSET)),
        "licence": Link(type="Licence", id=lambda row, _: _pair_id(row, _LICENCE)),
    },
)


def _pair_id(row: Row, keys: Sequence[str]) -> str | None:
    ids = (convert.identity(row.get(key)) for key in keys)
    return next((native_id for native_id in ids if native_id is not None and native_id not in NO_ID), None)
