"""Meter readings, changes of assets and certificates of the sandbox's Halo, over time."""

from collections.abc import Sequence
from datetime import timedelta

from gateway.sandbox import Device
from gateway.sandbox.vendors.halo import words
from gateway.sandbox.vendors.halo.asset_writes import change_row
from gateway.sandbox.vendors.halo.lists import Query, Refused, equals, matching, searched
from gateway.sandbox.vendors.halo.tenant import Tenant
from gateway.sandbox.vendors.halo.values import NONE_ID, Row, asset_id, draw, moment, site_id

MONTHS = 12
_READING: Row = {
    "id": 0, "recurringinvoice_line_id": 0, "asset_id": 0, "meter_name": "", "timestamp": "", "who": "",
    "ticket_id": 0, "invoice_id": NONE_ID, "reading_type": 0, "pack_id": 0, "reading": 0,
    "previous_reading": 0, "reason": "", "reviewed": False,
}  # fmt: skip
_CERTIFICATE: Row = {
    "id": 0, "name": "", "subject": "", "issuer": "", "thumbprint": "", "attachment_id": 0,
    "attachment_name": "",
}  # fmt: skip


def fill(tenant: Tenant) -> None:
    """Read the printers' counters each month, note what happened to the assets, keep three certificates."""
    known = [device for device in tenant.company.devices if asset_id(device.number) in tenant.assets]
    key = 600
    for device in known:
        if device.kind == "Printer":
            for row in _readings(tenant, device):
                key += 1
                tenant.readings.put(row | {"id": key})
        tenant.asset_changes += _changes(device)
    for place, name in enumerate(("SSO signing", "Intune connector", "Mailbox S/MIME")):
        print_of = f"{draw('certificate', place):08X}{draw('thumb', place):08X}{draw('print', place):08X}"
        tenant.certificates.put(
            _CERTIFICATE
            | {
                "id": 4 + 3 * place,
                "name": name,
                "subject": f"CN={name}",
                "issuer": "CN=Brambling CA",
                "thumbprint": print_of,
            }
        )


def _readings(tenant: Tenant, device: Device) -> list[Row]:
    """Two counters, a reading each month, the newest last; one in a few was taken with a ticket."""
    rows = []
    for meter, start in (("Mono", 18_000), ("Colour", 4_200)):
        total = start + draw(meter, device.number) % 9000
        for month in range(MONTHS, 0, -1):
            before, total = total, total + draw(meter, device.number, month) % 900
            taken = tenant.company.now - timedelta(days=30 * month, minutes=draw(device.number, month) % 400)
            rows.append(
                _READING
                | {
                    "asset_id": asset_id(device.number),
                    "meter_name": meter,
                    "timestamp": moment(taken, month),
                    "who": "Print Agent" if month % 5 else "Grace Hughes",
                    "recurringinvoice_line_id": 91 if meter == "Mono" else 92,
                    "invoice_id": 3300 + month if month > 2 else NONE_ID,
                    "reading": total,
                    "previous_reading": 0 if month == MONTHS else before,
                    "reason": "Meter replaced" if month == MONTHS else "",
                    "reviewed": month > 1,
                }
            )
    return rows


def _changes(device: Device) -> list[Row]:
    """What happened to a device, numbered from 1 for each: these ids repeat across assets."""
    key = asset_id(device.number)
    values: list[tuple[int, str, object, object]] = [
        (9, "Status", "In Stock", words.ASSET_STATUS[device.state])
    ]
    values += [(4, "Site", site_id(1), site_id(device.site))] if device.site != 1 else []
    values += [(51, "Serial Number", "", device.serial_number)] if device.number % 4 == 0 else []
    when = device.created_at
    step = (device.updated_at - device.created_at) / (len(values) + 1)
    rows = []
    for place, (field, name, old, new) in enumerate(values, 1):
        row = change_row(place, key, field=(field, name), values=(old, new))
        rows.append(row | {"who": "Unassigned", "datetime": moment(when + place * step, 2)})
    return rows


def readings(tenant: Tenant, query: Query) -> list[Row]:
    """The readings of an asset or of an invoice line."""
    return matching(tenant.readings, (equals(query, "asset_id"), equals(query, "recurringinvoice_line_id")))


def write_readings(tenant: Tenant, posted: Sequence[Row]) -> Row:
    """
    Keep readings, which are whole numbers.

    One below the last of its meter is questioned in `_warning` and not kept, until it comes with
    `_newreadingconfirmation_ok`.
    """
    for body in posted:
        if type(body.get("reading")) is not int:
            raise Refused({"Message": "The request is invalid: reading."})
        if body.get("asset_id") not in tenant.assets:
            raise Refused("Please select an Asset.")
    row: Row = {}
    for body in posted:
        row = _keep_reading(tenant, body)
    return row


def _keep_reading(tenant: Tenant, body: Row) -> Row:
    now = tenant.tick()
    meter = str(body.get("meter_name") or "")
    same = [
        row for row in tenant.readings if row["asset_id"] == body["asset_id"] and row["meter_name"] == meter
    ]
    last = same[-1]["reading"] if same else 0
    given = {
        name: value for name, value in body.items() if name in _READING and name != "id" and value is not None
    }
    row = (
        _READING
        | {"timestamp": moment(now, 0), "who": "API Integration"}
        | given
        | {"previous_reading": last}
    )
    if row["reading"] < last and not body.get("_newreadingconfirmation_ok"):
        return row | {"_warning": f"The new reading is lower than the previous reading of {last}."}
    row["id"] = tenant.readings.next_id()
    tenant.readings.put(row)
    return row


def changes(tenant: Tenant, query: Query) -> list[Row]:
    """The changes of assets."""
    keeps = (
        equals(query, "asset_id"),
        equals(query, "user_id", "software_user_id"),
        searched(query, ("field_name", "old_value", "new_value", "who")),
    )
    return matching(tenant.asset_changes, keeps)


def write_changes(tenant: Tenant, posted: Sequence[Row]) -> Row:
    """Add rows to the trail of changes, numbered within their asset."""
    for body in posted:
        if body.get("asset_id") not in tenant.assets:
            raise Refused({"resultCode": -1, "errorMessage": "The asset does not exist."})
    row: Row = {}
    for body in posted:
        asset = body["asset_id"]
        last = max(
            (change["id"] for change in tenant.asset_changes if change["asset_id"] == asset), default=0
        )
        row = change_row(last + 1, asset, field=(0, ""), values=(None, None))
        row |= {"datetime": moment(tenant.tick(), 2)}
        row |= {name: value for name, value in body.items() if name in row and name != "id"}
        tenant.asset_changes.append(row)
    return row


def certificates(tenant: Tenant, _query: Query) -> list[Row]:
    """The certificates that Halo itself uses: no end date, no asset."""
    return list(tenant.certificates)


def write_certificates(tenant: Tenant, posted: Sequence[Row]) -> Row:
    """Keep certificates; the password that comes with one is never shown again."""
    for body in posted:
        if body.get("id") and body["id"] not in tenant.certificates:
            raise Refused({"resultCode": -1, "errorMessage": "The certificate does not exist."})
    row: Row = {}
    for body in posted:
        old = tenant.certificates.get(body["id"]) if body.get("id") else None
        row = (old or _CERTIFICATE | {"id": tenant.certificates.next_id()}) | {
            name: value for name, value in body.items() if name in _CERTIFICATE and name != "id"
        }
        tenant.certificates.put(row)
    return row
