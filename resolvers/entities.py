"""
Entities of a federated graph: `_entities(representations:)`, by which a router asks for records by their keys. All of
a type are read together, as the records of `nodes` are.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.description.ids import excerpt
from gateway.connector.description.vocabulary import TYPES
from gateway.connector.fetching.source import Source
from gateway.errors import BadInput, Forbidden, GatewayError
from resolvers.asset_holders import AssetHolder
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.lookups import IDENTITY_USED, is_unified, things_by_key
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.partial import PartialItems
from resolvers.sources import source_node

_THING, _HOLDER, _SOURCE = "UnifiedAsset", "AssetHolder", "Source"
#: The keys of the entities that are no records of a source, in the order in which they are tried.
_KEYS: Mapping[str, tuple[str, ...]] = {
    _THING: ("id", "serialNumber", "assetTag"),
    _HOLDER: ("email",),
    _SOURCE: ("id",),
}


@dataclass(frozen=True)
class EntityReference:
    """A representation, checked: its type, and the key that it is looked up by."""

    type: str
    key: str
    value: str

    @classmethod
    def parse(cls, representation: Any, prefix: str) -> "EntityReference":
        """
        `prefix` is that of types' names. Raises BadInput if there is no entity of this type, or if the representation
        has none of its keys.
        """
        type_name = representation.get("__typename") if isinstance(representation, Mapping) else None
        if not isinstance(type_name, str):
            raise BadInput("A representation is an object with `__typename` and the fields of a key.")
        written, type_name = type_name, type_name.removeprefix(prefix)
        if (type_name not in _KEYS and type_name not in TYPES) or written != f"{prefix}{type_name}":
            raise BadInput(f"There is no entity of the type {excerpt(written)}.")
        keys = _KEYS.get(type_name, ("id",))
        for key in keys:
            value = representation.get(key)
            if isinstance(value, str) and value:
                return cls(type_name, key, value)
        raise BadInput(f"A representation of {written} needs a text as its {' or '.join(keys)}.")


@dataclass(frozen=True)
class LoadedEntities:
    """An entity for each reference, None or an exception; and the errors of what is missing in them."""

    values: Sequence[Any]
    errors: Sequence[GatewayError] = ()


@dataclass(frozen=True, eq=False)
class EntitiesResolver:
    """Resolver of `_entities`: in the order of the representations, with None or the exception for a missing one."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The list, for the root."""
        items: list[Any] = [
            _parsed(representation, ctx.subgraph.prefix) for representation in args["representations"]
        ]
        groups: defaultdict[Callable[..., Awaitable[LoadedEntities]], list[int]] = defaultdict(list)
        for index, item in enumerate(items):
            if isinstance(item, EntityReference):
                groups[_LOADERS.get(item.type, _load_records)].append(index)
        errors: dict[int, Sequence[GatewayError]] = {}

        async def load(loader: Callable[..., Awaitable[LoadedEntities]], indices: Sequence[int]) -> None:
            loaded = await loader(ctx, [items[index] for index in indices])
            errors[indices[0]] = loaded.errors
            for index, value in zip(indices, loaded.values, strict=True):
                items[index] = value

        await asyncio.gather(*(load(loader, indices) for loader, indices in groups.items()))
        return [PartialItems(items, errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """None: a record is found by its id; a unified asset by all that identity compares."""
        return IDENTITY_USED

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The records. Raises BadInput."""
        prefix = explainer.ctx.subgraph.prefix
        references = [EntityReference.parse(raw, prefix) for raw in args["representations"]]
        if any(reference.type == _THING for reference in references):
            explainer.whole_assets(IDENTITY_FIELDS, None)
        return explainer.records_by_id(
            [
                explainer.ctx.checked_id(reference.value, reference.type)
                for reference in references
                if reference.type not in _LOADERS
            ]
        )


async def service(
    ctx: RequestContext,
    parents: Sequence[Any],
    args: Mapping[str, Any],  # noqa: ARG001
) -> list[Any]:
    """Values of `_service`: the subgraph's SDL. Raises Forbidden for a caller who may not look at the schema."""
    if ctx.rights is not None and not ctx.rights.explore:
        raise Forbidden("You may not look at the schema.")
    return [{"sdl": ctx.subgraph.sdl()}] * len(parents)


def _parsed(representation: Any, prefix: str) -> EntityReference | BadInput:
    try:
        return EntityReference.parse(representation, prefix)
    except BadInput as exc:
        return exc


async def _load_records(ctx: RequestContext, references: Sequence[EntityReference]) -> LoadedEntities:
    async def load(reference: EntityReference) -> Any:
        return await ctx.record_by_id.load(ctx.checked_id(reference.value, reference.type))

    return LoadedEntities(await asyncio.gather(*map(load, references), return_exceptions=True))


async def _load_things(ctx: RequestContext, references: Sequence[EntityReference]) -> LoadedEntities:
    malformed = {
        reference: BadInput(f"{excerpt(reference.value)} is not an id of a unified asset.")
        for reference in references
        if reference.key == "id" and not is_unified(reference.value)
    }
    sound = list(dict.fromkeys(reference for reference in references if reference not in malformed))
    if not sound:
        return LoadedEntities([malformed[reference] for reference in references])
    things, errors = await things_by_key(ctx, [(reference.key, reference.value) for reference in sound])
    by_reference = {**malformed, **dict(zip(sound, things, strict=True))}
    return LoadedEntities([by_reference[reference] for reference in references], errors)


async def _load_holders(_: RequestContext, references: Sequence[EntityReference]) -> LoadedEntities:
    return LoadedEntities([AssetHolder(reference.value) for reference in references])


async def _load_sources(ctx: RequestContext, references: Sequence[EntityReference]) -> LoadedEntities:
    def load(reference: EntityReference) -> Source | BadInput | None:
        try:
            return source_node(ctx, reference.value)
        except BadInput as exc:
            return exc

    return LoadedEntities(list(map(load, references)))


_LOADERS: Mapping[str, Callable[[RequestContext, Sequence[EntityReference]], Awaitable[LoadedEntities]]] = {
    _THING: _load_things,
    _HOLDER: _load_holders,
    _SOURCE: _load_sources,
}
