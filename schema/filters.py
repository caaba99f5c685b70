"""Filters of lists. A filter means the same for every source, whatever its vendor can filter."""

import strawberry
from strawberry import UNSET

from schema.comparisons import (
    AssetStatusFilter,
    CustomFieldFilter,
    DateFilter,
    DateTimeFilter,
    DecimalFilter,
    IDFilter,
    StringFilter,
    SupportStatusFilter,
    TicketPriorityFilter,
    TicketStatusFilter,
    VendorFilter,
    WarrantyStatusFilter,
)
from schema.enums import Vendor
from schema.scalars import JSON

_SEARCH = (
    'Only rows that hold this text, case ignored, in {where}. Example: `search: "{example}"`. Unlike a web '
    "search it takes the text as a whole."
)
_SOURCE = (
    'By the source\'s name, which is in lower case: `{eq: "halo"}`. Sources that cannot match are not asked.'
)
_VENDOR = "By vendor: `{in: [HALO, TETHER]}`. Other vendors' sources are not asked."
_ID = 'By global id: `{in: ["...", "..."]}` fetches just these, in as few calls as the vendor allows.'


@strawberry.input(
    description=(
        "A vendor's own parameters of its list, from those that it documents. Which records belong is the "
        "vendor's word, and not compared here: it may find parts of words, or miss what is written otherwise. "
        "The other filters mean the same for every vendor."
    )
)
class VendorParameters:
    vendor: Vendor = strawberry.field(
        description="Whose parameters they are. Sources of other vendors have no such records."
    )
    parameters: JSON = strawberry.field(
        description=(
            "Names and values. Revnue: `name`, `serial_number`, `manufacturer_name`, and together "
            "`custom_form_id`, `custom_form_name`, `custom_form_value`. Tether: `q`, `status`, "
            "`category_id`, `location_id`. What is not among them is refused."
        )
    )


@strawberry.input(
    description=(
        "Which assets; all conditions that are given must hold. Example: Dell machines in use whose warranty "
        'ends in 2026: `{manufacturer: {contains: "dell"}, status: {eq: IN_USE}, warrantyEndDate: {gte: '
        '"2026-01-01", lt: "2027-01-01"}}`.'
    )
)
class AssetFilter:
    and_: list["AssetFilter"] | None = strawberry.field(
        name="and", default=UNSET, description="All of these hold. `[]` holds for every asset."
    )
    or_: list["AssetFilter"] | None = strawberry.field(
        name="or",
        default=UNSET,
        description=(
            'At least one of these holds: `or: [{name: {startsWith: "lap"}}, {assetTag: {startsWith: '
            '"L-"}}]`.'
        ),
    )
    not_: "AssetFilter | None" = strawberry.field(
        name="not",
        default=UNSET,
        description="Exactly the assets that this would not find; those without the value are among them.",
    )
    search: str | None = strawberry.field(
        default=UNSET,
        description=_SEARCH.format(
            where="`name`, `assetTag`, `serialNumber`, `model` or `manufacturer`", example="latitude"
        ),
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    vendor: VendorFilter | None = strawberry.field(default=UNSET, description=_VENDOR)
    id: IDFilter | None = strawberry.field(default=UNSET, description=_ID)
    name: StringFilter | None = strawberry.field(
        default=UNSET, description='By what it is called: `{startsWith: "srv-"}`.'
    )
    asset_tag: StringFilter | None = strawberry.field(
        default=UNSET, description='By the label on the thing: `{eq: "IT-0042"}`. S3S and Fiwit have none.'
    )
    serial_number: StringFilter | None = strawberry.field(
        default=UNSET,
        description=(
            "By the manufacturer's serial number. Spelling differences between vendors are better bridged by "
            "`assetsBySerialNumber`."
        ),
    )
    manufacturer: StringFilter | None = strawberry.field(
        default=UNSET, description='By manufacturer: `{contains: "dell"}` finds "Dell" and "Dell Inc." too.'
    )
    model: StringFilter | None = strawberry.field(
        default=UNSET, description="By model. Costly with Halo: it may take a call for each of its assets."
    )
    status: AssetStatusFilter | None = strawberry.field(
        default=UNSET, description="By status: `{in: [AVAILABLE, IN_USE]}`."
    )
    category: StringFilter | None = strawberry.field(
        default=UNSET, description='By category: `{eq: "Laptop"}`. Tether, Halo and Revnue have them.'
    )
    asset_type: StringFilter | None = strawberry.field(
        default=UNSET,
        description="By the type's name, as `assetTypes { name }` lists them. S3S, Fiwit and Halo.",
    )
    organisation: StringFilter | None = strawberry.field(
        default=UNSET, description="By the organisation it belongs to."
    )
    ip_address: StringFilter | None = strawberry.field(
        default=UNSET,
        description=(
            'By IP address as text: `{startsWith: "10.1."}`. Costly with Halo: a call for each of its assets.'
        ),
    )
    location_id: IDFilter | None = strawberry.field(
        default=UNSET, description="By where it is: the global id of a location."
    )
    assigned_to_id: IDFilter | None = strawberry.field(
        default=UNSET, description="By who has it: the global id of a person."
    )
    ticket_id: IDFilter | None = strawberry.field(
        default=UNSET, description="Assets that a ticket names: the global id of the ticket. Halo."
    )
    licence_id: IDFilter | None = strawberry.field(
        default=UNSET,
        description="Assets to which a software licence is given: the licence's global id. Halo.",
    )
    contract_id: IDFilter | None = strawberry.field(
        default=UNSET, description="Assets under a contract: the contract's global id. Halo and Revnue."
    )
    purchase_date: DateFilter | None = strawberry.field(
        default=UNSET, description='By day of purchase: `{lt: "2021-01-01"}`. S3S and Revnue do not know it.'
    )
    purchase_cost: DecimalFilter | None = strawberry.field(
        default=UNSET,
        description=(
            'By price, as a bare number: `{gte: "1000"}`. Costly with Halo: a call for each of its assets.'
        ),
    )
    warranty_status: WarrantyStatusFilter | None = strawberry.field(
        default=UNSET, description="By whether the warranty runs: `{eq: OUT_OF_WARRANTY}`."
    )
    warranty_provider: StringFilter | None = strawberry.field(
        default=UNSET, description='By who gives the warranty: `{contains: "cisco"}`. Revnue.'
    )
    warranty_start_date: DateFilter | None = strawberry.field(
        default=UNSET, description='By the first day of warranty: `{gte: "2025-01-01"}`. Halo and Revnue.'
    )
    warranty_end_date: DateFilter | None = strawberry.field(
        default=UNSET, description='By the last day of warranty: `{lte: "2026-12-31"}`.'
    )
    support_status: SupportStatusFilter | None = strawberry.field(
        default=UNSET, description="By whether the support agreement runs: `{eq: WITHIN_SUPPORT}`. Revnue."
    )
    support_provider: StringFilter | None = strawberry.field(
        default=UNSET, description='By who gives the support: `{eq: "Cisco Systems"}`. Revnue.'
    )
    support_start_date: DateFilter | None = strawberry.field(
        default=UNSET, description='By the first day of support: `{gte: "2025-01-01"}`. Revnue.'
    )
    support_end_date: DateFilter | None = strawberry.field(
        default=UNSET, description='By the last day of support: `{lt: "2027-01-01"}`. Revnue.'
    )
    created_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description="By when the record was made. Known by S3S and Fiwit only."
    )
    updated_at: DateTimeFilter | None = strawberry.field(
        default=UNSET,
        description=(
            "By when the record last changed. S3S and Fiwit; costly with Halo, a call for each of its assets."
        ),
    )
    custom_field: CustomFieldFilter | None = strawberry.field(
        default=UNSET, description='By a custom field: `{name: "Rack", value: {startsWith: "B"}}`.'
    )
    vendor_parameters: VendorParameters | None = strawberry.field(
        default=UNSET,
        description=(
            "By what a vendor itself finds under its own parameters: `{vendor: REVNUE, parameters: "
            '{serial_number: "FOC1234A5B6"}}`. One more call where the list is asked otherwise too.'
        ),
    )


@strawberry.input(
    description=(
        "Which tickets; all conditions that are given must hold. Example: urgent ones that are not finished: "
        "`{priority: {eq: URGENT}, status: {in: [NEW, OPEN, IN_PROGRESS, ON_HOLD]}}`."
    )
)
class TicketFilter:
    and_: list["TicketFilter"] | None = strawberry.field(
        name="and", default=UNSET, description="All of these hold. `[]` holds for every ticket."
    )
    or_: list["TicketFilter"] | None = strawberry.field(
        name="or",
        default=UNSET,
        description="At least one of these holds: `or: [{priority: {eq: URGENT}}, {status: {eq: NEW}}]`.",
    )
    not_: "TicketFilter | None" = strawberry.field(
        name="not",
        default=UNSET,
        description="Exactly the tickets that this would not find; those without the value are among them.",
    )
    search: str | None = strawberry.field(
        default=UNSET, description=_SEARCH.format(where="the subject or the description", example="printer")
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    vendor: VendorFilter | None = strawberry.field(default=UNSET, description=_VENDOR)
    id: IDFilter | None = strawberry.field(default=UNSET, description=_ID)
    subject: StringFilter | None = strawberry.field(
        default=UNSET, description='By subject: `{contains: "printer"}`.'
    )
    status: TicketStatusFilter | None = strawberry.field(
        default=UNSET, description="By status: `{ne: CLOSED}`."
    )
    priority: TicketPriorityFilter | None = strawberry.field(
        default=UNSET, description="By priority: `{in: [HIGH, URGENT]}`."
    )
    ticket_type: StringFilter | None = strawberry.field(
        default=UNSET,
        description='By the type\'s name, as `ticketTypes { name }` lists them: `{eq: "Incident"}`.',
    )
    asset_id: IDFilter | None = strawberry.field(
        default=UNSET, description="Tickets that name an asset: the asset's global id. Halo."
    )
    assignee_id: IDFilter | None = strawberry.field(
        default=UNSET, description="By who works on it: the global id of a person."
    )
    requester_id: IDFilter | None = strawberry.field(
        default=UNSET, description="By who asked: the global id of a person."
    )
    created_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description='By when it was opened: `{gte: "2026-11-01T00:00:00Z"}`.'
    )
    updated_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description="By when it last changed."
    )
    due_at: DateTimeFilter | None = strawberry.field(
        default=UNSET,
        description='By when it should be done: overdue at noon: `{lt: "2026-11-22T12:00:00Z"}`. Halo.',
    )


@strawberry.input(
    description=(
        "Which software licences; all conditions that are given must hold. Example: those in force that end "
        'this year: `{active: true, endDate: {lte: "2026-12-31"}}`.'
    )
)
class LicenceFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description=_SEARCH.format(where="the licence's name, maker or article number", example="365"),
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    vendor: VendorFilter | None = strawberry.field(default=UNSET, description=_VENDOR)
    name: StringFilter | None = strawberry.field(
        default=UNSET, description='By name: `{startsWith: "Microsoft 365"}`.'
    )
    active: bool | None = strawberry.field(
        default=UNSET, description="`true`: in force; `false`: inactive or deleted. Both where left out."
    )
    end_date: DateFilter | None = strawberry.field(
        default=UNSET,
        description='By the last day: `{lt: "2027-01-01"}`. Open-ended licences match `{isNull: true}`.',
    )


@strawberry.input(
    description=(
        'Which locations; all conditions that are given must hold. Example: `{country: {eq: "Belgium"}}`.'
    )
)
class LocationFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description=_SEARCH.format(where="the location's name, code, city or country", example="berlin"),
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    vendor: VendorFilter | None = strawberry.field(default=UNSET, description=_VENDOR)
    name: StringFilter | None = strawberry.field(
        default=UNSET, description='By name: `{contains: "office"}`.'
    )
    country: StringFilter | None = strawberry.field(
        default=UNSET,
        description="By country as the vendor writes it. Of the listed locations only Halo's have one.",
    )


@strawberry.input(
    description=(
        "Which build checklists; all conditions that are given must hold. Example: `{serialNumber: {eq: "
        '"US.2018.213"}}`.'
    )
)
class ChecklistFilter:
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    serial_number: StringFilter | None = strawberry.field(
        default=UNSET, description="By either serial number of the server, the chassis's or the assembly's."
    )
    status: StringFilter | None = strawberry.field(
        default=UNSET, description='By S3S\'s own word: `{eq: "finished"}` is a built server.'
    )
    created_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description='By when the build began: `{gte: "2026-01-01T00:00:00Z"}`.'
    )


@strawberry.input(
    description=(
        "Which meter readings; all conditions that are given must hold. Example: one machine's page counts "
        'of November: `{assetId: {eq: "..."}, meterName: {eq: "Mono"}, takenAt: {gte: '
        '"2026-11-01T00:00:00Z"}}`.'
    )
)
class MeterReadingFilter:
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    asset_id: IDFilter | None = strawberry.field(
        default=UNSET,
        description="By the asset that was read: its global id. Far cheaper than reading all and choosing.",
    )
    meter_name: StringFilter | None = strawberry.field(
        default=UNSET, description='By which meter of the asset: `{eq: "Colour"}`.'
    )
    taken_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description='By when it was read: `{gte: "2026-11-01T00:00:00Z"}`.'
    )


@strawberry.input(
    description=(
        'Which people; all conditions that are given must hold. Example: `{search: "lovelace"}` to pick somebody for '
        "`checkoutAsset`."
    )
)
class PersonFilter:
    search: str | None = strawberry.field(
        default=UNSET, description=_SEARCH.format(where="the name or the e-mail address", example="lovelace")
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    vendor: VendorFilter | None = strawberry.field(default=UNSET, description=_VENDOR)
    name: StringFilter | None = strawberry.field(
        default=UNSET, description='By full name: `{startsWith: "ada"}`.'
    )
    email: StringFilter | None = strawberry.field(
        default=UNSET, description='By e-mail address: `{contains: "@example.com"}`. Tether tells none.'
    )


@strawberry.input(
    description=(
        "Which contracts; all conditions that are given must hold. Example: those that end this year: "
        '`{endDate: {gte: "2026-01-01", lt: "2027-01-01"}}`.'
    )
)
class ContractFilter:
    search: str | None = strawberry.field(
        default=UNSET, description=_SEARCH.format(where="the number or the name", example="lease")
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    vendor: VendorFilter | None = strawberry.field(default=UNSET, description=_VENDOR)
    number: StringFilter | None = strawberry.field(
        default=UNSET, description='By the number that people quote: `{eq: "C-1042"}`.'
    )
    name: StringFilter | None = strawberry.field(
        default=UNSET, description='By title: `{contains: "lease"}`.'
    )
    status: StringFilter | None = strawberry.field(
        default=UNSET, description='By the vendor\'s own word: `{eq: "active"}`.'
    )
    start_date: DateFilter | None = strawberry.field(
        default=UNSET, description='By the first day: `{gte: "2026-01-01"}`.'
    )
    end_date: DateFilter | None = strawberry.field(
        default=UNSET, description='By the last day: `{lt: "2027-01-01"}`; open-ended: `{isNull: true}`.'
    )


@strawberry.input(
    description=(
        "Which orders of servers; all conditions that are given must hold. Example: "
        '`{createdAt: {gte: "2026-01-01T00:00:00Z"}}`.'
    )
)
class OrderFilter:
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    status: StringFilter | None = strawberry.field(
        default=UNSET, description='By S3S\'s own word: `{eq: "shipped"}`.'
    )
    created_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description='By when it was placed: `{gte: "2026-01-01T00:00:00Z"}`.'
    )


@strawberry.input(
    description=(
        "Which certificates; all conditions that are given must hold. Example: "
        '`{issuer: {contains: "Example Issuing CA"}}`.'
    )
)
class CertificateFilter:
    search: str | None = strawberry.field(
        default=UNSET,
        description=_SEARCH.format(where="the name, the subject or the issuer", example="portal"),
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    name: StringFilter | None = strawberry.field(default=UNSET, description='By name: `{eq: "Portal"}`.')
    subject: StringFilter | None = strawberry.field(
        default=UNSET, description='By whom it names: `{contains: "example.com"}`.'
    )
    issuer: StringFilter | None = strawberry.field(
        default=UNSET, description='By who signed it: `{startsWith: "CN=Example"}`.'
    )
    thumbprint: StringFilter | None = strawberry.field(
        default=UNSET, description='By its fingerprint, as Halo writes it: `{eq: "9F86D081"}`.'
    )


@strawberry.input(
    description=(
        "Which changes; all conditions that are given must hold. Example: those of the status since November: "
        '`{field: {eq: "Status"}, changedAt: {gte: "2026-11-01T00:00:00Z"}}`.'
    )
)
class ChangeRecordFilter:
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    field: StringFilter | None = strawberry.field(
        default=UNSET, description='By the field that was changed, as Halo names it: `{eq: "Status"}`.'
    )
    changed_by: StringFilter | None = strawberry.field(
        default=UNSET, description='By who changed it: `{contains: "import"}`.'
    )
    changed_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description='By when it was changed: `{gte: "2026-11-01T00:00:00Z"}`.'
    )


@strawberry.input(
    description=(
        "Which installed software; all conditions that are given must hold. Example: "
        '`{name: {contains: "acrobat"}}`.'
    )
)
class SoftwareInstallationFilter:
    search: str | None = strawberry.field(
        default=UNSET, description=_SEARCH.format(where="the program's name", example="acrobat")
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    name: StringFilter | None = strawberry.field(
        default=UNSET, description='By the program\'s name: `{startsWith: "adobe"}`.'
    )
    version: StringFilter | None = strawberry.field(
        default=UNSET, description='By version as text: `{startsWith: "24."}`.'
    )
    installed_on: DateFilter | None = strawberry.field(
        default=UNSET, description='By the day of installation: `{gte: "2026-01-01"}`.'
    )
    last_used_on: DateFilter | None = strawberry.field(
        default=UNSET, description='By the day of its last use: `{lt: "2026-01-01"}`.'
    )


@strawberry.input(
    description=(
        "Which of Halo's own installations; all conditions that are given must hold. Example: those on trial: "
        "`{isTrial: true}`."
    )
)
class LicenceInfoFilter:
    search: str | None = strawberry.field(
        default=UNSET, description=_SEARCH.format(where="the name or the organisation", example="acme")
    )
    source: StringFilter | None = strawberry.field(default=UNSET, description=_SOURCE)
    name: StringFilter | None = strawberry.field(
        default=UNSET, description='By whom it is registered for: `{contains: "acme"}`.'
    )
    version: StringFilter | None = strawberry.field(
        default=UNSET, description='By version as text: `{startsWith: "2."}`.'
    )
    is_trial: bool | None = strawberry.field(
        default=UNSET, description="`true`: on trial; `false`: not. Both where left out."
    )
    registered_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description='By when it was registered: `{gte: "2026-01-01T00:00:00Z"}`.'
    )
