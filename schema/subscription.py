"""The root type `Subscription`."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.asset_change import AssetChange
from schema.filters import AssetFilter


@strawberry.type(
    description=(
        "What can be followed: over a WebSocket (`graphql-transport-ws`), or over HTTP as `multipart/mixed` or "
        "`text/event-stream`."
    )
)
class Subscription:
    @strawberry.subscription(
        description=(
            "Changes of assets as they are seen. No vendor tells of changes by itself: each source's list is read "
            "again and again, once for all who subscribe, every `source.pollEverySeconds`; changes that this gateway "
            "makes are told at once. It begins with the state at the time of subscribing, and tells nothing of that. "
            "Example: `subscription { assetChanged(filter: {status: {eq: IN_USE}}) { kind id asset { name } fields { "
            "name old new } source { name } } }`."
        )
    )
    async def asset_changed(
        self,
        filter: Annotated[  # noqa: ARG002
            AssetFilter | None,
            strawberry.argument(description="Only assets that satisfy it now, or did before the change."),
        ] = UNSET,
    ) -> AsyncGenerator[AssetChange, None]:
        """The engine takes the events from the field's resolver (`EventResolver`)."""
        raise NotImplementedError
        yield  # type: ignore[unreachable] # makes it a generator
