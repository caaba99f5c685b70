"""Halo's own installations, as its book-keeping has them."""

from datetime import date, datetime

import strawberry

from schema.location import Location
from schema.node import Node
from schema.source import Source


@strawberry.type(
    description=(
        "An installation of Halo itself, as Halo keeps its own book of them. It is no software licence of the "
        "company's: those are `licences`. Its password is never read. Halo only."
    )
)
class LicenceInfo(Node):
    source: Source = strawberry.field(description="The Halo account that keeps it.")
    native_id: str = strawberry.field(description="Its id in Halo.")
    name: str | None = strawberry.field(description="The organisation that it is registered for.")
    organisation: str | None = strawberry.field(description="Whose it is: Halo's client.")
    version: str | None = strawberry.field(description='The version that is installed: "2.184.1".')
    api_url: str | None = strawberry.field(description="The address of its API.")
    is_trial: bool | None = strawberry.field(description="Whether it is on trial.")
    support_type: str | None = strawberry.field(description="Halo's number for the kind of support, as text.")
    trial_ends_on: date | None = strawberry.field(
        description="The last day of a trial. Null where there is none."
    )
    registered_at: datetime | None = strawberry.field(description="When it was registered.")

    @strawberry.field(description="The site where it is. Sites are read once.")
    def location(self) -> Location | None: ...
