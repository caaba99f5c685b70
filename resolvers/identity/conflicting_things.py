"""Things in conflict by field: found once for all things, by what the sources' lists tell."""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from weakref import ref

from gateway.identity.conflict_index import Stamp
from gateway.identity.matching_view import MatchingView, ThingKey
from gateway.identity.reconcile import conflicting_fields
from resolvers.context import RequestContext
from resolvers.identity.bulk_values import values_of
from resolvers.identity.reading import AssetReading


async def conflicting_things(
    ctx: RequestContext, reading: AssetReading, fields: Sequence[str]
) -> Mapping[str, Collection[str]]:
    """The ids of all things in conflict, by field."""
    index = ctx.catalog.conflicts
    async with index.lock:
        stamp = await reading.use(lambda view: _stamp(ctx, view))
        ids: dict[str, Collection[str]] = dict(index.get(fields, stamp))
        missing = [field for field in fields if field not in ids]
        if missing:
            compared = await _compare(ctx, reading, missing)
            ids |= compared
            if reading.complete and (is_current := _validity(ctx)) is not None:
                index.put(compared, stamp, is_current)
    return ids


async def _compare(
    ctx: RequestContext, reading: AssetReading, fields: Sequence[str]
) -> Mapping[str, Collection[str]]:
    ids: dict[str, set[str]] = {field: set() for field in fields}
    joined = await reading.use(_joined)
    async for key, values in values_of(ctx, reading, joined, fields):
        for field in conflicting_fields(values, fields):
            ids[field].add(key.id)
    return ids


def _validity(ctx: RequestContext) -> Callable[[], bool] | None:
    """A test that the answers that the operation has used are still current; None if it depends on anything else."""
    answers = ctx.used_answers()
    if answers is None:
        return None
    used = [(ctx.sources[answer.key.source].upstream, ref(answer)) for answer in answers]

    def is_current() -> bool:
        return all(
            (answer := reference()) is not None and upstream.is_current(answer)
            for upstream, reference in used
        )

    return is_current


def _stamp(ctx: RequestContext, view: MatchingView) -> Generator[None, None, Stamp]:
    yield
    return ctx.catalog.revision(), view.matching.revision


def _joined(view: MatchingView) -> Generator[None, None, list[ThingKey]]:
    """Things with two records and more."""
    return [key for key in (yield from view.keys()) if len(key.members) > 1]
