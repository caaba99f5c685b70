"""Counts of records by the values of their fields, for dashboards."""

from datetime import datetime

import strawberry

from schema.enums import DescribedEnum
from schema.source import SourceResult


@strawberry.enum(description="What assets can be counted by.")
class AssetGroup(DescribedEnum):
    STATUS = strawberry.enum_value("STATUS", description="`status`: a value of `AssetStatus`.")
    VENDOR = strawberry.enum_value("VENDOR", description="The vendor of its source: a value of `Vendor`.")
    SOURCE = strawberry.enum_value("SOURCE", description="The name of its source.")
    MANUFACTURER = strawberry.enum_value(
        "MANUFACTURER", description="`manufacturer`, as spelt at each vendor."
    )
    MODEL = strawberry.enum_value(
        "MODEL", description="`model`. Costly with Halo: it may take a call for each asset."
    )
    CATEGORY = strawberry.enum_value("CATEGORY", description="`category`. Tether, Halo and Revnue have them.")
    ASSET_TYPE = strawberry.enum_value("ASSET_TYPE", description="`assetType`, the name of its type.")
    LOCATION = strawberry.enum_value(
        "LOCATION", description="`location`: its global id, with its name as the label."
    )
    ORGANISATION = strawberry.enum_value("ORGANISATION", description="`organisation`, whose it is.")
    ASSIGNED_TO = strawberry.enum_value(
        "ASSIGNED_TO",
        description=(
            "`assignedTo`: the person's global id, with the name as the label. Costly with Halo: it may take a call "
            "for each asset."
        ),
    )
    WARRANTY_STATUS = strawberry.enum_value(
        "WARRANTY_STATUS", description="The status of `warranty`: a value of `WarrantyStatus`."
    )
    PURCHASE_YEAR = strawberry.enum_value("PURCHASE_YEAR", description='The year of `purchaseDate`: "2024".')


@strawberry.enum(description="What tickets can be counted by.")
class TicketGroup(DescribedEnum):
    STATUS = strawberry.enum_value("STATUS", description="`status`: a value of `TicketStatus`.")
    PRIORITY = strawberry.enum_value("PRIORITY", description="`priority`: a value of `TicketPriority`.")
    TYPE = strawberry.enum_value("TYPE", description="`ticketType`, the name of its type.")
    VENDOR = strawberry.enum_value("VENDOR", description="The vendor of its source: a value of `Vendor`.")
    SOURCE = strawberry.enum_value("SOURCE", description="The name of its source.")
    ASSIGNEE = strawberry.enum_value(
        "ASSIGNEE", description="`assignee`: the person's global id, with the name as the label."
    )
    CREATED_MONTH = strawberry.enum_value(
        "CREATED_MONTH", description='The month of `createdAt`, in UTC: "2024-03".'
    )


@strawberry.enum(description="Where counts are taken from.")
class CountsFrom(DescribedEnum):
    LIVE = strawberry.enum_value(
        "LIVE", description="From the sources: each source's list is read once, whatever is counted by."
    )
    KEPT = strawberry.enum_value(
        "KEPT",
        description="From the kept tables, at once and without a call; `asOf` says how old they are.",
    )


@strawberry.type(description="Records that have the same values.")
class CountBucket:
    values: list[str | None] = strawberry.field(
        description=(
            "One value for each group of `by`, in its order: an enum's code, a text, a global id, a year or a month. "
            "Null where the records have none. A filter takes the same value: `{status: {eq: IN_USE}}`."
        )
    )
    labels: list[str | None] = strawberry.field(
        description='The same in words: "In use", the name of a place or of a person. Null where there is none.'
    )
    count: int = strawberry.field(description="How many records there are.")


@strawberry.type(description="How many records there are, by the values of their fields.")
class Counts:
    total: int = strawberry.field(description="How many records were counted.")
    buckets: list[CountBucket] = strawberry.field(
        description="The largest first, equal ones by their values; as many as `first` says."
    )
    others: int = strawberry.field(description="How many of the records are in buckets past `first`.")
    complete: bool = strawberry.field(
        description="False where records are missing, or a value of some; `sources` says whose and why."
    )
    sources: list[SourceResult] = strawberry.field(
        description="How each source took part. `count` is how many of its records were counted."
    )
    as_of: datetime | None = strawberry.field(
        description="When the oldest of the lists was read. Null where no list was."
    )
