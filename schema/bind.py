"""Binds the resolvers to the schema's fields: the declarations say what, `resolvers/` says how."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
)

from gateway.connector.merging import Connection
from gateway.connector.record import Facet, Record
from gateway.connector.vocabulary import TYPES
from gateway.errors import GatewayError
from gateway.loaders import Context, Level
from resolvers.links import field as loaded_field
from resolvers.table import RESOLVERS

_BY_ID_TYPE = {id_type: name for name, id_types in TYPES.items() for id_type in id_types}


def bind(schema: strawberry.Schema) -> None:
    """Set a resolver on every field. Raises where the table names a field that the schema does not have."""
    unused = set(RESOLVERS)
    for type_ in schema._schema.type_map.values():  # noqa: SLF001
        if isinstance(type_, GraphQLInterfaceType):
            type_.resolve_type = _type_of
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        type_.is_type_of = None
        for name, field in type_.fields.items():
            path = f"{type_.name}.{name}"
            level = RESOLVERS.get(path)
            unused.discard(path)
            field.resolve = _leaf(name, field.type) if level is None else _level(level, field.type)
    if unused:
        raise LookupError(f"resolvers for fields that the schema does not have: {', '.join(sorted(unused))}")


def _type_of(value: Any, _info: GraphQLResolveInfo[Context], _type: Any) -> str:
    return _BY_ID_TYPE[value.type_name]


def _level(level: Level, type_: Any) -> Callable[..., Any]:
    """A field that a resolver answers for all parents of a level at once."""
    rescue = _rescue(type_)
    is_list = isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)

    async def resolve(parent: Any, info: GraphQLResolveInfo[Context], **args: Any) -> Any:
        try:
            found = await info.context.level(level, parent, args)
        except GatewayError as exc:
            if rescue is None:
                raise
            info.context.report(exc, info.path.as_list())
            return rescue()
        if isinstance(found, Connection):
            for fault in found.faults:
                info.context.report(fault, info.path.as_list())
            return found.nodes if is_list else found
        return rescue() if found is None and rescue is not None else found

    return resolve


def _leaf(graphql_name: str, type_: Any) -> Callable[..., Any]:
    """A field that is read off a record, or off one of the objects around records."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", graphql_name).lower()
    rescue = _rescue(type_)
    load = _Loaded(type_)

    def resolve(parent: Any, info: GraphQLResolveInfo[Context]) -> Any:
        if isinstance(parent, Record):
            record, field = parent, name
        elif isinstance(parent, Facet):
            record, field = parent.record, parent.field(name)
        elif isinstance(parent, Mapping):
            return parent.get(name)
        else:
            found = getattr(parent, name)
            return found() if callable(found) else found
        if field in _OWN:
            return getattr(record, field)
        if not record.ready(field):
            return load[field](record, info)
        try:
            found = record.get(field)
        except GatewayError as exc:
            if rescue is None:
                raise
            info.context.report(exc, info.path.as_list())
            return rescue()
        if found is None and rescue is not None:
            return rescue()
        return record.native_id if found is None and isinstance(type_, GraphQLNonNull) else found

    return resolve


#: What every record has, whatever its vendor tells.
_OWN = frozenset({"id", "source", "native_id"})


class _Loaded(dict[str, Callable[..., Any]]):
    """Resolvers of fields that have to be loaded first, by the record's name for the field."""

    def __init__(self, type_: Any) -> None:
        super().__init__()
        self._type = type_

    def __missing__(self, name: str) -> Callable[..., Any]:
        found = self[name] = _level(loaded_field(name), self._type)
        return found


def _rescue(type_: Any) -> Callable[[], Any] | None:
    """What stands for a value that could not be had, where null would take the whole record with it."""
    if not isinstance(type_, GraphQLNonNull):
        return None
    inner = type_.of_type
    if isinstance(inner, GraphQLList):
        return list
    if isinstance(inner, GraphQLEnumType) and "UNKNOWN" in inner.values:
        return lambda: "UNKNOWN"
    return None
