"""Warranty and support of an asset."""

from datetime import date

import strawberry

from schema.enums import SupportStatus, WarrantyStatus


@strawberry.type(
    description=(
        "An asset's warranty. Revnue tells all of it; Tether and Fiwit an end date; Halo start, end and a "
        "note; S3S what its service contract says."
    )
)
class Warranty:
    status: WarrantyStatus = strawberry.field(
        description=("Whether it runs. Revnue's own word; for the others reckoned from `endDate`.")
    )
    type: str | None = strawberry.field(
        description="Revnue's word: `none`, `oem`, `oem_extended`, `third_party`. Null elsewhere."
    )
    provider: str | None = strawberry.field(
        description="Who gives it. Revnue, and S3S itself for its servers."
    )
    start_date: date | None = strawberry.field(description="The first day of warranty. Halo and Revnue.")
    end_date: date | None = strawberry.field(
        description="The last day of warranty. A list is narrowed by it with the filter `warrantyEndDate`."
    )
    end_of_life_date: date | None = strawberry.field(
        description="From when the manufacturer does no more for the product. Revnue only."
    )
    contact_phone: str | None = strawberry.field(description="Whom to call on a fault. Revnue only.")
    contact_email: str | None = strawberry.field(description="Whom to write on a fault. Revnue only.")
    notes: str | None = strawberry.field(
        description=(
            "Remarks: Revnue's warranty notes, S3S's description of the contract, Halo's note (one more "
            "call)."
        )
    )


@strawberry.type(description="An asset's support agreement. Revnue only.")
class Support:
    status: SupportStatus = strawberry.field(
        description="Whether it runs: Revnue's own word, or reckoned from `endDate` where it has none."
    )
    type: str | None = strawberry.field(
        description="Revnue's word: `none`, `oem`, `oem_extended`, `third_party`."
    )
    provider: str | None = strawberry.field(description="Who gives the support.")
    start_date: date | None = strawberry.field(description="The first day of the agreement.")
    end_date: date | None = strawberry.field(description="The last day of the agreement.")
    contact_phone: str | None = strawberry.field(description="Whom to call for support.")
    contact_email: str | None = strawberry.field(description="Whom to write for support.")
    notes: str | None = strawberry.field(description="Remarks on the support.")
