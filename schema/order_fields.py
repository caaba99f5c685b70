"""Fields that lists can be ordered by. Each member equals its name as a plain string."""

import strawberry

from schema.enums import DescribedEnum


@strawberry.enum(
    description=(
        "What assets can be ordered by. Text goes by code point (capitals first) unless `caseInsensitive`, enums in "
        "their declared order."
    )
)
class AssetOrderField(DescribedEnum):
    NAME = strawberry.enum_value("NAME", description="`name`, what the asset is called.")
    ASSET_TAG = strawberry.enum_value(
        "ASSET_TAG", description="`assetTag`. S3S and Fiwit have none and come last."
    )
    SERIAL_NUMBER = strawberry.enum_value(
        "SERIAL_NUMBER", description="`serialNumber`, as written by the vendor."
    )
    MANUFACTURER = strawberry.enum_value(
        "MANUFACTURER", description="`manufacturer`, spelt as at each vendor."
    )
    MODEL = strawberry.enum_value(
        "MODEL", description="`model`. Costly with Halo: it may take a call for each of its assets."
    )
    STATUS = strawberry.enum_value(
        "STATUS", description="`status`, in the order in which `AssetStatus` lists them."
    )
    PURCHASE_DATE = strawberry.enum_value(
        "PURCHASE_DATE", description="`purchaseDate`. S3S and Revnue have none."
    )
    PURCHASE_COST = strawberry.enum_value(
        "PURCHASE_COST",
        description="`purchaseCost`, as a bare number: currencies are not told. Costly with Halo.",
    )
    WARRANTY_START_DATE = strawberry.enum_value(
        "WARRANTY_START_DATE", description="The start date of `warranty`. Halo and Revnue."
    )
    WARRANTY_END_DATE = strawberry.enum_value("WARRANTY_END_DATE", description="The end date of `warranty`.")
    SUPPORT_START_DATE = strawberry.enum_value(
        "SUPPORT_START_DATE", description="The start date of `support`. Revnue only."
    )
    SUPPORT_END_DATE = strawberry.enum_value(
        "SUPPORT_END_DATE", description="The end date of `support`. Revnue only."
    )
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="`createdAt`. Known by S3S and Fiwit only.")
    UPDATED_AT = strawberry.enum_value(
        "UPDATED_AT",
        description="`updatedAt`. Not known by Tether and Revnue; costly with Halo, a call for each asset.",
    )
    CATEGORY = strawberry.enum_value("CATEGORY", description="`category`. Tether, Halo and Revnue have them.")
    LOCATION = strawberry.enum_value("LOCATION", description="The name of `location`.")
    ORGANISATION = strawberry.enum_value("ORGANISATION", description="`organisation`, whose it is.")
    SOURCE = strawberry.enum_value("SOURCE", description="The name of its source.")
    ASSIGNED_TO = strawberry.enum_value(
        "ASSIGNED_TO",
        description="The name of `assignedTo`. Costly with Halo, a call for each asset where its list lacks it.",
    )


@strawberry.enum(
    description=(
        "What tickets can be ordered by. Text goes by code point (capitals first) unless `caseInsensitive`, enums in "
        "their declared order."
    )
)
class TicketOrderField(DescribedEnum):
    SUBJECT = strawberry.enum_value("SUBJECT", description="`subject`, the headline.")
    STATUS = strawberry.enum_value(
        "STATUS", description="`status`, in the order in which `TicketStatus` lists them."
    )
    PRIORITY = strawberry.enum_value("PRIORITY", description="`priority`, LOW before URGENT when ascending.")
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="`createdAt`, when it was opened.")
    UPDATED_AT = strawberry.enum_value("UPDATED_AT", description="`updatedAt`, when it last changed.")
    DUE_AT = strawberry.enum_value("DUE_AT", description="`dueAt`. Fiwit has none and comes last.")
    TYPE = strawberry.enum_value("TYPE", description="`ticketType`, the name of its type.")
    REQUESTER = strawberry.enum_value("REQUESTER", description="The name of `requester`.")
    ASSIGNEE = strawberry.enum_value("ASSIGNEE", description="The name of `assignee`.")
    SOURCE = strawberry.enum_value("SOURCE", description="The name of its source.")


@strawberry.enum(description="What a list of things can be ordered by.")
class UnifiedAssetOrderField(DescribedEnum):
    NAME = strawberry.enum_value("NAME", description="`name`.")
    SERIAL_NUMBER = strawberry.enum_value("SERIAL_NUMBER", description="`serialNumber`, as it is shown.")
    ASSET_TAG = strawberry.enum_value("ASSET_TAG", description="`assetTag`.")
    MANUFACTURER = strawberry.enum_value("MANUFACTURER", description="`manufacturer`.")
    MODEL = strawberry.enum_value("MODEL", description="`model`.")
    STATUS = strawberry.enum_value("STATUS", description="`status`, in the order of its values.")
    PURCHASE_DATE = strawberry.enum_value("PURCHASE_DATE", description="`purchaseDate`.")
    WARRANTY_END_DATE = strawberry.enum_value(
        "WARRANTY_END_DATE", description="The last day of the `warranty` that is shown."
    )
    RECORDS = strawberry.enum_value("RECORDS", description="How many records it has.")


@strawberry.enum(
    description="What software licences can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class LicenceOrderField(DescribedEnum):
    NAME = strawberry.enum_value("NAME", description="`name`.")
    MANUFACTURER = strawberry.enum_value("MANUFACTURER", description="`manufacturer`.")
    QUANTITY = strawberry.enum_value("QUANTITY", description="`quantity`, how many are owned.")
    AVAILABLE = strawberry.enum_value("AVAILABLE", description="`available`, how many are left to give.")
    START_DATE = strawberry.enum_value("START_DATE", description="`startDate`.")
    END_DATE = strawberry.enum_value("END_DATE", description="`endDate`. Open-ended ones come last.")


@strawberry.enum(
    description="What places can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class LocationOrderField(DescribedEnum):
    NAME = strawberry.enum_value("NAME", description="`name`.")
    CITY = strawberry.enum_value("CITY", description="`city`. Halo, where recorded.")
    COUNTRY = strawberry.enum_value("COUNTRY", description="`country`. Halo.")
    ORGANISATION = strawberry.enum_value("ORGANISATION", description="`organisation`. Halo.")


@strawberry.enum(
    description="What people can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class PersonOrderField(DescribedEnum):
    NAME = strawberry.enum_value("NAME", description="`name`, the full name.")
    EMAIL = strawberry.enum_value("EMAIL", description="`email`. Tether tells none.")


@strawberry.enum(
    description="What build checklists can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class ChecklistOrderField(DescribedEnum):
    STATUS = strawberry.enum_value("STATUS", description="`status`, S3S's own word.")
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="`createdAt`, when the build began.")
    UPDATED_AT = strawberry.enum_value("UPDATED_AT", description="`updatedAt`.")


@strawberry.enum(
    description="What meter readings can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class MeterReadingOrderField(DescribedEnum):
    METER_NAME = strawberry.enum_value("METER_NAME", description="`meterName`.")
    READING = strawberry.enum_value("READING", description="`reading`, the number on the counter.")
    TAKEN_AT = strawberry.enum_value("TAKEN_AT", description="`takenAt`.")


@strawberry.enum(
    description="What changes can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class ChangeRecordOrderField(DescribedEnum):
    FIELD = strawberry.enum_value("FIELD", description="`field`, the name of what was changed.")
    CHANGED_BY = strawberry.enum_value("CHANGED_BY", description="`changedBy`.")
    CHANGED_AT = strawberry.enum_value("CHANGED_AT", description="`changedAt`.")


@strawberry.enum(
    description="What installed software can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class SoftwareInstallationOrderField(DescribedEnum):
    NAME = strawberry.enum_value("NAME", description="`name`.")
    VERSION = strawberry.enum_value("VERSION", description="`version`, as text.")
    INSTALLED_ON = strawberry.enum_value("INSTALLED_ON", description="`installedOn`.")
    LAST_USED_ON = strawberry.enum_value("LAST_USED_ON", description="`lastUsedOn`.")


@strawberry.enum(
    description="What certificates can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class CertificateOrderField(DescribedEnum):
    NAME = strawberry.enum_value("NAME", description="`name`.")
    SUBJECT = strawberry.enum_value("SUBJECT", description="`subject`.")
    ISSUER = strawberry.enum_value("ISSUER", description="`issuer`.")


@strawberry.enum(
    description="What contracts can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class ContractOrderField(DescribedEnum):
    NUMBER = strawberry.enum_value("NUMBER", description="`number`.")
    NAME = strawberry.enum_value("NAME", description="`name`.")
    STATUS = strawberry.enum_value("STATUS", description="`status`, the vendor's own word.")
    START_DATE = strawberry.enum_value("START_DATE", description="`startDate`.")
    END_DATE = strawberry.enum_value("END_DATE", description="`endDate`. Open-ended ones come last.")


@strawberry.enum(
    description="What orders of servers can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class OrderOrderField(DescribedEnum):
    STATUS = strawberry.enum_value("STATUS", description="`status`, S3S's own word.")
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="`createdAt`, when it was placed.")


@strawberry.enum(
    description="What Halo's own installations can be ordered by. Text goes by code point unless `caseInsensitive`."
)
class LicenceInfoOrderField(DescribedEnum):
    NAME = strawberry.enum_value("NAME", description="`name`.")
    VERSION = strawberry.enum_value("VERSION", description="`version`, as text.")
    REGISTERED_AT = strawberry.enum_value("REGISTERED_AT", description="`registeredAt`.")
