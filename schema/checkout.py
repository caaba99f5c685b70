"""Checkout history of an asset."""

from datetime import datetime

import strawberry

from schema.enums import CheckoutAction


@strawberry.type(description="One handing out or giving back of an asset. Tether only.")
class CheckoutEvent:
    action: CheckoutAction = strawberry.field(description="Which way it went.")
    employee_name: str | None = strawberry.field(
        description="Who got it or gave it back. Tether tells the name here, not the id."
    )
    performed_by: str | None = strawberry.field(description="Who entered it at Tether.")
    note: str | None = strawberry.field(description='What was noted: "Returned in good condition".')
    at: datetime | None = strawberry.field(description="When it changed hands.")
