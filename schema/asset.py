"""Assets: things that are owned, used and serviced."""

from datetime import date, datetime
from decimal import Decimal

import strawberry
from strawberry import UNSET

from schema.arguments import (
    After,
    Before,
    ByChangeRecord,
    ByLicence,
    ByMeterReading,
    BySoftwareInstallation,
    ByTicket,
    First,
    Last,
    WhichChangeRecord,
    WhichLicence,
    WhichMeterReading,
    WhichSoftwareInstallation,
    WhichTicket,
)
from schema.checkout import CheckoutEvent
from schema.connection import (
    AssetConnection,
    ChangeRecordConnection,
    LicenceConnection,
    MeterReadingConnection,
    SoftwareInstallationConnection,
    TicketConnection,
)
from schema.contract import Contract
from schema.coverage import Support, Warranty
from schema.custom_field import CustomField
from schema.enums import AssetStatus
from schema.location import Location
from schema.node import Node
from schema.person import Person
from schema.refs import AssetRef, ChecklistRef, UnifiedAssetRef
from schema.source import Source


@strawberry.type(
    description=(
        "A thing that is owned, used and serviced, as one source knows it: Tether's, Fiwit's and Revnue's "
        "assets, Halo's devices, the servers of S3S's build checklists. A field that the vendor does not "
        "have is null, a relation that it does not have is empty; neither is an error or costs a call."
    )
)
class Asset(Node):
    source: Source = strawberry.field(description="The account that told us.")
    native_id: str = strawberry.field(description="Its id at the vendor.")
    name: str | None = strawberry.field(
        description=(
            "What it is called. Halo: its first key field, else the tag. S3S: the server's reference or "
            "serial."
        )
    )
    asset_tag: str | None = strawberry.field(
        description="The label on the thing, such as `IT-0042`. Tether, Halo (`inventory_number`) and Revnue."
    )
    serial_number: str | None = strawberry.field(
        description=(
            "The manufacturer's serial number as written at the vendor. Fiwit: a custom field. Halo: a key "
            "field of the asset's type, no further call; for types that keep it elsewhere one more call for "
            "each asset."
        )
    )
    secondary_serial_number: str | None = strawberry.field(
        description="A second serial number, given by the builder, such as `US.2018.213`. S3S only."
    )
    status: AssetStatus = strawberry.field(
        description="Where it stands in its life, in the gateway's words. Fiwit tells nothing: `UNKNOWN`."
    )
    status_raw: str | None = strawberry.field(
        description='The same in the vendor\'s word: Tether "deployed", S3S "finished". Null at Fiwit.'
    )
    manufacturer: str | None = strawberry.field(
        description=(
            "Who made it, spelt as at the vendor. Tether, Revnue, Fiwit (custom field), Halo (older "
            "accounts: one more call for each asset); S3S for its own servers."
        )
    )
    model: str | None = strawberry.field(
        description=(
            "Which model. Tether, S3S (server type), Fiwit (custom field), Halo (may take one more call for "
            "each asset). Null at Revnue."
        )
    )
    category: str | None = strawberry.field(
        description=(
            "A coarse group, such as Laptop. Tether's category, Halo's asset group, Revnue's category."
        )
    )
    asset_type: str | None = strawberry.field(
        description=(
            "The name of its type. Fiwit and Halo (`assetTypes` lists them), S3S's server type. Null "
            "elsewhere."
        )
    )
    organisation: str | None = strawberry.field(
        description=(
            "Whose it is: Halo's client, Revnue's business unit, Tether's tenant, Fiwit's team (its number)."
        )
    )
    ip_address: str | None = strawberry.field(
        description="IP address as text. Fiwit; Halo where a field holds it (one more call for each asset)."
    )
    mac_address: str | None = strawberry.field(
        description="Hardware address as text. Fiwit (custom field); Halo (one more call for each asset)."
    )
    purchase_date: date | None = strawberry.field(
        description=(
            "The day it was bought. Tether, Fiwit (custom field), Halo. Revnue tells only when service began."
        )
    )
    purchase_cost: Decimal | None = strawberry.field(
        description=(
            "What it cost, as a bare number: no vendor tells the currency. Tether, Fiwit (custom field), "
            "Revnue, Halo (one more call for each asset)."
        )
    )
    warranty: Warranty | None = strawberry.field(
        description="Its warranty. Null where the vendor tells nothing about one."
    )
    support: Support | None = strawberry.field(description="Its support agreement. Revnue only.")
    supplier: str | None = strawberry.field(description="From whom it was bought. Halo and Revnue.")
    depreciation_schedule: str | None = strawberry.field(
        description=(
            "How it is written off, in Revnue's word: `3_year_33_percent`, `5_year_20_percent`, ... Revnue "
            "only."
        )
    )
    salvage_value: Decimal | None = strawberry.field(
        description="What it should still be worth in the end, as a bare number. Revnue only."
    )
    notes: str | None = strawberry.field(
        description="Remarks. Tether and Revnue; Halo (one more call for each asset)."
    )
    created_at: datetime | None = strawberry.field(
        description="When the record was made. S3S and Fiwit only."
    )
    updated_at: datetime | None = strawberry.field(
        description="When the record last changed. S3S and Fiwit; Halo (one more call for each asset)."
    )
    deleted_at: datetime | None = strawberry.field(
        description=(
            "When it was deleted at Fiwit, which keeps the row; such assets are found by id only. Fiwit only."
        )
    )
    custom_fields: list[CustomField] = strawberry.field(
        description=(
            "Values of fields that the customer has added. Fiwit (names from one more call for the whole "
            "answer), Revnue, Halo (one more call for each asset). Empty at S3S and Tether."
        )
    )
    qr_code_url: str | None = strawberry.field(
        description=(
            "Where this gateway serves its QR code as a PNG picture: a path of its own, or the full address if the "
            "operator has set its public URL. Tether only."
        )
    )

    @strawberry.field(
        description=(
            "Where it is. Tether, Fiwit and Halo: places are read once for the whole answer. Revnue: the "
            "address on the asset, no call. Null at S3S."
        )
    )
    def location(self) -> Location | None: ...

    @strawberry.field(
        description=(
            "Who has it. Tether's employee and Revnue's owner come with the asset; Fiwit's users are read "
            "once; Halo takes one more call for each asset. Null at S3S."
        )
    )
    def assigned_to(self) -> Person | None: ...

    @strawberry.field(
        description=(
            "Who answers for it, which need not be who has it. Fiwit: who entered it. Halo: its business or "
            "technical owner. Revnue: its owner. Null at S3S and Tether."
        )
    )
    def owner(self) -> Person | None: ...

    @strawberry.field(
        description=(
            "The contract it is under. Revnue and Halo tell number and end with the asset; more of a Revnue "
            "contract takes a further call. S3S: its service contract."
        )
    )
    def contract(self) -> Contract | None: ...

    @strawberry.field(
        description=(
            "Tickets that name this asset. Halo: one call for each asset. Fiwit has no such link: empty, "
            "unless its operator names the custom field that holds it. Empty elsewhere."
        )
    )
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

    @strawberry.field(description="Software licences given to this asset. Halo: one call for each asset.")
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

    @strawberry.field(
        description="The checklist of its building, of which it was made. S3S, no further call."
    )
    def checklists(self) -> list[ChecklistRef]: ...

    @strawberry.field(
        description=(
            "Readings of its counters. Halo: one call for each asset, or one reading of all where that is "
            "cheaper."
        )
    )
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

    @strawberry.field(description="Who had it when, oldest first. Tether: one call for each asset.")
    def checkout_history(self) -> list[CheckoutEvent]: ...

    @strawberry.field(description="What was changed on the record. Halo: one call for each asset.")
    def changes(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichChangeRecord = UNSET,
        order_by: ByChangeRecord = UNSET,
    ) -> ChangeRecordConnection: ...

    @strawberry.field(description="Software found on it. Halo: one call for each asset.")
    def software(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichSoftwareInstallation = UNSET,
        order_by: BySoftwareInstallation = UNSET,
    ) -> SoftwareInstallationConnection: ...

    @strawberry.field(
        description=(
            "The records of the same thing in the other sources. Each source's list is read whole for it, once "
            "for all assets of the answer, and kept for a while."
        )
    )
    def same_as(self) -> list[AssetRef]: ...

    @strawberry.field(
        description=(
            "The same as a page, which says if it is complete: for routers that drop the errors beside `sameAs`."
        )
    )
    def same_as_connection(self, first: First = UNSET, after: After = UNSET) -> AssetConnection: ...

    @strawberry.field(
        description=(
            "The thing that this is a record of, with all of its records. Costs what `sameAs` does. Null for a "
            "record that lists do not show, as one that Fiwit keeps as deleted."
        )
    )
    def unified(self) -> UnifiedAssetRef | None: ...
