"""
Actions of Halo: POST an array of one record, with its id if it exists already. Halo API, by entity.

Keys of the posted record that are present change the record, the others stay; but arrays in it replace the record's.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Body, Draft, InvalidValue, Refusal, Write
from gateway.connector.description.row_types import Row
from gateway.connector.description.write_fields import day, integer, link_id, moment, money, own_id, text
from gateway.literals import is_digits
from gateway.vendors.halo.lists import NO_ID, real_day

#: The value of a day that is not set.
NO_DAY = "1900-01-01T00:00:00"
_VALUES = frozenset({"fields", "customfields"})
_IDS = frozenset({"users", "assets"})


def day_at_midnight(key: str) -> Write:
    """Write of a day, which Halo has as midnight."""
    return day(key, suffix="T00:00:00", empty=NO_DAY)


def put_id(draft: Draft, _: Any = None) -> None:
    """Put the record's id into the body."""
    draft.body["id"] = int(convert.identity(draft.row["id"]) or 0)


def matches_body(row: Row, body: Body) -> bool:
    """True if a record is as it was posted. Halo writes days and numbers in more than one form."""
    return all(_matches_value(key, row.get(key), value) for key, value in body.items())


def _matches_value(key: str, current: Any, value: Any) -> bool:
    if key in _IDS:
        return _by_id(current).keys() == _by_id(value).keys()
    if key in _VALUES:
        return _filled(_by_id(current)) == _filled(_by_id(value))
    return _equals(current, value)


def _by_id(array: Any) -> dict[str, Any]:
    rows = [row for row in (array if isinstance(array, list) else ()) if isinstance(row, Mapping)]
    return {str(convert.identity(row.get("id"))): row.get("value") for row in rows}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without the empty ones: a field that is not posted is emptied."""
    return {native_id: value for native_id, value in values.items() if value not in (None, "")}


def _equals(current: Any, value: Any) -> bool:
    if current == value or (current in (None, "") and value in (None, "")):
        return True
    if isinstance(value, str) and (value == NO_DAY or convert.moment(value) is not None):
        if len(value) == len(NO_DAY):
            return real_day(current) == real_day(value)
        return convert.moment(current) == convert.moment(value)
    number = convert.decimal(current)
    return number is not None and not isinstance(value, bool) and number == convert.decimal(value)


def delete_action(path: str) -> Action:
    """Action that deletes a record."""
    return Action(method="DELETE", path=f"{path}/{{id}}")


def not_created(row: Row) -> Refusal | None:
    """The refusal, if the answer has a warning and no real id: the record was not created."""
    if _is_warning_only(row):
        return Refusal(code="CONFLICT", message="Halo questions this and did not make it: see `warnings`.")
    return None


def _is_warning_only(row: Row) -> bool:
    native_id = convert.identity(row.get("id"))
    has_id = native_id is not None and is_digits(native_id) and native_id not in NO_ID
    return bool((convert.text(row.get("_warning")) or "").strip()) and not has_id


def _end_day() -> Write:
    """Write of the last day of a licence, which is not before the first."""
    plain = day_at_midnight("end_date")

    def put(draft: Draft, value: str | None) -> None:
        starts = draft.values.get("startDate")
        if value is not None and starts is not None and value < starts:
            raise InvalidValue("is before `startDate`")
        draft.body["end_date"] = plain.empty if value is None else value

    return replace(plain, put=put)


_LICENCE = {
    "name": text("name", not_nullable=True),
    "quantity": integer("count", hint="so many seats or installations", empty=0, minimum=0),
    "licenceType": integer("type", hint="Halo's number of the type", not_nullable=True),
    "startDate": day_at_midnight("start_date"),
    "endDate": _end_day(),
    "purchasePrice": money("purchase_price", empty=0),
}
_LICENCE_KEYS = frozenset(
    {
        "site_id", "client_id", "price", "manufacturer", "vendor", "distributor", "supplier_id", "status", "notes",
        "billing_cycle", "term_duration", "autorenew", "is_active", "tenant_id", "tenant_name", "product_sku",
        "vendor_product_sku", "parent_id", "requested_quantity", "requested_quantity_date",
    }
)  # fmt: skip

LICENCE_ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/SoftwareLicence",
        fields={**_LICENCE, "organisationId": own_id("client_id")},
        vendor_fields=_LICENCE_KEYS,
        is_list_body=True,
        partial_failure=not_created,
    ),
    "update": Action(
        method="POST",
        path="/SoftwareLicence",
        fields=_LICENCE,
        vendor_fields=_LICENCE_KEYS,
        reads_record=True,
        finalize=put_id,
        is_list_body=True,
        matches_record=matches_body,
    ),
    "delete": delete_action("/SoftwareLicence"),
}


def _reading_not_created(row: Row) -> Refusal | None:
    """The refusal of a reading lower than the last: it has a warning and, until somebody confirms it, no id."""
    if _is_warning_only(row):
        message = "Halo questions this reading and did not keep it (see `warnings`): correct it, or enter it in Halo."
        return Refusal(code="CONFLICT", message=message, field=("reading",), shows_record=True)
    return None


READING_ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/MeterReading",
        fields={
            "assetId": link_id("asset_id", "Asset", not_nullable=True),
            "meterName": text("meter_name"),
            "reading": integer("reading", hint="Halo counts in whole numbers", not_nullable=True),
            "takenAt": moment("timestamp"),
            "reason": text("reason"),
        },
        is_list_body=True,
        partial_failure=_reading_not_created,
    )
}

CHANGE_ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/AssetChange",
        fields={
            "assetId": link_id("asset_id", "Asset", not_nullable=True),
            "field": text("field_name", not_nullable=True),
            "oldValue": text("old_value"),
            "newValue": text("new_value"),
        },
        is_list_body=True,
        partial_failure=not_created,
    )
}

LICENCE_INFO_ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/LicenseInfo",
        fields={
            "name": text("organisationname", not_nullable=True),
            "locationId": link_id("site_id", "Location"),
            "version": text("version"),
            "apiUrl": text("apiurl"),
            "trialEndsOn": day("trialexpiry", suffix="T00:00:00"),
        },
        vendor_fields=frozenset({"client_id", "client_name", "is_trial", "support_type"}),
        is_list_body=True,
        partial_failure=not_created,
    )
}

CERTIFICATE_ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/Certificate",
        fields={
            "name": text("name", not_nullable=True),
            "subject": text("subject"),
            "issuer": text("issuer"),
            "thumbprint": text("thumbprint"),
        },
        vendor_fields=frozenset({"attachment_id", "attachment_name", "new_password"}),
        is_list_body=True,
        partial_failure=not_created,
    ),
    "delete": delete_action("/Certificate"),
}
