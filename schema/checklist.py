"""Build checklists of servers."""

from datetime import datetime

import strawberry

from schema.asset import Asset
from schema.node import Node
from schema.scalars import JSON
from schema.source import Source


@strawberry.type(description="The service that is sold with a server built by S3S.")
class ServiceContract:
    name: str | None = strawberry.field(description='Its title: "Standard Warranty (3 years)".')
    description: str | None = strawberry.field(description="What it covers, in S3S's words.")
    duration_years: int | None = strawberry.field(description="For how many years it runs.")


@strawberry.type(description="One thing that is checked while a server is built, such as its fans.")
class ChecklistItem:
    id: strawberry.ID = strawberry.field(
        description="Global id of this item on this checklist: the same item on another server has another."
    )
    name: str | None = strawberry.field(description='What is checked: "HDD(s)".')
    description: str | None = strawberry.field(description='How it is checked: "Check if installed."')
    category: str | None = strawberry.field(description='The group in which it stands: "Components".')
    option_type: str | None = strawberry.field(
        description="How it is answered. `checkbox` is the only kind that S3S documents."
    )
    default_settings: JSON | None = strawberry.field(description='What it starts with: `{"checked": false}`.')
    value: JSON | None = strawberry.field(description="The answer as it is: true or false for a checkbox.")
    checked: bool | None = strawberry.field(
        description="Whether it is ticked. Null where it is not a checkbox or not answered."
    )


@strawberry.type(
    description=(
        "What was checked while S3S built a server. Each server has one, so it is also an asset (`asset`). "
        "S3S only."
    )
)
class Checklist(Node):
    source: Source = strawberry.field(description="The S3S account that may see it.")
    native_id: str = strawberry.field(description="Its number at S3S.")
    chassis_serial_number: str | None = strawberry.field(
        description=(
            "The chassis manufacturer's serial number: `Asset.serialNumber`, what other vendors know it by."
        )
    )
    assembly_serial_number: str | None = strawberry.field(
        description="S3S's own serial number, such as `US.2018.213`: `Asset.secondarySerialNumber`."
    )
    status: str | None = strawberry.field(
        description="How far the build is, in S3S's word: `finished` when built."
    )
    server_type: str | None = strawberry.field(description="The product that was built. Often null.")
    server_reference: str | None = strawberry.field(
        description="What the customer calls the server. Often null."
    )
    built_by: list[str] = strawberry.field(
        description="First names of those who built it. Empty where not told."
    )
    service_contract: ServiceContract | None = strawberry.field(
        description="The service sold with it; null where none."
    )
    created_at: datetime | None = strawberry.field(description="When the build began.")
    updated_at: datetime | None = strawberry.field(description="When it was last worked on.")
    items: list[ChecklistItem] = strawberry.field(
        description="All that is checked, in S3S's order. No further call."
    )
    checked_count: int = strawberry.field(description="How many of the items are ticked.")
    item_count: int = strawberry.field(description="How many items there are.")

    @strawberry.field(description="The server as an asset of the same source. No further call.")
    def asset(self) -> Asset | None: ...

    @strawberry.field(
        description=(
            "What the burn-in tests measured, as S3S gave it; its shape is not documented. One further call "
            "for each checklist. Null where there are none."
        )
    )
    def test_results(self) -> JSON | None: ...
