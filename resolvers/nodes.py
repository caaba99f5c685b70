"""Resolvers of records by global id or serial number."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.connector.description.convert import is_identifying
from gateway.connector.lists.merge import MergedPage
from resolvers.context import RequestContext
from resolvers.field_resolver import NO_FIELDS, FieldExplainer, FieldsUsed, T
from resolvers.identity.lookups import IDENTITY_USED, is_unified, unified_node
from resolvers.identity.rows import IDENTITY_FIELDS
from resolvers.lists import list_page
from resolvers.partial import PartialAnswer
from resolvers.sources import is_source, source_node

if TYPE_CHECKING:
    from gateway.errors import GatewayError


@dataclass(frozen=True, eq=False)
class NodeResolver:
    """Resolver of `thing(id:)`: None if there is no such thing. Without `types` it may be of any."""

    types: tuple[str, ...] = ()

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The record, for the root."""
        if not self.types and is_unified(args["id"]):
            return [await unified_node(ctx, args["id"])] * len(parents)
        if not self.types and is_source(args["id"]):
            return [source_node(ctx, args["id"])] * len(parents)
        global_id = ctx.visible_id(args["id"], *self.types)
        if global_id is None:
            return [None] * len(parents)
        load = ctx.record_by_id.load_alone if ctx.has_single_root_field else ctx.record_by_id.load
        return [await load(global_id)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """None: a record is found by its id; a unified asset by all that identity compares."""
        return NO_FIELDS if self.types else IDENTITY_USED

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The record. Raises BadInput."""
        if not self.types and is_unified(args["id"]):
            return explainer.whole_assets(IDENTITY_FIELDS, None, is_single=True)
        if not self.types and is_source(args["id"]):
            source_node(explainer.ctx, args["id"])
            return explainer.no_calls()
        return explainer.records_by_id([explainer.ctx.checked_id(args["id"], *self.types)])


@dataclass(frozen=True, eq=False)
class NodesResolver:
    """Resolver of `nodes(ids:)`: in the order of the ids, with None or the exception in a missing one's place."""

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The list, for the root."""
        errors: list[GatewayError] = []

        async def load(written: str) -> Any:
            if is_source(written):
                return source_node(ctx, written)
            if not is_unified(written):
                global_id = ctx.visible_id(written)
                return None if global_id is None else await ctx.record_by_id.load(global_id)
            thing = await unified_node(ctx, written)
            errors.extend(error for error in thing.errors if error not in errors)
            return thing.value

        records = await asyncio.gather(*(load(written) for written in args["ids"]), return_exceptions=True)
        return [PartialAnswer(records, errors)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """None: a record is found by its id; a unified asset by all that identity compares."""
        return IDENTITY_USED

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The records. Raises BadInput."""
        if any(map(is_unified, args["ids"])):
            explainer.whole_assets(IDENTITY_FIELDS, None, is_single=True)
        for written in filter(is_source, args["ids"]):
            source_node(explainer.ctx, written)
        records = [written for written in args["ids"] if not is_unified(written) and not is_source(written)]
        return explainer.records_by_id([explainer.ctx.checked_id(written) for written in records])


@dataclass(frozen=True, eq=False)
class SerialNumberResolver:
    """
    Resolver of `assetsBySerialNumber(serialNumber:)` and its connection: the assets of all sources that carry a serial
    number, however it is written; none for a placeholder.
    """

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[MergedPage]:
        """The page, for the root."""
        page = await list_page(ctx, "Asset", serial_number_arguments(ctx, args))
        return [page] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """The serial numbers."""
        return FieldsUsed(list_type="Asset", list_fields=("serial_number", "secondary_serial_number"))

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """One page."""
        return explainer.list_page("Asset", serial_number_arguments(explainer.ctx, args))


def serial_number_arguments(ctx: RequestContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    The arguments of the list of assets with a serial number: a page of them, or as many as a page may have. A
    placeholder such as "N/A" matches none.
    """
    written = args["serialNumber"]
    filter_input: dict[str, Any] = {"or": []}
    if is_identifying(written):
        filter_input = {"or": [{"serialNumber": {"eq": written}}, {"secondarySerialNumber": {"eq": written}}]}
    return {"first": ctx.max_page_size, **args, "filter": filter_input}
