"""
Halo devices, as assets. Halo API, "Device".

The detailed object has secrets (`teamviewerpassword` and others): only the keys that are named here are ever read.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.combined_fields import when
from gateway.connector.description.field_names import rank_names
from gateway.connector.description.fields import (
    computed,
    flag,
    free_text,
    from_table,
    identity,
    link,
    mapped,
    money,
    query_param,
    text,
)
from gateway.connector.description.resource import (
    Batch,
    Detail,
    EmbeddedIn,
    Field,
    Filter,
    Get,
    Link,
    Nested,
    Resource,
)
from gateway.connector.description.row_types import Params, ReferenceTables, Row
from gateway.connector.description.warranty import status as warranty_status
from gateway.connector.description.warranty import today
from gateway.vendors.halo.lists import NO_ID, day, moment, paged_list, real_day
from gateway.vendors.halo.named import TYPES, among_fields, custom_fields, named
from gateway.vendors.halo.writes_assets import asset_actions

_DETAIL = "detail"
_OWNERS = ("business_owner", "technical_owner")


def asset(zone: tzinfo, *, statuses: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> Resource:
    """Devices, active and inactive. `statuses` are status names by ours; `names` the field names of each value."""
    status = mapped("status_name", statuses, default="UNKNOWN")

    def warranty(row: Row) -> str:
        return warranty_status(real_day(row.get("warranty_end")), today())

    mac_ranks = rank_names(names["mac_address"])
    fields: dict[str, Field] = {
        "native_id": identity("id"),
        "name": text("key_field", "inventory_number"),
        "asset_tag": text("inventory_number"),
        "serial_number": named(names["serial_number"]),
        "status": when(flag("inactive"), "RETIRED", otherwise=status),
        "status_raw": text("status_name"),
        "manufacturer": named(names["manufacturer"], first="manufacturer_name"),
        "model": named(names["model"], last="item_name"),
        "category": from_table("assettype_id", TYPES, "group"),
        "asset_type": _type_name(),
        "organisation": text("client_name"),
        "ip_address": named(names["ip_address"]),
        "mac_address": computed(
            lambda row: convert.text(row.get("ethernetMacAddress")) or among_fields(row, mac_ranks),
            "ethernetMacAddress",
            optional_keys=("fields",),
            detail=_DETAIL,
        ),
        "purchase_date": day("supplier_purchasedate", order="supplier_purchasedate"),
        "purchase_cost": money("item_cost", detail=_DETAIL),
        "warranty.status": computed(warranty, "warranty_end"),
        "warranty.start_date": day("warranty_start"),
        "warranty.end_date": day("warranty_end", order="warranty_end"),
        "warranty.notes": free_text("warranty_note", detail=_DETAIL),
        "supplier": text("supplier_name"),
        "notes": free_text("notes", detail=_DETAIL),
        "updated_at": moment("last_modified", "dlastupdate", zone=zone, detail=_DETAIL),
        "custom_fields": computed(custom_fields, "fields", detail=_DETAIL, raw=True),
    }
    return Resource(
        type="Asset",
        list=paged_list("/Asset", "assets", params={"includeactive": "true", "includeinactive": "true"}),
        get=Get(path="/Asset/{id}", params={"includedetails": "true"}, includes=(_DETAIL, "fields")),
        batch=Batch(param="assets", size=50),
        actions=asset_actions(statuses, names),
        details={
            # The list of one type's devices may have their `fields`; if the vendor ignores that, each device is read.
            "fields": Detail(
                by="assettype_id",
                params=lambda type_id: {"assettype_id": type_id, "includeassetfields": "true"},
                is_included=_includes_fields,
            ),
            _DETAIL: Detail(),
        },
        filters=_filters(retired_by_name="RETIRED" in statuses.values()),
        fields=fields,
        links={
            "location": link(
                "Location",
                "site_id",
                stub={"id": "site_id", "name": "site_name", "client_name": "client_name"},
                null_ids=NO_ID,
            ),
            "assigned_to": Link(
                type="Person",
                id=lambda row, _: convert.identity((_user(row) or {}).get("id")),
                stub=_user,
                keys=("users",),
                detail=lambda row, _: None if row.get("users") else _DETAIL,
            ),
            "owner": Link(
                type="Owner",
                id=lambda row, _: _owner(row)[0],
                stub=_owner_row,
                keys=("business_owner_id",),
                columns=dict.fromkeys(f"{kind}_{suffix}" for kind in _OWNERS for suffix in ("id", "name")),
            ),
            "contract": Link(
                type="Contract",
                id=lambda row, _: _contract_row(row).get("id"),
                stub=_contract_row,
                keys=("contract_id",),
                columns=dict.fromkeys(("contract_id", "contract_ref", "contract_end_date")),
            ),
        },
        nested={"licences": Nested(type="Licence", read=_licences, detail=_DETAIL)},
    )


def _includes_fields(row: Row) -> bool | None:
    """True if the row has its fields; None for an empty list, which means none if other rows have theirs."""
    fields = row.get("fields")
    return (True if fields else None) if isinstance(fields, list) else False


def _licences(row: Row) -> Sequence[Any]:
    licences = row.get("licences")
    return licences if isinstance(licences, list) else ()


def _type_name() -> Field:
    """Field of the type's name: of the row, else of the table of types."""
    table = from_table("assettype_id", TYPES)

    def read(row: Row, tables: ReferenceTables) -> str | None:
        name: str | None = convert.text(row.get("assettype_name")) or table.value(row, tables)
        return name

    columns = dict.fromkeys(("assettype_name", "assettype_id"))
    return Field(read=read, keys=("assettype_name",), refs=(TYPES,), columns=columns)


def _filters(*, retired_by_name: bool) -> dict[str, Filter]:
    def status(op: str, value: Any) -> Params | None:
        """Inactive is RETIRED, and only inactive is, unless the operator has mapped a status to it too."""
        statuses = {"eq": [value], "in": value}.get(op)
        if not statuses or retired_by_name:
            return None
        if all(word == "RETIRED" for word in statuses):
            return {"includeactive": "false"}
        return None if "RETIRED" in statuses else {"includeinactive": "false"}

    return {
        # The fields that Halo's `search` covers are not documented, so no filter is pushed down to it.
        "assetTag": query_param("inventory_number", "eq"),
        "status": Filter(push=status),
        "locationId": query_param("site_id", exact=True),
        "contractId": query_param("contract_id", exact=True),
        "ticketId": query_param("ticket_id", membership=True),
        "licenceId": query_param("licence_id", membership=True),
        "assignedToId": query_param("user_id", membership=True),
    }


def _user(row: Row) -> Row | None:
    users = row.get("users")
    first = users[0] if isinstance(users, list) and users else None
    return first if isinstance(first, Mapping) else None


def _contract_row(row: Row) -> Row:
    """The contract as far as the row has it. An end in 1900 is none: the contract itself may have an end."""
    native_id = convert.identity(row.get("contract_id"))
    contract = {
        "id": None if native_id in NO_ID else native_id,
        "ref": convert.text(row.get("contract_ref")) or None,
        "end_date": row.get("contract_end_date") if real_day(row.get("contract_end_date")) else None,
    }
    return {key: value for key, value in contract.items() if value is not None}


def _owner(row: Row) -> tuple[str | None, str | None]:
    """The id and name of the business owner, else of the technical owner."""
    for kind in _OWNERS:
        native_id = convert.identity(row.get(f"{kind}_id"))
        name = convert.text(row.get(f"{kind}_name"))
        if native_id is not None and native_id not in NO_ID and name:
            return native_id, name
    return None, None


def _owner_row(row: Row) -> Row:
    native_id, name = _owner(row)
    return {"id": native_id, "name": name}


def owners() -> Resource:
    """Owners of devices. If their ids are users' or agents' is not documented: they have a name only."""
    return Resource(
        type="Owner",
        embedded_in=EmbeddedIn(type="Asset", link="owner"),
        fields={"native_id": identity("id"), "name": text("name")},
    )
