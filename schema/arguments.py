"""Arguments that many fields share, each described once."""

from typing import Annotated, TypeAlias

import strawberry

from schema.filters import (
    AssetFilter,
    CertificateFilter,
    ChangeRecordFilter,
    ChecklistFilter,
    ContractFilter,
    LicenceFilter,
    LicenceInfoFilter,
    LocationFilter,
    MeterReadingFilter,
    OrderFilter,
    PersonFilter,
    SoftwareInstallationFilter,
    TicketFilter,
)
from schema.orders import (
    AssetOrder,
    CertificateOrder,
    ChangeRecordOrder,
    ChecklistOrder,
    ContractOrder,
    LicenceInfoOrder,
    LicenceOrder,
    LocationOrder,
    MeterReadingOrder,
    OrderOrder,
    PersonOrder,
    SoftwareInstallationOrder,
    TicketOrder,
)

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description=(
            "How many rows at most, from the beginning or after `after`. 50 where neither `first` nor `last` "
            "is given; up to the gateway's limit, which is 500 unless its operator changed it. Not together "
            "with `last`."
        )
    ),
]
After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Carry on after this row: `pageInfo.endCursor` of the page before, with the same filter and "
            "order. A cursor of another list is refused."
        )
    ),
]
Last: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description=(
            "How many rows at most, from the end or before `before`, in the usual order. Not with `first`."
        )
    ),
]
Before: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Only rows before this one: `pageInfo.startCursor` of the page after, with the same filter and "
            "order."
        )
    ),
]
OnlySource: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Only from this source, by its name as `sources { name }` tells it (upper or lower case). "
            "All sources where left out."
        )
    ),
]
FromSource: TypeAlias = Annotated[
    str,
    strawberry.argument(description="The source to ask, by its name as `sources { name }` tells it."),
]
DeprecatedSource: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description="Only from this source, by its name (upper or lower case).",
        deprecation_reason='Use `filter: {source: {eq: "halo"}}`, which every list has.',
    ),
]

_BY = "In which order, most important first; a fixed one where left out: `[{field: %s}]`."

WhichAsset: TypeAlias = Annotated[
    AssetFilter | None,
    strawberry.argument(description='Which assets: `{search: "latitude", status: {eq: AVAILABLE}}`.'),
]
ByAsset: TypeAlias = Annotated[list[AssetOrder] | None, strawberry.argument(description=_BY % "NAME")]
WhichTicket: TypeAlias = Annotated[
    TicketFilter | None,
    strawberry.argument(description="Which tickets: `{priority: {in: [HIGH, URGENT]}}`."),
]
ByTicket: TypeAlias = Annotated[list[TicketOrder] | None, strawberry.argument(description=_BY % "DUE_AT")]
WhichLicence: TypeAlias = Annotated[
    LicenceFilter | None,
    strawberry.argument(description='Which licences: `{active: true, endDate: {lte: "2026-12-31"}}`.'),
]
ByLicence: TypeAlias = Annotated[list[LicenceOrder] | None, strawberry.argument(description=_BY % "END_DATE")]
WhichLocation: TypeAlias = Annotated[
    LocationFilter | None,
    strawberry.argument(description='Which places: `{name: {contains: "office"}}`.'),
]
ByLocation: TypeAlias = Annotated[list[LocationOrder] | None, strawberry.argument(description=_BY % "NAME")]
WhichPerson: TypeAlias = Annotated[
    PersonFilter | None,
    strawberry.argument(description='Which people: `{search: "lovelace"}`.'),
]
ByPerson: TypeAlias = Annotated[list[PersonOrder] | None, strawberry.argument(description=_BY % "NAME")]
WhichChecklist: TypeAlias = Annotated[
    ChecklistFilter | None,
    strawberry.argument(description='Which checklists: `{status: {eq: "finished"}}`.'),
]
ByChecklist: TypeAlias = Annotated[
    list[ChecklistOrder] | None, strawberry.argument(description=_BY % "CREATED_AT")
]
WhichMeterReading: TypeAlias = Annotated[
    MeterReadingFilter | None,
    strawberry.argument(description='Which readings: `{takenAt: {gte: "2026-11-01T00:00:00Z"}}`.'),
]
ByMeterReading: TypeAlias = Annotated[
    list[MeterReadingOrder] | None, strawberry.argument(description=_BY % "TAKEN_AT")
]
WhichChangeRecord: TypeAlias = Annotated[
    ChangeRecordFilter | None,
    strawberry.argument(description='Which changes: `{field: {eq: "Status"}}`.'),
]
ByChangeRecord: TypeAlias = Annotated[
    list[ChangeRecordOrder] | None, strawberry.argument(description=_BY % "CHANGED_AT")
]
WhichSoftwareInstallation: TypeAlias = Annotated[
    SoftwareInstallationFilter | None,
    strawberry.argument(description='Which software: `{name: {contains: "acrobat"}}`.'),
]
BySoftwareInstallation: TypeAlias = Annotated[
    list[SoftwareInstallationOrder] | None, strawberry.argument(description=_BY % "NAME")
]
WhichCertificate: TypeAlias = Annotated[
    CertificateFilter | None,
    strawberry.argument(description='Which certificates: `{issuer: {contains: "CA"}}`.'),
]
ByCertificate: TypeAlias = Annotated[
    list[CertificateOrder] | None, strawberry.argument(description=_BY % "NAME")
]
WhichContract: TypeAlias = Annotated[
    ContractFilter | None,
    strawberry.argument(description='Which contracts: `{endDate: {lt: "2027-01-01"}}`.'),
]
ByContract: TypeAlias = Annotated[
    list[ContractOrder] | None, strawberry.argument(description=_BY % "END_DATE")
]
WhichOrder: TypeAlias = Annotated[
    OrderFilter | None,
    strawberry.argument(description='Which orders: `{status: {eq: "shipped"}}`.'),
]
ByOrder: TypeAlias = Annotated[list[OrderOrder] | None, strawberry.argument(description=_BY % "CREATED_AT")]
WhichLicenceInfo: TypeAlias = Annotated[
    LicenceInfoFilter | None, strawberry.argument(description="Which installations: `{isTrial: true}`.")
]
ByLicenceInfo: TypeAlias = Annotated[
    list[LicenceInfoOrder] | None, strawberry.argument(description=_BY % "REGISTERED_AT")
]
