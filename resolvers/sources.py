"""What the sources are and can do, and the further reads that only some vendors have."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.fetching.session import session_of
from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.errors import BadInput, NotSupported
from resolvers.context import RequestContext
from resolvers.lists import whole_list


async def sources(ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
    """The sources, by name."""
    return [list(ctx.sources.values())] * len(parents)


async def health(ctx: RequestContext, parents: Sequence[Source], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
    """Each source's health, without a call."""
    return [source.upstream.report() for source in parents]


@dataclass(frozen=True, eq=False)
class DefinitionList:
    """The resolver of a plain list of definitions, of all sources or of one."""

    type: str

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """The one list for the root."""
        return [await whole_list(ctx, self.type, args.get("source"))] * len(parents)


@dataclass(frozen=True, eq=False)
class SourceCall:
    """The resolver of a read that a source has or has not: NOT_SUPPORTED before any call."""

    call: str

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """What the source says, for the root."""
        source, native = self.meant(ctx, args)
        return [await ctx.session(source).call(self.call, native)] * len(parents)

    def meant(self, ctx: RequestContext, args: Mapping[str, Any]) -> tuple[Source, str]:
        """Which source, and which of its records, is to be asked. Raises BadInput and NotSupported."""
        source = ctx.source(args["source"])
        native = ""
        if "id" in args:
            wanted = ctx.checked_id(args["id"], "Checklist")
            if wanted.source != source.name:
                raise BadInput(f"This id is of the source {wanted.source}, not of {source.name}.")
            native = wanted.native
        if self.call not in source.calls:
            raise NotSupported(
                f"{source.name} has no {self.call}: `sources {{ operations }}` tells which sources have it."
            )
        return source, native


@dataclass(frozen=True, eq=False)
class PerRecordCall:
    """The resolver of a further read for each record; `missing` where the vendor has no such read."""

    call: str
    missing: Any = None

    async def __call__(
        self,
        ctx: RequestContext,  # noqa: ARG002
        parents: Sequence[Record],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """What is said of each parent."""
        return await asyncio.gather(*map(self._one, parents), return_exceptions=True)

    async def _one(self, record: Record) -> Any:
        if self.call not in record.source.calls:
            return self.missing
        found = await session_of(record.origin).call(self.call, record.native_id)
        return self.missing if found is None else found


async def qr_code_url(
    ctx: RequestContext,
    parents: Sequence[Record],
    args: Mapping[str, Any],  # noqa: ARG001
) -> list[str | None]:
    """Where this gateway serves the asset's QR picture, for the vendors that have one."""
    return [
        f"{ctx.base_url()}/assets/{one.id}/qr.png" if "asset.qr" in one.source.calls else None
        for one in parents
    ]
