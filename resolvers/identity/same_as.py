"""The other records of an asset's thing: `Asset.sameAs`, and its connection with the outcome of each source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.lists.ordering import SortOrder
from gateway.connector.records.record import Record
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.lookups import IDENTITY_USED, things_of
from resolvers.identity.pages import ListedPage, ListItem, pack, page_request, slice_items
from resolvers.identity.reading import AssetReading, read_assets
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.partial import PartialAnswer

_ORDER = SortOrder("Asset", ())


@dataclass(frozen=True, eq=False)
class SameAsResolver:
    """Resolver of `Asset.sameAs` and, if it `is_paged`, of `Asset.sameAsConnection`."""

    is_paged: bool = False

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Record], args: Mapping[str, Any]
    ) -> list[Any]:
        """Each asset's, with the errors of sources that may know more."""
        reading = await read_assets(ctx)
        answers: list[Any] = []
        for parent, thing in zip(parents, await things_of(reading, parents), strict=True):
            others = () if thing is None else thing.records
            prefix = f"{parent.source.name}:"
            records = reading.records(other for other in others if not other.startswith(prefix))
            value = _page(ctx, reading, parent, records, args) if self.is_paged else records
            answers.append(PartialAnswer(value, reading.errors))
        return answers

    def fields_used(self) -> FieldsUsed:
        """All that identity compares."""
        return IDENTITY_USED

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """The whole lists."""
        return explainer.whole_assets(IDENTITY_FIELDS, None)

    def check(self, ctx: RequestContext, args: Mapping[str, Any]) -> None:
        """Raise BadInput for arguments that no page has, before there is an asset."""
        page_request(ctx, "sameAs", {**args, "after": None}, _ORDER)


def _page(
    ctx: RequestContext,
    reading: AssetReading,
    parent: Record,
    records: Sequence[Record],
    args: Mapping[str, Any],
) -> ListedPage:
    request = page_request(ctx, "sameAs", {**args, "of": parent.id}, _ORDER)
    items = sorted((ListItem((), record.id, record) for record in records), key=lambda item: item.tie)
    part = slice_items(items, request)
    return ListedPage(
        nodes=[item.value for item in part.items],
        cursors=[pack(item, request) for item in part.items],
        has_next_page=part.has_next,
        has_previous_page=part.has_previous,
        total_count=len(items),
        reading=reading,
        records=[item.value for item in part.items],
        errors=reading.errors,
    )
