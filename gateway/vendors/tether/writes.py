"""Tether's actions (Tether documentation, "Assets API" and "CSV import")."""

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
    day,
    enum_value,
    id_of,
    invert,
    link_id,
    money,
    own_id,
    text,
    unchanged,
)

_STATUS = {"available": "AVAILABLE", "maintenance": "MAINTENANCE", "retired": "RETIRED"}
_FIELDS = {
    "assetTag": text("asset_tag", not_nullable=True),
    "name": text("name", not_nullable=True),
    "manufacturer": text("manufacturer"),
    "model": text("model"),
    "serialNumber": text("serial"),
    "status": enum_value(
        "status",
        invert(_STATUS),
        hints={"IN_USE": "cannot be set here: `checkoutAsset` hands an asset to somebody"},
    ),
    "categoryId": own_id("category_id"),
    "locationId": link_id("location_id", "Location"),
    "purchaseDate": day("purchase_date"),
    "purchaseCost": money("purchase_cost"),
    "warrantyEndDate": day("warranty_expiry"),
    "notes": text("notes"),
}
_HINTS = {"assignedToId": "`checkoutAsset` hands an asset to somebody, `checkinAsset` takes it back"}
_VENDOR_KEYS = frozenset(write.key for write in _FIELDS.values() if write.key is not None)
_QUOTA_EXCEEDED = Refusal(code="QUOTA_EXCEEDED", message="Tether's plan allows no more assets.")
_INCOMPLETE_RESULT = "does not say what it should"
_CHECK_IN_AT_TETHER = "take it back in Tether, which checks in by its API only what is deployed"


#: An update needs every field: the unchanged ones are sent back as they were read. Costs are read as text.
_FULL_REPLACE = {
    **{key: unchanged(key) for key in ("asset_tag", "name", "manufacturer", "model", "serial", "status")},
    "category_id": id_of("category.id", "category_id"),
    "location_id": id_of("location.id", "location_id"),
    "purchase_date": unchanged("purchase_date"),
    "purchase_cost": amount("purchase_cost"),
    "warranty_expiry": unchanged("warranty_expiry"),
    "notes": unchanged("notes"),
}


def _matches(row: Row, body: Body) -> bool:
    try:
        return all(_equal(read(row, {}), body[key]) for key, read in _FULL_REPLACE.items() if key in body)
    except InvalidValue:
        return False


def _equal(current: Any, requested: Any) -> bool:
    """True if two values are equal; an empty text equals null."""
    return current == requested or (current in (None, "") and requested in (None, ""))


def _search_by_tag(values: Mapping[str, Any]) -> Params:
    """Parameters of the list that has a new asset: tags are unique in a tenant."""
    return {"q": str(values["assetTag"])}


def _is_checked_out(row: Row) -> bool:
    """True if a person holds the asset. The status alone is not enough: an asset can be in use without a person."""
    return bool(row.get("assigned_to", row.get("status") == "deployed"))


def _refuse_status_if_checked_out(draft: Draft, _: Any) -> None:
    """Refuse a new status for a checked-out asset: Tether checks in deployed assets only, no others."""
    if "status" in draft.values and _is_checked_out(draft.row):
        deployed = draft.row.get("status") == "deployed"
        raise InvalidValue(
            "cannot be set while somebody has the asset: "
            + ("`checkinAsset` takes it back first" if deployed else _CHECK_IN_AT_TETHER),
            code="CONFLICT",
            field_path=("status",),
        )


ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/assets",
        fields=_FIELDS,
        required_on_create=("assetTag", "name"),
        unsupported_hint=_HINTS,
        vendor_fields=_VENDOR_KEYS - {"status"},
        base_body={"status": "available"},
        refusals={402: _QUOTA_EXCEEDED},
        matches_record=_matches,
        search=_search_by_tag,
    ),
    "update": Action(
        method="PUT",
        path="/assets/{id}",
        fields=_FIELDS,
        unsupported_hint=_HINTS,
        vendor_fields=_VENDOR_KEYS - {"status"},
        full_replace=_FULL_REPLACE,
        finalize=_refuse_status_if_checked_out,
        matches_record=_matches,
    ),
    "delete": Action(
        method="DELETE",
        path="/assets/{id}",
        warning="Tether deletes the asset's checkout history with it.",
    ),
    "checkout": Action(
        method="POST",
        path="/assets/{id}/checkout",
        fields={"employeeId": link_id("employee_id", "Person"), "note": text("note", empty="")},
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


def _import_result(body: Any) -> ImportResult:
    """Result of an import, from the answer. Raises ValueError if the answer lacks a part of it."""
    errors = body.get("errors") if isinstance(body, Mapping) else None
    created, updated = (convert.integer(get_path(body, key)) for key in ("created", "updated"))
    if created is None or updated is None or not isinstance(errors, list):
        raise ValueError(_INCOMPLETE_RESULT)
    row_errors = [
        (convert.integer(get_path(error, "row")), convert.text(get_path(error, "error"))) for error in errors
    ]
    return ImportResult(
        created=created,
        updated=updated,
        row_errors=tuple((row or 0, message or "not taken") for row, message in row_errors),
    )


IMPORT = FileAction(
    path="/assets/import/csv",
    form_field="file",
    read=_import_result,
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
