"""Sort orders of lists. The type `Order`, an order placed with S3S, is in `schema.order`."""

import strawberry

from schema.enums import OrderDirection
from schema.order_fields import (
    AssetOrderField,
    CertificateOrderField,
    ChangeRecordOrderField,
    ChecklistOrderField,
    ContractOrderField,
    LicenceInfoOrderField,
    LicenceOrderField,
    LocationOrderField,
    MeterReadingOrderField,
    OrderOrderField,
    PersonOrderField,
    SoftwareInstallationOrderField,
    TicketOrderField,
)

_DIRECTION = "Which end comes first; `ASC` where left out."
CASE_INSENSITIVE = (
    "Whether capitals are ordered with small letters, as people expect in a table: `apple`, `Banana`, `cherry`. Where "
    "left out, text goes by code point: `Banana`, `apple`, `cherry`. Without effect on what is not text."
)
_ORDER = (
    "One level of an order; further ones in the list decide between equals: `orderBy: [{example}]`. Missing values "
    "come last in either direction, and equal rows keep one fixed order, so that pages never overlap."
)


@strawberry.input(
    description=_ORDER.replace("{example}", "{field: MANUFACTURER}, {field: PURCHASE_DATE, direction: DESC}")
)
class AssetOrder:
    field: AssetOrderField = strawberry.field(description="The field to order by, such as `PURCHASE_DATE`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(
    description=_ORDER.replace("{example}", "{field: PRIORITY, direction: DESC}, {field: CREATED_AT}")
)
class TicketOrder:
    field: TicketOrderField = strawberry.field(description="The field to order by, such as `CREATED_AT`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: END_DATE}, {field: NAME}"))
class LicenceOrder:
    field: LicenceOrderField = strawberry.field(description="The field to order by, such as `END_DATE`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: COUNTRY}, {field: NAME}"))
class LocationOrder:
    field: LocationOrderField = strawberry.field(description="The field to order by, such as `COUNTRY`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: NAME, caseInsensitive: true}"))
class PersonOrder:
    field: PersonOrderField = strawberry.field(description="The field to order by, such as `NAME`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: CREATED_AT, direction: DESC}"))
class ChecklistOrder:
    field: ChecklistOrderField = strawberry.field(description="The field to order by, such as `CREATED_AT`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(
    description=_ORDER.replace("{example}", "{field: METER_NAME}, {field: TAKEN_AT, direction: DESC}")
)
class MeterReadingOrder:
    field: MeterReadingOrderField = strawberry.field(
        description="The field to order by, such as `METER_NAME`."
    )
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: CHANGED_AT, direction: DESC}"))
class ChangeRecordOrder:
    field: ChangeRecordOrderField = strawberry.field(
        description="The field to order by, such as `CHANGED_AT`."
    )
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(
    description=_ORDER.replace("{example}", "{field: NAME, caseInsensitive: true}, {field: VERSION}")
)
class SoftwareInstallationOrder:
    field: SoftwareInstallationOrderField = strawberry.field(
        description="The field to order by, such as `NAME`."
    )
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: NAME}"))
class CertificateOrder:
    field: CertificateOrderField = strawberry.field(description="The field to order by, such as `NAME`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: END_DATE}, {field: NUMBER}"))
class ContractOrder:
    field: ContractOrderField = strawberry.field(description="The field to order by, such as `END_DATE`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: CREATED_AT, direction: DESC}"))
class OrderOrder:
    field: OrderOrderField = strawberry.field(description="The field to order by, such as `CREATED_AT`.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)


@strawberry.input(description=_ORDER.replace("{example}", "{field: REGISTERED_AT, direction: DESC}"))
class LicenceInfoOrder:
    field: LicenceInfoOrderField = strawberry.field(
        description="The field to order by, such as `REGISTERED_AT`."
    )
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=_DIRECTION)
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)
