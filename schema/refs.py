"""Lazy references between types that refer to each other: names that are resolved when the schema is built."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.certificate import Certificate
    from schema.change_record import ChangeRecord
    from schema.checklist import Checklist
    from schema.contract import Contract
    from schema.licence import Licence
    from schema.licence_info import LicenceInfo
    from schema.location import Location
    from schema.meter_reading import MeterReading
    from schema.order import Order
    from schema.person import Person
    from schema.software_installation import SoftwareInstallation
    from schema.ticket import Ticket
    from schema.unified_asset import UnifiedAsset

AssetRef: TypeAlias = Annotated["Asset", strawberry.lazy("schema.asset")]
CertificateRef: TypeAlias = Annotated["Certificate", strawberry.lazy("schema.certificate")]
ChangeRecordRef: TypeAlias = Annotated["ChangeRecord", strawberry.lazy("schema.change_record")]
ChecklistRef: TypeAlias = Annotated["Checklist", strawberry.lazy("schema.checklist")]
ContractRef: TypeAlias = Annotated["Contract", strawberry.lazy("schema.contract")]
LicenceRef: TypeAlias = Annotated["Licence", strawberry.lazy("schema.licence")]
LicenceInfoRef: TypeAlias = Annotated["LicenceInfo", strawberry.lazy("schema.licence_info")]
LocationRef: TypeAlias = Annotated["Location", strawberry.lazy("schema.location")]
MeterReadingRef: TypeAlias = Annotated["MeterReading", strawberry.lazy("schema.meter_reading")]
OrderRef: TypeAlias = Annotated["Order", strawberry.lazy("schema.order")]
PersonRef: TypeAlias = Annotated["Person", strawberry.lazy("schema.person")]
SoftwareInstallationRef: TypeAlias = Annotated[
    "SoftwareInstallation", strawberry.lazy("schema.software_installation")
]
UnifiedAssetRef: TypeAlias = Annotated["UnifiedAsset", strawberry.lazy("schema.unified_asset")]
TicketRef: TypeAlias = Annotated["Ticket", strawberry.lazy("schema.ticket")]
