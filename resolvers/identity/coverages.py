"""Resolver of `assetCoverage`: the things that each source knows, and each two of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.fetching.source import Source
from gateway.connector.lists.merge import SourceFailure, source_failure
from gateway.identity import coverage
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.presence import Presence
from resolvers.identity.reading import read_assets
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.identity.selection import check_filter, select_things
from resolvers.identity.unified_lists import LIST_FIELDS
from resolvers.partial import PartialAnswer


@dataclass(frozen=True)
class CountsOfSource:
    """Counts of one source. What an incomplete source has is what came of it."""

    source: Source
    records: int
    things: int
    alone: int
    complete: bool
    error: SourceFailure | None


@dataclass(frozen=True)
class CountsOfSources:
    """Counts of all sources."""

    complete: bool
    sources: Sequence[CountsOfSource]
    pairs: Sequence[Mapping[str, Any]]  # of the schema's `SourcePair`


@dataclass(frozen=True, eq=False)
class CoverageResolver:
    """Resolver of `assetCoverage(filter:)`. A pair with a source that did not answer in full is left out."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one answer for the root. Raises BadInput before any call."""
        check_filter(ctx, args.get("filter"))
        reading = await read_assets(ctx)
        selection = await select_things(ctx, reading, args.get("filter"), Presence())
        incomplete = reading.incomplete
        names = [part.source.name for part in reading.sources]
        counts = coverage((thing.sources for thing in selection.things), names)
        answer = CountsOfSources(
            complete=not selection.errors,
            sources=[
                CountsOfSource(
                    ctx.sources[item.source],
                    item.records,
                    item.things,
                    item.alone,
                    item.source not in incomplete,
                    source_failure(incomplete[item.source]) if item.source in incomplete else None,
                )
                for item in counts.sources
            ],
            pairs=[
                {
                    "a": ctx.sources[pair.a],
                    "b": ctx.sources[pair.b],
                    "both": pair.common,
                    "only_a": pair.only_a,
                    "only_b": pair.only_b,
                }
                for pair in counts.pairs
                if pair.a not in incomplete and pair.b not in incomplete
            ],
        )
        return [PartialAnswer(answer, selection.errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """All that identity compares, and that a filter names."""
        return LIST_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole lists, and what a filter needs."""
        check_filter(explainer.ctx, args.get("filter"))
        explainer.whole_assets(IDENTITY_FIELDS, args.get("filter"))
        return explainer.no_calls()
