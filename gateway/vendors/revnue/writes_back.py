"""
Round trips of Revnue's values: each as it is read, made into what an update writes. Revnue API, "List Asset" and
"Update Asset".

An object is written as its id, a form's values by id if they are read by name, and the country, read as a name, as an
id that no call has.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import ABSENT, Body, InvalidValue, RoundTrip
from gateway.connector.description.custom_values import KnownField
from gateway.connector.description.field_names import normalize_name
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.connector.description.write_fields import amount, id_of, not_readable
from gateway.literals import is_digits

TABLE = "FieldDefinition"
_TEXTS = (
    "name", "manufacturer", "serial_number", "address", "city", "location_description", "warranty_contact_phone",
    "warranty_contact_email", "warranty_notes", "support_contact_phone", "support_contact_email", "support_notes",
    "asset_tag", "asset_notes", "financial_notes", "warranty_type", "support_type", "depreciation_schedule",
    "warranty_status", "support_status",
)  # fmt: skip
_DAYS = (
    "end_of_life_date", "warranty_start_date", "warranty_end_date", "end_of_support_date", "support_start_date",
    "support_end_date", "service_start_date",
)  # fmt: skip
_IDS = (
    "contract", "asset_owner", "business_unit", "warranty_provider", "support_provider", "attached_supplier",
)  # fmt: skip
_AMOUNTS = ("original_cost", "estimated_salvage_value")
#: Keys that the documentation has for writing, and not for reading. If a row has one, it is written back.
_WRITE_ONLY = (
    "pseudo_number", "unit", "bldng_name", "street", "floor", "room", "area", "state_province", "zip_code",
    "general_info_notes", "business_entity_type", "customer_part_number",
)  # fmt: skip
#: All keys that the documentation has for writing.
KEYS = frozenset(
    {
        *_TEXTS,
        *_DAYS,
        *_IDS,
        *_AMOUNTS,
        *_WRITE_ONLY,
        "country",
        "category",
        "usage_status",
        "asset_usage_status",
        "template",
    }
)


def round_trips(countries: Mapping[str, int], usage_ids: Mapping[str, int]) -> Mapping[str, RoundTrip]:
    """The round trip of each key. `countries` are ids by name; with `usage_ids` usage statuses are written by id."""

    def country(row: Row) -> Any:
        value = row["country"]
        if value in (None, ""):
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        country_id = countries.get(value.casefold()) if isinstance(value, str) else None
        if country_id is None:
            raise InvalidValue(
                "This would empty the asset's country: Revnue tells its name, and takes an id. Give "
                "`vendorFields: {country: ID}`, or set the source's country_ids.",
                code="WOULD_LOSE_DATA",
            )
        return country_id

    def usage(row: Row, tables: ReferenceTables) -> Any:
        if "usage_status" not in row:
            raise not_readable("asset_usage_status" if usage_ids else "usage_status")
        by_id = id_of("usage_status.id", "asset_usage_status")
        return by_id(row, tables) if usage_ids else _name(row["usage_status"])

    return {
        **{key: _required(key, lambda row, key=key: row[key]) for key in _TEXTS},
        **{key: _optional(key) for key in _WRITE_ONLY},
        **{key: _required(key, lambda row, key=key: _day(row, key)) for key in _DAYS},
        **{key: _required(key, lambda row, key=key: id_of(f"{key}.id", key)(row, {})) for key in _IDS},
        **{key: _required(key, lambda row, key=key: amount(key)(row, {})) for key in _AMOUNTS},
        "category": _required("category", _category),
        "country": _required("country", country),
        "asset_usage_status" if usage_ids else "usage_status": usage,
        "template": _template,
    }


def _optional(key: str) -> RoundTrip:
    """Round trip of a key that rows may lack: ABSENT if they do."""
    return lambda row, _tables: row.get(key, ABSENT)


def _required(key: str, read: Any) -> RoundTrip:
    """Round trip of a key that every row has by the documentation. Raises if a row lacks it: it would be emptied."""

    def read_back(row: Row, _: ReferenceTables) -> Any:
        if key not in row:
            raise not_readable(key)
        return read(row)

    return read_back


def _day(row: Row, key: str) -> str | None:
    if row[key] in (None, ""):
        return None
    day = convert.day(row[key])
    if day is None:
        raise not_readable(key)
    return day.isoformat()


def _category(row: Row) -> Any:
    category = row["category"]
    if category is None:
        return None
    native_id = id_of("category.id", "category")(row, {})
    return {"id": native_id, "subcategory": category.get("subcategory")}


def _template(row: Row, tables: ReferenceTables) -> Any:
    """A form's values, which are read by name and written by id."""
    if "template" not in row:
        raise not_readable("template")
    template = row["template"]
    if template is None:
        return None
    form = convert.identity(template.get("id")) if isinstance(template, Mapping) else None
    fields = template.get("fields") if isinstance(template, Mapping) else None
    if form is None or not is_digits(form):
        raise not_readable("template")
    if isinstance(fields, Mapping):
        return {"id": int(form), "fields": _by_id(fields, form_fields(form, tables))}
    if fields is not None and not isinstance(fields, list):
        raise not_readable("template")
    return {"id": int(form), "fields": _with_ids(fields or [])}


def _by_id(fields: Mapping[str, Any], known: Sequence[KnownField]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    for name, value in fields.items():
        ids = {field.id for field in known if field.name == name} or {
            field.id for field in known if normalize_name(field.name) == normalize_name(name)
        }
        if len(ids) == 1:
            values.append({"id": int(ids.pop()), "value": _plain(value)})
        elif value not in (None, ""):
            raise InvalidValue(
                f"This would empty the custom field {name!r}: no form of this account has one field of the name. "
                "Give the whole `template` in `vendorFields`.",
                code="WOULD_LOSE_DATA",
                field_path=("customFields",),
            )
    return values


def _with_ids(fields: Sequence[Any]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    for field in fields:
        native_id = convert.identity(field.get("id")) if isinstance(field, Mapping) else None
        if native_id is None or not is_digits(native_id):
            raise not_readable("template")
        values.append({"id": int(native_id), "value": field.get("value")})
    return values


def _plain(value: Any) -> Any:
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def form_fields(form: str, tables: ReferenceTables) -> list[KnownField]:
    """The fields of a form. Their ids in our table are compound, of the form's and their own."""
    return [
        KnownField(native_id.split("-")[1], record.get("name") or native_id, record.row)
        for native_id, record in tables[TABLE].items()
        if native_id.split("-")[0] == form
    ]


# after a write whose answer was lost


def matches_body(row: Row, body: Body) -> bool:
    """True if a record is as it was written. Of a form's values and the country's id it cannot be seen for sure."""
    if "usage_status" in body and _name(row.get("usage_status")) != _name(body["usage_status"]):
        return False
    if "asset_usage_status" in body and _id(row.get("usage_status")) != _id(body["asset_usage_status"]):
        return False
    if "category" in body and _id(row.get("category")) != _id(body["category"]):
        return False
    if any(_id(row.get(key)) != _id(body[key]) for key in _IDS if key in body):
        return False
    if any(convert.day(row.get(key)) != convert.day(body[key]) for key in _DAYS if key in body):
        return False
    if any(_number(row.get(key)) != _number(body[key]) for key in _AMOUNTS if key in body):
        return False
    if bool(row.get("country")) != bool(body.get("country")):
        return False
    plain = [key for key in (*_TEXTS, *_WRITE_ONLY) if key in body and not key.endswith("_status")]
    return all((row.get(key) or None) == (body[key] or None) for key in plain) and _matches_template(
        row, body
    )


def _matches_template(row: Row, body: Body) -> bool:
    """True if the values are the same: a form's names and ids are related only in the account's forms."""
    written = body.get("template")
    if not isinstance(written, Mapping):
        return True
    current = row.get("template")
    fields = current.get("fields") if isinstance(current, Mapping) else None
    shown = fields.values() if isinstance(fields, Mapping) else []
    current_values = sorted(
        str(_number(value) or _plain(value)) for value in shown if value not in (None, "")
    )
    written_values = [entry["value"] for entry in written["fields"] if entry["value"] not in (None, "")]
    return current_values == sorted(str(_number(value) or value) for value in written_values)


def _id(value: Any) -> str | None:
    return convert.identity(value.get("id") if isinstance(value, Mapping) else value)


def _name(value: Any) -> Any:
    return value.get("name") if isinstance(value, Mapping) else value


def _number(value: Any) -> Decimal | None:
    return convert.decimal(value)
