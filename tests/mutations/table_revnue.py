"""Revnue's changes."""

from decimal import Decimal

from tests.mutations.cases import (
    NO_DAY,
    NO_FIELDS,
    NO_MONEY,
    NO_NAME,
    NO_OWN_ID,
    NO_STATUS,
    NO_TEXT,
    Case,
    Wrong,
    no_link,
)

_REVNUE_ASSET: Wrong = {
    "name": NO_NAME, "assetTag": NO_TEXT, "serialNumber": NO_TEXT, "manufacturer": NO_TEXT, "notes": NO_TEXT,
    "status": (("RETIRED", "INVALID"), *NO_STATUS), "categoryId": NO_OWN_ID, "assignedToId": no_link("revnue"),
    "purchaseCost": NO_MONEY, "warrantyEndDate": NO_DAY,
    "customFields": (*NO_FIELDS, ([{"id": "1", "value": True}], "INVALID")),
}  # fmt: skip
_REVNUE_WITHOUT = frozenset({"locationId", "assetTypeId", "model", "purchaseDate", "ipAddress"})

REVNUE = (
    Case(
        operation="revnue.asset.create",
        mutation="createAsset",
        input_values=lambda f: {
            "source": "revnue", "name": "Fresh", "assetTag": "F-1", "status": "IN_USE",
            "assignedToId": f"revnue:Person:{f.person}", "purchaseCost": "12.50", "vendorFields": {"country": 2},
        },
        sent=lambda f: (
            "POST",
            "/api/v2/asset?company=1",
            {
                "name": "Fresh", "asset_tag": "F-1", "usage_status": "production", "asset_owner": int(f.person),
                "original_cost": Decimal("12.50"), "country": 2,
            },
        ),
        row=lambda f: {
            "name": "Fresh", "asset_tag": "F-1", "usage_status": {"name": "production"},
            "asset_owner": {"id": int(f.person)}, "serial_number": None, "manufacturer": None, "contract": None,
            "category": None, "city": None, "asset_notes": None, "warranty_end_date": "",
        },
        shown={"name": "Fresh", "assetTag": "F-1", "status": "IN_USE"},
        wrong=_REVNUE_ASSET,
        without=_REVNUE_WITHOUT,
        named=("original_cost", "purchaseCost"),
    ),
    Case(
        operation="revnue.asset.update",
        mutation="updateAsset",
        input_values=lambda f: {"id": f"revnue:Asset:{f.asset}", "notes": "n", "purchaseCost": "1.10"},
        sent=lambda f: (
            "PUT",
            f"/api/v2/asset/{f.asset}?company=1",
            {
                "asset_notes": "n", "original_cost": Decimal("1.10"), "name": f.row["name"],
                "manufacturer": f.row["manufacturer"], "asset_owner": f.row["asset_owner"]["id"],
                "serial_number": f.row["serial_number"], "usage_status": f.row["usage_status"]["name"],
            },
        ),
        row=lambda _: {"asset_notes": "n", "original_cost": "1.10"},
        shown={"notes": "n"},
        wrong=_REVNUE_ASSET,
        without=_REVNUE_WITHOUT,
        named=("asset_notes", "notes"),
        settles=True,
    ),
)  # fmt: skip
