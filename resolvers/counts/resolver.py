"""Resolvers of `assetCounts` and `ticketCounts`: buckets of records with the same values, the largest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.connector.lists.merge import SourceOutcome, source_failure
from gateway.errors import GatewayError, NotSupported
from resolvers.context import RequestContext
from resolvers.counts.live_tally import live_tally
from resolvers.counts.request import CountRequest
from resolvers.counts.tally import Bucket, SourceTally, Tally, label_buckets, top_keys
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.lists import look_up_ids
from resolvers.partial import PartialAnswer


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Counts of all sources. `others` are the records of the buckets that are not shown."""

    total: int
    buckets: Sequence[Bucket]
    others: int
    sources: Sequence[SourceOutcome]
    as_of: datetime | None

    @property
    def complete(self) -> bool:
        """True if every source was counted in full."""
        return all(outcome.complete for outcome in self.sources)


@dataclass(frozen=True, eq=False)
class CountsResolver:
    """
    Resolver of counts of a type's records: `by filter first from`.

    The operation's limit of records does not apply: the rows that are counted are not built. What counting costs is
    their reading, which the limits of calls, bytes and time bound.
    """

    type: str

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one answer for the root. Raises BadInput before any call."""
        if ctx.has_row_rules:
            await look_up_ids(ctx, self.type, args.get("filter"))
        request = CountRequest.parse(ctx, self.type, args)
        tally = await self._tally(ctx, request)
        keys = await top_keys(tally, request.first, ctx.time_slice)
        total = sum(part.total for part in tally.parts)
        counts = Counts(
            total=total,
            buckets=await label_buckets(tally, request.terms, keys),
            others=total - sum(count for _, count in keys),
            sources=[_outcome(part) for part in tally.parts],
            as_of=min((part.read_at for part in tally.parts if part.read_at is not None), default=None),
        )
        return [PartialAnswer(counts, _errors(tally))] * len(parents)

    @staticmethod
    async def _tally(ctx: RequestContext, request: CountRequest) -> Tally:
        if not request.is_kept:
            return await live_tally(ctx, request)
        if ctx.count_kept is None:
            raise NotSupported("There are no kept tables here. Use `from: LIVE`.")
        ctx.uses_tables = True
        return await ctx.count_kept(ctx, request)

    def fields_used(self) -> FieldsUsed:
        """The fields that its arguments name."""
        return FieldsUsed(list_type=self.type)

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole lists, and what the values need. Raises BadInput."""
        request = CountRequest.parse(explainer.ctx, self.type, args)
        if request.is_kept:
            return explainer.no_calls()
        return explainer.counts(self.type, request.filter_input, request.terms)


def _outcome(part: SourceTally) -> SourceOutcome:
    async def total() -> int | None:
        return None if part.error is not None else part.total

    return SourceOutcome(
        source=part.source,
        complete=part.error is None,
        count=part.total,
        stale=part.stale,
        error=None if part.error is None else source_failure(part.error),
        total_count=total,
    )


def _errors(tally: Tally) -> list[GatewayError]:
    return [part.error for part in tally.parts if part.error is not None]
