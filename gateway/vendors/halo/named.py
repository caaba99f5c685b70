"""Values that Halo keeps in fields which each customer names: among an asset type's key fields, or in `fields`."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.field_names import folded, synonym_of
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

    `first` is a key of the row that is looked at before, `last` one that is looked at after all. An asset's type tells
    whether one of its key fields, which every row shows, is meant; else the asset's `fields` are needed.
    """
    ranks = synonym_of(names)

    def own(row: Row, key: str | None) -> str | None:
        return (convert.text(row.get(key)) or None) if key is not None else None

    def key_field(row: Row, tables: ReferenceTables) -> str | None:
        type_ = tables[TYPES].get(convert.identity(row.get("assettype_id")) or "")
        if type_ is None:
            return None
        for name_key, value_key in _KEY_FIELDS:
            name = convert.text(type_.row.get(name_key))
            if name and folded(name) in ranks:
                return value_key
        return None

    def part(row: Row, tables: ReferenceTables) -> str | None:
        return None if own(row, first) or key_field(row, tables) else "fields"

    def read(row: Row, tables: ReferenceTables) -> str | None:
        found = own(row, first)
        if found is not None:
            return found
        key = key_field(row, tables)
        return (own(row, key) if key is not None else among_fields(row, ranks)) or own(row, last)

    ends = [key for key in (first, last) if key is not None]
    looked = dict.fromkeys(("assettype_id", "fields", *(key for _, key in _KEY_FIELDS), *ends))
    return Field(read=read, keys=("assettype_id",), refs=(TYPES,), detail=part, columns=looked)


def among_fields(row: Row, ranks: Mapping[str, int]) -> str | None:
    """The best named value in the asset's `fields`."""
    found = row.get("fields")
    best: tuple[int, str] | None = None
    for one in found if isinstance(found, list) else ():
        if isinstance(one, Mapping):
            rank = ranks.get(folded(convert.text(one.get("name")) or ""))
            shown = said(one)
            if rank is not None and shown and (best is None or rank < best[0]):
                best = rank, shown
    return None if best is None else best[1]


def said(field: Row) -> str | None:
    """What a field shows: for look-ups `value` is an id, and `display` the text."""
    return convert.text(field.get("display")) or convert.text(field.get("value"))


def custom_fields(row: Row) -> list[dict[str, Any]]:
    """An asset's or ticket's own fields (`fields`) and the account's (`customfields`)."""
    found: list[dict[str, Any]] = []
    for key, name_keys in (("fields", ("name",)), ("customfields", ("label", "name"))):
        rows = row.get(key)
        for one in rows if isinstance(rows, list) else ():
            if isinstance(one, Mapping):
                names = (convert.text(one.get(name)) for name in name_keys)
                native = convert.identity(one.get("id"))
                found.append(
                    {
                        "id": native,
                        "name": next((name for name in names if name), native or ""),
                        "type": convert.text(one.get("type")),
                        "value": one.get("value"),
                        "display_value": said(one),
                    }
                )
    return found
