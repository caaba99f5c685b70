"""The state of the sandbox's Revnue account: what is written (with ids) and how it is read (with objects)."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32

from gateway.sandbox import Company, Device, written
from gateway.sandbox.vendors.revnue import words

Row = dict[str, Any]


def draw(*of: object) -> int:
    """A number that looks thrown but is always the same for the same arguments."""
    return crc32(repr(of).encode())


class Account:
    """
    One Revnue account with one company.

    A record is kept as it is written, ids for relations. `asset` and `contract` show it as it is read.
    """

    def __init__(self, company: Company) -> None:
        self.company = company
        names = sorted({site.country for site in company.sites})
        self.countries = {2 + 7 * place: name for place, name in enumerate(names)}
        self.owners = {7000 + person.number: person for person in company.people}
        self.contracts: dict[int, Row] = {row["id"]: row for row in map(self._contract, range(1, 13))}
        known = (device for device in company.devices if "revnue" in device.vendors)
        self.assets: dict[int, Row] = {row["id"]: row for row in map(self._asset, known)}
        self._writes = 0

    def keys(self) -> dict[str, frozenset[int]]:
        """The ids that a relation may have."""
        parties = frozenset(words.PARTIES)
        return {
            "contract": frozenset(self.contracts),
            "parent_contract": frozenset(self.contracts),
            "country": frozenset(self.countries),
            "asset_owner": frozenset(self.owners),
            "business_unit": frozenset(words.BUSINESS_UNITS),
            "customer": frozenset(words.CUSTOMERS),
            **dict.fromkeys(
                ("warranty_provider", "support_provider", "attached_supplier", "supplier"), parties
            ),
        }

    def tick(self) -> datetime:
        """The time of a write: a second after the one before, so that equal histories have equal times."""
        self._writes += 1
        return self.company.now + timedelta(seconds=self._writes)

    def _asset(self, device: Device) -> Row:
        site = self.company.sites[device.site - 1]
        country = next(key for key, name in self.countries.items() if name == site.country)
        category = next(key for key, (_, kinds) in words.CATEGORIES.items() if device.kind in kinds)
        covered = device.warranty_end is not None
        bought = device.purchase_date
        supported = draw("support", device.number) % 3 == 0 and bought is not None
        cost = device.purchase_cost
        return dict.fromkeys(words.ASSET_FIELDS) | {
            "id": 88_140 + 11 * device.number,
            "form": device.number,
            "created": device.created_at,
            "modified": device.updated_at,
            "region": site.region,
            "name": device.name,
            "contract": self._contract_of(device),
            "category": {"id": category, "subcategory": device.kind},
            "manufacturer": device.manufacturer,
            "serial_number": written(device.serial_number, "revnue", device.number),
            "address": site.address,
            "city": site.city,
            "country": country,
            "location_description": site.name,
            "asset_owner": 7000 + device.holder if device.holder else None,
            "business_unit": tuple(words.BUSINESS_UNITS)[device.site % 3],
            "warranty_type": ("oem", "oem_extended", "third_party")[draw(device.model) % 3]
            if covered
            else "none",
            "warranty_provider": tuple(words.PARTIES)[draw(device.manufacturer) % 5] if covered else None,
            "end_of_life_date": bought + timedelta(days=1825) if bought and device.number % 3 == 0 else None,
            "warranty_start_date": bought if covered else None,
            "warranty_end_date": device.warranty_end,
            "warranty_contact_phone": "+44 113 496 0100" if covered else "",
            "warranty_contact_email": "warranty@brambling.example" if covered else "",
            "warranty_notes": "",
            "support_type": "third_party" if supported else "none",
            "support_provider": 417 if supported else None,
            "attached_supplier": 404 if device.number % 2 else None,
            "support_start_date": bought if supported else None,
            "support_end_date": bought + timedelta(days=1460) if bought and supported else None,
            "support_contact_email": "desk@third-line.example" if supported else "",
            "usage_status": words.USAGE_OF_STATE[device.state],
            "asset_tag": device.asset_tag,
            "asset_notes": device.notes,
            "original_cost": cost,
            "service_start_date": device.created_at.date(),
            "depreciation_schedule": "5_year_20_percent" if device.kind == "Server" else "3_year_33_percent",
            "estimated_salvage_value": None if cost is None else (cost / 10).quantize(Decimal("0.01")),
            "financial_notes": "",
            "template": self._form_of(device),
            "zip_code": site.postal_code,
        }

    def _contract_of(self, device: Device) -> int | None:
        return (
            tuple(self.contracts)[draw("of", device.number) % 12] if draw("has", device.number) % 2 else None
        )

    def _form_of(self, device: Device) -> Row | None:
        if device.kind == "Phone":
            return None
        values = {
            words.MAC: device.mac_address,
            words.IP: device.ip_address,
            words.RACK: 1 + device.number % 42 if device.kind in {"Server", "Switch"} else None,
            words.BUDGET: device.purchase_cost,
            words.AUDIT: device.updated_at.date() if device.number % 2 else None,
        }
        return {"id": 12, "values": values}

    def _contract(self, number: int) -> Row:
        start = self.company.now.date() - timedelta(days=90 * number)
        status = ("active", "active", "active", "expired", "draft", "archived", "active", "suspended")[
            number % 8
        ]
        return dict.fromkeys(words.CONTRACT_FIELDS) | {
            "id": 5200 + 17 * number,
            "form": number,
            "contract_type": "sell_side" if number % 6 == 0 else "buy_side",
            "name": f"{tuple(words.PARTIES.values())[number % 5]} frame agreement {number}",
            "number": f"BA-{2020 + number % 6}-{number:04}",
            "parent_contract": 5217 if number % 5 == 0 else None,
            "customer": 210 if number % 6 == 0 else None,
            "supplier": None if number % 6 == 0 else tuple(words.PARTIES)[number % 5],
            "country": tuple(self.countries)[number % len(self.countries)],
            "status": status,
            "category": {"id": 64, "subcategory": "Server"},
            "description": "",
            "business_unit": 34,
            "contract_start_date": start,
            "contract_end_date": start + timedelta(days=1095) if number % 4 else None,
            "notice_period": 30 * (number % 4),
            "service_start_date": start,
            "end_of_term_clause": "auto_renewed" if number % 2 else "auto_expires",
            "end_of_term_action": "renegotiate",
            "timeline_notes": "",
            "total_contract_spend_value": Decimal(12_500 * number),
            "mrc": Decimal("1041.67") * number,
            "nrc": Decimal(0),
            "payment_terms": "net_30",
            "financing": "self_paid",
            "financial_notes": "",
        }

    def asset(self, row: Row) -> Row:
        """An asset as it is read. Decimals are numbers on some rows and text on others."""
        form = row["form"]
        owner = self.owners.get(row["asset_owner"])
        contract = self.contracts.get(row["contract"])
        return {
            "id": row["id"],
            "name": row["name"],
            "contract": {"id": contract["id"], "number": contract["number"]} if contract else None,
            "category": _category(row["category"]),
            **{name: row[name] for name in ("manufacturer", "serial_number", "address", "city")},
            "country": self.countries.get(row["country"]),
            "region": row["region"],
            "location_description": row["location_description"],
            "asset_owner": {
                "id": row["asset_owner"],
                "name": f"{owner.first_name} {owner.last_name}",
                "email": owner.email,
                "phone_number": owner.phone or "",
            }
            if owner
            else None,
            "business_unit": _named(words.BUSINESS_UNITS, row["business_unit"]),
            "warranty_status": self._cover(row, "warranty"),
            "warranty_type": row["warranty_type"],
            "warranty_provider": _named(words.PARTIES, row["warranty_provider"]),
            **_dates(row, "end_of_life_date", "warranty_start_date", "warranty_end_date"),
            **{
                name: row[name]
                for name in ("warranty_contact_phone", "warranty_contact_email", "warranty_notes")
            },
            "support_status": self._cover(row, "support"),
            "support_type": row["support_type"],
            "support_provider": _named(words.PARTIES, row["support_provider"]),
            "attached_supplier": _named(words.PARTIES, row["attached_supplier"]),
            **_dates(row, "end_of_support_date", "support_start_date", "support_end_date"),
            **{
                name: row[name]
                for name in ("support_contact_phone", "support_contact_email", "support_notes")
            },
            "usage_status": _named(words.USAGE, row["usage_status"]),
            "asset_tag": row["asset_tag"],
            "asset_notes": row["asset_notes"],
            "original_cost": _decimal(row["original_cost"], form),
            **_dates(row, "service_start_date"),
            "depreciation_schedule": row["depreciation_schedule"],
            "estimated_salvage_value": _decimal(row["estimated_salvage_value"], form),
            "financial_notes": row["financial_notes"],
            "template": _template(row["template"], form),
        }

    def contract(self, row: Row) -> Row:
        """A contract as it is read."""
        parent = self.contracts.get(row["parent_contract"])
        unit = _named(words.BUSINESS_UNITS, row["business_unit"])
        contact = {"contact_name": "Ruth Walker", "contact_email": "ruth.walker@brambling.example"}
        plain = ("notice_period", "end_of_term_clause", "end_of_term_action", "timeline_notes")
        return {
            **{name: row[name] for name in ("id", "contract_type", "name", "number")},
            "parent_contract": {"id": parent["id"], "number": parent["number"]} if parent else None,
            "customer": _named(words.CUSTOMERS, row["customer"]),
            "supplier": _named(words.PARTIES, row["supplier"]),
            "country": self.countries.get(row["country"]),
            "status": row["status"],
            "category": _category(row["category"]),
            "description": row["description"],
            "business_unit": unit and {**unit, **contact, "contact_phone_number": ""},
            **_dates(row, "contract_start_date", "contract_end_date", "service_start_date"),
            **{name: row[name] for name in plain},
            **{
                name: _decimal(row[name], row["form"])
                for name in ("total_contract_spend_value", "mrc", "nrc")
            },
            "expenditure_type": {"type": "opex", "capex_actual": None, "opex_actual": None},
            **{name: row[name] for name in ("payment_terms", "financing", "financial_notes")},
            "template": _template(row["template"], row["form"]),
        }

    def _cover(self, row: Row, what: str) -> str:
        """Whether warranty or support still runs: computed from the dates."""
        end = row[f"{what}_end_date"]
        if row[f"{what}_type"] in {None, "none"} or end is None:
            return "none"
        return f"within_{what}" if end >= self.company.now.date() else f"out_of_{what}"


def _named(names: dict[int, str], key: int | None) -> Row | None:
    return {"id": key, "name": names[key]} if key in names else None


def _category(value: Row | None) -> Row | None:
    if value is None:
        return None
    return {
        "id": value["id"],
        "name": words.CATEGORIES[value["id"]][0],
        "subcategory": value.get("subcategory"),
    }


def _dates(row: Row, *names: str) -> Row:
    """Days, which some rows have with a time; unset is empty on some rows and null on others."""
    shown: Row = {}
    for name in names:
        value: date | None = row[name]
        if value is None:
            shown[name] = "" if row["form"] % 2 else None
        else:
            shown[name] = f"{value.isoformat()}T00:00:00Z" if row["form"] % 7 == 0 else value.isoformat()
    return shown


def _decimal(value: Decimal | None, form: int) -> float | str | None:
    if value is None:
        return None
    return f"{value:.2f}" if form % 3 == 0 else float(value)


def _template(value: Row | None, form: int) -> Row | None:
    """A form with its values by the columns' names."""
    template = next((known for known in words.FORMS if value and known.id == value["id"]), None)
    if value is None or template is None:
        return None
    fields = {}
    for field in template.fields:
        shown = value["values"].get(field.id)
        if isinstance(shown, Decimal):
            shown = _decimal(shown, form)
        fields[field.name] = shown.isoformat() if isinstance(shown, date) else shown
    return {"id": template.id, "fields": fields}
