"""Places where assets are."""

import strawberry
from strawberry import UNSET

from schema.arguments import After, Before, ByAsset, First, Last, WhichAsset
from schema.connection import AssetConnection
from schema.node import Node
from schema.source import Source


@strawberry.type(
    description=(
        "A place as one source knows it: Tether's and Fiwit's location, Halo's site, and for Revnue the "
        "address written on an asset (it belongs to that asset alone and is not in `locations`). S3S has "
        "none."
    )
)
class Location(Node):
    source: Source = strawberry.field(description="The account that knows this place.")
    native_id: str = strawberry.field(
        description="Its id at the vendor; for Revnue made from the asset's, as its addresses have none."
    )
    name: str | None = strawberry.field(
        description="What the place is called. For Revnue its description of the location."
    )
    code: str | None = strawberry.field(description="Short code, such as `AAZ`. Fiwit only.")
    address: str | None = strawberry.field(
        description="Street and house, lines separated by commas. Halo, where recorded, and Revnue."
    )
    city: str | None = strawberry.field(description="Town. Revnue, and Halo where recorded.")
    region: str | None = strawberry.field(description="State, province or region. Halo and Revnue.")
    country: str | None = strawberry.field(
        description="Country as the vendor writes it, not a code. Halo and Revnue."
    )
    postal_code: str | None = strawberry.field(
        description="Postal code. Halo only, from the site's own record."
    )
    organisation: str | None = strawberry.field(
        description="Whose site it is: Halo's client. Null elsewhere."
    )

    @strawberry.field(
        description=(
            "Assets at this place, narrowed by `filter` where given. Tether and Halo answer with a call for "
            "each place; for Fiwit they are found in the list of assets, which is read once."
        )
    )
    def assets(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichAsset = UNSET,
        order_by: ByAsset = UNSET,
    ) -> AssetConnection: ...
