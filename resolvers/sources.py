"""What the sources are and can do, and the further reads that only some vendors have."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.record import Record
from gateway.connector.source import Source
from gateway.errors import BadInput, NotSupported
from gateway.loaders import Context, Level
from resolvers.lists import everything


async def listed(ctx: Context, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
    """The sources, by name."""
    return [list(ctx.sources.values())] * len(parents)


async def health(ctx: Context, parents: Sequence[Source], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
    """Each source's health, without a call."""
    return [source.upstream.report() for source in parents]


def definitions(type_name: str) -> Level:
    """The resolver of a plain list of definitions, of all sources or of one."""

    async def resolve(ctx: Context, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Any]:
        return [await everything(ctx, type_name, args.get("source"))] * len(parents)

    return resolve


def asked(call: str) -> Level:
    """The resolver of a read that a source has or has not: NOT_SUPPORTED before any call."""

    async def resolve(ctx: Context, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Any]:
        source = ctx.source(args["source"])
        native = ""
        if "id" in args:
            wanted = ctx.known(args["id"], "Checklist")
            if wanted.source != source.name:
                raise BadInput(f"This id is of the source {wanted.source}, not of {source.name}.")
            native = wanted.native
        if call not in source.calls:
            raise NotSupported(
                f"{source.name} has no {call}: `sources {{ operations }}` tells which sources have it."
            )
        return [await ctx.session(source).call(call, native)] * len(parents)

    return resolve


def told(call: str, missing: Any = None) -> Level:
    """The resolver of a further read for each record; `missing` where the vendor has no such read."""

    async def one(record: Record) -> Any:
        if call not in record.source.calls:
            return missing
        found = await record.session.call(call, record.native_id)
        return missing if found is None else found

    async def resolve(ctx: Context, parents: Sequence[Record], args: Mapping[str, Any]) -> list[Any]:  # noqa: ARG001
        return await asyncio.gather(*(one(parent) for parent in parents), return_exceptions=True)

    return resolve


async def qr_code_url(ctx: Context, parents: Sequence[Record], args: Mapping[str, Any]) -> list[str | None]:  # noqa: ARG001
    """Where this gateway serves the asset's QR picture, for the vendors that have one."""
    return [
        f"{ctx.base_url}/assets/{one.id}/qr.png" if "asset.qr" in one.source.calls else None
        for one in parents
    ]
