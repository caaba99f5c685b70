"""Things in conflict by field: found once for all things, by what the sources' lists tell."""

from collections.abc import Collection, Generator, Mapping, Sequence

from gateway.identity.matching_view import MatchingView, ThingKey
from gateway.identity.reconcile import conflicting_fields
from resolvers.context import RequestContext
from resolvers.identity.bulk_values import values_of
from resolvers.identity.derivation import derive
from resolvers.identity.reading import AssetReading

_STEP = 256


async def conflicting_things(
    ctx: RequestContext, reading: AssetReading, fields: Sequence[str]
) -> Mapping[str, Collection[str]]:
    """The ids of all things in conflict, by field."""

    async def compare(missing: Sequence[str]) -> Mapping[str, frozenset[str]]:
        ids: dict[str, set[str]] = {field: set() for field in missing}
        joined = await reading.use(_joined)
        async for key, values in values_of(ctx, reading, joined, missing):
            for field in conflicting_fields(values, missing):
                ids[field].add(key.id)
        return {field: frozenset(things) for field, things in ids.items()}

    return await derive(ctx, reading, ctx.catalog.conflicts, fields, compare, fields=fields)


def _joined(view: MatchingView) -> Generator[None, None, list[ThingKey]]:
    """Things with two records and more."""
    keys = yield from view.keys()
    joined: list[ThingKey] = []
    for start in range(0, len(keys), _STEP):
        joined += [key for key in keys[start : start + _STEP] if len(key.members) > 1]
        yield
    return joined
