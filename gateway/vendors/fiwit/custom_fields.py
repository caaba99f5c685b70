"""Fiwit's custom fields: their definitions, and the values that hang on assets and tickets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from gateway.connector import convert
from gateway.connector.convert_many import many
from gateway.connector.fields import identity, once_for, raw, text
from gateway.connector.naming import folded, known_as
from gateway.connector.spec import Field, Keep, List, Resource, Row, Tables


class Value(msgspec.Struct, gc=False):
    """One of a record's values: what is looked at of it. It refers to nothing that could refer to it."""

    custom_field_id: Any = None
    value: Any = None
    deleted_at: Any = None


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
                "value": value,
                "display_value": convert.text(value),
            }
            for native, name, kind, value in _values(row, tables[table])
        ]

    return Field(read=read, uses=("custom_field_values",), refs=(table,), raw=True)


def named(table: str, names: Sequence[str], converted: Callable[[Any], Any]) -> Field:
    """The value of the first of these custom fields that a record has."""
    ranks = known_as(names)
    ids = once_for(table, lambda known: _ids(known, ranks))
    convert_all = many(converted)

    def read_all(values: Sequence[Mapping[Any, Any]], tables: Tables) -> list[Any]:
        found: list[Any] = [None] * len(values)
        for native in ids(tables):
            found = [
                one.get(native) if before is None or before == "" else before
                for one, before in zip(values, found, strict=True)
            ]
            if all(found):
                return convert_all(found)
        return convert_all([None if one == "" else one for one in found])

    return Field(
        read=lambda values, tables: read_all((values,), tables)[0],
        read_all=read_all,
        uses=("custom_field_values",),
        refs=(table,),
        inside=_by_id,
        looks_at={"custom_field_values": Value},
    )


def _ids(table: Mapping[str, Any], ranks: Mapping[str, int]) -> tuple[Any, ...]:
    """The ids of the fields with these names, the best first, each as a number too, which is how rows have it."""
    named = {native: one.get("name") or native for native, one in table.items()}
    # What has no definition goes by its number.
    named |= {name: name for name in ranks if name.isdecimal() and name not in named}
    ranked = sorted((ranks[name], native) for native, one in named.items() if (name := folded(one)) in ranks)
    return tuple(key for _, native in ranked for key in (int(native), native))


def _by_id(rows: Sequence[Row]) -> list[Mapping[Any, Any]]:
    """The values that each record has, by their fields' ids; of several for one field the first that is not empty."""
    found: list[Mapping[Any, Any]] = []
    for row in rows:
        values = _told(row)
        try:
            by_id = {one.custom_field_id: one.value for one in values if one.deleted_at is None}
        except TypeError:  # An id is not as documented: that costs its value, not the others.
            by_id = {}
        if len(by_id) < len(values):
            told = reversed(_values(row, {}))
            by_id = {native: value for native, _, _, value in told if value not in (None, "")}
        found.append(by_id)
    return found


def _values(row: Row, table: Mapping[str, Any]) -> list[tuple[str, str, str | None, Any]]:
    """The ids of a record's fields, their names and types, and its values."""
    found: list[tuple[str, str, str | None, Any]] = []
    for one in _told(row):
        native = convert.identity(one.custom_field_id) if one.deleted_at is None else None
        if native is not None:
            definition = table.get(native)
            name = definition.get("name") if definition is not None else None
            kind = definition.get("type") if definition is not None else None
            found.append((native, name or native, kind, one.value))
    return found


def _told(row: Row) -> Sequence[Value]:
    """The row's values, however much of it was decoded."""
    values = row.get("custom_field_values")
    if not isinstance(values, list):
        return ()
    if values and values[0].__class__ is Value:
        return values
    return [msgspec.convert(one, Value) for one in values if isinstance(one, Mapping)]
