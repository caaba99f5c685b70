"""Fiwit's custom fields: their definitions, and the values that hang on assets and tickets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.connector import convert
from gateway.connector.fields import identity, raw, text
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

    return Field(read=read, uses=("custom_field_values",), refs=(table,))


def named(table: str, names: Sequence[str], converted: Callable[[Any], Any]) -> Field:
    """The value of the first of these custom fields that a record has."""
    ranks = known_as(names)

    def read(row: Row, tables: Tables) -> Any:
        best: tuple[int, Any] | None = None
        for _, name, _, found in _values(row, tables[table]):
            rank = ranks.get(folded(name))
            if rank is not None and found.get("value") not in (None, "") and (best is None or rank < best[0]):
                best = rank, found.get("value")
        return None if best is None else converted(best[1])

    return Field(read=read, uses=("custom_field_values",), refs=(table,))


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
