"""Fiwit's custom fields: their definitions, and the values that hang on assets and tickets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.convert_columns import column_converter
from gateway.connector.description.field_names import folded, synonym_of
from gateway.connector.description.fields import identity, memoize_per_table, raw, text
from gateway.connector.description.resource import Field, List, Resource, Ttl
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.vendors.fiwit.custom_values import Value, Values, told


def is_definition(row: Row) -> bool:
    """Whether a row defines a field: the page's samples of `/asset_fields` and `/asset_types` are exchanged."""
    return "entity_type_type" in row or ("type" in row and "default_value" in row)


def definitions(type_name: str, path: str, exchanged: str) -> Resource:
    """The definitions of one kind's fields, whichever of the two paths they come from."""
    return Resource(
        type=type_name,
        list=List(path=path, extra_paths=(exchanged,), row_filter=is_definition, ttl=Ttl.DEFINITION),
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

    def read(row: Row, tables: ReferenceTables) -> list[dict[str, Any]]:
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

    return Field(read=read, keys=("custom_field_values",), refs=(table,), raw=True)


def named(table: str, names: Sequence[str], converted: Callable[[Any], Any]) -> Field:
    """The value of the first of these custom fields that a record has."""
    ranks = synonym_of(names)
    ids = memoize_per_table(table, lambda known: _ids(known, ranks))
    convert_all = column_converter(converted)

    def read_all(values: Values, tables: ReferenceTables) -> list[Any]:
        return convert_all(values.first(ids(tables)))

    return read_inside(read_all, table)


def read_inside(read_all: Callable[[Values, ReferenceTables], list[Any]], table: str) -> Field:
    """A field that is read off the values of many records, which its fields share."""
    return Field(
        read=lambda row, tables: read_all(Values((row,)), tables)[0],
        read_column=read_all,
        keys=("custom_field_values",),
        refs=(table,),
        shared_column=Values,
        columns={"custom_field_values": Value},
    )


def _ids(table: Mapping[str, Any], ranks: Mapping[str, int]) -> Sequence[str]:
    """The ids of the fields with these names, the best first."""
    named = {native: one.get("name") or native for native, one in table.items()}
    # What has no definition goes by its number.
    named |= {name: name for name in ranks if name.isdecimal() and name not in named}
    ranked = sorted((ranks[name], native) for native, one in named.items() if (name := folded(one)) in ranks)
    return [native for _, native in ranked]


def _values(row: Row, table: Mapping[str, Any]) -> list[tuple[str, str, str | None, Any]]:
    """The ids of a record's fields, their names and types, and its values."""
    found: list[tuple[str, str, str | None, Any]] = []
    for one in told((row,))[0]:
        native = convert.identity(one.custom_field_id) if one.deleted_at is None else None
        if native is not None:
            definition = table.get(native)
            name = definition.get("name") if definition is not None else None
            kind = definition.get("type") if definition is not None else None
            found.append((native, name or native, kind, one.value))
    return found
