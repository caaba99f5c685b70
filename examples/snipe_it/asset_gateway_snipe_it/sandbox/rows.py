"""The company's devices, sites and people as Snipe-IT writes them: escaped, dates in two forms, amounts as text."""

from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any

from gateway.testing.sandbox import Company, Device, Person, Row, Site

_LABELS = {
    "available": (2, "Ready to Deploy", "deployable", "deployable"),
    "deployed": (2, "Ready to Deploy", "deployable", "deployed"),
    "maintenance": (1, "Out for Repair", "pending", "pending"),
    "retired": (3, "Archived", "archived", "archived"),
}


def status_label(state: str) -> dict[str, Any]:
    """The status of an asset in one of the company's states."""
    number, name, status_type, status_meta = _LABELS[state]
    return {"id": number, "name": name, "status_type": status_type, "status_meta": status_meta}


def assigned_to(user: Row) -> dict[str, Any]:
    """The user who has an asset."""
    return {"id": user["id"], "username": user["username"], "name": user["name"], "type": "user"}


def asset_row(company: Company, device: Device) -> Row:
    """An asset."""
    site = company.sites[device.site - 1]
    holder = company.people[device.holder - 1] if device.holder is not None else None
    return {
        "id": device.number,
        "name": escape(device.name),
        "asset_tag": device.asset_tag,
        "serial": device.serial_number,
        "model": {"id": 1, "name": escape(device.model)},
        "status_label": status_label(
            device.state if holder is not None or device.state != "deployed" else "available"
        ),
        "category": {"id": 1, "name": device.kind},
        "manufacturer": {"id": 1, "name": escape(device.manufacturer)},
        "supplier": None,
        "notes": escape(device.notes) or None,
        "company": {"id": 1, "name": escape(company.name)},
        "location": {"id": site.number, "name": escape(site.name)},
        "assigned_to": assigned_to(user_row(company, holder)) if holder is not None else None,
        "warranty_expires": _date(device.warranty_end),
        "eol": None,
        "created_at": _datetime(device.created_at),
        "updated_at": _datetime(device.updated_at),
        "purchase_date": _date(device.purchase_date),
        "purchase_cost": _amount(device.purchase_cost),
    }


def location_row(site: Site) -> Row:
    """A location."""
    return {
        "id": site.number,
        "name": escape(site.name),
        "address": escape(site.address),
        "city": escape(site.city),
        "state": escape(site.region),
        "country": site.country,
        "zip": site.postal_code,
    }


def user_row(company: Company, person: Person) -> Row:
    """A user."""
    site = company.sites[person.site - 1]
    return {
        "id": person.number,
        "name": escape(f"{person.first_name} {person.last_name}"),
        "username": person.email.partition("@")[0],
        "email": person.email,
        "phone": person.phone,
        "jobtitle": person.role,
        "location": {"id": site.number, "name": escape(site.name)},
    }


def _date(day: date | None) -> dict[str, str] | None:
    return None if day is None else {"date": day.isoformat(), "formatted": day.strftime("%a %b %d, %Y")}


def _datetime(moment: datetime) -> dict[str, str]:
    written = moment.strftime("%Y-%m-%d %H:%M:%S")
    return {"datetime": written, "formatted": moment.strftime("%a %b %d, %Y %I:%M%p")}


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:,.2f}"
