"""Relations of a unified asset: tickets, licences and the like of all its records."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from resolvers.children import ChildConnection, children_of
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.things import Thing
from resolvers.lists import Args, ParentRecords, list_page
from resolvers.partial import PartialAnswer
from resolvers.sources import PerRecordCall


@dataclass(frozen=True)
class ThingConnection:
    """Resolver of a connection from each thing to the records of a type that belong to its records."""

    children: ChildConnection

    async def __call__(self, ctx: RequestContext, parents: Sequence[Thing], args: Args) -> list[Any]:
        """Each thing's page, or the exception that it failed with."""
        return await self.pages(ctx, [thing.records for thing in parents], args)

    async def pages(
        self,
        ctx: RequestContext,
        groups: Sequence[Sequence[Record]],
        args: Args,
        *,
        others: Sequence[Sequence[ParentRecords]] | None = None,
    ) -> list[Any]:
        """A page for each group of records, with the `others` of each group, which are of other sources."""
        child = self.children
        records = [record for group in groups for record in group]
        loaded = iter(await children_of(ctx, records, child) if records else ())
        parts = [[next(loaded) for _ in group] for group in groups]
        others = [()] * len(groups) if others is None else others
        return await asyncio.gather(
            *(self._page(ctx, *group, args=args) for group in zip(groups, parts, others, strict=True)),
            return_exceptions=True,
        )

    async def _page(
        self,
        ctx: RequestContext,
        records: Sequence[Record],
        loaded: Sequence[ParentRecords | None],
        others: Sequence[ParentRecords],
        *,
        args: Args,
    ) -> Any:
        within = {"or": [{self.children.by: {"eq": record.id}} for record in records]}
        by_source: dict[str, ParentRecords] = {}
        for part in loaded:
            if part is None:
                continue
            name = part.session.source.name
            earlier = by_source.get(name)
            by_source[name] = part if earlier is None else _joined(earlier, part)
        # A source is either at hand for all of its records here, or asked for all of them.
        listed = {record.source.name for record, part in zip(records, loaded, strict=True) if part is None}
        at_hand = [part for name, part in by_source.items() if name not in listed]
        return await list_page(
            ctx,
            self.children.type,
            args,
            within=within,
            parent_records=[*at_hand, *others],
            list_others=bool(listed),
        )

    def fields_used(self) -> FieldsUsed:
        """Those of the connection of assets."""
        used = self.children.fields_used()
        return replace(used, parent=(), asset_fields=used.parent)

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:
        """The records of all records."""
        return self.children.explain(explainer, args)

    def check(self, ctx: RequestContext, args: Args) -> None:
        """Raise BadInput for arguments that cannot be answered, before there is a thing."""
        self.children.check(ctx, args)


def _joined(first: ParentRecords, second: ParentRecords) -> ParentRecords:
    records = {record.native_id: record for record in (*first.records, *second.records)}
    return replace(first, records=list(records.values()), error=first.error or second.error)


@dataclass(frozen=True)
class ThingList:
    """Resolver of a plain list of the same, up to the largest page."""

    pages: ThingConnection

    async def __call__(self, ctx: RequestContext, parents: Sequence[Thing], args: Args) -> list[Any]:
        """Each thing's records."""
        pages = await self.pages(ctx, parents, {**args, "first": ctx.max_page_size})
        return [page if isinstance(page, BaseException) or page.errors else page.nodes for page in pages]

    def fields_used(self) -> FieldsUsed:
        """The connection's."""
        return self.pages.fields_used()

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:
        """The connection's, with the largest page."""
        return self.pages.explain(explainer, {**args, "first": explainer.ctx.max_page_size})


@dataclass(frozen=True)
class ThingCall:
    """Resolver of a further read of each record, as one list for each thing."""

    call: PerRecordCall

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Thing], args: Mapping[str, Any]
    ) -> list[Any]:
        """Each thing's items, in the order of its records, and the errors of reads that failed."""
        records = [record for thing in parents for record in thing.records]
        results = iter(await self.call(ctx, records, args) if records else ())
        answers: list[Any] = []
        for thing in parents:
            parts = [next(results) for _ in thing.records]
            errors = [part for part in parts if isinstance(part, GatewayError)]
            unknown = next((p for p in parts if isinstance(p, Exception) and p not in errors), None)
            items = [item for part in parts if not isinstance(part, Exception) for item in part]
            answers.append(unknown or PartialAnswer(items, errors))
        return answers

    def fields_used(self) -> FieldsUsed:
        """Those of the call of assets."""
        return self.call.fields_used()

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """A call for each record that has it."""
        return self.call.explain(explainer, args)
