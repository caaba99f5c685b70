"""Fiwit's custom fields: their definitions, and the fields that read their values on assets and tickets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.connector.description import convert
from gateway.connector.description.convert import is_blank
from gateway.connector.description.convert_columns import ConvertColumn, column_converter
from gateway.connector.description.field_names import normalize_name, rank_names
from gateway.connector.description.fields import free_text, identity, memoize_per_table, raw, text
from gateway.connector.description.resource import Field, List, Resource, Ttl
from gateway.connector.description.row_types import ReferenceTables, Row
from gateway.literals import is_digits
from gateway.vendors.fiwit.custom_values import Value, Values, read_values


def is_definition(row: Row) -> bool:
    """True if a row defines a field: the document's samples of `/asset_fields` and `/asset_types` are exchanged."""
    return "entity_type_type" in row or ("type" in row and "default_value" in row)


def definitions(type_name: str, path: str, exchanged_path: str) -> Resource:
    """Resource of field definitions, read from both paths: the documents do not settle which path has them."""
    return Resource(
        type=type_name,
        list=List(path=path, extra_paths=(exchanged_path,), row_filter=is_definition, ttl=Ttl.DEFINITION),
        fields={
            "native_id": identity("id"),
            "name": text("name"),
            "type": text("type"),
            "applies_to": text("entity_type_type"),
            "description": free_text("description"),
            "default_value": raw("default_value"),
        },
    )


def custom_fields(table: str) -> Field:
    """Field of all custom values of a record, with the names and types of their fields."""

    def read(row: Row, tables: ReferenceTables) -> list[dict[str, Any]]:
        return [
            {
                "id": native_id,
                "name": name,
                "type": kind,
                "value": value,
                "display_value": convert.text(value),
            }
            for native_id, name, kind, value in _values(row, tables[table])
        ]

    return Field(read=read, keys=("custom_field_values",), refs=(table,), raw=True)


def named(
    table: str,
    names: Sequence[str],
    convert: Callable[[Any], Any],
    convert_all: ConvertColumn | None = None,
) -> Field:
    """
    Field with the converted value of the first custom field, in the order of `names`, that a record has.

    `convert_all` converts a whole column, if that is cheaper than `convert` for each value.
    """
    ranks = rank_names(names)
    ids_of = memoize_per_table(table, lambda definitions: _ids(definitions, ranks))
    convert_column = convert_all or column_converter(convert)

    def read_column(values: Values, tables: ReferenceTables) -> list[Any]:
        ids = ids_of(tables)
        column = values.first(ids)
        converted = convert_column(column)
        if len(ids) > 1 and any(
            value is None and raw is not None for value, raw in zip(converted, column, strict=True)
        ):
            return convert_column(values.first(ids, is_missing=is_blank))
        return converted

    return from_values(read_column, table)


def from_values(read_column: Callable[[Values, ReferenceTables], list[Any]], table: str) -> Field:
    """Field that is read from the records' custom values, which all such fields share."""
    return Field(
        read=lambda row, tables: read_column(Values((row,)), tables)[0],
        read_column=read_column,
        keys=("custom_field_values",),
        refs=(table,),
        shared_column=Values,
        columns={"custom_field_values": Value},
    )


def _ids(definitions: Mapping[str, Any], ranks: Mapping[str, int]) -> Sequence[str]:
    """Ids of the fields with these names, sorted by rank."""
    names = {native_id: definition.get("name") or native_id for native_id, definition in definitions.items()}
    # A field without a definition is named by its id.
    names |= {name: name for name in ranks if is_digits(name) and name not in names}
    ranked = sorted(
        (ranks[key], native_id) for native_id, name in names.items() if (key := normalize_name(name)) in ranks
    )
    return [native_id for _, native_id in ranked]


def _values(row: Row, definitions: Mapping[str, Any]) -> list[tuple[str, str, str | None, Any]]:
    """Field id, field name, field type and value of each custom value of a row."""
    values: list[tuple[str, str, str | None, Any]] = []
    for value in read_values((row,))[0]:
        native_id = convert.identity(value.custom_field_id) if value.deleted_at is None else None
        if native_id is not None:
            definition = definitions.get(native_id)
            name = definition.get("name") if definition is not None else None
            kind = definition.get("type") if definition is not None else None
            values.append((native_id, name or native_id, kind, value.value))
    return values
