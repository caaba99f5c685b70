"""The made-up company's servers as S3S writes them down: checklists, orders, figures and test results."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random
from zoneinfo import ZoneInfo

from gateway.sandbox.company import Company, Device
from gateway.sandbox.generate import dice, written
from gateway.sandbox.table import Row, row_id

BUILDERS = ("John", "Jane", "Joëlle", "Wout", "Fé", "Matteo", "Sinéad")
CONTRACTS = {
    1: "1 Year Return To Base Warranty.",
    3: "3 Years Standard Warranty, advanced replacement is included.",
    5: "5 Years Next Business Day, on site.",
}
SERVERS_AN_ORDER = 4

# id, name, description, category; the ids are those of the template and so the same in every checklist
_ITEMS = (
    (19, "Case", "with stand-offs in correct spot", "Components"),
    (24, "HDD(s)", "Check if installed.", "Components"),
    (22, "Heatsink", "Check if properly attached.", "Components"),
    (23, "Memory", "All slots of the list, same make.", "Components"),
    (27, "Power supplies", "Both; swap them under load.", "Components"),
    (31, "Cabling", "No cable touches a fan.", "Assembly"),
    (32, "Rails", "Left & right, with screws", "Assembly"),
    (40, "Burn-in", "48 hours", "Tests"),
    (41, "Network", "Every port", "Tests"),
)


def checklist_rows(company: Company) -> list[Row]:
    """The checklists of the servers that S3S built, newest first. Ids have gaps."""
    servers = sorted(
        (device for device in company.devices if "s3s" in device.vendors),
        key=lambda device: (device.created_at, device.number),
    )
    in_year: Counter[tuple[str, int]] = Counter()
    rows = []
    for rank, device in enumerate(servers, 1):
        place = (_prefix(company, device), device.created_at.year)
        in_year[place] += 1
        assembly = f"{place[0]}.{place[1]}.{200 + in_year[place]}"
        finished = rank <= len(servers) - len(servers) // 20
        number = 2113 + rank + rank // 3
        rows.append(_checklist(company, device, number, assembly=assembly, finished=finished))
    rows.reverse()
    return rows


def _prefix(company: Company, device: Device) -> str:
    country = company.sites[device.site - 1].country
    return {"Belgium": "BE", "Canada": "CA", "United States": "US"}.get(country, "EU")


def _checklist(company: Company, device: Device, number: int, *, assembly: str, finished: bool) -> Row:
    chance = dice(company.seed, "s3s", number)
    built = device.created_at + timedelta(minutes=chance.randrange(150, 2000))
    return {
        "id": number,
        "chassis_serial_number": written(device.serial_number, "s3s", device.number),
        "assembly_serial_number": assembly,
        "service_contract": _contract(chance),
        "status": "finished" if finished else "in_progress",
        "created_at": carbon(device.created_at, device.number),
        "updated_at": carbon(min(built, company.now), device.number),
        "server_type": None if chance.random() < 0.2 else device.model,
        "server_reference": device.name if finished and chance.random() < 0.85 else None,
        "built_by_users": chance.sample(BUILDERS, chance.choice((1, 2, 2, 3))) if finished else [],
        "items": {"data": _items(chance, finished=finished)},
    }


def _contract(chance: Random) -> Row | None:
    if chance.random() < 0.08:
        return None
    years = chance.choice((1, 3, 3, 3, 5))
    name = f"Standard Warranty ({years} year{'s' if years > 1 else ''})"
    return {"data": {"name": name, "description": CONTRACTS[years], "duration": years}}


def _items(chance: Random, *, finished: bool) -> list[Row]:
    items = [
        _item(number, name, description, category=category, kind="checkbox", settings={"checked": False})
        | {"value": finished or chance.random() < 0.5}
        for number, name, description, category in _ITEMS[: chance.choice((7, 8, 9))]
    ]
    if chance.random() < 0.5:
        bios = _item(
            45, "BIOS version", "As shown at start", category="Firmware", kind="text", settings={"text": ""}
        )
        items.append(
            bios | {"value": f"{chance.randrange(1, 4)}.{chance.randrange(10)}{chance.choice('abc')}"}
        )
    return items


def _item(number: int, name: str, description: str, *, category: str, kind: str, settings: Row) -> Row:
    return {
        "id": number,
        "display_name": name,
        "description": description,
        "category": category,
        "option": {"data": {"type": kind, "default_settings": settings}},
    }


def carbon(moment: datetime, number: int) -> Row:
    """
    A moment as PHP's Carbon writes it: wall time and zone. The kind of zone depends on the number.

    >>> carbon(datetime(2018, 1, 16, 8, 42, 50, tzinfo=UTC), 3)["date"]
    '2018-01-16 09:42:50.000000'
    """
    zone: tzinfo
    match number % 12:
        case 1 | 7:
            kind, name, zone = 3, "America/Chicago", ZoneInfo("America/Chicago")
        case 4:
            kind, name, zone = 3, "Asia/Singapore", ZoneInfo("Asia/Singapore")
        case 6:
            kind, name, zone = 1, "+05:30", timezone(timedelta(hours=5, minutes=30))
        case 10:
            kind, name, zone = 2, "UTC", UTC
        case _:
            kind, name, zone = 3, "Europe/Brussels", ZoneInfo("Europe/Brussels")
    wall = moment.replace(microsecond=0).astimezone(zone)
    return {"date": wall.strftime("%Y-%m-%d %H:%M:%S.%f"), "timezone_type": kind, "timezone": name}


def order_rows(company: Company, checklists: Iterable[Row]) -> list[Row]:
    """Orders of a few servers each, newest first. S3S documents no shape: this one is made up."""
    rows = list(checklists)
    groups = [rows[start : start + SERVERS_AN_ORDER] for start in range(0, len(rows), SERVERS_AN_ORDER)]
    return [
        {
            "id": 918 + 2 * (len(groups) - rank),
            "order_number": f"BTO-{51_400 + len(groups) - rank}",
            "customer": company.name,
            "status": "delivered" if all(row["status"] == "finished" for row in group) else "in_production",
            "created_at": group[-1]["created_at"],
            "lines": {
                "data": [
                    {
                        "quantity": 1,
                        "checklist_id": row_id(row),
                        "assembly_serial_number": row["assembly_serial_number"],
                    }
                    for row in group
                ]
            },
        }
        for rank, group in enumerate(groups)
    ]


def statistics(checklists: Iterable[Row], orders: Iterable[Row]) -> Row:
    """Figures over all checklists and orders. S3S documents no shape: this one is made up."""
    built = list(checklists)
    return {
        "checklists": {"total": len(built)} | Counter(str(row["status"]) for row in built),
        "orders": dict(Counter(str(row["status"]) for row in orders)),
        "server_types": dict(Counter(str(row["server_type"] or "other") for row in built)),
    }


def test_results(company: Company, checklist: int) -> list[Row]:
    """What the burn-in found for one server. S3S documents no shape: this one is made up."""
    chance = dice(company.seed, "s3s", "tests", checklist)
    return [
        {
            "id": checklist * 10 + rank,
            "checklist_id": checklist,
            "test": name,
            "status": "passed" if chance.random() < 0.93 else "failed",
            "value": f"{chance.uniform(low, high):.1f}",
            "unit": unit,
        }
        for rank, (name, low, high, unit) in enumerate(
            (
                ("CPU temperature", 48, 81, "°C"),
                ("Memory bandwidth", 140, 190, "GB/s"),
                ("Disk errors", 0, 0, ""),
            )
        )
    ]
