"""What Fiwit can be told to do. Fiwit API, "Create an asset" and so on: PATCH takes what changes."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import Action, Body, Draft, IdResolver, InvalidValue, Write
from gateway.connector.description.custom_values import CustomValue, KnownField, custom, match_field, named
from gateway.connector.description.row_types import Row
from gateway.connector.description.write_fields import backwards, enum_value, linked, own_id, scalar, text

_VALUES = "custom_field_values"
_ASSET_FIELDS = "FieldDefinition"
_TICKET_FIELDS = "TicketFieldDefinition"
_ASSET_KEYS = frozenset({"name", "ip_address", "asset_type_id", "location_id", "assigned_id"})
_TICKET_KEYS = frozenset({"name", "status", "priority", "ticket_type_id", "assigned_id"})
_OURS = {"asset_type_id": "assetTypeId", "ticket_type_id": "ticketTypeId"}
_PRIORITIES = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}


def asset_actions(names: Mapping[str, Sequence[str]]) -> Mapping[str, Action]:
    """Of assets. `names` are the custom fields that hold each of ours."""

    def ours(name: str) -> Write:
        return _held(names[name], _ASSET_FIELDS, "asset_type_id")

    takes = {
        "name": text("name", fixed=True),
        "ipAddress": text("ip_address"),
        "assetTypeId": own_id("asset_type_id", "AssetTypeDefinition"),
        "locationId": linked("location_id", "Location"),
        "assignedToId": linked("assigned_id", "Person"),
        "serialNumber": ours("serial_number"),
        "model": ours("model"),
        "manufacturer": ours("manufacturer"),
        "purchaseDate": ours("purchase_date"),
        "purchaseCost": ours("purchase_cost"),
        "warrantyEndDate": ours("warranty_end"),
        "customFields": _custom(_ASSET_FIELDS, "asset_type_id"),
    }
    instead = {
        "status": "Fiwit keeps none",
        "assetTag": "its tags, if any, are custom fields: give them in `customFields`",
        "notes": "give them in `customFields`, if there is such a field",
        "categoryId": "its assets have types: `assetTypeId`",
    }
    return {
        "create": Action(
            method="POST",
            path="/assets/",
            fields=takes,
            required_on_create=("name",),
            unsupported_hint=instead,
            vendor_fields=_ASSET_KEYS,
        ),
        "update": Action(
            method="PATCH",
            path="/assets/{id}",
            fields=takes,
            unsupported_hint=instead,
            vendor_fields=_ASSET_KEYS,
            matches_record=_shows,
        ),
    }


def ticket_actions(statuses: Mapping[str, str], asset_field: str | None) -> Mapping[str, Action]:
    """Of tickets. `statuses` are those whose meaning the operator knows; `asset_field` holds the asset's id."""
    hint = "set the source's ticket_status_map for further ones, or give the vendor's word in `vendorFields`"
    takes = {
        "subject": text("name", fixed=True),
        "status": enum_value("status", backwards({"new": "NEW", **statuses}), hint=hint),
        "priority": enum_value("priority", backwards(_PRIORITIES)),
        "ticketTypeId": own_id("ticket_type_id", "TicketTypeDefinition"),
        "assigneeId": linked("assigned_id", "Person"),
        "customFields": _custom(_TICKET_FIELDS, "ticket_type_id"),
    }
    if asset_field:
        takes["assetIds"] = _asset(asset_field)
    instead = {
        "description": "Fiwit's tickets have a headline only",
        "requesterId": "Fiwit sets the owner of the key",
        "assetIds": "the source's ticket_asset_field names no custom field for it",
        "locationId": "Fiwit's tickets have none",
    }
    return {
        "create": Action(
            method="POST",
            path="/tickets/",
            fields=takes,
            unsupported_hint=instead,
            vendor_fields=_TICKET_KEYS,
        ),
        "update": Action(
            method="PATCH",
            path="/tickets/{id}",
            fields={name: write for name, write in takes.items() if name != "assetIds"},
            unsupported_hint=instead,
            vendor_fields=_TICKET_KEYS,
            matches_record=_shows,
        ),
    }


def _held(names: Sequence[str], table: str, type_key: str) -> Write:
    """One of our values that stands in a custom field, as text like all of them."""

    def converted(given: Any, _: IdResolver) -> str:
        if isinstance(given, date):
            return given.isoformat()
        return format(given, "f") if isinstance(given, Decimal) else str(given)

    def put(draft: Draft, value: Any) -> None:
        rows = {str(row["custom_field_id"]): row for row in _kept(draft.row)}
        known = _known(draft, table, type_key)
        field = named(names, known, has=lambda id_: (rows.get(id_) or {}).get("value") not in (None, ""))
        _set(draft, field.id, value)

    return Write(convert=converted, put=put, refs=(table,), reads_record=True)


def _custom(table: str, type_key: str) -> Write:
    def put(draft: Draft, values: Sequence[CustomValue]) -> None:
        for given in values:
            field = match_field(given, _known(draft, table, type_key))
            try:
                _set(draft, field.id, given.value)
            except InvalidValue as exc:
                raise given.within(exc) from exc

    return custom(put, table, value=scalar)


def _asset(field_name: str) -> Write:
    """The asset that a ticket is about: its id, in the custom field that the operator names."""

    def converted(given: Sequence[str], asked: IdResolver) -> str | None:
        natives = list(dict.fromkeys(asked.native(one, "Asset") for one in given))
        if len(natives) > 1:
            raise InvalidValue("can name one asset only in Fiwit")
        return natives[0] if natives else None

    def put(draft: Draft, native: str | None) -> None:
        if native is not None:
            field = named((field_name,), _known(draft, _TICKET_FIELDS, "ticket_type_id"), has=lambda _: False)
            _set(draft, field.id, native)

    return Write(convert=converted, put=put, refs=(_TICKET_FIELDS,), reads_record=True)


def _known(draft: Draft, table: str, type_key: str) -> list[KnownField]:
    """The fields that a record of this type can have; of every type, where it has none."""
    type_id = draft.body.get(type_key, draft.values.get(_OURS[type_key], draft.row.get(type_key)))
    found: list[KnownField] = []
    for native, definition in draft.tables[table].items():
        of_type = definition.row.get("entity_type_id")
        if type_id is None or of_type is None or of_type == type_id:
            found.append(KnownField(native, definition.get("name") or native))
    return found


def _kept(row: Row) -> list[Row]:
    values = row.get(_VALUES)
    return [
        one
        for one in (values if isinstance(values, list) else ())
        if isinstance(one, Mapping)
        and one.get("deleted_at") is None
        and convert.identity(one.get("custom_field_id")) is not None
    ]


def _set(draft: Draft, field_id: str, value: str | None) -> None:
    """
    Put a custom field's value. All rows that there are go along, each under its own id: whether Fiwit keeps those
    that are not sent is not documented.
    """
    if _VALUES not in draft.body:
        draft.body[_VALUES] = [
            {"id": row.get("id"), "custom_field_id": row["custom_field_id"], "value": row.get("value")}
            for row in _kept(draft.row)
        ]
    rows = draft.body[_VALUES]
    draft.claim(field_id)
    for row in rows:
        if convert.identity(row["custom_field_id"]) == field_id:
            row["value"] = value
            return
    if value is not None:
        rows.append({"custom_field_id": int(field_id), "value": value})


def _shows(row: Row, body: Body) -> bool:
    """Whether a record has all that was sent; an empty value and none are the same."""
    for key, wanted in body.items():
        if key != _VALUES and row.get(key) != wanted:
            return False
    there = {str(one["custom_field_id"]): one.get("value") for one in _kept(row)}
    return all(
        (there.get(str(one["custom_field_id"])) or None) == (one["value"] or None)
        for one in body.get(_VALUES, ())
    )
