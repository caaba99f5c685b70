"""Customer-named fields: values that Halo keeps among an asset type's key fields, or in the asset's `fields`."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.field_names import normalize_name, rank_names
from gateway.connector.description.resource import Field
from gateway.connector.description.row_types import ReferenceTables, Row

TYPES = "AssetTypeDefinition"
_KEY_FIELDS = (
    ("keyfield_name", "key_field"),
    ("keyfield2_name", "key_field2"),
    ("keyfield3_name", "key_field3"),
)


def named(names: Sequence[str], *, first: str | None = None, last: str | None = None) -> Field:
    """
    The value of the first of these fields that an asset has.

    `first` is a key of the row that comes before them, `last` a key that comes after them. If one of the key fields of
    the asset's type has one of the names, its value is on every row; else the asset's `fields` are needed.
    """
    ranks = rank_names(names)

    def row_text(row: Row, key: str | None) -> str | None:
        return (convert.text(row.get(key)) or None) if key is not None else None

    def key_field(row: Row, tables: ReferenceTables) -> str | None:
        type_ = tables[TYPES].get(convert.identity(row.get("assettype_id")) or "")
        if type_ is None:
            return None
        for name_key, value_key in _KEY_FIELDS:
            name = convert.text(type_.row.get(name_key))
            if name and normalize_name(name) in ranks:
                return value_key
        return None

    def detail(row: Row, tables: ReferenceTables) -> str | None:
        return None if row_text(row, first) or key_field(row, tables) else "fields"

    def read(row: Row, tables: ReferenceTables) -> str | None:
        first_value = row_text(row, first)
        if first_value is not None:
            return first_value
        key = key_field(row, tables)
        return (row_text(row, key) if key is not None else among_fields(row, ranks)) or row_text(row, last)

    ends = [key for key in (first, last) if key is not None]
    columns = dict.fromkeys(("assettype_id", "fields", *(key for _, key in _KEY_FIELDS), *ends))
    return Field(read=read, keys=("assettype_id",), refs=(TYPES,), detail=detail, columns=columns)


def among_fields(row: Row, ranks: Mapping[str, int]) -> str | None:
    """The value in the asset's `fields` whose name ranks first."""
    fields = row.get("fields")
    best: tuple[int, str] | None = None
    for field_row in fields if isinstance(fields, list) else ():
        if isinstance(field_row, Mapping):
            rank = ranks.get(normalize_name(convert.text(field_row.get("name")) or ""))
            text = display_text(field_row)
            if rank is not None and text and (best is None or rank < best[0]):
                best = rank, text
    return None if best is None else best[1]


def display_text(field: Row) -> str | None:
    """The text of a field: for look-ups `value` is an id, and `display` the text."""
    return convert.text(field.get("display")) or convert.text(field.get("value"))


def custom_fields(row: Row) -> list[dict[str, Any]]:
    """The custom fields of an asset or ticket: its own (`fields`) and the account's (`customfields`)."""
    values: list[dict[str, Any]] = []
    for key, name_keys in (("fields", ("name",)), ("customfields", ("label", "name"))):
        rows = row.get(key)
        for field_row in rows if isinstance(rows, list) else ():
            if isinstance(field_row, Mapping):
                names = (convert.text(field_row.get(name)) for name in name_keys)
                native_id = convert.identity(field_row.get("id"))
                values.append(
                    {
                        "id": native_id,
                        "name": next((name for name in names if name), native_id or ""),
                        "type": convert.text(field_row.get("type")),
                        "value": field_row.get("value"),
                        "display_value": display_text(field_row),
                    }
                )
    return values
