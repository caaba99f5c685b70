"""Enums. Each member equals its name as a plain string."""

from enum import StrEnum
from typing import Self

import strawberry
from strawberry.types.enum import EnumValueDefinition


class DescribedEnum(StrEnum):
    """A string enum whose members are given by `strawberry.enum_value`, which carries the description."""

    def __new__(cls, definition: EnumValueDefinition) -> Self:
        member = str.__new__(cls, definition.value)
        # strawberry.enum takes the description from here and leaves the plain value in its place.
        member._value_ = definition  # type: ignore[assignment]
        return member


@strawberry.enum(description="A maker of IT asset software whose API this gateway speaks.")
class Vendor(DescribedEnum):
    """Declared without its values: `schema.vendor_enum` sets them, one for each vendor that is installed."""

    INSTALLED = strawberry.enum_value("INSTALLED", description="Stands for the installed vendors.")


@strawberry.enum(description="Which end of an order comes first. Rows without the value come last in both.")
class OrderDirection(DescribedEnum):
    ASC = strawberry.enum_value("ASC", description="Smallest, earliest or A first.")
    DESC = strawberry.enum_value("DESC", description="Largest, latest or Z first.")


@strawberry.enum(description="What the gateway has seen of a source lately.")
class SourceState(DescribedEnum):
    UP = strawberry.enum_value("UP", description="The latest calls were answered as they should be.")
    DEGRADED = strawberry.enum_value(
        "DEGRADED",
        description="Some of the latest calls failed or were refused for rate: answers may be incomplete.",
    )
    DOWN = strawberry.enum_value(
        "DOWN",
        description="Calls fail: the source is left alone until `retryAt`, and lists come without its rows.",
    )
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="Nothing has been asked of it yet.")


@strawberry.enum(
    description=(
        "Where an asset stands in its life, in the same words for every vendor. The vendor's own word is in "
        "`statusRaw`. In an order this is the sequence: AVAILABLE first, UNKNOWN last."
    )
)
class AssetStatus(DescribedEnum):
    AVAILABLE = strawberry.enum_value(
        "AVAILABLE",
        description="In stock, ready to be handed out. Tether `available`; Halo as its operator maps it.",
    )
    IN_USE = strawberry.enum_value(
        "IN_USE",
        description=(
            "In somebody's hands or in service. Tether `deployed`, Halo `Active`, Revnue `production`."
        ),
    )
    MAINTENANCE = strawberry.enum_value(
        "MAINTENANCE", description="Being repaired or serviced. Tether `maintenance`."
    )
    RETIRED = strawberry.enum_value(
        "RETIRED",
        description="Taken out of service, the record kept. Tether `retired`, any inactive Halo asset.",
    )
    IN_BUILD = strawberry.enum_value(
        "IN_BUILD", description="Still being built at S3S; only where the operator has mapped that status."
    )
    BUILT = strawberry.enum_value("BUILT", description="S3S has finished building it (`finished`).")
    DELETED = strawberry.enum_value(
        "DELETED",
        description=(
            "Deleted at Fiwit, which keeps the row (`deletedAt`). Not in lists, only when asked for by id."
        ),
    )
    UNKNOWN = strawberry.enum_value(
        "UNKNOWN",
        description=(
            "The vendor does not say, or says something without a mapping; see `statusRaw`. Usual for Fiwit."
        ),
    )


@strawberry.enum(description="Whether the manufacturer's or a provider's warranty still runs.")
class WarrantyStatus(DescribedEnum):
    NONE = strawberry.enum_value("NONE", description="There is no warranty.")
    OUT_OF_WARRANTY = strawberry.enum_value("OUT_OF_WARRANTY", description="The warranty has ended.")
    WITHIN_WARRANTY = strawberry.enum_value("WITHIN_WARRANTY", description="The warranty runs.")
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="Neither a status nor an end date is known.")


@strawberry.enum(description="Whether a support agreement still runs.")
class SupportStatus(DescribedEnum):
    NONE = strawberry.enum_value("NONE", description="There is no support agreement.")
    OUT_OF_SUPPORT = strawberry.enum_value("OUT_OF_SUPPORT", description="The agreement has ended.")
    WITHIN_SUPPORT = strawberry.enum_value("WITHIN_SUPPORT", description="The agreement runs.")
    UNKNOWN = strawberry.enum_value("UNKNOWN", description="Neither a status nor an end date is known.")


@strawberry.enum(
    description=(
        "How far a ticket has come, in the same words for every vendor; the vendor's own word is in "
        "`statusRaw`. In an order this is the sequence: NEW first, UNKNOWN last."
    )
)
class TicketStatus(DescribedEnum):
    NEW = strawberry.enum_value("NEW", description="Nobody has taken it yet. Fiwit `new`, Halo `New`.")
    OPEN = strawberry.enum_value(
        "OPEN",
        description="Taken or waiting to be taken. Any open Halo status without a mapping, Tether `open`.",
    )
    IN_PROGRESS = strawberry.enum_value("IN_PROGRESS", description="Being worked on. Halo `In Progress`.")
    ON_HOLD = strawberry.enum_value(
        "ON_HOLD", description="Waiting for somebody or something else. Halo on-hold flag."
    )
    RESOLVED = strawberry.enum_value("RESOLVED", description="Done, and not yet closed. Tether `fulfilled`.")
    CLOSED = strawberry.enum_value(
        "CLOSED", description="Finished for good. The Halo statuses that its operator names as closed."
    )
    CANCELLED = strawberry.enum_value(
        "CANCELLED", description="Dropped without being done. Tether `declined`."
    )
    UNKNOWN = strawberry.enum_value(
        "UNKNOWN", description="The vendor's word has no mapping; read `statusRaw`. The operator can add one."
    )


@strawberry.enum(
    description=(
        "How urgent a ticket is, in the same words for every vendor; the vendor's own word is in "
        "`priorityRaw`. In an order this is the sequence: LOW first, UNKNOWN last."
    )
)
class TicketPriority(DescribedEnum):
    LOW = strawberry.enum_value("LOW", description="Can wait. Fiwit `low`.")
    MEDIUM = strawberry.enum_value("MEDIUM", description="In its turn. Fiwit `medium`, Tether `Normal`.")
    HIGH = strawberry.enum_value("HIGH", description="Before others. Fiwit and Tether `high`.")
    URGENT = strawberry.enum_value(
        "URGENT", description="At once. Tether `Urgent`; Halo as its operator maps it."
    )
    UNKNOWN = strawberry.enum_value(
        "UNKNOWN",
        description=(
            "None is set, or the name has no mapping: Halo's names (P1, Critical, ...) differ per account."
        ),
    )


@strawberry.enum(description="Which way an asset went between stock and an employee. Tether only.")
class CheckoutAction(DescribedEnum):
    CHECKOUT = strawberry.enum_value("CHECKOUT", description="Handed out to the employee.")
    CHECKIN = strawberry.enum_value("CHECKIN", description="Given back by the employee.")


@strawberry.enum(description="What has happened to an asset.")
class AssetChangeKind(DescribedEnum):
    CREATED = strawberry.enum_value("CREATED", description="It is new in its source.")
    UPDATED = strawberry.enum_value("UPDATED", description="`fields` tells which of its values have changed.")
    DELETED = strawberry.enum_value("DELETED", description="Its source lists it no longer.")
    GAP = strawberry.enum_value(
        "GAP",
        description=(
            "No change, but a warning: the source could not be read, or you have read too slowly. Changes of this "
            "source may have been missed: read again what you show of it."
        ),
    )


@strawberry.enum(
    description=(
        "Why something was not done: the same words as in `UserError.code`, as an enum for a switch over all of them. "
        "Later versions may add some."
    )
)
class UserErrorKind(DescribedEnum):
    INVALID = strawberry.enum_value("INVALID", description="A value that the vendor cannot take.")
    CONFLICT = strawberry.enum_value(
        "CONFLICT", description="The record's state forbids it, or it has changed meanwhile."
    )
    QUOTA_EXCEEDED = strawberry.enum_value(
        "QUOTA_EXCEEDED", description="The plan at the vendor allows no more."
    )
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="A record that is meant is not there.")
    NOT_SUPPORTED = strawberry.enum_value(
        "NOT_SUPPORTED", description="The vendor has no such operation: see `sources { operations }`."
    )
    WOULD_LOSE_DATA = strawberry.enum_value(
        "WOULD_LOSE_DATA", description="The vendor would empty what it does not let us send back."
    )


@strawberry.enum(
    description=(
        "Why rows of a source are missing: the same words as in `SourceError.code`, as an enum for a switch over all "
        "of them. Later versions may add some."
    )
)
class SourceErrorKind(DescribedEnum):
    UPSTREAM_TIMEOUT = strawberry.enum_value(
        "UPSTREAM_TIMEOUT", description="The vendor did not answer in time. Another try may help."
    )
    UPSTREAM_UNAVAILABLE = strawberry.enum_value(
        "UPSTREAM_UNAVAILABLE", description="The vendor cannot be reached, or fails. Another try may help."
    )
    UPSTREAM_RATE_LIMITED = strawberry.enum_value(
        "UPSTREAM_RATE_LIMITED", description="The vendor asks to slow down: see `retryAfterSeconds`."
    )
    UPSTREAM_AUTH = strawberry.enum_value(
        "UPSTREAM_AUTH", description="The vendor refuses the gateway's credential: its operator has to act."
    )
    UPSTREAM_GARBLED = strawberry.enum_value(
        "UPSTREAM_GARBLED", description="The answer is not what the vendor's API promises."
    )
    UPSTREAM_TOO_LARGE = strawberry.enum_value(
        "UPSTREAM_TOO_LARGE", description="The answer is larger than the gateway's operator allows."
    )
    UPSTREAM_REJECTED = strawberry.enum_value(
        "UPSTREAM_REJECTED", description="The vendor refuses the request itself."
    )
    QUERY_TOO_COMPLEX = strawberry.enum_value(
        "QUERY_TOO_COMPLEX", description="Reading them would take more than the operation may cost."
    )
    NOT_SUPPORTED = strawberry.enum_value(
        "NOT_SUPPORTED", description="The kept tables do not have what was asked for."
    )
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The caller may not see them.")
    INTERNAL = strawberry.enum_value("INTERNAL", description="A fault of the gateway itself.")
