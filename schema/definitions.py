"""Definitions of an account's kinds of records and custom fields."""

import strawberry

from schema.node import Node
from schema.scalars import JSON
from schema.source import Source


@strawberry.type(
    description=(
        "A type of asset or ticket that an account has defined, such as Laptop or Incident. Fiwit and Halo. "
        "Reference data: kept for minutes."
    )
)
class AssetTypeDefinition(Node):
    source: Source = strawberry.field(description="The account that defines it.")
    native_id: str = strawberry.field(description="Its id at the vendor.")
    name: str = strawberry.field(
        description=(
            "What it is called; the value of `Asset.assetType` or `Ticket.ticketType` and of filters on them."
        )
    )


@strawberry.type(
    description=(
        "A custom field that an account has defined, for assets or for tickets. Fiwit, Halo and Revnue (the "
        "fields of its form templates). Reference data: kept for minutes."
    )
)
class FieldDefinition(Node):
    source: Source = strawberry.field(description="The account that defines it.")
    native_id: str = strawberry.field(description="Its id at the vendor; `CustomField.id` of its values.")
    name: str = strawberry.field(
        description=(
            "What it is called; `CustomField.name` of its values and `name` in a `customField` filter."
        )
    )
    type: str | None = strawberry.field(
        description=(
            "The vendor's word for the kind of value: Fiwit `string`; Revnue `date`, `money`, `number`, "
            "`text`."
        )
    )
    applies_to: str | None = strawberry.field(
        description=(
            "The asset type, ticket type or form on whose records it stands. Null where on all or not told."
        )
    )
    description: str | None = strawberry.field(description="What it is for, in its author's words. Fiwit.")
    default_value: JSON | None = strawberry.field(
        description="What a new record gets. Fiwit, where one is set."
    )
