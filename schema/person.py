"""People: users, employees, owners and agents of the vendors."""

import strawberry
from strawberry import UNSET

from schema.arguments import After, Before, ByAsset, First, Last, WhichAsset
from schema.connection import AssetConnection
from schema.node import Node
from schema.source import Source


@strawberry.type(
    description=(
        "A person as one source knows them: Tether's employee, Fiwit's user, Halo's user or agent, Revnue's "
        "asset owner. The same human in two sources is two people here. S3S has none."
    )
)
class Person(Node):
    source: Source = strawberry.field(description="The account that knows this person.")
    native_id: str = strawberry.field(description="The person's id at the vendor.")
    name: str | None = strawberry.field(description="Full name; for Fiwit first and last name together.")
    email: str | None = strawberry.field(description="E-mail address. Fiwit, Halo and Revnue.")
    phone: str | None = strawberry.field(
        description="Phone number as written at the vendor. Revnue, some in Halo."
    )
    role: str | None = strawberry.field(
        description="What the person may do at the vendor, in its word, such as Fiwit's `platform_user`."
    )

    @strawberry.field(
        description=(
            "Assets in this person's hands. For Tether, Fiwit and Revnue they are found in the list of "
            "assets, which is read once for all people; for Halo one call for each person."
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
