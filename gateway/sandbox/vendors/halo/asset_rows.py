"""Assets as the sandbox's Halo stores them: made from the company's devices, with what follows."""

from gateway.sandbox import Device, written
from gateway.sandbox.vendors.halo import words
from gateway.sandbox.vendors.halo.asset_types import status_name
from gateway.sandbox.vendors.halo.tenant import Tenant
from gateway.sandbox.vendors.halo.values import (
    NOBODY_ID,
    NONE_ID,
    UNSET_DATE,
    Row,
    asset_id,
    day,
    draw,
    moment,
    site_id,
    user_id,
)

KINDS = {kind.id: kind for kind in words.ASSET_KINDS.values()}
BLANK: Row = {
    "id": 0, "inventory_number": "", "site_id": 0, "assettype_id": 0,
    "status_id": words.ASSET_STATUS["deployed"], "inactive": False,
    "business_owner_id": NOBODY_ID, "business_owner_name": None,
    "technical_owner_id": NOBODY_ID, "technical_owner_name": None,
    "colour": "#2bd3c6", "icon": "fas fa-desktop",
    "warranty_start": UNSET_DATE, "warranty_end": UNSET_DATE,
    "labour_warranty_start": UNSET_DATE, "labour_warranty_end": UNSET_DATE,
    "is_primary_asset": False, "parent_id": 0, "child_id": 0,
    "contract_id": NONE_ID, "contract_value": 0.0,
    "supplier_id": 0, "supplier_contract_id": 0, "supplier_contract_ref": "",
    "supplier_purchasedate": UNSET_DATE,
    "sla_id": NONE_ID, "sla_name": None, "priority_id": NONE_ID, "priority_name": None,
    "criticality": 0, "criticality_description": "",
    "item_id": 0, "item_name": None, "itemstock_id": 0, "stock_date": UNSET_DATE, "stockbin_name": None,
    "manufacturer_id": 0, "manufacturer_name": None, "bookmarked": False, "is_template": False,
    "use": "asset",
    "third_party_id": 0, "ninjarmm_id": 0, "datto_id": "", "atera_id": "", "snipeit_id": "", "intune_id": "",
    "tenable_id": "", "aws_id": "", "automate_id": 0, "snow_id": 0, "auvik_device_id": "",
    "lansweeper_parent_id": "", "itglue_url": "", "ncentral_url": "", "domotz_id": "", "liongard_id": "",
    "kandji_id": None,
    "notes": "", "guid": "", "commissiondate": UNSET_DATE, "commissioned": 1, "phone_number": "",
    "ethernetMacAddress": "", "physicalMemoryInBytes": None, "icinga_hostname": "",
    "last_modified": UNSET_DATE, "dlastupdate": UNSET_DATE, "item_cost": 0.0, "warranty_note": "",
    "teamviewerpassword": "", "open_ticket_count": 0, "isassetdetails": True,
    "supplier_expirydate": UNSET_DATE,
}  # fmt: skip


def fill(tenant: Tenant) -> None:
    """Put the devices that Halo knows into its table of assets."""
    for device in tenant.company.devices:
        if "halo" not in device.vendors:
            continue
        key = asset_id(device.number)
        tenant.field_values[key] = _field_values(device)
        tenant.custom_values[key] = {
            words.DEPARTMENT: words.DEPARTMENTS[device.site % len(words.DEPARTMENTS)],
            words.COST_CENTRE: f"CC-{40 + device.site}" if device.holder else "",
        }
        tenant.asset_users[key] = [user_id(device.holder)] if device.holder else []
        tenant.assets.put(derived(tenant, _asset(device, key)))


def _asset(device: Device, key: int) -> Row:
    """What is stored of a device; names that follow from ids are added by `derived`."""
    contract = next((row for row in words.CONTRACTS if draw("contract", key) % 3 == 0 and row[0] % 2), None)
    important = device.kind in {"Server", "Switch"}
    return BLANK | {
        "id": key,
        "inventory_number": device.asset_tag,
        "site_id": site_id(device.site),
        "assettype_id": words.ASSET_KINDS[device.kind].id,
        "status_id": 0 if draw("status", key) % 31 == 0 else words.ASSET_STATUS[device.state],
        "inactive": device.state == "retired",
        "warranty_start": day(device.purchase_date),
        "warranty_end": day(device.warranty_end),
        "contract_id": contract[0] if contract else NONE_ID,
        "supplier_id": tuple(words.SUPPLIERS)[draw("supplier", key) % 3] if draw("bought", key) % 4 else 0,
        "supplier_purchasedate": day(device.purchase_date),
        "criticality": 2 if important else 0,
        "criticality_description": "High" if important else "",
        "manufacturer_id": 70 + draw(device.manufacturer) % 29,
        "manufacturer_name": device.manufacturer,
        "notes": device.notes,
        "commissiondate": day(device.purchase_date),
        "ethernetMacAddress": (device.mac_address or "").replace(":", ""),
        "last_modified": moment(device.updated_at, device.number),
        "dlastupdate": moment(device.updated_at, 0),
        "item_cost": float(device.purchase_cost) if device.purchase_cost is not None else 0.0,
        "teamviewerpassword": words.SECRETS["teamviewerpassword"],
    }


def _field_values(device: Device) -> dict[int, object]:
    apple = device.manufacturer == "Apple"
    server = 2 + device.number % 2
    system = {"Laptop": int(apple), "Desktop": 0, "Server": server, "Phone": 4 + int(apple)}.get(device.kind)
    values: dict[int, object] = {
        words.SERIAL: written(device.serial_number, "halo", device.number),
        words.HOSTNAME: device.name,
        words.MAC: device.mac_address or "",
        words.IP: device.ip_address or "",
        words.IMEI: f"35{draw('imei', device.number):013d}"[:15],
        words.MODEL: device.model,
        words.MAKER: 70 + draw(device.manufacturer) % 29,
        words.SYSTEM: "" if system is None else 1 + system,
    }
    return {key: value for key, value in values.items() if key in words.ASSET_KINDS[device.kind].fields}


def derived(tenant: Tenant, row: Row) -> Row:
    """The row with what follows from its ids, fields and users: names, key fields, the group."""
    kind = KINDS[row["assettype_id"]]
    site = tenant.sites.get(row["site_id"]) or {}
    contract = tenant.contracts.get(row["contract_id"]) or {}
    values = tenant.field_values[row["id"]]
    holders = tenant.asset_users[row["id"]]
    keys = [str(values.get(field, "")) for field in kind.key_fields]
    return row | {
        "key_field": keys[0],
        "key_field2": keys[1],
        "key_field3": keys[2] if len(keys) > 2 else None,
        "site_name": site.get("name"),
        "client_id": int(site.get("client_id", words.UNKNOWN_CLIENT)),
        "client_name": site.get("client_name"),
        "assettype_name": kind.name,
        "assetgroup_id": kind.group,
        "assetgroup_name": words.GROUPS[kind.group],
        "status_name": status_name(row["status_id"]),
        "username": tenant.name(tenant.users, holders[0]) if holders else "",
        "contract_ref": contract.get("ref"),
        "contract_end_date": contract.get("end_date", UNSET_DATE),
        "supplier_name": tenant.name(tenant.suppliers, row["supplier_id"]),
    }
