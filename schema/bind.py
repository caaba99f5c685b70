"""Binding of the resolvers to the schema's fields."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLResolveInfo, GraphQLUnionType

from gateway.connector.description.vocabulary import TYPES
from resolvers.context import LevelResolver, RequestContext
from resolvers.links import field as loaded
from resolvers.resolver_map import RESOLVERS
from schema.binding import OWN, Binding

_BY_ID_TYPE = {id_type: name for name, id_types in TYPES.items() for id_type in id_types}

Info = GraphQLResolveInfo[RequestContext]


def bind(schema: strawberry.Schema) -> None:
    """Set a resolver on every field. Raises LookupError if the map has a field that the schema does not have."""
    unused = set(RESOLVERS)
    for type_ in schema._schema.type_map.values():  # noqa: SLF001
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            type_.resolve_type = type_name_of
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        type_.is_type_of = None
        for name, field in type_.fields.items():
            path = f"{type_.name}.{name}"
            unused.discard(path)
            binding = Binding.make(name, field, RESOLVERS.get(path))
            field.resolve = _leaf(binding) if binding.level is None else _level(binding, binding.level)
    if unused:
        raise LookupError(f"resolvers for fields that the schema does not have: {', '.join(sorted(unused))}")


def type_name_of(value: Any, _info: Any = None, _type: Any = None) -> str:
    """The name of a record's type in the schema."""
    name: str = value.type_name
    return _BY_ID_TYPE.get(name, name)


def _level(binding: Binding, level: LevelResolver) -> Callable[..., Any]:
    """Resolver of a field that a level resolver answers for all parents of a level at once."""

    async def resolve(parent: Any, info: Info, **args: Any) -> Any:
        try:
            value = await info.context.level(level, parent, args)
        except Exception as exc:  # noqa: BLE001 (complete_value raises all but a GatewayError)
            value = exc
        return binding.complete_value(value, info.context, info.path.as_list)

    return resolve


def _leaf(binding: Binding) -> Callable[..., Any]:
    """Resolver of a field that is read off a record, or off one of the objects around records."""
    loading: dict[str, Callable[..., Any]] = {}

    def resolve(parent: Any, info: Info) -> Any:
        target = binding.record_of(parent)
        if target is None:
            return binding.read_object(parent)
        record, name = target
        if name not in OWN and not record.is_ready(name):
            if name not in loading:
                loading[name] = _level(binding, loaded(name))
            return loading[name](record, info)
        return binding.complete_value(binding.read(record, name), info.context, info.path.as_list)

    return resolve
