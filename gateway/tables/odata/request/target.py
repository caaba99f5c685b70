"""The resource that an address is about: a set, its size, one entity, or the entity behind a link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from odatapy.server.uri.resource import (
    UriInfo,
    UriResourceCount,
    UriResourceEntitySet,
    UriResourceNavigation,
)

from gateway.tables.odata.model import EntityModel, EntitySet, NavigationLink
from gateway.tables.odata.refusal import not_implemented


@dataclass(frozen=True, kw_only=True)
class ResourceTarget:
    """A set; with a key one of its entities; with a link the entity behind it."""

    set: EntitySet
    key: Mapping[str, Any] | None = None
    link: NavigationLink | None = None
    only_count: bool = False


def resolve_target(model: EntityModel, address: UriInfo) -> ResourceTarget:
    """The target of an address. Raises ODataRefusal for the paths that are not served."""
    first, *rest = address.resource_parts
    if not isinstance(first, UriResourceEntitySet) or first.type_filter:
        raise not_implemented("Paths begin with an entity set.")
    entity_set = model.sets[first.entity_set.name]
    key = dict(first.typed_keys) if first.key_predicates else None
    if not rest:
        return ResourceTarget(set=entity_set, key=key)
    if len(rest) == 1 and isinstance(rest[0], UriResourceCount):
        return ResourceTarget(set=entity_set, only_count=True)
    if len(rest) == 1 and isinstance(rest[0], UriResourceNavigation) and not rest[0].type_filter:
        link = entity_set.links[rest[0].navigation_property.name]
        return ResourceTarget(set=entity_set, key=key, link=link)
    raise not_implemented("Paths are a set, its `$count`, an entity, or an entity's link: use `$select`.")
