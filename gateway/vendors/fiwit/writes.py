"""Fiwit's actions (Fiwit API, "Create an asset" and the like). PATCH accepts only the values that change."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Body, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.custom_values import (
    CustomValue,
    KnownField,
    choose_field,
    custom,
    match_field,
)
from gateway.connector.description.row_types import Row
from gateway.connector.description.write_fields import enum_value, invert, link_id, own_id, scalar_text, text

_VALUES = "custom_field_values"
_ASSET_FIELDS = "FieldDefinition"
_TICKET_FIELDS = "TicketFieldDefinition"
_ASSET_KEYS = frozenset({"name", "ip_address", "asset_type_id", "location_id", "assigned_id"})
_TICKET_KEYS = frozenset({"name", "status", "priority", "ticket_type_id", "assigned_id"})
_INPUT_FIELDS = {"asset_type_id": "assetTypeId", "ticket_type_id": "ticketTypeId"}
_PRIORITIES = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}


def asset_actions(names: Mapping[str, Sequence[str]]) -> Mapping[str, Action]:
    """Actions on assets. `names` are the names of the custom fields that store each of our fields."""

    def stored(name: str) -> Write:
        return _in_custom_field(names[name], _ASSET_FIELDS, "asset_type_id")

    fields = {
        "name": text("name", not_nullable=True),
        "ipAddress": text("ip_address"),
        "assetTypeId": own_id("asset_type_id", "AssetTypeDefinition"),
        "locationId": link_id("location_id", "Location"),
        "assignedToId": link_id("assigned_id", "Person"),
        "serialNumber": stored("serial_number"),
        "model": stored("model"),
        "manufacturer": stored("manufacturer"),
        "purchaseDate": stored("purchase_date"),
        "purchaseCost": stored("purchase_cost"),
        "warrantyEndDate": stored("warranty_end"),
        "customFields": _custom(_ASSET_FIELDS, "asset_type_id"),
    }
    hints = {
        "status": "Fiwit keeps none",
        "assetTag": "its tags, if any, are custom fields: give them in `customFields`",
        "notes": "give them in `customFields`, if there is such a field",
        "categoryId": "its assets have types: `assetTypeId`",
    }
    return {
        "create": Action(
            method="POST",
            path="/assets/",
            fields=fields,
            required_on_create=("name",),
            unsupported_hint=hints,
            vendor_fields=_ASSET_KEYS,
        ),
        "update": Action(
            method="PATCH",
            path="/assets/{id}",
            fields=fields,
            unsupported_hint=hints,
            vendor_fields=_ASSET_KEYS,
            matches_record=_matches,
        ),
    }


def ticket_actions(statuses: Mapping[str, str], asset_field: str | None) -> Mapping[str, Action]:
    """
    Actions on tickets.

    `statuses` map the vendor's statuses, configured by the operator, to ours. `asset_field` is the name of the custom
    field for the asset's id.
    """
    hint = "set the source's ticket_status_map for further ones, or give the vendor's word in `vendorFields`"
    fields = {
        "subject": text("name", not_nullable=True),
        "status": enum_value("status", invert({"new": "NEW", **statuses}), hint=hint),
        "priority": enum_value("priority", invert(_PRIORITIES)),
        "ticketTypeId": own_id("ticket_type_id", "TicketTypeDefinition"),
        "assigneeId": link_id("assigned_id", "Person"),
        "customFields": _custom(_TICKET_FIELDS, "ticket_type_id"),
    }
    if asset_field:
        fields["assetIds"] = _asset(asset_field)
    hints = {
        "description": "Fiwit's tickets have a headline only",
        "requesterId": "Fiwit sets the owner of the key",
        "assetIds": "the source's ticket_asset_field names no custom field for it",
        "locationId": "Fiwit's tickets have none",
    }
    return {
        "create": Action(
            method="POST",
            path="/tickets/",
            fields=fields,
            unsupported_hint=hints,
            vendor_fields=_TICKET_KEYS,
        ),
        "update": Action(
            method="PATCH",
            path="/tickets/{id}",
            fields={name: write for name, write in fields.items() if name != "assetIds"},
            unsupported_hint=hints,
            vendor_fields=_TICKET_KEYS,
            matches_record=_matches,
        ),
    }


def _in_custom_field(names: Sequence[str], table: str, type_key: str) -> Write:
    """Write mapping of one of our fields that is stored in a custom field, as text like all of them."""

    def to_text(value: Any, _: IdResolver) -> str:
        if isinstance(value, date):
            return value.isoformat()
        return format(value, "f") if isinstance(value, Decimal) else str(value)

    def put(draft: Draft, value: Any) -> None:
        rows = {str(row["custom_field_id"]): row for row in _value_rows(draft.row)}
        fields = _fields(draft, table, type_key)
        field = choose_field(
            names, fields, has_value=lambda id_: not convert.is_blank((rows.get(id_) or {}).get("value"))
        )
        _set(draft, field.id, value)

    return Write(convert=to_text, put=put, refs=(table,), reads_record=True)


def _custom(table: str, type_key: str) -> Write:
    def put(draft: Draft, values: Sequence[CustomValue]) -> None:
        for custom_value in values:
            field = match_field(custom_value, _fields(draft, table, type_key))
            try:
                _set(draft, field.id, custom_value.value)
            except InvalidValue as exc:
                raise custom_value.locate_error(exc) from exc

    return custom(put, table, value=scalar_text)


def _asset(field_name: str) -> Write:
    """Write mapping of a ticket's asset: its id, in the custom field that the operator names."""

    def to_native_id(global_ids: Sequence[str], resolver: IdResolver) -> str | None:
        native_ids = list(dict.fromkeys(resolver.native_id(global_id, "Asset") for global_id in global_ids))
        if len(native_ids) > 1:
            raise InvalidValue("can name one asset only in Fiwit")
        return native_ids[0] if native_ids else None

    def put(draft: Draft, native_id: str | None) -> None:
        if native_id is not None:
            fields = _fields(draft, _TICKET_FIELDS, "ticket_type_id")
            _set(draft, choose_field((field_name,), fields, has_value=lambda _: False).id, native_id)

    return Write(convert=to_native_id, put=put, refs=(_TICKET_FIELDS,), reads_record=True)


def _fields(draft: Draft, table: str, type_key: str) -> list[KnownField]:
    """The fields that a record of the draft's type can have; the fields of all types, if the draft has no type."""
    type_id = draft.body.get(type_key, draft.values.get(_INPUT_FIELDS[type_key], draft.row.get(type_key)))
    fields: list[KnownField] = []
    for native_id, definition in draft.tables[table].items():
        field_type_id = definition.row.get("entity_type_id")
        if type_id is None or field_type_id is None or field_type_id == type_id:
            fields.append(KnownField(native_id, definition.get("name") or native_id))
    return fields


def _value_rows(row: Row) -> list[Row]:
    """The rows of a record's custom values, without deleted ones and those without a field id."""
    values = row.get(_VALUES)
    return [
        value
        for value in (values if isinstance(values, list) else ())
        if isinstance(value, Mapping)
        and value.get("deleted_at") is None
        and convert.identity(value.get("custom_field_id")) is not None
    ]


def _set(draft: Draft, field_id: str, value: str | None) -> None:
    """
    Write a custom field's value to the body. All current values are sent too, each with its own id: the documents do
    not say that Fiwit keeps the values that a request omits.
    """
    if _VALUES not in draft.body:
        draft.body[_VALUES] = [
            {"id": row.get("id"), "custom_field_id": row["custom_field_id"], "value": row.get("value")}
            for row in _value_rows(draft.row)
        ]
    rows = draft.body[_VALUES]
    draft.claim(field_id)
    for row in rows:
        if convert.identity(row["custom_field_id"]) == field_id:
            row["value"] = value
            return
    if value is not None:
        rows.append({"custom_field_id": int(field_id), "value": value})


def _matches(row: Row, body: Body) -> bool:
    """True if a record has all values of the body; an empty value equals a missing one."""
    if any(row.get(key) != value for key, value in body.items() if key != _VALUES):
        return False
    values = {str(value["custom_field_id"]): value.get("value") for value in _value_rows(row)}
    return all(
        (values.get(str(value["custom_field_id"])) or None) == (value["value"] or None)
        for value in body.get(_VALUES, ())
    )
