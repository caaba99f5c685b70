"""
What Halo can be told to do: POST an array of one, with its id where it is there already. Halo API, by entity.

The top level of what is posted is a change of what is given, but arrays in it replace what was there.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Body, Draft, InvalidValue, Refusal, Write
from gateway.connector.description.row_types import Row
from gateway.connector.description.write_fields import day, linked, moment, money, own_id, text, whole
from gateway.vendors.halo.lists import NO_ID, real_day

#: What stands for a day that is not set.
NO_DAY = "1900-01-01T00:00:00"
_VALUES = frozenset({"fields", "customfields"})
_IDS = frozenset({"users", "assets"})


def a_day(key: str) -> Write:
    """A day, which Halo writes as midnight."""
    return day(key, suffix="T00:00:00", empty=NO_DAY)


def with_id(draft: Draft, _: Any = None) -> None:
    """Say which record is meant."""
    draft.body["id"] = int(convert.identity(draft.row["id"]) or 0)


def shows(row: Row, body: Body) -> bool:
    """Whether a record is as it was posted. Halo writes days and numbers in several ways."""
    return all(_shows(key, row.get(key), wanted) for key, wanted in body.items())


def _shows(key: str, found: Any, wanted: Any) -> bool:
    if key in _IDS:
        return _by_id(found).keys() == _by_id(wanted).keys()
    if key in _VALUES:
        return _filled(_by_id(found)) == _filled(_by_id(wanted))
    return _alike(found, wanted)


def _by_id(array: Any) -> dict[str, Any]:
    rows = [one for one in (array if isinstance(array, list) else ()) if isinstance(one, Mapping)]
    return {str(convert.identity(one.get("id"))): one.get("value") for one in rows}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the fields that hold nothing: what is not posted is emptied."""
    return {native: value for native, value in values.items() if value not in (None, "")}


def _alike(found: Any, wanted: Any) -> bool:
    if found == wanted or (found in (None, "") and wanted in (None, "")):
        return True
    if isinstance(wanted, str) and (wanted == NO_DAY or convert.moment(wanted) is not None):
        if len(wanted) == len(NO_DAY):
            return real_day(found) == real_day(wanted)
        return convert.moment(found) == convert.moment(wanted)
    number = convert.decimal(found)
    return number is not None and not isinstance(wanted, bool) and number == convert.decimal(wanted)


def deleting(path: str) -> Action:
    """Delete one record."""
    return Action(method="DELETE", path=f"{path}/{{id}}")


def unmade(row: Row) -> Refusal | None:
    """What is answered with a warning, and without a real id, has not been made."""
    if _only_warned(row):
        return Refusal(code="CONFLICT", message="Halo questions this and did not make it: see `warnings`.")
    return None


def _only_warned(row: Row) -> bool:
    native = convert.identity(row.get("id"))
    names_one = native is not None and native.isdecimal() and native not in NO_ID
    return bool((convert.text(row.get("_warning")) or "").strip()) and not names_one


def _end_day() -> Write:
    """The last day of a licence, which is not before the first."""
    plain = a_day("end_date")

    def put(draft: Draft, value: str | None) -> None:
        starts = draft.values.get("startDate")
        if value is not None and starts is not None and value < starts:
            raise InvalidValue("is before `startDate`")
        draft.body["end_date"] = plain.empty if value is None else value

    return replace(plain, put=put)


_LICENCE = {
    "name": text("name", fixed=True),
    "quantity": whole("count", what="so many seats or installations", empty=0, least=0),
    "licenceType": whole("type", what="Halo's number of the type", fixed=True),
    "startDate": a_day("start_date"),
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
        partial_failure=unmade,
    ),
    "update": Action(
        method="POST",
        path="/SoftwareLicence",
        fields=_LICENCE,
        vendor_fields=_LICENCE_KEYS,
        reads_record=True,
        finalize=with_id,
        is_list_body=True,
        matches_record=shows,
    ),
    "delete": deleting("/SoftwareLicence"),
}


def _questioned(row: Row) -> Refusal | None:
    """A reading lower than the last is answered with a warning and, until somebody confirms it, without an id."""
    if _only_warned(row):
        told = "Halo questions this reading and did not keep it (see `warnings`): correct it, or enter it in Halo."
        return Refusal(code="CONFLICT", message=told, field=("reading",), shows_record=True)
    return None


READING_ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/MeterReading",
        fields={
            "assetId": linked("asset_id", "Asset", fixed=True),
            "meterName": text("meter_name"),
            "reading": whole("reading", what="Halo counts in whole numbers", fixed=True),
            "takenAt": moment("timestamp"),
            "reason": text("reason"),
        },
        is_list_body=True,
        partial_failure=_questioned,
    )
}

CHANGE_ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/AssetChange",
        fields={
            "assetId": linked("asset_id", "Asset", fixed=True),
            "field": text("field_name", fixed=True),
            "oldValue": text("old_value"),
            "newValue": text("new_value"),
        },
        is_list_body=True,
        partial_failure=unmade,
    )
}

CERTIFICATE_ACTIONS: Mapping[str, Action] = {
    "create": Action(
        method="POST",
        path="/Certificate",
        fields={
            "name": text("name", fixed=True),
            "subject": text("subject"),
            "issuer": text("issuer"),
            "thumbprint": text("thumbprint"),
        },
        vendor_fields=frozenset({"attachment_id", "attachment_name", "new_password"}),
        is_list_body=True,
        partial_failure=unmade,
    ),
    "delete": deleting("/Certificate"),
}
