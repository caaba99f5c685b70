"""Records by their global id."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.convert import identifies
from gateway.connector.merging import Connection
from gateway.loaders import Context, Level
from resolvers.lists import connection


def one(*types: str) -> Level:
    """The resolver of `thing(id:)`: None where there is no such thing."""

    async def resolve(ctx: Context, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Any]:
        return [await ctx.record_by_id.load(ctx.known(args["id"], *types))] * len(parents)

    return resolve


async def many(ctx: Context, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Any]:
    """The resolver of `nodes(ids:)`: in the order of the ids, with None or the failure in a missing one's place."""

    async def load(written: str) -> Any:
        return await ctx.record_by_id.load(ctx.known(written))

    found = await asyncio.gather(*(load(written) for written in args["ids"]), return_exceptions=True)
    return [found] * len(parents)


async def by_serial_number(ctx: Context, parents: Sequence[Any], args: Mapping[str, Any]) -> list[Connection]:
    """The assets of all sources that carry a serial number, however it is written; none for a placeholder."""
    written = args["serialNumber"]
    asked: dict[str, Any] = {"or": []}
    if identifies(written):
        asked = {"or": [{"serialNumber": {"eq": written}}, {"secondarySerialNumber": {"eq": written}}]}
    page = await connection(ctx, "Asset", {"filter": asked, "first": ctx.max_page_size})
    return [page] * len(parents)
