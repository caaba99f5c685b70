"""Writing assets to the sandbox's Halo: what is checked and kept, and the trail of changes it leaves."""

from collections.abc import Sequence

from gateway.sandbox.vendors.halo.asset_rows import BLANK, KINDS, derived
from gateway.sandbox.vendors.halo.assets import alone, next_tag
from gateway.sandbox.vendors.halo.lists import Query, Refused
from gateway.sandbox.vendors.halo.tenant import Tenant
from gateway.sandbox.vendors.halo.values import UNSET_DATE, Row, moment

_FIXED = frozenset({"id", "last_modified", "dlastupdate", "open_ticket_count", "isassetdetails"})
_NUMBERS = ("site_id", "client_id", "assettype_id", "status_id", "contract_id", "supplier_id")
_TRAIL = {"inventory_number": 1, "site_id": 4, "status_id": 9, "inactive": 12, "warranty_end": 15}
_API_AGENT = "API Integration"


def write(tenant: Tenant, posted: Sequence[Row]) -> Row:
    """
    Keep what is posted: a new asset without `id`, else a change of those properties that are given.

    `fields`, `customfields` and `users` are replaced as a whole. Either all of it is kept or nothing.
    The answer is one asset, the last one.
    """
    for body in posted:
        _check(tenant, body)
    row: Row = {}
    for body in posted:
        row = _keep(tenant, body)
    return alone(tenant, row, Query([("includedetails", "true")]))


def _check(tenant: Tenant, body: Row) -> None:
    for name in _NUMBERS:
        if body.get(name) is not None and not isinstance(body[name], int):
            raise Refused({"Message": f"The request is invalid: {name}."})
    for name in ("fields", "customfields", "users"):
        _ids(body, name)
    known = tenant.assets.get(body["id"]) if body.get("id") else None
    if body.get("id") and known is None:
        raise Refused({"resultCode": -1, "errorMessage": "The asset does not exist."})
    if not known and body.get("assettype_id") not in KINDS:
        raise Refused("An Asset Type must be selected.")
    if not known and not body.get("site_id") and not _first_site(tenant, body.get("client_id")):
        raise Refused({"ClassName": "System.Exception", "Message": "Please select a Client or a Site."})
    if body.get("site_id") and body["site_id"] not in tenant.sites:
        raise Refused({"resultCode": -1, "errorMessage": "The site does not exist."})


def _first_site(tenant: Tenant, client: object) -> int:
    """The first site of a client; 0 where it has none."""
    return next((int(site["id"]) for site in tenant.sites if site["client_id"] == client), 0)


def _ids(body: Row, name: str) -> dict[int, object]:
    """The values by id in a list of objects; ids may be text, as Halo's own pages send them."""
    try:
        return {int(part["id"]): part.get("value") for part in body.get(name) or ()}
    except (TypeError, ValueError, KeyError, AttributeError) as exc:
        raise Refused({"Message": f"The request is invalid: {name}."}) from exc


def _keep(tenant: Tenant, body: Row) -> Row:
    now = tenant.tick()
    old = tenant.assets.get(body["id"]) if body.get("id") else None
    key = old["id"] if old else tenant.assets.next_id()
    row = (old or BLANK | {"id": key, "inventory_number": next_tag(tenant)["tag"]}) | {
        name: value for name, value in body.items() if name in BLANK and name not in _FIXED
    }
    row["site_id"] = row["site_id"] or _first_site(tenant, body["client_id"])
    for name, store in (("fields", tenant.field_values), ("customfields", tenant.custom_values)):
        if body.get(name) is not None or not old:
            store[key] = _ids(body, name)
    if body.get("users") is not None or not old:
        tenant.asset_users[key] = [user for user in _ids(body, "users") if user in tenant.users]
    row |= {"last_modified": moment(now, 2), "dlastupdate": moment(now, 0)}
    new = derived(tenant, row)
    tenant.assets.put(new)
    if old:
        _note_changes(tenant, old, new, when=moment(now, 2))
    return new


def _note_changes(tenant: Tenant, old: Row, new: Row, *, when: str) -> None:
    """A row for each property that changed: numbered within the asset, so that ids repeat across assets."""
    last = max(
        (change["id"] for change in tenant.asset_changes if change["asset_id"] == new["id"]), default=0
    )
    changed = [name for name in _TRAIL if old.get(name) != new.get(name)]
    for place, name in enumerate(changed, last + 1):
        change = change_row(
            place, new["id"], field=(_TRAIL[name], name), values=(old.get(name), new.get(name))
        )
        tenant.asset_changes.append(
            change | {"asset_site": new["site_id"], "who": _API_AGENT, "datetime": when}
        )


def change_row(key: int, asset: int, *, field: tuple[int, str], values: tuple[object, object]) -> Row:
    """A row of the trail of changes, with nothing said yet about who and when."""
    return {
        "id": key,
        "asset_id": asset,
        "asset_site": 0,
        "asset_number": asset,
        "field_id": field[0],
        "field_name": field[1],
        "old_value": "" if values[0] is None else str(values[0]),
        "new_value": "" if values[1] is None else str(values[1]),
        "who": "",
        "datetime": UNSET_DATE,
        "software_id": 0,
        "software_user_id": 0,
        "software_user_name": None,
        "old_site": 0,
        "new_site": 0,
        "customfield_id": 0,
        "item_id": 0,
    }


def delete(tenant: Tenant, key: int) -> bool:
    """Forget an asset and what hangs on it; False where there is none."""
    if not tenant.assets.remove(key):
        return False
    for store in (tenant.field_values, tenant.custom_values, tenant.asset_users):
        store.pop(key, None)
    tenant.device_licences = [pair for pair in tenant.device_licences if pair["did"] != key]
    for linked in tenant.ticket_assets.values():
        if key in linked:
            linked.remove(key)
    return True
