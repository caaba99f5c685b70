"""Fiwit's custom fields: their definitions, and the values that hang on assets and tickets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.connector import convert
from gateway.connector.fields import identity, once_for, raw, text
from gateway.connector.naming import folded, known_as
from gateway.connector.spec import Field, Keep, List, Resource, Row, Tables


def is_definition(row: Row) -> bool:
    """Whether a row defines a field: the page's samples of `/asset_fields` and `/asset_types` are exchanged."""
    return "entity_type_type" in row or ("type" in row and "default_value" in row)


def definitions(type_name: str, path: str, exchanged: str) -> Resource:
    """The definitions of one kind's fields, whichever of the two paths they come from."""
    return Resource(
        type=type_name,
        list=List(path=path, also=(exchanged,), where=is_definition, keep=Keep.DEFINITION),
        fields={
            "native_id": identity("id"),
            "name": text("name"),
            "type": text("type"),
            "applies_to": text("entity_type_type"),
            "description": text("description"),
            "default_value": raw("default_value"),
        },
    )


def custom_fields(table: str) -> Field:
    """All values, with their fields' names."""

    def read(row: Row, tables: Tables) -> list[dict[str, Any]]:
        return [
            {
                "id": native,
                "name": name,
                "type": kind,
                "value": found.get("value"),
                "display_value": convert.text(found.get("value")),
            }
            for native, name, kind, found in _values(row, tables[table])
        ]

    return Field(read=read, uses=("custom_field_values",), refs=(table,), raw=True)


def named(table: str, names: Sequence[str], converted: Callable[[Any], Any]) -> Field:
    """The value of the first of these custom fields that a record has."""
    ranks = known_as(names)
    ids = once_for(table, lambda known: _ids(known, ranks))

    def read(values: Mapping[Any, Any], tables: Tables) -> Any:
        for native in ids(tables):
            if native in values:
                return converted(values[native])
        return None

    return Field(
        read=read,
        uses=("custom_field_values",),
        refs=(table,),
        inside=_by_id,
        looks_at={"custom_field_values": frozenset({"custom_field_id", "value", "deleted_at"})},
    )


def _ids(table: Mapping[str, Any], ranks: Mapping[str, int]) -> tuple[Any, ...]:
    """The ids of the fields with these names, the best first, each as a number too, which is how rows have it."""
    named = {native: one.get("name") or native for native, one in table.items()}
    # What has no definition goes by its number.
    named |= {name: name for name in ranks if name.isdecimal() and name not in named}
    ranked = sorted((ranks[name], native) for native, one in named.items() if (name := folded(one)) in ranks)
    return tuple(key for _, native in ranked for key in (int(native), native))


def _by_id(row: Row) -> Mapping[Any, Any]:
    """The values that a record has, by their fields' ids; of several for one field the first."""
    try:
        return {
            one["custom_field_id"]: found
            for one in reversed(row["custom_field_values"])
            if (found := one["value"]) is not None and found != "" and one.get("deleted_at") is None
        }
    except (KeyError, TypeError, AttributeError):
        # Some of it is not as documented: that costs its value, not the others.
        return {
            native: one["value"]
            for native, _, _, one in reversed(_values(row, {}))
            if one.get("value") not in (None, "")
        }


def _values(row: Row, table: Mapping[str, Any]) -> list[tuple[str, str, str | None, Row]]:
    values = row.get("custom_field_values")
    found: list[tuple[str, str, str | None, Row]] = []
    for one in values if isinstance(values, list) else ():
        if not isinstance(one, Mapping) or one.get("deleted_at") is not None:
            continue
        native = convert.identity(one.get("custom_field_id"))
        if native is not None:
            definition = table.get(native)
            name = definition.get("name") if definition is not None else None
            kind = definition.get("type") if definition is not None else None
            found.append((native, name or native, kind, one))
    return found
