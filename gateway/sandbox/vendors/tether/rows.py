"""The made-up company as Tether writes it down: assets, categories, locations, employees and history."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from gateway.sandbox.company import Company, Device, Person
from gateway.sandbox.generate import dice, written
from gateway.sandbox.table import Row, Table

ADMIN_NAME = "MSP Admin"

_NOTES = (
    "Assigned for new hire onboarding",
    "",
    "Replacement for the broken one",
    "Prêt pour le salon de mars",
)


def categories(company: Company) -> list[Row]:
    """A category for each kind of device."""
    kinds = sorted({device.kind for device in company.devices})
    return [{"id": 3 + 2 * rank, "name": kind} for rank, kind in enumerate(kinds)]


def locations(company: Company) -> list[Row]:
    """A location for each site."""
    return [{"id": location_id(site.number), "name": site.name} for site in company.sites]


def location_id(site: int) -> int:
    """The id of a site's location."""
    return 11 + site


def employees(company: Company) -> list[Row]:
    """Everybody who may hold an asset. Tether documents `id` and `name`; the rest is on its screens."""
    return [
        {
            "id": employee_id(person.number),
            "name": full_name(person),
            "email": person.email,
            "phone": person.phone,
            "department": "IT" if person.role == "technician" else None,
        }
        for person in company.people
    ]


def employee_id(person: int) -> int:
    """The id of a person's employee."""
    return 204 + person


def full_name(person: Person) -> str:
    """First and last name, as Tether shows them."""
    return f"{person.first_name} {person.last_name}"


def asset_id(number: int) -> int:
    """The id of a device's asset: rising, with gaps."""
    return 311 + number + number // 9


def assets(company: Company, kinds: Iterable[Row]) -> list[Row]:
    """The assets of this tenant, in the order of their ids."""
    by_kind = {row["name"]: row for row in kinds}
    return [
        _asset(company, device, by_kind[device.kind])
        for device in company.devices
        if "tether" in device.vendors
    ]


def _asset(company: Company, device: Device, category: Row) -> Row:
    holder = company.people[device.holder - 1] if device.holder else None
    site = company.sites[device.site - 1]
    return {
        "id": asset_id(device.number),
        "asset_tag": device.asset_tag,
        "name": device.name,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "serial": written(device.serial_number, "tether", device.number)
        or (None if device.number % 2 else ""),
        "status": device.state,
        "category": None if device.number % 37 == 0 else category,
        "location": None if device.number % 29 == 0 else {"id": location_id(site.number), "name": site.name},
        "assigned_to": {"id": employee_id(holder.number), "name": full_name(holder)} if holder else None,
        "purchase_date": device.purchase_date.isoformat() if device.purchase_date else None,
        "purchase_cost": money(device.purchase_cost),
        "warranty_expiry": device.warranty_end.isoformat() if device.warranty_end else None,
        "notes": device.notes,
    }


def money(amount: Decimal | None) -> str | None:
    """An amount as Tether reads it out: a string with two decimals."""
    return None if amount is None else f"{amount:.2f}"


def past_events(company: Company, assets: Table) -> dict[int, list[Row]]:
    """What happened to each asset before today, oldest first."""
    past = {}
    for device in company.devices:
        row = assets.get(asset_id(device.number))
        if row is not None:
            past[asset_id(device.number)] = _past(company, device)
    return past


def _past(company: Company, device: Device) -> list[Row]:
    chance = dice(company.seed, "tether", "history", device.number)
    people = [chance.choice(company.people) for _ in range(chance.choice((0, 0, 1, 1, 2)))]
    steps = [(action, full_name(person)) for person in people for action in ("checkout", "checkin")]
    if device.holder:
        steps.append(("checkout", full_name(company.people[device.holder - 1])))
    span = (min(device.updated_at, company.now) - device.created_at) / (len(steps) or 1)
    return [
        event(
            action,
            name,
            by=ADMIN_NAME if chance.random() < 0.6 else full_name(company.people[chance.randrange(8)]),
            note=chance.choice(_NOTES) if action == "checkout" else "Returned in good condition",
            at=device.created_at + span * (step + chance.random()),
        )
        for step, (action, name) in enumerate(steps)
    ]


def event(action: str, employee: str, *, by: str, note: str, at: datetime) -> Row:
    """One line of an asset's history."""
    return {
        "action": action,
        "employee_name": employee,
        "performed_by": by,
        "note": note,
        "timestamp": (at.astimezone(UTC) - timedelta(microseconds=at.microsecond)).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        ),
    }
