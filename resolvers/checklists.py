"""Resolvers of a build checklist's items and their counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description.ids import GlobalId
from gateway.connector.records.record import Record
from resolvers.context import RequestContext

Args = Mapping[str, Any]


async def items(ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[Any]:  # noqa: ARG001
    """The items of each checklist. An item's own id repeats from checklist to checklist: its global id has both."""
    return [
        [
            {
                **item,
                "id": str(
                    GlobalId(checklist.source.name, "ChecklistItem", f"{checklist.native_id}-{item['id']}")
                ),
            }
            for item in checklist.get("items") or ()
        ]
        for checklist in parents
    ]


async def checked_count(ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[int]:  # noqa: ARG001
    """The number of ticked items of each checklist."""
    return [sum(item["checked"] is True for item in checklist.get("items") or ()) for checklist in parents]


async def item_count(ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[int]:  # noqa: ARG001
    """The number of items of each checklist."""
    return [len(checklist.get("items") or ()) for checklist in parents]
