"""
What Revnue reads as it is written. Revnue API, "List Asset" and "Update Asset".

What is read as an object is written as its id, a form's values by id where they are read by name, and the country,
read as a name, as an id that no call tells.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.actions import ABSENT, Body, InvalidValue, RoundTrip
from gateway.connector.description.custom_values import KnownField
from gateway.connector.description.field_names import folded
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.connector.description.write_fields import amount, id_of, not_readable

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
#: Taken on writing, and not shown on reading so far as the documentation says. What is shown goes back.
_UNSHOWN = (
    "pseudo_number", "unit", "bldng_name", "street", "floor", "room", "area", "state_province", "zip_code",
    "general_info_notes", "business_entity_type", "customer_part_number",
)  # fmt: skip
#: All that the documentation takes.
KEYS = frozenset(
    {
        *_TEXTS,
        *_DAYS,
        *_IDS,
        *_AMOUNTS,
        *_UNSHOWN,
        "country",
        "category",
        "usage_status",
        "asset_usage_status",
        "template",
    }
)


def carries(countries: Mapping[str, int], usage_ids: Mapping[str, int]) -> Mapping[str, RoundTrip]:
    """How each key goes back. `countries` are ids by name; with `usage_ids` usage statuses go by id."""

    def country(row: Row) -> Any:
        found = row["country"]
        if found in (None, ""):
            return None
        if isinstance(found, int) and not isinstance(found, bool):
            return found
        native = countries.get(found.casefold()) if isinstance(found, str) else None
        if native is None:
            raise InvalidValue(
                "This would empty the asset's country: Revnue tells its name, and takes an id. Give "
                "`vendorFields: {country: ID}`, or set the source's country_ids.",
                code="WOULD_LOSE_DATA",
            )
        return native

    def usage(row: Row, tables: ReferenceTables) -> Any:
        if "usage_status" not in row:
            raise not_readable("asset_usage_status" if usage_ids else "usage_status")
        by_id = id_of("usage_status.id", "asset_usage_status")
        return by_id(row, tables) if usage_ids else _name(row["usage_status"])

    return {
        **{key: _told(key, lambda row, key=key: row[key]) for key in _TEXTS},
        **{key: _if_told(key) for key in _UNSHOWN},
        **{key: _told(key, lambda row, key=key: _day(row, key)) for key in _DAYS},
        **{key: _told(key, lambda row, key=key: id_of(f"{key}.id", key)(row, {})) for key in _IDS},
        **{key: _told(key, lambda row, key=key: amount(key)(row, {})) for key in _AMOUNTS},
        "category": _told("category", _category),
        "country": _told("country", country),
        "asset_usage_status" if usage_ids else "usage_status": usage,
        "template": _template,
    }


def _if_told(key: str) -> RoundTrip:
    """What rows need not tell goes back where they do."""
    return lambda row, _tables: row.get(key, ABSENT)


def _told(key: str, read: Any) -> RoundTrip:
    """What the documentation has every row tell. One that does not cannot be put back: it would be emptied."""

    def carried(row: Row, _: ReferenceTables) -> Any:
        if key not in row:
            raise not_readable(key)
        return read(row)

    return carried


def _day(row: Row, key: str) -> str | None:
    if row[key] in (None, ""):
        return None
    found = convert.day(row[key])
    if found is None:
        raise not_readable(key)
    return found.isoformat()


def _category(row: Row) -> Any:
    found = row["category"]
    if found is None:
        return None
    native = id_of("category.id", "category")(row, {})
    return {"id": native, "subcategory": found.get("subcategory")}


def _template(row: Row, tables: ReferenceTables) -> Any:
    """A form's values are read by name and written by id."""
    if "template" not in row:
        raise not_readable("template")
    found = row["template"]
    if found is None:
        return None
    form = convert.identity(found.get("id")) if isinstance(found, Mapping) else None
    fields = found.get("fields") if isinstance(found, Mapping) else None
    if form is None or not form.isdecimal():
        raise not_readable("template")
    if isinstance(fields, Mapping):
        return {"id": int(form), "fields": _by_id(fields, of_form(form, tables))}
    if fields is not None and not isinstance(fields, list):
        raise not_readable("template")
    return {"id": int(form), "fields": _with_ids(fields or [])}


def _by_id(fields: Mapping[str, Any], known: Sequence[KnownField]) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    for name, value in fields.items():
        ids = {one.id for one in known if one.name == name} or {
            one.id for one in known if folded(one.name) == folded(name)
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
    for one in fields:
        native = convert.identity(one.get("id")) if isinstance(one, Mapping) else None
        if native is None or not native.isdecimal():
            raise not_readable("template")
        values.append({"id": int(native), "value": one.get("value")})
    return values


def _plain(value: Any) -> Any:
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def of_form(form: str, tables: ReferenceTables) -> list[KnownField]:
    """The fields of a form. Their ids in our table are the form's and their own."""
    return [
        KnownField(native.split("-")[1], record.get("name") or native, record.row)
        for native, record in tables[TABLE].items()
        if native.split("-")[0] == form
    ]


# after an answer that got lost


def shows(row: Row, body: Body) -> bool:
    """Whether a record is as it was written. Of a form's values and the country's id a record alone cannot say."""
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
    plain = [key for key in (*_TEXTS, *_UNSHOWN) if key in body and not key.endswith("_status")]
    return all((row.get(key) or None) == (body[key] or None) for key in plain) and _shows_form(row, body)


def _shows_form(row: Row, body: Body) -> bool:
    """By the values alone: names and ids of the form's fields meet only in the account's forms."""
    wanted = body.get("template")
    if not isinstance(wanted, Mapping):
        return True
    found = row.get("template")
    fields = found.get("fields") if isinstance(found, Mapping) else None
    there = fields.values() if isinstance(fields, Mapping) else []
    told = sorted(str(_number(one) or _plain(one)) for one in there if one not in (None, ""))
    asked = [one["value"] for one in wanted["fields"] if one["value"] not in (None, "")]
    return told == sorted(str(_number(one) or one) for one in asked)


def _id(found: Any) -> str | None:
    return convert.identity(found.get("id") if isinstance(found, Mapping) else found)


def _name(found: Any) -> Any:
    return found.get("name") if isinstance(found, Mapping) else found


def _number(found: Any) -> Decimal | None:
    return convert.decimal(found)
