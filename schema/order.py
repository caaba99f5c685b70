"""Orders placed with S3S."""

from datetime import datetime

import strawberry

from schema.node import Node
from schema.scalars import JSON
from schema.source import Source


@strawberry.type(
    description=(
        "An order of servers, as S3S tells it. S3S does not document its shape: what is surely there is in "
        "`payload`, and the other fields are read from it where they are found. S3S only."
    )
)
class Order(Node):
    source: Source = strawberry.field(description="The S3S account that placed it.")
    native_id: str = strawberry.field(description="Its id at S3S, read from the payload.")
    status: str | None = strawberry.field(
        description="S3S's own word for how far it is. Null where it tells none."
    )
    created_at: datetime | None = strawberry.field(
        description="When it was placed. Null where S3S does not tell."
    )
    payload: JSON = strawberry.field(description="The whole order as S3S gave it.")
