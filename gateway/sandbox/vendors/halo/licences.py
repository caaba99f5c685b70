"""Licences and software of the sandbox's Halo: what is held, where it is installed, what changed."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from uuid import NAMESPACE_DNS, uuid5

from gateway.sandbox import Device
from gateway.sandbox.vendors.halo import words
from gateway.sandbox.vendors.halo.assets import in_list as asset_in_list
from gateway.sandbox.vendors.halo.lists import Query, Refused, equals, matching, searched
from gateway.sandbox.vendors.halo.tenant import Tenant
from gateway.sandbox.vendors.halo.values import NONE_ID, UNSET_DATE, Row, asset_id, draw, moment

_FIXED = frozenset({"id", "licences_in_use", "licences_in_use_user", "licences_available", "device_count"})
BLANK: Row = {
    "id": 0, "type": 3, "name": "", "count": 0, "client_id": words.MAIN_CLIENT, "site_id": NONE_ID,
    "client_name": None, "site_name": None, "purchase_price": 0.0, "price": 0.0, "start_date": UNSET_DATE,
    "end_date": UNSET_DATE, "snowid": "", "manufacturer": "", "vendor": "", "distributor": "", "notes": "",
    "supplier_id": 0, "supplier_name": None, "status": "Active", "billing_cycle": "", "term_duration": "",
    "autorenew": False, "is_active": True, "deleted": False, "assigned_at_deletion": 0, "tenant_id": "",
    "tenant_name": "", "product_sku": "", "vendor_product_sku": "", "parent_id": 0, "requested_quantity": 0,
    "requested_quantity_date": UNSET_DATE, "azure_connection_id": 0, "name_extra": "",
}  # fmt: skip


def fill(tenant: Tenant) -> None:
    """Put the company's licences into their table and install them on its devices."""
    for place, product in enumerate(words.PRODUCTS):
        tenant.licences.put(_named(tenant, _licence(product, place)))
        tenant.licence_roles += [
            {"id": 500 + 2 * place + role, "softwarelicence_id": product.id, "name": name, "note": ""}
            for role, name in enumerate(("User", "Administrator") if product.type != 1 else ())
        ]
        tenant.licence_changes += _changes(product, place)
    for device in tenant.company.devices:
        if asset_id(device.number) in tenant.assets:
            _install(tenant, device)
    for place, site in enumerate(list(tenant.sites)[:2]):
        tenant.installations.append(_installation(tenant, place, site))


def _licence(product: words.Product, place: int) -> Row:
    return BLANK | {
        "id": product.id,
        "type": product.type,
        "name": product.name,
        "count": product.quantity,
        "site_id": NONE_ID if place % 3 else 23,
        "purchase_price": round(product.price * 0.8, 2),
        "price": product.price,
        "start_date": f"2025-{1 + place % 12:02}-01T00:00:00",
        "end_date": f"2026-{1 + place % 12:02}-01T00:00:00Z" if product.term else UNSET_DATE,
        "manufacturer": product.manufacturer,
        "vendor": product.manufacturer if place % 2 else "Pax8",
        "supplier_id": tuple(words.SUPPLIERS)[place % 3] if place % 4 else 0,
        "status": "Suspended" if product.id in words.ENDED_PRODUCTS else "Active",
        "billing_cycle": product.cycle,
        "term_duration": product.term,
        "autorenew": product.cycle == "Monthly",
        "is_active": product.id not in words.ENDED_PRODUCTS,
        "deleted": product.id in words.DELETED_PRODUCTS,
        "tenant_id": "8f1d2c33-0a51-4b8e-9c77-brambling" if product.manufacturer == "Microsoft" else "",
        "product_sku": f"CFQ7TTC0{place:04}" if product.manufacturer == "Microsoft" else "",
    }


def _changes(product: words.Product, place: int) -> list[Row]:
    steps = [product.quantity // 2, product.quantity - 3, product.quantity] if product.quantity > 6 else []
    return [
        {
            "id": 8000 + 10 * place + step,
            "licence_id": product.id,
            "field_id": 3,
            "field_name": "count",
            "old_value": str(old),
            "new_value": str(new),
            "who": "Grace Hughes",
            "datetime": f"2025-{3 * step + 3:02}-14T08:{place:02}:21.1904411+00:00",
            "user_id": 0,
        }
        for step, (old, new) in enumerate(pairwise(steps))
    ]


def _install(tenant: Tenant, device: Device) -> None:
    """Software on one device: some of the licensed products for its kind and some free ones."""
    key = asset_id(device.number)
    held = [product for product in words.PRODUCTS if device.kind in product.devices]
    users = tenant.asset_users[key]
    for product in held:
        if draw("installed", key, product.id) % 5 >= 2:
            tenant.device_licences.append(
                {"id": 2200 + len(tenant.device_licences), "did": key, "licence_id": product.id}
            )
            shown = (product.name.partition(" (")[0], product.version)
            tenant.software.append(_software(tenant, device, shown, licence=product, users=users))
    if device.kind in {"Laptop", "Desktop", "Server"}:
        for place, shown in enumerate(words.FREE_SOFTWARE):
            if draw("free", key, place) % 2:
                tenant.software.append(_software(tenant, device, shown, licence=None, users=users))


def _software(
    tenant: Tenant,
    device: Device,
    shown: tuple[str, str],
    *,
    licence: words.Product | None,
    users: Sequence[int],
) -> Row:
    return {
        "id": 30_000 + len(tenant.software),
        "licence_id": licence.id if licence else NONE_ID,
        "name": shown[0],
        "count": 1,
        "did": asset_id(device.number),
        "bundledesc": "",
        "cost": licence.price if licence else 0.0,
        "lastused": UNSET_DATE,
        "install_date": moment(device.created_at, device.number),
        "snowid": "",
        "licence_required": licence is not None,
        "version": shown[1],
        "licence_name": licence.name if licence else None,
        "user_id": users[0] if users else 0,
        "role_id": 0,
        "role_name": None,
        "moduleid": 0,
    }


def licences(tenant: Tenant, query: Query) -> list[Row]:
    """The licences that are asked for: active ones alone unless `includeinactive` says otherwise."""
    sku_tenant = query.text("tenant_id")
    keeps = (
        None if query.flag("includeinactive") else (lambda row: row["is_active"] and not row["deleted"]),
        equals(query, "client_id"),
        equals(query, "site_id"),
        equals(query, "licence_type", "type"),
        (lambda row: row["tenant_id"] == sku_tenant) if sku_tenant else None,
        searched(query, ("name", "manufacturer", "vendor")),
    )
    return matching(tenant.licences, keeps)


def in_list(tenant: Tenant, row: Row, query: Query) -> Row:
    """A licence; how much of it is used only where `include_licence_usage` asks for it."""
    if not query.flag("include_licence_usage"):
        return dict(row)
    devices = [pair["did"] for pair in tenant.device_licences if pair["licence_id"] == row["id"]]
    users = {user for device in devices for user in tenant.asset_users.get(device, ())}
    return row | {
        "licences_in_use": len(devices),
        "licences_in_use_user": len(users),
        "licences_available": row["count"] - len(devices),
    }


def alone(tenant: Tenant, row: Row, query: Query) -> Row:
    """A licence with its roles and, with `includedetails`, the assets it is installed on."""
    shown = in_list(tenant, row, query)
    shown["licence_roles"] = [
        role for role in tenant.licence_roles if role["softwarelicence_id"] == row["id"]
    ]
    devices = [pair["did"] for pair in tenant.device_licences if pair["licence_id"] == row["id"]]
    shown["device_count"] = len(devices)
    if query.flag("includedetails"):
        assets = [asset for asset in map(tenant.assets.get, devices) if asset]
        shown["configuration_items"] = [asset_in_list(tenant, asset, Query([])) for asset in assets]
    return shown


def write(tenant: Tenant, posted: Sequence[Row]) -> Row:
    """Keep new licences and changes of known ones; each changed count leaves a row among the changes."""
    for body in posted:
        if body.get("id") and body["id"] not in tenant.licences:
            raise Refused({"resultCode": -1, "errorMessage": "The licence does not exist."})
        if not body.get("id") and not body.get("name"):
            raise Refused(
                {"ClassName": "System.Exception", "Message": "Please enter a name for the licence."}
            )
        if "count" in body and not isinstance(body["count"], int):
            raise Refused({"Message": "The request is invalid: count."})
    row: Row = {}
    for body in posted:
        row = _keep(tenant, body)
    return alone(tenant, row, Query([]))


def _keep(tenant: Tenant, body: Row) -> Row:
    now = tenant.tick()
    old = tenant.licences.get(body["id"]) if body.get("id") else None
    row = (old or BLANK | {"id": tenant.licences.next_id()}) | {
        name: value for name, value in body.items() if name in BLANK and name not in _FIXED
    }
    tenant.licences.put(_named(tenant, row))
    if old and old["count"] != row["count"]:
        change = {
            "licence_id": row["id"],
            "field_id": 3,
            "field_name": "count",
            "user_id": 0,
            "who": "API Integration",
        }
        values = {"old_value": str(old["count"]), "new_value": str(row["count"]), "datetime": moment(now, 2)}
        last = max((known["id"] for known in tenant.licence_changes), default=8000)
        tenant.licence_changes.append({"id": last + 1, **change, **values})
    return _named(tenant, row)


def _named(tenant: Tenant, row: Row) -> Row:
    return row | {
        "client_name": tenant.name(tenant.clients, row["client_id"]),
        "site_name": tenant.name(tenant.sites, row["site_id"]),
        "supplier_name": tenant.name(tenant.suppliers, row["supplier_id"]),
    }


def delete(tenant: Tenant, key: int) -> bool:
    """Forget a licence and where it is installed; False where there is none."""
    tenant.device_licences = [pair for pair in tenant.device_licences if pair["licence_id"] != key]
    return tenant.licences.remove(key)


def software(tenant: Tenant, query: Query) -> list[Row]:
    """Installed software. It knows `device_id`, `licence_id` and `user_id`; anything else gives every row."""
    keeps = (equals(query, "device_id", "did"), equals(query, "licence_id"), equals(query, "user_id"))
    return matching(tenant.software, keeps)


def versions(tenant: Tenant) -> list[Row]:
    """Each software that is installed, with its versions."""
    counted = Counter((row["name"], row["version"]) for row in tenant.software)
    return [
        {"name": name, "version": version, "count": count}
        for (name, version), count in sorted(counted.items())
    ]


def roles(tenant: Tenant, query: Query) -> list[Row]:
    """The roles that a licence distinguishes."""
    return matching(tenant.licence_roles, (equals(query, "softwarelicence_id"),))


def changes(tenant: Tenant, query: Query) -> list[Row]:
    """The changes of licences; `change_date` is a day."""
    since = query.text("change_date")
    keeps = (
        equals(query, "licence_id"),
        (lambda row: str(row["datetime"]).startswith(since[:10])) if since else None,
        searched(query, ("field_name", "old_value", "new_value", "who")),
    )
    return matching(tenant.licence_changes, keeps)


def write_installations(tenant: Tenant, posted: Sequence[Row]) -> Row:
    """Keep installations."""
    row: Row = {}
    for body in posted:
        row = _installation(tenant, len(tenant.installations), next(iter(tenant.sites)))
        row |= {name: value for name, value in body.items() if name in row and name != "id"}
        tenant.installations.append(row)
    return row


def _installation(tenant: Tenant, place: int, site: Row) -> Row:
    """Halo's bookkeeping of one of its own product installations, which is not about software licences at all."""
    return {
        "id": str(uuid5(NAMESPACE_DNS, f"installation-{place}.halo.example")),
        "site_id": site["id"],
        "client_id": int(site["client_id"]),
        "client_name": site["client_name"],
        "version": f"2.184.{place}",
        "apiurl": "https://brambling.halo.example/api",
        "organisationname": tenant.company.name,
        "is_trial": False,
        "support_type": 1,
        "trialexpiry": UNSET_DATE,
        "registrationdate": "2023-02-11T10:04:57.877",
    }
