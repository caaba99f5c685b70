"""Conditions on one value, of which filters are made: texts, numbers, days, moments, enums, custom fields."""

from datetime import date, datetime
from decimal import Decimal

import strawberry
from strawberry import UNSET

from schema.enums import AssetStatus, SupportStatus, TicketPriority, TicketStatus, Vendor, WarrantyStatus


@strawberry.input(
    description=(
        "Conditions on a text; all that are given must hold. `eq`, `ne` and `in` are exact, `contains` and "
        '`startsWith` ignore case. Example: `{startsWith: "lap"}`.'
    )
)
class StringFilter:
    eq: str | None = strawberry.field(
        default=UNSET, description='Is exactly this: `{eq: "Dell"}`, not `"dell"`.'
    )
    ne: str | None = strawberry.field(
        default=UNSET, description="Is not exactly this. Rows without a value are found too."
    )
    in_: list[str] | None = strawberry.field(
        name="in",
        default=UNSET,
        description='Is exactly one of these: `{in: ["Dell", "HP"]}`. `[]` finds nothing.',
    )
    contains: str | None = strawberry.field(
        default=UNSET, description="Holds this text anywhere, case ignored."
    )
    starts_with: str | None = strawberry.field(
        default=UNSET, description="Begins with this text, case ignored."
    )
    is_null: bool | None = strawberry.field(
        default=UNSET, description="`true`: rows without a value; `false`: rows with one."
    )


@strawberry.input(description='Conditions on a global id: `{eq: "..."}` with an `id` taken from an answer.')
class IDFilter:
    eq: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Is this id, one that an answer gave."
    )
    in_: list[strawberry.ID] | None = strawberry.field(
        name="in", default=UNSET, description="Is one of these ids. `[]` finds nothing."
    )
    is_null: bool | None = strawberry.field(
        default=UNSET,
        description=(
            "`true`: rows without a link, `locationId: {isNull: true}`; `false`: rows with one. Of a row's own `id` "
            "`true` finds nothing. Refused where a row may have several links (tickets, licences, a ticket's "
            "assets), and if you may see only some of what is linked."
        ),
    )


@strawberry.input(
    description=(
        "Conditions on a whole number; all that are given must hold: `{gte: 1, lt: 10}`. "
        "Rows without a value match none but `isNull: true`."
    )
)
class IntFilter:
    eq: int | None = strawberry.field(default=UNSET, description="Equals this.")
    gt: int | None = strawberry.field(default=UNSET, description="Is greater than this.")
    gte: int | None = strawberry.field(default=UNSET, description="Is this or greater.")
    lt: int | None = strawberry.field(default=UNSET, description="Is less than this.")
    lte: int | None = strawberry.field(default=UNSET, description="Is this or less.")
    is_null: bool | None = strawberry.field(
        default=UNSET, description="`true`: rows without a value; `false`: rows with one."
    )


@strawberry.input(
    description=(
        'Conditions on a decimal number; all that are given must hold: `{gte: "1000", lt: "2500.50"}`. '
        "Rows without a value match none but `isNull: true`."
    )
)
class DecimalFilter:
    eq: Decimal | None = strawberry.field(
        default=UNSET, description='Equals this as a number: `"10"` finds `"10.00"`.'
    )
    gt: Decimal | None = strawberry.field(default=UNSET, description="Is greater than this.")
    gte: Decimal | None = strawberry.field(default=UNSET, description="Is this or greater.")
    lt: Decimal | None = strawberry.field(default=UNSET, description="Is less than this.")
    lte: Decimal | None = strawberry.field(default=UNSET, description="Is this or less.")
    is_null: bool | None = strawberry.field(
        default=UNSET, description="`true`: rows without a value; `false`: rows with one."
    )


@strawberry.input(
    description=(
        'Conditions on a day; all that are given must hold. The year 2026: `{gte: "2026-01-01", lt: '
        '"2027-01-01"}`. Rows without a value match none but `isNull: true`.'
    )
)
class DateFilter:
    eq: date | None = strawberry.field(default=UNSET, description='Is this day: `{eq: "2026-03-31"}`.')
    gt: date | None = strawberry.field(default=UNSET, description="Is after this day.")
    gte: date | None = strawberry.field(default=UNSET, description="Is this day or after.")
    lt: date | None = strawberry.field(default=UNSET, description="Is before this day.")
    lte: date | None = strawberry.field(default=UNSET, description="Is this day or before.")
    is_null: bool | None = strawberry.field(
        default=UNSET, description="`true`: rows without a value; `false`: rows with one."
    )


@strawberry.input(
    description=(
        "Conditions on a moment; all that are given must hold. Since a Monday: `{gte: "
        '"2026-11-16T00:00:00+01:00"}`. Rows without a value match none but `isNull: true`.'
    )
)
class DateTimeFilter:
    eq: datetime | None = strawberry.field(
        default=UNSET, description="Is exactly this moment; for a day give `gte` and `lt` instead."
    )
    gt: datetime | None = strawberry.field(default=UNSET, description="Is after this moment.")
    gte: datetime | None = strawberry.field(default=UNSET, description="Is this moment or after.")
    lt: datetime | None = strawberry.field(default=UNSET, description="Is before this moment.")
    lte: datetime | None = strawberry.field(default=UNSET, description="Is this moment or before.")
    is_null: bool | None = strawberry.field(
        default=UNSET, description="`true`: rows without a value; `false`: rows with one."
    )


@strawberry.input(description="Conditions on the vendor: `{eq: HALO}`.")
class VendorFilter:
    eq: Vendor | None = strawberry.field(default=UNSET, description="Is this vendor: `{eq: TETHER}`.")
    in_: list[Vendor] | None = strawberry.field(
        name="in", default=UNSET, description="Is one of these vendors. `[]` finds nothing."
    )


@strawberry.input(description="Conditions on an asset's status: `{in: [AVAILABLE, IN_USE]}`.")
class AssetStatusFilter:
    eq: AssetStatus | None = strawberry.field(default=UNSET, description="Is this status: `{eq: IN_USE}`.")
    ne: AssetStatus | None = strawberry.field(
        default=UNSET, description="Is any other status, `UNKNOWN` included."
    )
    in_: list[AssetStatus] | None = strawberry.field(
        name="in", default=UNSET, description="Is one of these. `[]` finds nothing."
    )


@strawberry.input(description="Conditions on whether a warranty runs: `{eq: OUT_OF_WARRANTY}`.")
class WarrantyStatusFilter:
    eq: WarrantyStatus | None = strawberry.field(
        default=UNSET, description="Is this status: `{eq: WITHIN_WARRANTY}`."
    )
    ne: WarrantyStatus | None = strawberry.field(
        default=UNSET,
        description="Is any other status. Rows whose vendor tells of no warranty are found too.",
    )
    in_: list[WarrantyStatus] | None = strawberry.field(
        name="in", default=UNSET, description="Is one of these. `[]` finds nothing."
    )


@strawberry.input(description="Conditions on whether a support agreement runs: `{eq: OUT_OF_SUPPORT}`.")
class SupportStatusFilter:
    eq: SupportStatus | None = strawberry.field(
        default=UNSET, description="Is this status: `{eq: WITHIN_SUPPORT}`."
    )
    ne: SupportStatus | None = strawberry.field(
        default=UNSET, description="Is any other status. Rows whose vendor tells of no support are found too."
    )
    in_: list[SupportStatus] | None = strawberry.field(
        name="in", default=UNSET, description="Is one of these. `[]` finds nothing."
    )


@strawberry.input(description="Conditions on a ticket's status: `{in: [NEW, OPEN, IN_PROGRESS]}`.")
class TicketStatusFilter:
    eq: TicketStatus | None = strawberry.field(default=UNSET, description="Is this status: `{eq: ON_HOLD}`.")
    ne: TicketStatus | None = strawberry.field(
        default=UNSET, description="Is any other status, `UNKNOWN` included: `{ne: CLOSED}`."
    )
    in_: list[TicketStatus] | None = strawberry.field(
        name="in", default=UNSET, description="Is one of these. `[]` finds nothing."
    )


@strawberry.input(description="Conditions on a ticket's priority: `{in: [HIGH, URGENT]}`.")
class TicketPriorityFilter:
    eq: TicketPriority | None = strawberry.field(
        default=UNSET, description="Is this priority: `{eq: URGENT}`."
    )
    ne: TicketPriority | None = strawberry.field(
        default=UNSET, description="Is any other, `UNKNOWN` included."
    )
    in_: list[TicketPriority] | None = strawberry.field(
        name="in", default=UNSET, description="Is one of these. `[]` finds nothing."
    )


@strawberry.input(
    description=(
        'A condition on one custom field: `{name: "Warranty class", value: {eq: "gold"}}`. Rows that have no '
        "field of this name count as rows without the value. Costly with Halo: its fields may take a call "
        "for each asset."
    )
)
class CustomFieldFilter:
    name: str = strawberry.field(
        description="The field's name as `customFields { name }` shows it, case ignored."
    )
    value: StringFilter = strawberry.field(description="The condition on its value, compared as text.")
