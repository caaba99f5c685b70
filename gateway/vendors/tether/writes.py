"""What Tether can be told to do. Tether documentation, "Assets API" and "CSV import"."""

from collections.abc import Mapping
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import (
    Action,
    Body,
    Draft,
    FileAction,
    ImportResult,
    InvalidValue,
    Refusal,
)
from gateway.connector.description.fields import get_path
from gateway.connector.description.row_types import Params, Row
from gateway.connector.description.write_fields import (
    amount,
    backwards,
    day,
    enum_value,
    id_of,
    linked,
    money,
    own_id,
    same,
    text,
)

_STATUS = {"available": "AVAILABLE", "maintenance": "MAINTENANCE", "retired": "RETIRED"}
_TAKES = {
    "assetTag": text("asset_tag", fixed=True),
    "name": text("name", fixed=True),
    "manufacturer": text("manufacturer"),
    "model": text("model"),
    "serialNumber": text("serial"),
    "status": enum_value(
        "status",
        backwards(_STATUS),
        instead={"IN_USE": "cannot be set here: `checkoutAsset` hands an asset to somebody"},
    ),
    "categoryId": own_id("category_id"),
    "locationId": linked("location_id", "Location"),
    "purchaseDate": day("purchase_date"),
    "purchaseCost": money("purchase_cost"),
    "warrantyEndDate": day("warranty_expiry"),
    "notes": text("notes"),
}
_INSTEAD = {"assignedToId": "`checkoutAsset` hands an asset to somebody, `checkinAsset` takes it back"}
_KEYS = frozenset(write.key for write in _TAKES.values() if write.key is not None)
_PLAN = Refusal(code="QUOTA_EXCEEDED", message="Tether's plan allows no more assets.")
_GONE = "does not say what it should"
_TAKE_BACK = "take it back in Tether, which checks in by its API only what is deployed"


#: Every field has to be given: what is not changed goes back as it was read. Costs are read as text.
_CARRIES = {
    **{key: same(key) for key in ("asset_tag", "name", "manufacturer", "model", "serial", "status")},
    "category_id": id_of("category.id", "category_id"),
    "location_id": id_of("location.id", "location_id"),
    "purchase_date": same("purchase_date"),
    "purchase_cost": amount("purchase_cost"),
    "warranty_expiry": same("warranty_expiry"),
    "notes": same("notes"),
}


def _shows(row: Row, body: Body) -> bool:
    try:
        return all(_alike(read(row, {}), body[key]) for key, read in _CARRIES.items() if key in body)
    except InvalidValue:
        return False


def _alike(found: Any, wanted: Any) -> bool:
    return found == wanted or (found in (None, "") and wanted in (None, ""))


def _by_tag(given: Mapping[str, Any]) -> Params:
    """Tags are unique in a tenant."""
    return {"q": str(given["assetTag"])}


def _held(row: Row) -> bool:
    """Whether somebody has an asset. Its status alone does not tell: it is in use without a person, too."""
    return bool(row.get("assigned_to", row.get("status") == "deployed"))


def _keep_holder(draft: Draft, _: Any) -> None:
    """In any other state nobody could check it in any more: Tether does that for deployed assets only."""
    if "status" in draft.values and _held(draft.row):
        deployed = draft.row.get("status") == "deployed"
        raise InvalidValue(
            "cannot be set while somebody has the asset: "
            + ("`checkinAsset` takes it back first" if deployed else _TAKE_BACK),
            code="CONFLICT",
            field_path=("status",),
        )


ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/assets",
        fields=_TAKES,
        required_on_create=("assetTag", "name"),
        unsupported_hint=_INSTEAD,
        vendor_fields=_KEYS - {"status"},
        base_body={"status": "available"},
        refusals={402: _PLAN},
        matches_record=_shows,
        search=_by_tag,
    ),
    "update": Action(
        method="PUT",
        path="/assets/{id}",
        fields=_TAKES,
        unsupported_hint=_INSTEAD,
        vendor_fields=_KEYS - {"status"},
        full_replace=_CARRIES,
        finalize=_keep_holder,
        matches_record=_shows,
    ),
    "delete": Action(
        method="DELETE",
        path="/assets/{id}",
        warning="Tether deletes the asset's checkout history with it.",
    ),
    "checkout": Action(
        method="POST",
        path="/assets/{id}/checkout",
        fields={"employeeId": linked("employee_id", "Person"), "note": text("note", empty="")},
        base_body={"note": ""},
        refusals={
            400: Refusal(
                code="CONFLICT", message="Only an asset that is AVAILABLE can be checked out.", field=("id",)
            )
        },
        field_words={"employee": "employeeId"},
        matches_record=lambda row, body: (
            row.get("status") == "deployed"
            and convert.identity(get_path(row, "assigned_to.id")) == str(body["employee_id"])
        ),
    ),
    "checkin": Action(
        method="POST",
        path="/assets/{id}/checkin",
        fields={"note": text("note", empty="")},
        base_body={"note": ""},
        refusals={
            400: Refusal(
                code="CONFLICT", message="Only an asset that is IN_USE can be checked in.", field=("id",)
            )
        },
        matches_record=lambda row, _body: row.get("status") == "available" and not row.get("assigned_to"),
    ),
}


def _imported(body: Any) -> ImportResult:
    """What the import has done. Raises ValueError where the answer does not say it."""
    errors = body.get("errors") if isinstance(body, Mapping) else None
    created, updated = (convert.whole(get_path(body, key)) for key in ("created", "updated"))
    if created is None or updated is None or not isinstance(errors, list):
        raise ValueError(_GONE)
    rows = [(convert.whole(get_path(one, "row")), convert.text(get_path(one, "error"))) for one in errors]
    return ImportResult(
        created=created,
        updated=updated,
        row_errors=tuple((row or 0, told or "not taken") for row, told in rows),
    )


IMPORT = FileAction(
    path="/assets/import/csv",
    part="file",
    read=_imported,
    refusals={
        400: Refusal(
            code="INVALID",
            message="Tether takes a CSV file in UTF-8 whose first line names the columns, `asset_tag` among them.",
            field=("file",),
        ),
        402: Refusal(
            code="QUOTA_EXCEEDED", message="Tether's plan has no room for these assets: none was taken."
        ),
    },
)
