"""Assets of the sandbox's Halo: filtered, shown in lists and alone."""

from collections.abc import Iterable

from gateway.sandbox.vendors.halo import words
from gateway.sandbox.vendors.halo.asset_rows import KINDS
from gateway.sandbox.vendors.halo.lists import (
    Keep,
    Page,
    Query,
    active_only,
    advanced,
    among,
    equals,
    matching,
    searched,
)
from gateway.sandbox.vendors.halo.tenant import Table, Tenant
from gateway.sandbox.vendors.halo.values import Row

SEARCHED = (
    "inventory_number",
    "key_field",
    "key_field2",
    "key_field3",
    "username",
    "site_name",
    "client_name",
)
_ALONE = frozenset({
    "assetgroup_id", "assetgroup_name", "bookmarked", "commissiondate", "commissioned", "dlastupdate",
    "ethernetMacAddress", "guid", "icinga_hostname", "isassetdetails", "item_cost", "last_modified", "notes",
    "open_ticket_count", "phone_number", "physicalMemoryInBytes", "supplier_expirydate", "teamviewerpassword",
    "warranty_note",
})  # fmt: skip
_BY_DETAILS = (
    "users",
    "licences",
    "software",
    "contracts",
    "services",
    "children",
    "parent_assets",
    "child_assets",
)


def assets(tenant: Tenant, query: Query) -> list[Row]:
    """The assets that are asked for: active ones alone unless the query says otherwise."""
    excluded = query.numbers("excludethese")
    tag_only = query.flag("search_inventory_number_only")
    tag = query.text("inventory_number")
    keeps: list[Keep | None] = [
        active_only(query),
        among(query, "assets", "id"),
        None if excluded is None else lambda row: row["id"] not in excluded,
        *(
            equals(query, name)
            for name in ("site_id", "client_id", "assettype_id", "assetgroup_id", "contract_id")
        ),
        *(equals(query, name) for name in ("supplier_id", "supplier_contract_id", "item_id", "itemstock_id")),
        equals(query, "assettype", "assettype_id"),
        among(query, "client_ids", "client_id"),
        among(query, "assettypes", "assettype_id"),
        among(query, "assetstatuses", "status_id"),
        among(query, "assetgroups", "assetgroup_id"),
        among(query, "suppliercontracts", "supplier_contract_id"),
        (lambda row: bool(row["bookmarked"])) if query.flag("bookmarked") else None,
        (lambda row: str(row["inventory_number"]).lower() == tag.lower()) if tag else None,
        searched(query, ("inventory_number",) if tag_only else SEARCHED),
        searched(query, SEARCHED, parameter="globalsearchid"),
        *advanced(query),
        *_related(tenant, query),
    ]
    return matching(tenant.assets, keeps)


def _related(tenant: Tenant, query: Query) -> Iterable[Keep | None]:
    """Filters on what other tables say of an asset."""
    ticket, licence, user = query.number("ticket_id"), query.number("licence_id"), query.number("user_id")
    username = query.text("username")
    if ticket:
        linked = frozenset(tenant.ticket_assets.get(ticket, ()))
        yield lambda row: row["id"] in linked
    if query.flag("linked_to_ticket"):
        every = {asset for assets in tenant.ticket_assets.values() for asset in assets}
        yield lambda row: row["id"] in every
    if licence:
        having = {pair["did"] for pair in tenant.device_licences if pair["licence_id"] == licence}
        yield lambda row: row["id"] in having
    if user:
        yield lambda row: user in tenant.asset_users[row["id"]]
    if username:
        yield lambda row: row["username"].lower() == username.lower()


def in_list(tenant: Tenant, row: Row, query: Query) -> Row:
    """An asset as lists show it: `fields` only where they are asked for together with the type."""
    shown = {name: value for name, value in row.items() if name not in _ALONE}
    with_fields = query.flag("includeassetfields") and query.number("assettype_id")
    shown["fields"] = fields(tenant, row) if with_fields else []
    wanted = query.numbers("include_custom_fields") or frozenset()
    shown["customfields"] = [field for field in custom_fields(tenant, row["id"]) if field["id"] in wanted]
    if query.flag("noicon"):
        del shown["icon"]
    if query.flag("includeuser"):
        shown["users"] = _users(tenant, row["id"])
    if query.flag("includeallowedstatus"):
        shown["allowallstatus"] = True
    return shown


def alone(tenant: Tenant, row: Row, query: Query) -> Row:
    """An asset on its own; `includedetails` adds the objects that hang on it."""
    tickets = [key for key, linked in tenant.ticket_assets.items() if row["id"] in linked]
    shown = {name: value for name, value in row.items() if name != "assetgroup_id"} | {
        "fields": fields(tenant, row),
        "customfields": custom_fields(tenant, row["id"]),
        "open_ticket_count": sum(_is_open(tenant.tickets, key) for key in tickets),
    }
    if query.flag("includedetails"):
        licence_ids = [pair["licence_id"] for pair in tenant.device_licences if pair["did"] == row["id"]]
        held = [tenant.licences.get(key) for key in licence_ids]
        contract = tenant.contracts.get(row["contract_id"])
        shown |= {name: [] for name in _BY_DETAILS} | {
            "users": _users(tenant, row["id"]),
            "licences": [{"id": licence["id"], "name": licence["name"]} for licence in held if licence],
            "software": [software for software in tenant.software if software["did"] == row["id"]],
            "contracts": [contract] if contract else [],
        }
    if query.flag("includehierarchy"):
        shown["hierarchy"] = []
    if query.flag("includeallowedstatus"):
        shown["allowed_status"] = [
            {"id": status.id, "name": status.name} for status in words.STATUSES if status.type
        ]
    return shown


def fields(tenant: Tenant, row: Row) -> list[Row]:
    """An asset's fields with their values: of a lookup, `value` is an id and `display` its text."""
    values = tenant.field_values[row["id"]]
    return [
        {
            "id": field,
            "name": words.FIELDS[field],
            "value": values.get(field, ""),
            "display": _display(row, field, values.get(field, "")),
            "mandatory": False,
            "lookup": words.LOOKUPS.get(field, 0),
            "systemuse": 0,
            "validate": "",
            "typeinfo_id": row["assettype_id"],
            "url": "",
        }
        for field in KINDS[row["assettype_id"]].fields
    ]


def _display(row: Row, field: int, value: object) -> str:
    if field == words.MAKER:
        return str(row["manufacturer_name"] or "") if value == row["manufacturer_id"] else ""
    if field == words.SYSTEM and isinstance(value, int):
        return words.SYSTEMS[value - 1] if 0 < value <= len(words.SYSTEMS) else ""
    return str(value)


def custom_fields(tenant: Tenant, key: int) -> list[Row]:
    """The custom fields of an asset; some have a name and no label."""
    values = tenant.custom_values[key]
    return [
        {
            "id": field,
            "name": name,
            "label": label,
            "type": 0,
            "value": values.get(field),
            "display": values.get(field),
        }
        for field, (name, label) in words.CUSTOM_FIELDS.items()
    ]


def _users(tenant: Tenant, key: int) -> list[Row]:
    return [user for user in map(tenant.users.get, tenant.asset_users[key]) if user]


def _is_open(tickets: Table, key: int) -> bool:
    row = tickets.get(key)
    return row is not None and row["status_id"] not in words.CLOSED_STATUSES


def envelope(rows: list[Row], part: Page, query: Query) -> Row:
    """The list of assets with what Halo puts around it: columns are filled when they are asked for."""
    columns = (
        [{"id": 1, "name": "Tag"}, {"id": 2, "name": "Key field"}] if query.flag("includecolumns") else []
    )
    kinds = [{"id": kind.id, "name": kind.name} for kind in KINDS.values()] if part.page_no == 1 else []
    return {
        "page_no": part.page_no,
        "page_size": part.page_size,
        "record_count": part.record_count,
        "assets": rows,
        "columns_id": 0,
        "columns_tilehtml": "",
        "columns": columns,
        "xtypeunamecancreatenew": kinds,
    }


def next_tag(tenant: Tenant) -> Row:
    """The next free asset tag: one above the highest number in use."""
    used = [str(row["inventory_number"]).rpartition("-")[2] for row in tenant.assets]
    highest = max((int(tail) for tail in used if tail.isdecimal()), default=0)
    return {"tag": f"IT-{highest + 1:04}"}
