"""Resolver of `assetConflicts`: every field of every thing of which two records say different things."""

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.concurrency.slices import run_in_slices
from gateway.connector.lists.ordering import SortOrder
from gateway.identity import conflicts
from gateway.identity.fields import UNIFIED_FIELDS
from gateway.identity.matching_view import ThingKey
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.asset_values import ALL_NAMES
from resolvers.identity.bulk_values import values_of
from resolvers.identity.conflicting_things import conflicting_things
from resolvers.identity.merged import ShownConflict, SourceValue, shown_conflict
from resolvers.identity.pages import ListedPage, ListItem, PageRequest, pack, page_request, slice_items
from resolvers.identity.policy import policy_of
from resolvers.identity.presence import Presence, check_field
from resolvers.identity.reading import AssetReading, read_assets
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.identity.selection import select_things
from resolvers.identity.things import Thing
from resolvers.identity.unified_lists import LIST_FIELDS, load_things
from resolvers.partial import PartialAnswer

_STEP = 64


@dataclass(frozen=True)
class ThingConflict:
    """A thing's field, and what each source says of it."""

    asset: Thing
    field: str
    values: Sequence[SourceValue]


@dataclass(frozen=True, eq=False)
class AssetConflictList:
    """Resolver of `assetConflicts(field:)`, by what the sources' lists tell."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one page for the root. Raises BadInput before any call."""
        request, only = self._checked(ctx, args)
        fields = tuple(UNIFIED_FIELDS) if only is None else (only,)
        reading = await read_assets(ctx)
        selection = await select_things(ctx, reading, None, Presence())
        ids = await conflicting_things(ctx, reading, fields)
        items = await run_in_slices(_items(selection.things, ids))
        part = slice_items(items, request)
        selected = {item.value[0].id: item.value[0] for item in part.items}
        things = await load_things(reading, list(selected.values()))
        by_id = {thing.id: thing for thing in things}
        shown = await _shown_conflicts(ctx, reading, list(selected.values()), fields)
        # The operator may have parted a thing meanwhile.
        present = [item for item in part.items if item.value[0].id in by_id]
        page = ListedPage(
            nodes=[
                ThingConflict(by_id[thing.id], field, shown[thing.id, field].values)
                for thing, field in (item.value for item in present)
            ],
            cursors=[pack(item, request) for item in present],
            has_next_page=part.has_next,
            has_previous_page=part.has_previous,
            total_count=len(items),
            reading=reading,
            records=[record for thing in things for record in thing.records],
            errors=selection.errors,
        )
        return [PartialAnswer(page, selection.errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """All that is compared."""
        return LIST_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole lists, and the tables that values need."""
        self._checked(explainer.ctx, args)
        return explainer.whole_assets((*IDENTITY_FIELDS, *ALL_NAMES), None)

    @staticmethod
    def _checked(ctx: RequestContext, args: Mapping[str, Any]) -> tuple[PageRequest, str | None]:
        request = page_request(ctx, "AssetConflict", args, SortOrder("Asset", ()))
        only = args.get("field")
        if only is not None:
            check_field(only)
        return request, only


def _items(
    things: Sequence[ThingKey], ids: Mapping[str, Collection[str]]
) -> Generator[None, None, list[ListItem]]:
    """Each thing with each of its fields in conflict, in the order of the things: that of their ids."""
    any_field = set().union(*ids.values())
    items: list[ListItem] = []
    for start in range(0, len(things), _STEP):
        items += [
            ListItem((), f"{thing.id} {number:02}", (thing, field))
            for thing in things[start : start + _STEP]
            if thing.id in any_field
            for number, field in enumerate(field for field in ids if thing.id in ids[field])
        ]
        yield
    return items


async def _shown_conflicts(
    ctx: RequestContext, reading: AssetReading, things: Sequence[ThingKey], fields: Sequence[str]
) -> Mapping[tuple[str, str], ShownConflict]:
    """The conflicts of these things, by id and field."""
    policy = policy_of(ctx)
    return {
        (key.id, conflict.field): shown_conflict(ctx, conflict)
        async for key, values in values_of(ctx, reading, things, fields)
        for conflict in conflicts(values, policy, fields)
    }
