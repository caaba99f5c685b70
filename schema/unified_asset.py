"""One thing, however many sources know it."""

from datetime import date, datetime
from decimal import Decimal

import strawberry
from strawberry import UNSET

from schema.arguments import (
    After,
    Before,
    ByLicence,
    ByMeterReading,
    ByTicket,
    First,
    Last,
    WhichLicence,
    WhichMeterReading,
    WhichTicket,
)
from schema.asset import Asset
from schema.checkout import CheckoutEvent
from schema.connection import Connection, LicenceConnection, MeterReadingConnection, TicketConnection
from schema.coverage import Support, Warranty
from schema.enums import AssetStatus
from schema.identity import ConflictingValue, FieldConflict, FieldProvenance, IdentityEvidence, PossibleMatch
from schema.location import Location
from schema.node import Node
from schema.person import Person
from schema.refs import ChecklistRef


@strawberry.type(
    description=(
        "One thing, with the records that sources have of it. Records are joined by rules in an order, never "
        "by a guess; `evidence` says by which, and the operator's file has the last word. Each field shows "
        "the value of the source that is preferred for it, of those that have one: `provenance` names it, "
        "`conflicts` says who disagrees. In lists it goes by what the sources' lists tell; a thing that is "
        "asked for by itself (`unifiedAsset`, `node`) also by what only a record's own call tells, such as "
        "Halo's person and network card. To change something, change one of its `records`."
    )
)
class UnifiedAsset(Node):
    matched_by: list[str] = strawberry.field(
        description=(
            "What its records were joined by: `declared`, `serialNumber`, `secondarySerialNumber`, "
            "`assetTag`, `name`, `macAddress`. Empty for a thing with one record."
        )
    )
    complete: bool = strawberry.field(
        description="False where a source that could know it did not answer: there may be more records."
    )
    as_of: datetime = strawberry.field(description="When the oldest of the answers came that it was made of.")
    serial_numbers: list[str] = strawberry.field(
        description="All serial numbers of its records, as they are compared, each once."
    )
    records: list[Asset] = strawberry.field(
        description="The sources' records of it. Their ids lead to the mutations that are there."
    )
    evidence: list[IdentityEvidence] = strawberry.field(
        description="Why its records are one thing: one entry for each join. Empty for one record."
    )

    @strawberry.field(description="What it is called.")
    def name(self) -> str | None: ...

    @strawberry.field(
        description="The label on it. Tether's comes first, unless the operator says otherwise."
    )
    def asset_tag(self) -> str | None: ...

    @strawberry.field(description="The manufacturer's serial number, as one of the sources writes it.")
    def serial_number(self) -> str | None: ...

    @strawberry.field(description="Who made it.")
    def manufacturer(self) -> str | None: ...

    @strawberry.field(description="Which model.")
    def model(self) -> str | None: ...

    @strawberry.field(description="Where it stands in its life. `UNKNOWN` is no value: others come first.")
    def status(self) -> AssetStatus: ...

    @strawberry.field(description="A coarse group, such as Laptop.")
    def category(self) -> str | None: ...

    @strawberry.field(description="Whose it is.")
    def organisation(self) -> str | None: ...

    @strawberry.field(description="IP address as text. Fiwit's comes first.")
    def ip_address(self) -> str | None: ...

    @strawberry.field(description="Hardware address as text. Fiwit's comes first.")
    def mac_address(self) -> str | None: ...

    @strawberry.field(description="Where it is. Halo's place comes first.")
    def location(self) -> Location | None: ...

    @strawberry.field(description="Who has it. Halo's person comes first.")
    def assigned_to(self) -> Person | None: ...

    @strawberry.field(description="The day it was bought. Tether's comes first.")
    def purchase_date(self) -> date | None: ...

    @strawberry.field(
        description=(
            "What it cost. Revnue's comes first. No vendor tells a currency: amounts are compared as bare "
            "numbers, and never converted."
        )
    )
    def purchase_cost(self) -> Decimal | None: ...

    @strawberry.field(
        description=(
            "Its warranty, whole from one record, never the start of one with the end of another; the status "
            "is that of the end that is shown. Revnue's comes first."
        )
    )
    def warranty(self) -> Warranty | None: ...

    @strawberry.field(description="Its support agreement, whole from one record. Revnue only.")
    def support(self) -> Support | None: ...

    @strawberry.field(description="The source of every field that has a value.")
    def provenance(self) -> list[FieldProvenance]: ...

    @strawberry.field(
        description=(
            "Fields of which two records say different things once they are compared fairly: makers by "
            "family, models by what they have in common, people by e-mail or name, places and names without "
            "case and punctuation, days within one day, amounts within 0.01."
        )
    )
    def conflicts(self) -> list[FieldConflict]: ...

    @strawberry.field(
        description="Records that may be the same thing and were not joined: at most five for each record."
    )
    def possible_matches(self) -> list[PossibleMatch]: ...

    @strawberry.field(description="Tickets that name one of its records.")
    def tickets(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichTicket = UNSET,
        order_by: ByTicket = UNSET,
    ) -> TicketConnection: ...

    @strawberry.field(description="Software licences given to one of its records.")
    def licences(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichLicence = UNSET,
        order_by: ByLicence = UNSET,
    ) -> LicenceConnection: ...

    @strawberry.field(description="Checklists of its building. S3S.")
    def checklists(self) -> list[ChecklistRef]: ...

    @strawberry.field(description="Readings of its counters. Halo.")
    def meter_readings(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichMeterReading = UNSET,
        order_by: ByMeterReading = UNSET,
    ) -> MeterReadingConnection: ...

    @strawberry.field(description="Who had it when, of all its records. Tether: one call for each record.")
    def checkout_history(self) -> list[CheckoutEvent]: ...


@strawberry.type(description="A page of things, each once, however many sources know it.")
class UnifiedAssetConnection(Connection[UnifiedAsset]): ...


@strawberry.type(description="A field of a thing of which records say different things.")
class AssetConflict:
    asset: UnifiedAsset = strawberry.field(description="The thing.")
    field: str = strawberry.field(description="The field, as `UnifiedAsset` has it: `status`.")
    values: list[ConflictingValue] = strawberry.field(
        description="What each record says, the one that is shown first."
    )


@strawberry.type(description="A page of conflicts, in the order of the things' ids.")
class AssetConflictConnection(Connection[AssetConflict]): ...
