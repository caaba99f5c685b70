"""Selection of things: all that fit a filter and a presence filter, each with the ids and sources of its records."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.connector.lists.conditions import FALSE, TRUE
from gateway.connector.lists.filtering import FilterOutcome, filter_rows
from gateway.connector.lists.pushdown import without_hidden
from gateway.errors import BadInput, GatewayError
from gateway.identity.matching_view import MatchingView, ThingKey
from resolvers.context import RequestContext
from resolvers.identity.conflicting_things import conflicting_things
from resolvers.identity.presence import Presence
from resolvers.identity.reading import AssetReading
from resolvers.lists import conditions_of, look_up_ids

_STEP = 256


@dataclass
class ThingSelection:
    """Things in the order of their ids, and what kept some from being decided."""

    things: Sequence[ThingKey]
    errors: list[GatewayError] = field(default_factory=list)


def check_filter(ctx: RequestContext, filter_input: Mapping[str, Any] | None) -> None:
    """Raise BadInput if a filter of assets cannot be answered for things."""
    if _names(filter_input or {}, "vendorParameters"):
        raise BadInput("Things are matched from the whole lists: `vendorParameters` cannot narrow them.")
    conditions_of(ctx, "Asset", filter_input or {})


async def select_things(
    ctx: RequestContext, reading: AssetReading, filter_input: Mapping[str, Any] | None, presence: Presence
) -> ThingSelection:
    """All things that fit, shown whole: a filter is fit by a thing if one of its records fits it."""
    errors = list(reading.errors)
    if presence.unanswerable(reading.incomplete):
        return ThingSelection([], errors)
    fitting: set[str] | None = None
    if filter_input:
        if ctx.has_row_rules:
            await look_up_ids(ctx, "Asset", filter_input)
        fitting = await _fitting(ctx, reading, filter_input, errors)
    things = await reading.use(lambda view: _selected(view, presence, fitting))
    if presence.conflicts is not None:
        things = await _in_conflict(ctx, reading, things, presence.conflicts)
    return ThingSelection(things, errors)


def _selected(
    view: MatchingView, presence: Presence, fitting: set[str] | None
) -> Generator[None, None, Sequence[ThingKey]]:
    keys = yield from view.keys()
    if fitting is None and presence.fits_all:
        return keys
    if presence.possible is not None:
        yield from view.possible.prepare()
    things: list[ThingKey] = []
    for count, thing in enumerate(keys, 1):
        if not count % _STEP:
            yield
        if fitting is not None and fitting.isdisjoint(thing.record_ids):
            continue
        if not presence.fits_sources(thing.sources):
            continue
        if presence.possible is not None:
            yield
            if bool(view.possible_of(thing.members)) is not presence.possible:
                continue
        things.append(thing)
    return things


async def _fitting(
    ctx: RequestContext, reading: AssetReading, filter_input: Mapping[str, Any], errors: list[GatewayError]
) -> set[str]:
    """The ids of the records that fit a filter. Rows that cannot be decided do not; `errors` says why."""
    fitting: set[str] = set()
    parts = {part.source.name: part for part in reading.sources}
    for source, resource, condition in conditions_of(ctx, "Asset", filter_input):
        part = parts.get(source.name)
        if part is None or part.rows is None or condition is FALSE:
            continue
        indices: Sequence[int] = part.identity.indices
        if condition is not TRUE:
            outcome = FilterOutcome()
            indices = await filter_rows(without_hidden(resource, condition), part.rows, indices, outcome)
            if outcome.error is not None and outcome.error not in errors:
                errors.append(outcome.error)
        ids = dict(zip(part.identity.indices, part.identity.records, strict=True))
        fitting.update(ids[index].id for index in indices)
    return fitting


async def _in_conflict(
    ctx: RequestContext, reading: AssetReading, things: Sequence[ThingKey], fields: tuple[str, ...]
) -> list[ThingKey]:
    ids = set().union(*(await conflicting_things(ctx, reading, fields)).values())
    return [thing for thing in things if thing.id in ids]


def _names(filter_input: Mapping[str, Any], name: str) -> bool:
    """True if a filter uses a term of this name."""
    return any(
        key == name
        or (key in {"and", "or"} and any(_names(part, name) for part in value or ()))
        or (key == "not" and _names(value or {}, name))
        for key, value in filter_input.items()
    )
