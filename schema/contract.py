"""Contracts under which assets are bought, leased or serviced."""

from datetime import date

import strawberry

from schema.node import Node
from schema.source import Source


@strawberry.type(
    description=(
        "A contract: Revnue's contracts, the contract that a Halo asset is under, the service contract that "
        "S3S sells with a server. Tether and Fiwit have none."
    )
)
class Contract(Node):
    source: Source = strawberry.field(description="The account that holds this contract.")
    native_id: str = strawberry.field(description="Its id at the vendor.")
    number: str | None = strawberry.field(
        description="The number or reference that people quote. Revnue and Halo."
    )
    name: str | None = strawberry.field(
        description="Its title. From an asset of Revnue's it costs a further call."
    )
    status: str | None = strawberry.field(
        description=(
            "The vendor's own word; at Revnue `active`, `archived`, `cancelled`, `draft`, `expired`, "
            "`suspended` or `terminated`."
        )
    )
    start_date: date | None = strawberry.field(description="The first day on which it is in force.")
    end_date: date | None = strawberry.field(description="The last day. Null where open-ended or not told.")
