"""The tables and their columns, read off the schema: a field that is new there is a new column here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
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
from resolvers.context import LevelResolver
from schema.binding import Binding


class Kind(Enum):
    """What the values of a column are. Text, whole numbers, exact decimals, days, moments in UTC."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    One column. Records' values are given by `read`, once what its field or link `needs` has been loaded; or by
    `level`, a resolver. A GatewayError stands where one could not be had.

    `references` is the table whose `id` it holds.
    """

    name: str
    kind: Kind
    description: str
    required: bool = False
    needs: str | None = None
    read: Callable[[RecordColumns], Sequence[Any]] | None = None
    level: LevelResolver | None = None
    references: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A list of the schema as a table: the resolver that lists it, and its columns in the schema's order."""

    name: str
    type: str
    description: str
    level: LevelResolver
    columns: tuple[Column, ...]


#: Every table has these, whatever columns are asked for.
KEYS = ("id", "source", "vendor", "native_id")

_KINDS = {
    "ID": Kind.TEXT,
    "String": Kind.TEXT,
    "Int": Kind.INTEGER,
    "Decimal": Kind.DECIMAL,
    "Boolean": Kind.BOOLEAN,
    "Date": Kind.DATE,
    "DateTime": Kind.TIMESTAMP,
}


def tables(schema: GraphQLSchema) -> Mapping[str, Table]:
    """A table for each list of records that can be asked for as it is, by its name in snake case."""
    assert schema.query_type is not None
    lists = {
        Binding.of(field).name: (field, row)
        for field in schema.query_type.fields.values()
        if not any(is_required_argument(one) for one in field.args.values())
        if (row := _row_type(field)) is not None
    }
    by_type: dict[str, str] = {}
    for name, (_, row) in lists.items():
        by_type.setdefault(row.name, name)
    found: dict[str, Table] = {}
    for name, (field, row) in lists.items():
        level = Binding.of(field).level
        assert level is not None  # a root list always has a resolver
        columns = (*_keys(row), *_columns(row, by_type))
        found[name] = Table(
            name=name, type=row.name, description=field.description or "", level=level, columns=columns
        )
    return found


def _row_type(field: GraphQLField) -> GraphQLObjectType | None:
    """The type of a list's records, be it a connection or a plain list; None where it is no list of records."""
    inner = _nullable(field.type)
    if isinstance(inner, GraphQLObjectType) and "nodes" in inner.fields:
        inner = _nullable(inner.fields["nodes"].type)
    row = get_named_type(inner) if isinstance(inner, GraphQLList) else None
    return row if isinstance(row, GraphQLObjectType) and _is_record(row) else None


def _keys(row: GraphQLObjectType) -> Iterator[Column]:
    told = row.fields
    yield _key("id", told["id"], lambda record: record.id)
    yield _key("source", told["source"], lambda record: record.source.name)
    description = "Whose product the source is."
    yield Column(
        name="vendor",
        kind=Kind.TEXT,
        description=description,
        required=True,
        read=lambda some: [record.source.vendor for record in some.records],
    )
    yield _key("native_id", told["nativeId"], lambda record: record.native_id)


def _key(name: str, field: GraphQLField, read: Callable[[Record], Any]) -> Column:
    return Column(
        name=name,
        kind=Kind.TEXT,
        description=field.description or "",
        required=True,
        read=lambda some: list(map(read, some.records)),
    )


def _columns(row: GraphQLObjectType, by_type: Mapping[str, str]) -> Iterator[Column]:
    for field in row.fields.values():
        binding, inner = Binding.of(field), _nullable(field.type)
        if binding.name in KEYS or any(is_required_argument(one) for one in field.args.values()):
            continue
        if isinstance(inner, GraphQLObjectType):
            if _is_record(inner):
                yield _link(binding.name, field, by_type.get(inner.name))
            elif "nodes" not in inner.fields:
                yield from _inside(binding.name, inner)
        elif (kind := _kind(inner)) is not None:
            yield _scalar(binding, field, kind)


def _scalar(binding: Binding, field: GraphQLField, kind: Kind) -> Column:
    def read(some: RecordColumns) -> Sequence[Any]:
        found, rescue = binding.read_all(some, binding.name), binding.rescue
        return found if rescue is None else [rescue() if one is None else one for one in found]

    own_level = binding.level is not None
    return Column(
        name=binding.name,
        kind=kind,
        description=field.description or "",
        required=binding.required,
        needs=None if own_level else binding.name,
        read=None if own_level else read,
        level=binding.level,
    )


def _inside(prefix: str, facet: GraphQLObjectType) -> Iterator[Column]:
    """The fields of an object inside the record, such as the warranty, each under its prefix."""
    for field in facet.fields.values():
        binding = Binding.of(field)
        kind = _kind(_nullable(field.type))
        if kind is not None:
            name = f"{prefix}.{binding.name}"
            yield Column(
                name=f"{prefix}_{binding.name}",
                kind=kind,
                description=field.description or "",
                needs=name,
                read=lambda some, name=name: some.get(name),  # type: ignore[misc]
            )


def _link(name: str, field: GraphQLField, references: str | None) -> Column:
    def read(some: RecordColumns) -> Sequence[Any]:
        found = some.get(f"{name}.id")
        first = some.records[0]
        link = first.resource.links.get(name)
        return [
            str(GlobalId(first.source.name, link.type, native))
            if link is not None and isinstance(native, str)
            else native
            for native in found
        ]

    return Column(
        name=f"{name}_id",
        kind=Kind.TEXT,
        description=f"The `id` of its `{name}`. {field.description or ''}".strip(),
        needs=f"{name}.id",
        read=read,
        references=references,
    )


def _kind(type_: Any) -> Kind | None:
    if isinstance(type_, GraphQLEnumType):
        return Kind.TEXT
    return _KINDS.get(type_.name) if isinstance(type_, GraphQLNamedType) else None


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _is_record(type_: GraphQLObjectType) -> bool:
    return any(one.name == "Node" for one in type_.interfaces)
