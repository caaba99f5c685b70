"""Tether's changes."""

from decimal import Decimal
from typing import Any

from tests.mutations.cases import (
    NO_DAY,
    NO_MONEY,
    NO_NAME,
    NO_OWN_ID,
    NO_STATUS,
    NO_TEXT,
    Case,
    Facts,
    Row,
    Wrong,
    deleting,
    no_link,
)

_TETHER_WRONG: Wrong = {
    "name": NO_NAME, "assetTag": NO_NAME, "serialNumber": NO_TEXT, "manufacturer": NO_TEXT, "model": NO_TEXT,
    "notes": NO_TEXT, "status": (("IN_USE", "INVALID"), *NO_STATUS), "categoryId": NO_OWN_ID,
    "locationId": no_link("tether"), "purchaseDate": NO_DAY, "purchaseCost": NO_MONEY, "warrantyEndDate": NO_DAY,
}  # fmt: skip
_TETHER_WITHOUT = frozenset({"assetTypeId", "assignedToId", "ipAddress", "customFields"})


def _tether_body(f: Facts, **changed: Any) -> Row:
    row = f.row
    plain = (
        "asset_tag",
        "name",
        "manufacturer",
        "model",
        "serial",
        "status",
        "purchase_date",
        "warranty_expiry",
    )
    return {
        **{key: row[key] for key in plain},
        "notes": row["notes"],
        "category_id": row["category"]["id"],
        "location_id": row["location"]["id"],
        "purchase_cost": Decimal(row["purchase_cost"]),
        **changed,
    }


TETHER = (
    Case(
        operation="tether.asset.create",
        mutation="createAsset",
        input_values=lambda f: {
            "source": "tether", "assetTag": "NEW-1", "name": "Latitude", "serialNumber": "5CG0",
            "locationId": f"tether:Location:{f.location}", "purchaseCost": "12.30", "notes": "n",
        },
        sent=lambda f: (
            "POST",
            "/api/assets",
            {
                "status": "available", "asset_tag": "NEW-1", "name": "Latitude", "serial": "5CG0",
                "location_id": int(f.location), "purchase_cost": Decimal("12.30"), "notes": "n",
            },
        ),
        row=lambda f: {
            "asset_tag": "NEW-1", "name": "Latitude", "manufacturer": None, "model": None, "serial": "5CG0",
            "status": "available", "category": None, "location": {"id": int(f.location)}, "assigned_to": None,
            "purchase_date": None, "purchase_cost": "12.30", "warranty_expiry": None, "notes": "n",
        },
        shown={"name": "Latitude", "status": "AVAILABLE", "purchaseCost": "12.30"},
        wrong=_TETHER_WRONG,
        without=_TETHER_WITHOUT,
        named=("notes", "notes"),
        settles=True,
    ),
    Case(
        operation="tether.asset.update",
        mutation="updateAsset",
        input_values=lambda f: {"id": f"tether:Asset:{f.asset}", "notes": "n", "purchaseCost": "0.10"},
        sent=lambda f: (
            "PUT",
            f"/api/assets/{f.asset}",
            _tether_body(f, notes="n", purchase_cost=Decimal("0.10")),
        ),
        row=lambda _: {"notes": "n", "purchase_cost": "0.10"},
        shown={"notes": "n", "purchaseCost": "0.10"},
        wrong=_TETHER_WRONG,
        without=_TETHER_WITHOUT,
        named=("notes", "notes"),
        settles=True,
    ),
    deleting("tether.asset.delete", "deleteAsset", "/api/assets", "Asset", "asset"),
    Case(
        operation="tether.asset.checkout",
        mutation="checkoutAsset",
        input_values=lambda f: {
            "id": f"tether:Asset:{f.asset}",
            "employeeId": f"tether:Person:{f.person}",
            "note": "for her",
        },
        sent=lambda f: (
            "POST",
            f"/api/assets/{f.asset}/checkout",
            {"employee_id": int(f.person), "note": "for her"},
        ),
        row=lambda f: {"status": "deployed", "assigned_to": {"id": int(f.person)}},
        shown={"status": "IN_USE"},
        wrong={"employeeId": no_link("tether", "Location"), "note": NO_TEXT},
        named=("employee_id", "employeeId"),
        settles=True,
    ),
    Case(
        operation="tether.asset.checkin",
        mutation="checkinAsset",
        input_values=lambda f: {"id": f"tether:Asset:{f.asset}", "note": "scratched"},
        sent=lambda f: ("POST", f"/api/assets/{f.asset}/checkin", {"note": "scratched"}),
        row=lambda _: {"status": "available", "assigned_to": None},
        shown={"status": "AVAILABLE"},
        wrong={"note": NO_TEXT},
        named=("note", "note"),
        settles=True,
        held=True,
    ),
)  # fmt: skip
