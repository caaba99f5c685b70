"""Change records of assets and licences."""

from datetime import datetime

import strawberry

from schema.asset import Asset
from schema.licence import Licence
from schema.node import Node
from schema.source import Source


@strawberry.type(
    description="One field's change on an asset or a software licence, as Halo recorded it. Halo only."
)
class ChangeRecord(Node):
    source: Source = strawberry.field(description="The Halo account that recorded it.")
    native_id: str = strawberry.field(
        description="Its id: Halo's numbers repeat between assets, so asset, time and field are in it too."
    )
    field: str | None = strawberry.field(description="The name of the field that was changed.")
    old_value: str | None = strawberry.field(
        description="What stood there before, as text. Null where nothing."
    )
    new_value: str | None = strawberry.field(
        description="What stands there since, as text. Null where emptied."
    )
    changed_by: str | None = strawberry.field(
        description="Who changed it: the name of a Halo agent or integration."
    )
    changed_at: datetime | None = strawberry.field(description="When it was changed.")

    @strawberry.field(
        description=(
            "The asset that was changed; null for a licence's change. Fetched for all rows of a page "
            "together."
        )
    )
    def asset(self) -> Asset | None: ...

    @strawberry.field(
        description=(
            "The licence that was changed; null for an asset's change. Costs a call for each licence that is "
            "not in the answer already."
        )
    )
    def licence(self) -> Licence | None: ...
