"""Possible matches: pairs of records that are offered, not joined: of all sources, and of one thing."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.connector.lists.ordering import SortOrder
from gateway.connector.records.record import Record
from gateway.identity.matching_view import MatchingView
from resolvers.context import RequestContext
from resolvers.field_resolver import NO_FIELDS, FieldExplainer, FieldsUsed, T
from resolvers.identity.lookups import IDENTITY_USED
from resolvers.identity.pages import ListedPage, ListItem, pack, page_request, slice_items
from resolvers.identity.reading import read_assets
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.identity.things import Thing
from resolvers.partial import PartialAnswer


class _PairIds(NamedTuple):
    lhs: str
    rhs: str
    reasons: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True)
class PossibleMatch:
    """A record that may be the same thing."""

    asset: Record
    reasons: Sequence[str]
    against: Sequence[str]


@dataclass(frozen=True, eq=False)
class PossiblePairList:
    """Resolver of `possibleMatches`: all pairs, in the order of their ids."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one page for the root."""
        request = page_request(ctx, "PossiblePair", args, SortOrder("Asset", ()))
        reading = await read_assets(ctx)
        items = [ListItem((), f"{pair.lhs} {pair.rhs}", pair) for pair in await reading.use(_all_pairs)]
        items.sort(key=lambda item: item.tie)
        part = slice_items(items, request)
        pairs: list[Mapping[str, Any]] = [
            {
                "left": reading.record(pair.lhs),
                "right": reading.record(pair.rhs),
                "reasons": pair.reasons,
                "against": pair.against,
            }
            for pair in (item.value for item in part.items)
        ]
        page = ListedPage(
            nodes=pairs,
            cursors=[pack(item, request) for item in part.items],
            has_next_page=part.has_next,
            has_previous_page=part.has_previous,
            total_count=len(items),
            reading=reading,
            records=[record for pair in pairs for record in (pair["left"], pair["right"])],
            errors=reading.errors,
        )
        return [PartialAnswer(page, reading.errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """All that identity compares."""
        return IDENTITY_USED

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole lists."""
        page_request(explainer.ctx, "PossiblePair", args, SortOrder("Asset", ()))
        return explainer.whole_assets(IDENTITY_FIELDS, None)


def _all_pairs(view: MatchingView) -> Generator[None, None, list[_PairIds]]:
    yield from view.possible.prepare()
    compared = view.matching.compared
    pairs: list[_PairIds] = []
    for pair in view.possible_pairs():
        if pair is None:
            yield
            continue
        lhs, rhs = sorted((compared[pair.lhs].id, compared[pair.rhs].id))
        pairs.append(_PairIds(lhs, rhs, pair.reasons, pair.against))
    return pairs


@dataclass(frozen=True, eq=False)
class ThingMatches:
    """Resolver of `UnifiedAsset.possibleMatches`: at most five for each of its records, the likeliest first."""

    async def __call__(
        self,
        ctx: RequestContext,
        parents: Sequence[Thing],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """Each thing's."""
        reading = await read_assets(ctx)
        matches = await reading.use(lambda view: _matches(view, parents))
        return [
            [PossibleMatch(reading.record(pair.rhs), pair.reasons, pair.against) for pair in pairs]
            for pairs in matches
        ]

    def fields_used(self) -> FieldsUsed:
        """None beyond those that found the thing."""
        return NO_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """Nothing further: the lists have been read."""
        return explainer.members(())


def _matches(view: MatchingView, things: Sequence[Thing]) -> Generator[None, None, list[list[_PairIds]]]:
    yield from view.possible.prepare()
    compared = view.matching.compared
    matches: list[list[_PairIds]] = []
    for thing in things:
        yield
        indices = [view.matching.position(record.id) for record in thing.records]
        pairs: dict[int, _PairIds] = {}
        for pair in view.possible_of(index for index in indices if index is not None):
            lhs, rhs = compared[pair.lhs].id, compared[pair.rhs].id
            pairs.setdefault(pair.rhs, _PairIds(lhs, rhs, pair.reasons, pair.against))
        matches.append(list(pairs.values()))
    return matches
