"""The tables, derived from the schema: a new field there is a new column here."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_required_argument,
)

from gateway.connector.description.ids import GlobalId
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.record import Record
from gateway.tables.columns import IS_STUB, KEYS, MOMENTS, ColumnKind, FlatColumn, FlatTable
from gateway.tables.relations import RELATIONS
from gateway.tables.things.declarations import ASSETS, thing_tables
from resolvers.lists import RootList
from resolvers.sources import DefinitionList
from schema.binding import Binding

_KINDS = {
    "ID": ColumnKind.TEXT,
    "String": ColumnKind.TEXT,
    "Int": ColumnKind.INTEGER,
    "Decimal": ColumnKind.DECIMAL,
    "Boolean": ColumnKind.BOOLEAN,
    "Date": ColumnKind.DATE,
    "DateTime": ColumnKind.TIMESTAMP,
}

#: In descriptions of lists: a query of GraphQL, which says nothing to a reader of tables.
_EXAMPLE = re.compile(r"\s*Example: `[^`]*`\.")

#: Types of which links tell records that no list has: what a row knows of a place, a person, a contract, a field.
_STUB_TYPES = frozenset({"Location", "Person", "Contract", "FieldDefinition"})


def tables(schema: GraphQLSchema) -> Mapping[str, FlatTable]:
    """The tables by name: the lists of the schema, those that are read along with them, and those of unified assets."""
    listed = _listed_tables(schema)
    return {**listed, **RELATIONS, **thing_tables(listed[ASSETS], _descriptions(schema))}


def _descriptions(schema: GraphQLSchema) -> Mapping[str, str]:
    """The descriptions of a thing's fields, by column."""
    thing = schema.type_map["UnifiedAsset"]
    assert isinstance(thing, GraphQLObjectType)
    return {Binding.of(field).name: field.description or "" for field in thing.fields.values()}


def _listed_tables(schema: GraphQLSchema) -> Mapping[str, FlatTable]:
    """The tables by name in snake case: one for each list of records that has no required argument."""
    assert schema.query_type is not None
    lists = {
        Binding.of(field).name: (field, row)
        for field in schema.query_type.fields.values()
        if not any(is_required_argument(argument) for argument in field.args.values())
        if (row := _row_type(field)) is not None
    }
    by_type: dict[str, str] = {}
    for name, (_, row) in lists.items():
        by_type.setdefault(row.name, name)
    derived: dict[str, FlatTable] = {}
    for name, (field, row) in lists.items():
        level = Binding.of(field).level
        assert isinstance(level, RootList | DefinitionList)  # a root list has one of these resolvers
        derived[name] = FlatTable(
            name=name,
            type=row.name,
            description=_EXAMPLE.sub("", field.description or ""),
            columns=(
                *_keys(row),
                *_columns(row, by_type),
                *([IS_STUB] if row.name in _STUB_TYPES else []),
                *MOMENTS,
            ),
            resource=level.type,
        )
    return derived


def _row_type(field: GraphQLField) -> GraphQLObjectType | None:
    """The type of a list's records, be it a connection or a plain list; None for anything else."""
    inner = _nullable(field.type)
    if isinstance(inner, GraphQLObjectType) and "nodes" in inner.fields:
        inner = _nullable(inner.fields["nodes"].type)
    row = get_named_type(inner) if isinstance(inner, GraphQLList) else None
    return row if isinstance(row, GraphQLObjectType) and _is_record(row) else None


def _keys(row: GraphQLObjectType) -> Iterator[FlatColumn]:
    yield _key("id", row.fields["id"].description, lambda record: record.id)
    yield _key("source", row.fields["source"].description, lambda record: record.source.name)
    yield _key("vendor", "The vendor whose product the source is.", lambda record: record.source.vendor)
    yield _key("native_id", row.fields["nativeId"].description, lambda record: record.native_id)


def _key(name: str, description: str | None, read: Callable[[Record], Any]) -> FlatColumn:
    return FlatColumn(
        name=name,
        kind=ColumnKind.TEXT,
        description=description or "",
        required=True,
        read=lambda columns: list(map(read, columns.records)),
    )


def _columns(row: GraphQLObjectType, by_type: Mapping[str, str]) -> Iterator[FlatColumn]:
    for field in row.fields.values():
        binding, inner = Binding.of(field), _nullable(field.type)
        if binding.name in KEYS or any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if isinstance(inner, GraphQLObjectType):
            if _is_record(inner):
                yield _link(binding.name, field, by_type.get(inner.name))
            elif "nodes" not in inner.fields and not inner.interfaces:
                yield from _inside(binding.name, inner)
        elif (kind := _kind(inner)) is not None:
            yield _scalar(binding, field, kind)


def _scalar(binding: Binding, field: GraphQLField, kind: ColumnKind) -> FlatColumn:
    def read(columns: RecordColumns) -> Sequence[Any]:
        values, rescue = binding.read_all(columns, binding.name), binding.rescue
        return values if rescue is None else [rescue() if value is None else value for value in values]

    own_level = binding.level is not None
    return FlatColumn(
        name=binding.name,
        kind=kind,
        description=field.description or "",
        required=binding.required,
        needs=None if own_level else binding.name,
        read=None if own_level else read,
        level=binding.level,
    )


def _inside(prefix: str, facet: GraphQLObjectType) -> Iterator[FlatColumn]:
    """The fields of an object inside the record, such as the warranty, each under its prefix."""
    for field in facet.fields.values():
        binding = Binding.of(field)
        kind = _kind(_nullable(field.type))
        if kind is not None:
            name = f"{prefix}.{binding.name}"
            yield FlatColumn(
                name=f"{prefix}_{binding.name}",
                kind=kind,
                description=field.description or "",
                needs=name,
                read=lambda columns, name=name: columns.get(name),  # type: ignore[misc]
            )


def _link(name: str, field: GraphQLField, references: str | None) -> FlatColumn:
    def read(columns: RecordColumns) -> Sequence[Any]:
        natives = columns.get(f"{name}.id")
        first = columns.records[0]
        link = first.resource.links.get(name)
        return [
            str(GlobalId(first.source.name, link.type, native))
            if link is not None and isinstance(native, str)
            else native
            for native in natives
        ]

    return FlatColumn(
        name=f"{name}_id",
        kind=ColumnKind.TEXT,
        description=f"The `id` of its `{name}`. {field.description or ''}".strip(),
        needs=f"{name}.id",
        read=read,
        references=references,
    )


def _kind(type_: Any) -> ColumnKind | None:
    if isinstance(type_, GraphQLEnumType):
        return ColumnKind.TEXT
    return _KINDS.get(type_.name) if isinstance(type_, GraphQLNamedType) else None


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _is_record(type_: GraphQLObjectType) -> bool:
    """True for types of sources' own records. Unified assets are made of several."""
    return "nativeId" in type_.fields and any(interface.name == "Node" for interface in type_.interfaces)
