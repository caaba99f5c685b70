"""
A handful of things at each of the five vendors, and what we expect to be told of them.

Each `Thing` is written in its vendor's form by one function here and read back by the gateway: between the two lies
all that is tested. Values repeat, are missing, and differ by case and spaces only, so that orders have ties and
filters edges.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from gateway.connector.description.warranty import status, today
from gateway.testing.upstreams import Handler, answered
from tests.support.gateway import Gateway, sandbox_sources

NAMES = ("alpha", "Alpha", "ALPHA 2", "béta", "Zulu", "zulu", "a", "Ünit")
SERIALS = ("C02XL1", "c02x l1", "C02XL1", "PF-3.9", "pf-3.9", "US.2018.213", "777")
MAKERS = ("Dell", "dell", "HP", "Lenovo")
MODELS = ("7440", "EliteBook", "elitebook 840", "T14")
TAGS = ("IT-1", "IT-2", "it-2", "IT-10", "SRV-1")
DATES = (date(2020, 1, 31), date(2020, 2, 1), date(2024, 12, 31), date(2030, 6, 1))
COSTS = (Decimal("9.99"), Decimal(10), Decimal("10.00"), Decimal(1000), Decimal("999.5"))
MOMENTS = tuple(datetime(2024, 5, day, 10, 30, tzinfo=UTC) for day in (1, 2, 3))
PROVIDERS = ("Cisco Systems", "cisco", "HPE")
RACKS = ("B1", "b1", "C7")
KINDS = {1: "Laptop", 2: "Server"}
PLACES = {1: "Head Office", 2: "Depot"}


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What the gateway should tell of one asset."""

    source: str
    native: int
    name: str | None = None
    assetTag: str | None = None  # noqa: N815 - the schema's names
    serialNumber: str | None = None  # noqa: N815
    manufacturer: str | None = None
    model: str | None = None
    status: str = "UNKNOWN"
    category: str | None = None
    assetType: str | None = None  # noqa: N815
    organisation: str | None = None
    ipAddress: str | None = None  # noqa: N815
    purchaseDate: date | None = None  # noqa: N815
    purchaseCost: Decimal | None = None  # noqa: N815
    warrantyStatus: str = "UNKNOWN"  # noqa: N815
    warrantyProvider: str | None = None  # noqa: N815
    warrantyStartDate: date | None = None  # noqa: N815
    warrantyEndDate: date | None = None  # noqa: N815
    supportStatus: str | None = None  # noqa: N815
    supportProvider: str | None = None  # noqa: N815
    supportStartDate: date | None = None  # noqa: N815
    supportEndDate: date | None = None  # noqa: N815
    createdAt: datetime | None = None  # noqa: N815
    updatedAt: datetime | None = None  # noqa: N815
    place: int | None = None
    rack: str | None = None  # a custom field
    deleted: bool = False

    @property
    def id(self) -> str:
        return f"{self.source}:Asset:{self.native}"

    @property
    def location(self) -> str | None:
        return None if self.place is None else f"{self.source}:Location:{self.place}"

    @property
    def location_name(self) -> str | None:
        return None if self.place is None else PLACES[self.place]

    @property
    def person_name(self) -> str | None:
        """Nobody has any of them."""
        return None


def things(seed: int = 11, each: int = 7) -> tuple[Thing, ...]:
    """So many things at each vendor, the same for a seed."""
    chance = random.Random(seed)

    def one(values: Sequence[Any]) -> Any:
        return chance.choice((*values, None))

    def tether(native: int) -> Thing:
        return Thing(
            source="tether",
            native=native,
            name=chance.choice(NAMES),
            assetTag=f"{chance.choice(TAGS)}-{native}",
            serialNumber=one(SERIALS),
            manufacturer=one(MAKERS),
            model=one(MODELS),
            status=chance.choice(("AVAILABLE", "IN_USE", "MAINTENANCE", "RETIRED")),
            category=one(("Laptop", "Phone")),
            organisation="acme",
            purchaseDate=one(DATES),
            purchaseCost=one(COSTS),
            warrantyEndDate=one(DATES),
            place=one(tuple(PLACES)),
        )

    def fiwit(native: int) -> Thing:
        return Thing(
            source="fiwit",
            native=native,
            name=one(NAMES),
            serialNumber=one(SERIALS),
            manufacturer=one(MAKERS),
            model=one(MODELS),
            status="DELETED" if native % 7 == 3 else "UNKNOWN",
            assetType=one(tuple(KINDS.values())),
            organisation=one(("111", "112")),
            ipAddress=one(("10.0.0.1", "10.0.0.20")),
            purchaseDate=one(DATES),
            purchaseCost=one(COSTS),
            warrantyEndDate=one(DATES),
            createdAt=one(MOMENTS),
            updatedAt=one(MOMENTS),
            place=one(tuple(PLACES)),
            rack=one(RACKS),
            deleted=native % 7 == 3,
        )

    def s3s(native: int) -> Thing:
        kind = one(MODELS)
        return Thing(
            source="s3s",
            native=native,
            name=chance.choice(NAMES),
            serialNumber=one(SERIALS),
            model=kind,
            assetType=kind,
            status=chance.choice(("BUILT", "UNKNOWN")),
            createdAt=one(MOMENTS),
            updatedAt=one(MOMENTS),
        )

    def halo(native: int) -> Thing:
        return Thing(
            source="halo",
            native=native,
            name=chance.choice(NAMES),
            assetTag=one(TAGS),
            serialNumber=chance.choice(SERIALS),
            manufacturer=chance.choice(MAKERS),
            model=chance.choice(MODELS),
            status=chance.choice(("IN_USE", "RETIRED", "UNKNOWN")),
            category=chance.choice(("Group",)),
            assetType=chance.choice(tuple(KINDS.values())),
            organisation=one(("Acme", "Bolt")),
            ipAddress=one(("10.0.0.1", "10.1.0.1")),
            purchaseDate=one(DATES),
            purchaseCost=one(COSTS),
            warrantyEndDate=one(DATES),
            updatedAt=one(MOMENTS),
            place=one(tuple(PLACES)),
            rack=one(RACKS),
        )

    def revnue(native: int) -> Thing:
        return Thing(
            source="revnue",
            native=native,
            name=one(NAMES),
            assetTag=one(TAGS),
            serialNumber=one(SERIALS),
            manufacturer=one(MAKERS),
            status=chance.choice(("IN_USE", "UNKNOWN")),
            category=one(("Laptop", "Network")),
            organisation=one(("Ops", "Sales")),
            purchaseCost=one(COSTS),
            warrantyEndDate=one(DATES),
            rack=one(RACKS),
        )

    # Ids of one and of two digits: their order is not that of their letters.
    made = (make(native) for make in (fiwit, halo, revnue, s3s, tether) for native in range(5, 5 + each))
    further = random.Random(seed)
    return tuple(_covered(thing, further) for thing in made)


def _covered(thing: Thing, chance: random.Random) -> Thing:
    """The same thing with its warranty and its support."""

    def one(values: Sequence[Any]) -> Any:
        return chance.choice((*values, None))

    if thing.source == "revnue":
        return replace(
            thing,
            warrantyStatus=chance.choice(("NONE", "OUT_OF_WARRANTY", "WITHIN_WARRANTY")),
            warrantyProvider=one(PROVIDERS),
            warrantyStartDate=one(DATES),
            supportStatus=chance.choice(("NONE", "OUT_OF_SUPPORT", "WITHIN_SUPPORT")),
            supportProvider=one(PROVIDERS),
            supportStartDate=one(DATES),
            supportEndDate=one(DATES),
        )
    starts = one(DATES) if thing.source == "halo" else None
    return replace(thing, warrantyStartDate=starts, warrantyStatus=status(thing.warrantyEndDate, today()))


# --- each vendor's rows


def _written(text: str | None, native: int) -> str | None:
    """A text as people write it: some with blanks around it, some with blanks only in the place of nothing."""
    if native % 3:
        return text
    return f" {text}\u00a0" if text is not None else " \u200b"


def _tether(one: Thing) -> dict[str, Any]:
    words = {"IN_USE": "deployed"}
    return {
        "id": one.native,
        "asset_tag": one.assetTag,
        "name": _written(one.name, one.native),
        "manufacturer": one.manufacturer,
        "model": one.model,
        "serial": _written(one.serialNumber, one.native),
        "status": words.get(one.status, one.status.lower()),
        "category": None if one.category is None else {"id": 1, "name": one.category},
        "location": None if one.place is None else {"id": one.place, "name": PLACES[one.place]},
        "assigned_to": None,
        "purchase_date": one.purchaseDate and one.purchaseDate.isoformat(),
        "purchase_cost": None if one.purchaseCost is None else str(one.purchaseCost),
        "warranty_expiry": one.warrantyEndDate and one.warrantyEndDate.isoformat(),
        "notes": "",
    }


_FIELDS = {1: "Serial", 2: "Model", 3: "Brand", 4: "Purchase date", 5: "Cost", 6: "Warranty end", 7: "Rack"}


def _fiwit(one: Thing) -> dict[str, Any]:
    values = (
        _written(one.serialNumber, one.native),
        one.model,
        one.manufacturer,
        one.purchaseDate,
        one.purchaseCost,
    )
    told = dict(enumerate((*values, one.warrantyEndDate, one.rack), 1))
    return {
        "id": one.native,
        "name": _written(one.name, one.native),
        "user_id": None,
        "created_at": one.createdAt and one.createdAt.isoformat().replace("+00:00", "Z"),
        "updated_at": one.updatedAt and one.updatedAt.isoformat().replace("+00:00", "Z"),
        "assigned_id": None,
        "location_id": one.place,
        "asset_type_id": next((key for key, name in KINDS.items() if name == one.assetType), None),
        "team_id": one.organisation and int(one.organisation),
        "deleted_at": "2024-06-01T00:00:00.000Z" if one.deleted else None,
        "ip_address": one.ipAddress,
        "custom_field_values": [
            {"id": key, "custom_field_id": key, "value": str(value), "deleted_at": None}
            for key, value in told.items()
            if value is not None
        ],
    }


def _carbon(at: datetime | None) -> dict[str, Any] | None:
    if at is None:
        return None
    written = at.replace(tzinfo=None).strftime("%Y-%m-%d %H:%M:%S.%f")
    return {"date": written, "timezone_type": 3, "timezone": "UTC"}


def _s3s(one: Thing) -> dict[str, Any]:
    return {
        "id": one.native,
        "chassis_serial_number": _written(one.serialNumber, one.native),
        "assembly_serial_number": None,
        "service_contract": None,
        "status": "finished" if one.status == "BUILT" else "assembling",
        "created_at": _carbon(one.createdAt),
        "updated_at": _carbon(one.updatedAt),
        "server_type": one.model,
        "server_reference": _written(one.name, one.native),
        "built_by_users": [],
        "items": {"data": []},
    }


def _day(at: date | None) -> str:
    return "1900-01-01T00:00:00" if at is None else f"{at.isoformat()}T00:00:00"


def _halo(one: Thing, *, detailed: bool = False, fielded: bool = False) -> dict[str, Any]:
    fields = (
        [{"id": 7, "name": "Rack", "value": one.rack or ""}] if one.rack is not None or one.native % 2 else []
    )
    if one.ipAddress is not None:
        fields.append({"id": 8, "name": "IP address", "value": one.ipAddress})
    row: dict[str, Any] = {
        "id": one.native,
        "inventory_number": one.assetTag,
        "key_field": _written(one.name, one.native),
        "key_field2": _written(one.serialNumber, one.native),
        "key_field3": one.model,
        "manufacturer_name": one.manufacturer,
        "client_name": one.organisation,
        "site_id": one.place or -1,
        "site_name": None if one.place is None else PLACES[one.place],
        "assettype_id": next(key for key, name in KINDS.items() if name == one.assetType),
        "assettype_name": one.assetType,
        "inactive": one.status == "RETIRED",
        "status_name": "Active" if one.status == "IN_USE" else "Odd",
        "supplier_purchasedate": _day(one.purchaseDate),
        "warranty_start": _day(one.warrantyStartDate),
        "warranty_end": _day(one.warrantyEndDate),
    }
    if detailed or fielded:
        row["fields"] = fields
    if detailed:
        row |= {
            "item_cost": None if one.purchaseCost is None else float(one.purchaseCost),
            "last_modified": one.updatedAt and one.updatedAt.isoformat(),
        }
    return row


def _revnue(one: Thing) -> dict[str, Any]:
    return {
        "id": one.native,
        "name": _written(one.name, one.native),
        "asset_tag": one.assetTag,
        "serial_number": _written(one.serialNumber, one.native),
        "manufacturer": one.manufacturer,
        "category": None if one.category is None else {"id": 1, "name": one.category},
        "business_unit": None if one.organisation is None else {"id": 2, "name": one.organisation},
        "usage_status": {"id": 1, "name": "production" if one.status == "IN_USE" else "other"},
        "original_cost": None if one.purchaseCost is None else str(one.purchaseCost),
        "warranty_status": one.warrantyStatus.lower(),
        "warranty_provider": one.warrantyProvider and {"id": 1, "name": one.warrantyProvider},
        "warranty_start_date": one.warrantyStartDate.isoformat() if one.warrantyStartDate else "",
        "warranty_end_date": one.warrantyEndDate.isoformat() if one.warrantyEndDate else "",
        "support_status": one.supportStatus and one.supportStatus.lower(),
        "support_provider": one.supportProvider and {"id": 2, "name": one.supportProvider},
        "support_start_date": one.supportStartDate.isoformat() if one.supportStartDate else "",
        "support_end_date": one.supportEndDate.isoformat() if one.supportEndDate else None,
        "template": {"id": 1, "fields": {} if one.rack is None else {"Rack": one.rack}},
    }


# --- each vendor's API, as far as assets go


def _holds(row: Mapping[str, Any], keys: Sequence[str], term: str) -> bool:
    return any(term.strip().casefold() in str(row.get(key) or "").casefold() for key in keys)


def _tether_api(mine: Sequence[Thing]) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        asked, path = request.url.params, request.url.path.removeprefix("/api")
        rows = {one.native: _tether(one) for one in mine}
        if path == "/auth/login":
            return answered({"access_token": "t"})
        if path != "/assets":
            found = rows.get(int(path.rpartition("/")[2]))
            return answered(found or {"detail": "no"}, status=200 if found else 404)
        keys = ("asset_tag", "name", "serial", "model", "manufacturer")
        return answered(
            [
                row
                for row in rows.values()
                if ("q" not in asked or _holds(row, keys, asked["q"]))
                and asked.get("status", row["status"]) == row["status"]
                and (
                    "location_id" not in asked
                    or str((row["location"] or {}).get("id")) == asked["location_id"]
                )
            ]
        )

    return handle


def _fiwit_api(mine: Sequence[Thing]) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        rows = {one.native: _fiwit(one) for one in mine}
        tables: dict[str, Any] = {
            "/assets": list(rows.values()),
            "/asset_types": [{"id": key, "name": name} for key, name in KINDS.items()],
            "/asset_fields": [
                {
                    "id": key,
                    "name": name,
                    "type": "string",
                    "default_value": None,
                    "entity_type_type": "AssetType",
                }
                for key, name in _FIELDS.items()
            ],
            "/locations": [{"id": key, "name": name} for key, name in PLACES.items()],
        }
        if path in tables:
            return answered(tables[path])
        found = rows.get(int(path.rpartition("/")[2]))
        return answered(found or {}, status=200 if found else 404)

    return handle


def _s3s_api(mine: Sequence[Thing], *, size: int) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        asked, path = request.url.params, request.url.path.removeprefix("/api/v2")
        rows = [_s3s(one) for one in mine]
        if path == "/assets/checklists":
            start = (int(asked["page"]) - 1) * size
            told = {"total": len(rows), "total_pages": -(-len(rows) // size)}
            return answered({"data": rows[start : start + size], "meta": {"pagination": told}})
        found = [row for row in rows if str(row["id"]) == path.rpartition("/")[2]]
        return answered({"data": found}, status=200 if found else 404)

    return handle


def _as_a_database(name: str, row: Mapping[str, Any]) -> tuple[bool, str]:
    """Text without regard to case, nulls first."""
    value = row.get(name)
    return value is not None, f"{value:9}" if isinstance(value, int) else str(value).casefold()


def _halo_api(mine: Sequence[Thing], *, size: int) -> Handler:
    def assets(asked: httpx.QueryParams) -> httpx.Response:
        fielded = asked.get("includeassetfields") == "true" and "assettype_id" in asked
        rows = [_halo(one, fielded=fielded) for one in mine]
        keys = ("inventory_number", "key_field", "key_field2", "key_field3", "manufacturer_name")
        wanted = asked["assets"].split(",") if "assets" in asked else None
        rows = [
            row
            for row in rows
            if ("search" not in asked or _holds(row, keys, asked["search"]))
            and (wanted is None or str(row["id"]) in wanted)
            and asked.get("site_id", str(row["site_id"])) == str(row["site_id"])
            and asked.get("assettype_id", str(row["assettype_id"])) == str(row["assettype_id"])
            and (asked.get("includeactive") != "false" or row["inactive"])
            and (asked.get("includeinactive") == "true" or not row["inactive"])
            and asked.get("inventory_number", "").casefold() in str(row["inventory_number"] or "").casefold()
        ]
        for level in ("5", "4", "3", "2", ""):
            name = asked.get(f"order{level}")
            if name:
                descends = asked.get(f"orderdesc{level}") == "true"
                rows = sorted(rows, key=partial(_as_a_database, name), reverse=descends)
        if asked.get("pageinate") != "true" or "page_no" not in asked:
            return answered({"record_count": min(len(rows), 50), "assets": rows[:50]})
        start = (int(asked["page_no"]) - 1) * size
        return answered({"record_count": len(rows), "assets": rows[start : start + size]})

    def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        if path == "/auth/token":
            return answered({"access_token": "t", "expires_in": 3600})
        if path == "/Asset":
            return assets(request.url.params)
        if path == "/AssetType":
            keys = {"keyfield_name": "Hostname", "keyfield2_name": "Serial Number", "keyfield3_name": "Model"}
            return answered(
                [{"id": key, "name": name, "assetgroup_name": "Group", **keys} for key, name in KINDS.items()]
            )
        if path.startswith("/Asset/"):
            found = next((one for one in mine if str(one.native) == path.rpartition("/")[2]), None)
            return answered(_halo(found, detailed=True)) if found else answered("", status=404)
        return answered("", status=404)

    return handle


def _revnue_api(mine: Sequence[Thing]) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        asked, path = request.url.params, request.url.path.removeprefix("/api/v2")
        rows = [_revnue(one) for one in mine]
        if path == "/asset/":
            return answered(
                [
                    row
                    for row in rows
                    if _holds(row, ["name"], asked.get("name", ""))
                    and _holds(row, ["manufacturer"], asked.get("manufacturer_name", ""))
                ]
            )
        found = next((row for row in rows if path == f"/asset/{row['id']}/"), None)
        return answered(found or {}, status=200 if found else 404)

    return handle


def world(
    every: Sequence[Thing],
    *,
    size: int = 3,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Gateway:
    """A gateway over these things. Halo's and S3S's pages have `size` rows."""

    def of(source: str) -> list[Thing]:
        return [one for one in every if one.source == source]

    handlers = {
        "fiwit": _fiwit_api(of("fiwit")),
        "halo": _halo_api(of("halo"), size=size),
        "revnue": _revnue_api(of("revnue")),
        "s3s": _s3s_api(of("s3s"), size=size),
        "tether": _tether_api(of("tether")),
    }
    sources = sandbox_sources()
    sources["tether"] |= {"HOST": "acme.atechsolutions.org"}
    limits = {"GATEWAY_LIMITS__UPSTREAM_CALLS": "1000"}
    return Gateway(sources, handlers, environ=limits | dict(environ or {}), config=config)
