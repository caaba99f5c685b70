"""Changes of assets, as subscriptions tell them."""

from datetime import datetime

import strawberry

from schema.asset import Asset
from schema.enums import AssetChangeKind
from schema.scalars import JSON
from schema.source import Source


@strawberry.type(description="A value of an asset that has changed.")
class ChangedField:
    name: str = strawberry.field(
        description="The field's name in `Asset`, with a dot before a field of an object inside: `warranty.endDate`."
    )
    old: JSON | None = strawberry.field(
        description="The value before. Of a link, such as `location`, the other record's global id."
    )
    new: JSON | None = strawberry.field(description="The value now.")


@strawberry.type(
    description="A change of an asset, seen when its source was last read, or made by this gateway."
)
class AssetChange:
    kind: AssetChangeKind = strawberry.field(description="What has happened.")
    id: strawberry.ID | None = strawberry.field(description="The asset's global id. Null for a GAP.")
    asset: Asset | None = strawberry.field(
        description=(
            "The asset as it is now. Null for DELETED and GAP. What its source's list lacks costs calls, as in a list."
        )
    )
    fields: list[ChangedField] = strawberry.field(
        description="What has changed in it, of what its source's list tells. Empty unless it is UPDATED."
    )
    source: Source = strawberry.field(description="The account that the change is of.")
    seen_at: datetime = strawberry.field(
        description="When the gateway saw it: up to `source.pollEverySeconds` after it happened at the vendor."
    )
