"""Requests for help, faults and tasks."""

from datetime import datetime

import strawberry
from strawberry import UNSET

from schema.arguments import After, Before, ByAsset, First, Last, WhichAsset
from schema.connection import AssetConnection
from schema.custom_field import CustomField
from schema.enums import TicketPriority, TicketStatus
from schema.location import Location
from schema.node import Node
from schema.person import Person
from schema.source import Source


@strawberry.type(
    description=(
        "A request for help, a fault or a task. Fiwit and Halo have them; Tether's requests only where its "
        "operator has switched them on. S3S and Revnue have none."
    )
)
class Ticket(Node):
    source: Source = strawberry.field(description="The account that holds it.")
    native_id: str = strawberry.field(description="Its number at the vendor, the one that people quote.")
    subject: str | None = strawberry.field(
        description='Its headline: Fiwit `name` (often "T-4"), Halo `summary`.'
    )
    description: str | None = strawberry.field(
        description="What the requester wrote, as plain text. Null at Fiwit."
    )
    status: TicketStatus = strawberry.field(
        description="How far it is, in the gateway's words. `UNKNOWN` where the vendor's word has no mapping."
    )
    status_raw: str | None = strawberry.field(
        description='How far it is, in the vendor\'s word: "Awaiting parts".'
    )
    priority: TicketPriority = strawberry.field(
        description=(
            "How urgent it is, in the gateway's words. `UNKNOWN` where none is set or the word has no "
            "mapping."
        )
    )
    priority_raw: str | None = strawberry.field(description='How urgent it is, in the vendor\'s word: "P2".')
    ticket_type: str | None = strawberry.field(
        description='The name of its type, such as "Incident"; `ticketTypes` lists them. Null at Tether.'
    )
    organisation: str | None = strawberry.field(
        description="For whom it is: Halo's client, Fiwit's team, Tether's tenant."
    )
    url: str | None = strawberry.field(
        description=(
            "The conversation it came from: Fiwit's Intercom link. Null at the others, and where there was "
            "none."
        )
    )
    created_at: datetime | None = strawberry.field(description="When it was opened.")
    updated_at: datetime | None = strawberry.field(description="When it last changed or was last worked on.")
    due_at: datetime | None = strawberry.field(
        description="When it should be done. Halo only, where a target is set."
    )
    closed_at: datetime | None = strawberry.field(
        description="When it was closed. Halo only; null while open."
    )
    custom_fields: list[CustomField] = strawberry.field(
        description=(
            "Values of fields that the customer has added. Fiwit and Halo; empty at the others. For Halo it "
            "may take one more call for each ticket."
        )
    )

    @strawberry.field(
        description="Who asked. Fiwit's and Halo's users, read for all tickets of the page together."
    )
    def requester(self) -> Person | None: ...

    @strawberry.field(
        description=(
            "Who works on it: Fiwit's user, Halo's agent. Null where nobody has taken it. People are read "
            "once."
        )
    )
    def assignee(self) -> Person | None: ...

    @strawberry.field(description="The site it is about. Halo only; sites are read once.")
    def location(self) -> Location | None: ...

    @strawberry.field(
        description=(
            "Assets that it is about. Halo: one call for each ticket. Fiwit has no such link: empty, unless "
            "its operator names the custom field that holds it. Empty elsewhere."
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
