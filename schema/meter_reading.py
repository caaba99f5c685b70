"""Readings of counters on assets."""

from datetime import datetime
from decimal import Decimal

import strawberry

from schema.asset import Asset
from schema.node import Node
from schema.source import Source
from schema.ticket import Ticket


@strawberry.type(
    description=(
        "A counter's reading on an asset, such as a printer's page count. Halo only, in whole numbers."
    )
)
class MeterReading(Node):
    source: Source = strawberry.field(description="The Halo account that holds it.")
    native_id: str = strawberry.field(description="Its number in Halo.")
    meter_name: str | None = strawberry.field(
        description='Which counter: an asset may have several, such as "Mono" and "Colour".'
    )
    reading: Decimal | None = strawberry.field(
        description="What the counter showed, in the counter's own unit."
    )
    previous_reading: Decimal | None = strawberry.field(
        description="What it showed the time before. Null at the first reading."
    )
    delta: Decimal | None = strawberry.field(
        description=(
            "`reading` less `previousReading`, reckoned here. Negative where the counter was set back."
        )
    )
    taken_at: datetime | None = strawberry.field(description="When the counter was read.")
    taken_by: str | None = strawberry.field(
        description="Who read it: the name of a person or an integration."
    )
    reason: str | None = strawberry.field(description="Why it was read, or why it is lower than before.")
    reviewed: bool | None = strawberry.field(description="Whether somebody has checked it.")
    warning: str | None = strawberry.field(description="What Halo finds odd about it. Null where nothing.")

    @strawberry.field(description="The asset that was read. Fetched for all rows of a page together.")
    def asset(self) -> Asset | None: ...

    @strawberry.field(
        description=(
            "The ticket in whose course it was read; null where in none. Fetched for all rows together."
        )
    )
    def ticket(self) -> Ticket | None: ...
