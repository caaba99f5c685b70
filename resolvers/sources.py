"""Resolvers of the sources, their health and definitions, and of the extra reads that only some vendors have."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.description import ids
from gateway.connector.fetching.session import session_of
from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.errors import BadInput, NotSupported
from resolvers.context import RequestContext
from resolvers.field_resolver import NO_FIELDS, FieldExplainer, FieldsUsed, T
from resolvers.lists import whole_list

_TYPE = "Source"


async def sources(ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
    """The sources, by name."""
    return [list(ctx.sources.values())] * len(parents)


def is_source(written: str) -> bool:
    """True for an id of the form that sources have."""
    return written.partition(":")[2].startswith(f"{_TYPE}:")


def source_node(ctx: RequestContext, written: str) -> Source | None:
    """
    The source of an id. Raises BadInput if there is none; a caller with limited rights gets None, as for one that it
    may not see.
    """
    global_id = ids.parse(written)
    if ctx.rights is not None and global_id.source not in ctx.sources:
        return None
    if global_id.native_id.lower() != global_id.source:
        raise BadInput(f"{ids.excerpt(written)} is not an id of this gateway.")
    return ctx.source(global_id.source)


async def health(ctx: RequestContext, parents: Sequence[Source], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
    """Each source's health, without a call."""
    return [source.upstream.report() for source in parents]


@dataclass(frozen=True, eq=False)
class DefinitionList:
    """Resolver of a plain list of definitions, of all sources or of one."""

    type: str

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The list, for the root."""
        return [await whole_list(ctx, self.type, args.get("source"))] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """Definitions are few: they are decoded in full."""
        return FieldsUsed(unbounded=True)

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """The whole list."""
        return explainer.whole_list(self.type, args.get("source"))


@dataclass(frozen=True, eq=False)
class SourceCall:
    """Resolver of a read that a source has or has not: NOT_SUPPORTED before any call."""

    call: str

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The source's answer, for the root."""
        source, native_id = self.target(ctx, args)
        return [await ctx.session(source).call(self.call, native_id)] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """None: the call's answer is no record."""
        return NO_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """One call to the source. Raises BadInput and NotSupported."""
        source, _ = self.target(explainer.ctx, args)
        return explainer.source_call(source, self.call)

    def target(self, ctx: RequestContext, args: Mapping[str, Any]) -> tuple[Source, str]:
        """The source to call, and the native id of its record or "". Raises BadInput and NotSupported."""
        source = ctx.source(args["source"])
        native_id = ""
        if "id" in args:
            global_id = ctx.checked_id(args["id"], "Checklist")
            if global_id.source != source.name:
                raise BadInput(f"This id is of the source {global_id.source}, not of {source.name}.")
            native_id = global_id.native_id
        if self.call not in source.calls:
            raise NotSupported(
                f"{source.name} has no {self.call}: `sources {{ operations }}` tells which sources have it."
            )
        return source, native_id


@dataclass(frozen=True, eq=False)
class PerRecordCall:
    """Resolver of an extra read for each record; `missing` if the vendor has no such read."""

    call: str
    missing: Any = None

    async def __call__(
        self,
        ctx: RequestContext,  # noqa: ARG002
        parents: Sequence[Record],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """Each parent's answer, or the exception in its place."""
        return await asyncio.gather(*map(self._call, parents), return_exceptions=True)

    def fields_used(self) -> FieldsUsed:
        """None: the call needs the parent's id only."""
        return NO_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """A call for each parent."""
        return explainer.record_call(self.call)

    async def _call(self, record: Record) -> Any:
        if self.call not in record.source.calls:
            return self.missing
        answer = await session_of(record.origin).call(self.call, record.native_id)
        return self.missing if answer is None else answer


async def qr_code_url(
    ctx: RequestContext,
    parents: Sequence[Record],
    args: Mapping[str, Any],  # noqa: ARG001
) -> list[str | None]:
    """The URL at which this gateway serves the asset's QR picture; None if its vendor has none."""
    return [
        f"{ctx.base_url()}/assets/{asset.id}/qr.png" if "asset.qr" in asset.source.calls else None
        for asset in parents
    ]
