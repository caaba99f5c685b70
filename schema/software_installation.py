"""Software found on assets."""

from datetime import date

import strawberry

from schema.asset import Asset
from schema.licence import Licence
from schema.node import Node
from schema.source import Source


@strawberry.type(description="A program found on an asset. Halo only.")
class SoftwareInstallation(Node):
    source: Source = strawberry.field(description="The Halo account that knows of it.")
    native_id: str = strawberry.field(description="Its number in Halo.")
    name: str | None = strawberry.field(description="The program's name, as the discovery tool reported it.")
    version: str | None = strawberry.field(
        description='Its version as text: "9.10" is not less than "9.9" here.'
    )
    installed_on: date | None = strawberry.field(
        description="The day it was installed. Null where not reported."
    )
    last_used_on: date | None = strawberry.field(
        description="The day it was last used. Null where not reported."
    )

    @strawberry.field(description="The asset it is on. Fetched for all rows of a page together.")
    def asset(self) -> Asset | None: ...

    @strawberry.field(
        description=(
            "The software licence that covers it; null where none is linked. A call for each different "
            "licence."
        )
    )
    def licence(self) -> Licence | None: ...
