"""What Halo's assets and tickets refer to: types, groups, statuses, priorities, custom fields."""

from uuid import NAMESPACE_DNS, uuid5

from gateway.sandbox.vendors.halo import words
from gateway.sandbox.vendors.halo.lists import Query
from gateway.sandbox.vendors.halo.tenant import Tenant
from gateway.sandbox.vendors.halo.values import Row


def asset_types(query: Query) -> list[Row]:
    """The asset types, with their key fields."""
    group = query.number("assetgroup_id")
    return [_asset_type(kind) for kind in words.ASSET_KINDS.values() if not group or kind.group == group]


def asset_type(key: int) -> Row | None:
    """An asset type with all its fields."""
    for kind in words.ASSET_KINDS.values():
        if kind.id == key:
            fields = [
                {"id": 900 + 10 * kind.id + place, "typeinfo_id": kind.id, "field_id": field,
                 "name": words.FIELDS[field], "sequence": place, "lookup": words.LOOKUPS.get(field, 0)}
                for place, field in enumerate(kind.fields)
            ]  # fmt: skip
            return {
                **_asset_type(kind),
                "memo": "",
                "fields": fields,
                "allowall_status": True,
                "allowed_status": [],
            }
    return None


def _asset_type(kind: words.AssetKind) -> Row:
    keys = (*kind.key_fields, None, None)[:3]
    row: Row = {
        "id": kind.id,
        "guid": str(uuid5(NAMESPACE_DNS, f"type-{kind.id}.halo.example")),
        "intent": "info",
        "name": kind.name,
        "assetgroup_id": kind.group,
        "assetgroup_name": words.GROUPS[kind.group],
        "icon": "fas fa-desktop",
        "tagprefix": kind.tag_prefix,
        "cost": 0.0,
        "show_to_users": True,
    }
    for place, key in zip(("", "2", "3"), keys, strict=True):
        row[f"keyfield{place}_id"] = key or -1
        row[f"keyfield{place}_name"] = words.FIELDS[key] if key else ""
    return row


def asset_groups() -> Row:
    """The asset groups. Halo counts none of them."""
    return {
        "record_count": 0,
        "assetgroups": [{"id": key, "name": name} for key, name in words.GROUPS.items()],
    }


def statuses(query: Query) -> list[Row]:
    """The statuses of tickets and assets; `type=ticket` or `type=asset` gives those alone."""
    kinds = {"ticket": {0}, "asset": {1}, None: {0, 1}}.get(query.text("type"), set())
    return [
        {
            "id": status.id,
            "guid": str(uuid5(NAMESPACE_DNS, f"status-{status.id}.halo.example")),
            "name": status.name,
            "shortname": status.short_name,
            "type": status.type,
            "sequence": place,
            "colour": status.colour,
            "slaaction": "H" if status.id == words.ON_HOLD_STATUS else "N",
            "showonquickchange": True,
        }
        for place, status in enumerate(words.STATUSES)
        if status.type in kinds and not (query.flag("excludeclosed") and status.id in words.CLOSED_STATUSES)
    ]


def status_name(key: object) -> str | None:
    """The name of a status."""
    return next((status.name for status in words.STATUSES if status.id == key), None)


def priorities(query: Query) -> list[Row]:
    """The priorities of each service level: `priorityid` is what tickets hold, and repeats in every level."""
    sla = query.number("slaid")
    return [
        {
            "id": str(uuid5(NAMESPACE_DNS, f"priority-{level}-{key}.halo.example")),
            "slaid": level,
            "priorityid": key,
            "name": name,
            "fixtime": float(key * 8),
            "fixunits": "H",
            "responsetime": float(key),
            "responseunits": "H",
            "ishidden": False,
            "colour": "#d9534f",
        }
        for level, names in words.PRIORITIES.items()
        for key, name in names.items()
        if sla is None or sla == level
    ]


def ticket_types(tenant: Tenant) -> list[Row]:
    """The ticket types: one for each kind of ticket that the company writes."""
    return [
        {
            "id": key,
            "guid": str(uuid5(NAMESPACE_DNS, f"tickettype-{key}.halo.example")),
            "name": kind,
            "use": "ticket",
            "sequence": place,
            "group_id": 0,
            "cancreate": True,
            "visible": True,
        }
        for place, (key, kind) in enumerate(tenant.ticket_kinds.items())
    ]


def field_info() -> list[Row]:
    """The custom fields of assets."""
    return [
        {"id": key, "name": name, "label": label, "type": 0, "usage": 9}
        for key, (name, label) in words.CUSTOM_FIELDS.items()
    ]
