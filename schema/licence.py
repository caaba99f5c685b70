"""Software licences."""

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import UNSET

from schema.arguments import (
    After,
    Before,
    ByAsset,
    ByChangeRecord,
    First,
    Last,
    WhichAsset,
    WhichChangeRecord,
)
from schema.connection import AssetConnection, ChangeRecordConnection
from schema.location import Location
from schema.node import Node
from schema.source import Source


@strawberry.type(
    description="What somebody may do under a software licence, such as Administrator or Viewer. Halo only."
)
class LicenceRole(Node):
    native_id: str = strawberry.field(description="Its number in Halo.")
    name: str | None = strawberry.field(description="What the role is called.")
    note: str | None = strawberry.field(description="What it is for, in its author's words.")


@strawberry.type(
    description=(
        "A software licence or subscription: how many are owned, how many are used, until when. Halo only. "
        "Inactive ones are in lists; leave them out with `filter: {active: true}`."
    )
)
class Licence(Node):
    source: Source = strawberry.field(description="The Halo account that holds it.")
    native_id: str = strawberry.field(description="Its number in Halo.")
    name: str | None = strawberry.field(description='What is licensed: "Microsoft 365 E3".')
    licence_type: str | None = strawberry.field(description="Halo's number for the kind of licence, as text.")
    quantity: int | None = strawberry.field(description="How many are owned.")
    in_use: int | None = strawberry.field(description="How many are given to assets or people.")
    available: int | None = strawberry.field(
        description="How many are left to give. Negative where too many are given."
    )
    manufacturer: str | None = strawberry.field(description="Who makes the software.")
    supplier: str | None = strawberry.field(description="From whom it was bought.")
    sku: str | None = strawberry.field(description="The product's article number.")
    purchase_price: Decimal | None = strawberry.field(
        description="What was paid for one, as a bare number: Halo does not tell the currency."
    )
    unit_price: Decimal | None = strawberry.field(
        description="What one is sold or charged on for, as a bare number without a currency."
    )
    start_date: date | None = strawberry.field(description="The first day on which it may be used.")
    end_date: date | None = strawberry.field(description="The last day. Null where it is open-ended.")
    active: bool | None = strawberry.field(description="True where it is in force: active and not deleted.")
    auto_renew: bool | None = strawberry.field(description="Whether it renews itself at the end.")
    billing_cycle: str | None = strawberry.field(
        description='How often it is billed, in Halo\'s word: "Monthly".'
    )
    organisation: str | None = strawberry.field(description="Whose it is: Halo's client.")

    @strawberry.field(
        description="The site it is for; null where for no site in particular. Sites are read once."
    )
    def location(self) -> Location | None: ...

    @strawberry.field(
        description="The roles that can be given under it. May cost a further call for each licence."
    )
    def roles(self) -> list[LicenceRole]: ...

    @strawberry.field(
        description=(
            "Assets to which it is given. One call for each licence; of more than three, one call tells which are "
            "whose, and the assets are read by id, 50 in a call, where that takes fewer."
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

    @strawberry.field(description="What was changed on it, as Halo recorded it. One call for each licence.")
    def changes(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichChangeRecord = UNSET,
        order_by: ByChangeRecord = UNSET,
    ) -> ChangeRecordConnection: ...
