"""Sort orders of lists. The type `Order`, an order placed with S3S, is in `schema.order`."""

import strawberry

from schema.enums import AssetOrderField, OrderDirection, TicketOrderField


@strawberry.input(
    description=(
        "One level of an order; further ones in the list decide between equals: `orderBy: [{field: "
        "MANUFACTURER}, {field: PURCHASE_DATE, direction: DESC}]`. Missing values come last in either "
        "direction, and equal rows keep one fixed order, so that pages never overlap."
    )
)
class AssetOrder:
    field: AssetOrderField = strawberry.field(description="The field to order by, such as `PURCHASE_DATE`.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first; `ASC` where left out."
    )


@strawberry.input(
    description=(
        "One level of an order; further ones in the list decide between equals: "
        "`orderBy: [{field: PRIORITY, direction: DESC}, {field: CREATED_AT}]`. Missing values come last in "
        "either direction, and equal rows keep one fixed order, so that pages never overlap."
    )
)
class TicketOrder:
    field: TicketOrderField = strawberry.field(description="The field to order by, such as `CREATED_AT`.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first; `ASC` where left out."
    )
