"""
Files that connect other tools to the tables: a Power BI connection, a Frictionless data package with keys and foreign
keys, and dbt sources for dbt-duckdb.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from gateway.tables.columns import ColumnKind, FlatTable
from gateway.tables.side_tables import SOURCES

_FIELD_TYPES: Mapping[ColumnKind, Mapping[str, Any]] = {
    ColumnKind.TEXT: {"type": "string"},
    ColumnKind.INTEGER: {"type": "integer"},
    ColumnKind.DECIMAL: {"type": "number"},
    ColumnKind.BOOLEAN: {"type": "boolean"},
    ColumnKind.DATE: {"type": "date"},
    ColumnKind.TIMESTAMP: {"type": "datetime", "format": "%Y-%m-%dT%H:%M:%S.%fZ"},
}


def power_bi(base: str) -> bytes:
    """A .pbids file: Power BI Desktop opens it and is connected."""
    details = {"protocol": "odata", "address": {"url": f"{base}/odata"}}
    return msgspec.json.encode({"version": "0.1", "connections": [{"details": details, "mode": "Import"}]})


def data_package(tables: Iterable[FlatTable], base: str) -> bytes:
    """A datapackage.json of the tables as CSV."""
    known = list(tables)
    names = {table.name for table in known}
    package = {
        "name": "asset-gateway",
        "resources": [_resource(table, base, names) for table in known],
    }
    return msgspec.json.format(msgspec.json.encode(package), indent=2)


def dbt_sources(tables: Iterable[FlatTable], base: str) -> bytes:
    """A sources.yml for dbt-duckdb. Texts are JSON strings, which YAML reads as they are."""
    location = f"read_parquet('{base}/tables/{{name}}.parquet')"
    lines = [
        "version: 2",
        "sources:",
        "  - name: asset_gateway",
        "    meta:",
        f"      external_location: {_text(location)}",
        "    tables:",
    ]
    for table in tables:
        lines += [
            f"      - name: {table.name}",
            f"        description: {_text(table.description)}",
            "        columns:",
        ]
        for column in table.columns:
            lines += [
                f"          - name: {column.name}",
                f"            description: {_text(column.description)}",
            ]
    return ("\n".join(lines) + "\n").encode()


def _resource(table: FlatTable, base: str, names: set[str]) -> Mapping[str, Any]:
    key = _key(table)
    fields = [
        {
            "name": column.name,
            **_FIELD_TYPES[column.kind],
            "description": column.description,
            **({"constraints": {"required": True}} if column.required else {}),
        }
        for column in table.columns
    ]
    foreign = [
        {"fields": column.name, "reference": {"resource": column.references, "fields": "id"}}
        for column in table.columns
        if column.references in names
    ]
    return {
        "name": table.name,
        "title": table.name.replace("_", " ").capitalize(),
        "description": table.description,
        "path": f"{base}/tables/{table.name}.csv?exact=true",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "doubleQuote": True},
        "schema": {
            "fields": fields,
            "missingValues": [""],
            **({"primaryKey": key} if key else {}),
            **({"foreignKeys": foreign} if foreign else {}),
        },
    }


def _key(table: FlatTable) -> str | list[str] | None:
    if table.history_of is not None:
        return list(table.key)
    return "name" if table.name == SOURCES.name else "id" if table.has_records else None


def _text(text: str) -> str:
    return msgspec.json.encode(text).decode()
