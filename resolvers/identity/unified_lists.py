"""Lists of things: `unifiedAssets` with its orders and the gap report, and `duplicateAssets`."""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.description.vocabulary import ENUMS, FilterKind, FilterTerm
from gateway.connector.lists.ordering import SortOrder, fold, sort_terms
from gateway.errors import GatewayError
from gateway.identity import TermValue, reconcile
from gateway.identity.matching_view import MatchingView, ThingKey, ThingRecords
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.asset_values import ALL_NAMES, names_of
from resolvers.identity.bulk_values import values_of
from resolvers.identity.derivation import derive
from resolvers.identity.pages import (
    ItemsById,
    ListedPage,
    ListItem,
    PageRequest,
    pack,
    page_request,
    slice_items,
    sort_items,
)
from resolvers.identity.policy import policy_of
from resolvers.identity.presence import Presence
from resolvers.identity.reading import AssetReading, read_assets
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.identity.selection import check_filter, select_things
from resolvers.identity.things import Thing, make_thing
from resolvers.partial import PartialAnswer

#: All that lists of things may read in the sources' lists.
LIST_FIELDS = FieldsUsed(list_type="Asset", list_fields=(*IDENTITY_FIELDS, *ALL_NAMES))

_RECORDS = "RECORDS"
_ORDER_FIELDS = {
    "NAME": "name",
    "SERIAL_NUMBER": "serialNumber",
    "ASSET_TAG": "assetTag",
    "MANUFACTURER": "manufacturer",
    "MODEL": "model",
    "STATUS": "status",
    "PURCHASE_DATE": "purchaseDate",
    "WARRANTY_END_DATE": "warranty",
}


@dataclass(frozen=True, eq=False)
class UnifiedAssetList:
    """Resolver of `unifiedAssets`: every thing once, things with one record included."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one page for the root. Raises BadInput before any call."""
        request, presence = self._checked(ctx, args)
        reading = await read_assets(ctx)
        selection = await select_things(ctx, reading, args.get("filter"), presence)
        items = await _sorted_items(ctx, reading, selection.things, args.get("orderBy"), request.order)
        return [await thing_page(reading, items, request, selection.errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """All that identity compares, and that things may be ordered and narrowed by."""
        return LIST_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole lists, and what a filter needs."""
        _, presence = self._checked(explainer.ctx, args)
        fields = [
            *(presence.conflicts or ()),
            *_fields_of([str(level["field"]) for level in args.get("orderBy") or ()]),
        ]
        names = [name for field in fields for name in names_of(field)]
        return explainer.whole_assets((*IDENTITY_FIELDS, *names), args.get("filter"))

    @staticmethod
    def _checked(ctx: RequestContext, args: Mapping[str, Any]) -> tuple[PageRequest, Presence]:
        request = page_request(ctx, "UnifiedAsset", args, _order(args.get("orderBy")))
        presence = Presence.parse(ctx, args.get("presence"))
        check_filter(ctx, args.get("filter"))
        return request, presence


@dataclass(frozen=True, eq=False)
class DuplicateAssetList:
    """Resolver of `duplicateAssets`: things of which one source has two records and more."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one page for the root. Raises BadInput before any call."""
        request, only = self._checked(ctx, args)
        reading = await read_assets(ctx)
        selection = await select_things(ctx, reading, None, Presence())
        things = [] if only in reading.incomplete else [t for t in selection.things if _is_twice(t, only)]
        return [await thing_page(reading, ItemsById(things), request, selection.errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """All that identity compares."""
        return FieldsUsed(asset_fields=IDENTITY_FIELDS)

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole lists."""
        self._checked(explainer.ctx, args)
        return explainer.whole_assets(IDENTITY_FIELDS, None)

    @staticmethod
    def _checked(ctx: RequestContext, args: Mapping[str, Any]) -> tuple[PageRequest, str | None]:
        request = page_request(ctx, "DuplicateAsset", args, SortOrder("Asset", ()))
        return request, ctx.source(args["source"]).name if args.get("source") else None


def _is_twice(thing: ThingKey, only: str | None) -> bool:
    counts = Counter(thing.sources)
    return counts[only] > 1 if only is not None else max(counts.values()) > 1


async def thing_page(
    reading: AssetReading, items: Sequence[ListItem], request: PageRequest, errors: Sequence[GatewayError]
) -> PartialAnswer:
    """The page of a sorted list of selected things, with the errors of what is missing."""
    part = slice_items(items, request)
    things = await load_things(reading, [item.value for item in part.items])
    page = ListedPage(
        nodes=things,
        cursors=[pack(item, request) for item in part.items],
        has_next_page=part.has_next,
        has_previous_page=part.has_previous,
        total_count=len(items),
        reading=reading,
        records=[record for thing in things for record in thing.records],
        errors=errors,
    )
    return PartialAnswer(page, errors)


async def load_things(reading: AssetReading, selected: Sequence[ThingKey]) -> list[Thing]:
    """Things with their records and evidence."""

    def job(view: MatchingView) -> Generator[None, None, list[ThingRecords | None]]:
        shown: list[ThingRecords | None] = []
        for thing in selected:
            shown.append(view.thing_of(thing.record_ids[0]))
            yield
        return shown

    return [make_thing(reading, thing) for thing in await reading.use(job) if thing is not None]


def _order(order_input: Sequence[Mapping[str, Any]] | None) -> SortOrder:
    """The order that was asked for. Raises BadInput if a field is named twice."""
    return SortOrder("Asset", sort_terms(order_input, lambda name: FilterTerm(FilterKind.RANGE, name)))


def _fields_of(names: Sequence[str]) -> list[str]:
    """The fields of things that an order reads."""
    return [_ORDER_FIELDS[name] for name in names if name != _RECORDS]


async def _sorted_items(
    ctx: RequestContext,
    reading: AssetReading,
    things: Sequence[ThingKey],
    order_input: Sequence[Mapping[str, Any]] | None,
    order: SortOrder,
) -> Sequence[ListItem]:
    """Things in an order; in that of their ids, as they are, if there is none. All things are ordered, once."""
    if not order_input:
        return ItemsById(things)
    names = tuple(str(level["field"]) for level in order_input)

    async def make(orders: Sequence[SortOrder]) -> Mapping[SortOrder, Sequence[ListItem]]:
        everything = await reading.use(lambda view: view.keys())
        return {
            order: await sort_items(await _items(ctx, reading, everything, names, order), order)
            for order in orders
        }

    fields = _fields_of(names)
    items = (await derive(ctx, reading, ctx.catalog.orders, [order], make, fields=fields))[order]
    if len(things) == len(items):
        return items
    ids = {thing.id for thing in things}
    return [item for item in items if item.tie in ids]


async def _items(
    ctx: RequestContext,
    reading: AssetReading,
    things: Sequence[ThingKey],
    names: Sequence[str],
    order: SortOrder,
) -> list[ListItem]:
    """Things with their sort keys."""
    fields = _fields_of(names)
    if not fields:
        return [ListItem((len(thing.record_ids),) * len(names), thing.id, thing) for thing in things]
    policy = policy_of(ctx)
    folding = [term.folds_case for term in order.terms]
    items: list[ListItem] = []
    async for thing, values in values_of(ctx, reading, things, fields):
        chosen = reconcile(values, policy, fields)
        sort_key = tuple(
            len(values) if name == _RECORDS else _sort_value(name, chosen.get(_ORDER_FIELDS[name]))
            for name in names
        )
        sort_key = tuple(
            fold(value) if folds else value for value, folds in zip(sort_key, folding, strict=True)
        )
        items.append(ListItem(sort_key, thing.id, thing))
    return items


def _sort_value(name: str, chosen: Any) -> Any:
    if name == "STATUS":
        return ENUMS["Asset.status"].index("UNKNOWN" if chosen is None else str(chosen.value))
    if chosen is None:
        return None
    return chosen.value.end if isinstance(chosen.value, TermValue) else chosen.value
