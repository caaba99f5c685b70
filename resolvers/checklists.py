"""What a build checklist holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.connector.description.ids import GlobalId
from gateway.connector.records.record import Record
from resolvers.context import RequestContext

Args = Mapping[str, Any]


async def items(ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[Any]:  # noqa: ARG001
    """The items of each checklist. Their own ids repeat from checklist to checklist, so theirs go together."""
    return [
        [
            {**item, "id": str(GlobalId(one.source.name, "ChecklistItem", f"{one.native_id}-{item['id']}"))}
            for item in one.get("items") or ()
        ]
        for one in parents
    ]


async def checked_count(ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[int]:  # noqa: ARG001
    """How many items of each checklist are ticked."""
    return [sum(item["checked"] is True for item in one.get("items") or ()) for one in parents]


async def item_count(ctx: RequestContext, parents: Sequence[Record], args: Args) -> list[int]:  # noqa: ARG001
    """How many items each checklist has."""
    return [len(one.get("items") or ()) for one in parents]
