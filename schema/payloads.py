"""Payloads of mutations: the record as it is now, the errors that it was not done for, and the planned requests."""

import strawberry

from schema.asset import Asset
from schema.certificate import Certificate
from schema.change_record import ChangeRecord
from schema.enums import UserErrorKind
from schema.licence import Licence
from schema.licence_info import LicenceInfo
from schema.meter_reading import MeterReading
from schema.scalars import JSON
from schema.ticket import Ticket

_ERRORS = (
    "Why it was not done; empty where it was. What went wrong on the way (no answer, no permission) is in the "
    "response's `errors` instead."
)
_PLANNED = "With `dryRun`, the requests in the order in which they would be sent, the write last. Else null."
_WARNINGS = (
    "What the vendor has to say beside having done it, in its own words (Halo's `_warning`). Mostly empty."
)
_NULL = "Null where it was not done, and with `dryRun`."


@strawberry.type(
    description="A reason why something was not done that the caller can do something about. Nothing was changed."
)
class UserError:
    code: str = strawberry.field(
        description=(
            "`INVALID` (a value that the vendor cannot take), `CONFLICT` (the record's state forbids it, or it has "
            "changed), `QUOTA_EXCEEDED` (the plan at the vendor), `NOT_FOUND`, `NOT_SUPPORTED` (the vendor has no "
            "such operation: see `sources { operations }`) or `WOULD_LOSE_DATA` (the vendor would empty what it "
            "does not let us send back)."
        )
    )
    kind: UserErrorKind = strawberry.field(description="The same as an enum, for a switch over all of them.")
    message: str = strawberry.field(
        description="What is wrong and what to do about it, for a person to read."
    )
    field: list[str] | None = strawberry.field(
        description=(
            'The field of `input` that is meant, as a path: `["customFields", "0", "name"]`. Null where it is about '
            "the whole."
        )
    )


@strawberry.type(
    description="A request as it would be sent to the vendor. The credential that goes with it is not shown."
)
class PlannedRequest:
    method: str = strawberry.field(description="`GET`, `POST`, `PUT`, `PATCH` or `DELETE`.")
    url: str = strawberry.field(description="The whole address, with its query.")
    body: JSON | None = strawberry.field(
        description="The JSON that would be sent, or the text of each file by its form field. Null without a body."
    )


@strawberry.type(description="What came of changing an asset.")
class AssetPayload:
    asset: Asset | None = strawberry.field(description=f"The asset as it is now. {_NULL}")
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)
    warnings: list[str] = strawberry.field(description=_WARNINGS)


@strawberry.type(description="What came of changing a ticket.")
class TicketPayload:
    ticket: Ticket | None = strawberry.field(description=f"The ticket as it is now. {_NULL}")
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)
    warnings: list[str] = strawberry.field(description=_WARNINGS)


@strawberry.type(description="What came of adding a meter reading.")
class MeterReadingPayload:
    meter_reading: MeterReading | None = strawberry.field(
        description=(
            "The reading as Halo took it; look at its `warning`. Where Halo questions it and did not keep it, the "
            f"warning is told here and in `userErrors`. {_NULL}"
        )
    )
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)
    warnings: list[str] = strawberry.field(description=_WARNINGS)


@strawberry.type(description="What came of changing a software licence.")
class LicencePayload:
    licence: Licence | None = strawberry.field(description=f"The licence as it is now. {_NULL}")
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)
    warnings: list[str] = strawberry.field(description=_WARNINGS)


@strawberry.type(description="What came of writing down a change of an asset.")
class ChangeRecordPayload:
    change: ChangeRecord | None = strawberry.field(description=f"The record of the change. {_NULL}")
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)
    warnings: list[str] = strawberry.field(description=_WARNINGS)


@strawberry.type(description="What came of adding an installation of Halo to its book.")
class LicenceInfoPayload:
    licence_info: LicenceInfo | None = strawberry.field(description=f"The installation as it is now. {_NULL}")
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)
    warnings: list[str] = strawberry.field(description=_WARNINGS)


@strawberry.type(description="What came of adding a certificate.")
class CertificatePayload:
    certificate: Certificate | None = strawberry.field(description=f"The certificate as it is now. {_NULL}")
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)
    warnings: list[str] = strawberry.field(description=_WARNINGS)


@strawberry.type(description="What came of deleting something.")
class DeletePayload:
    deleted_id: strawberry.ID | None = strawberry.field(description=f"The global id of what is gone. {_NULL}")
    warnings: list[str] = strawberry.field(
        description=(
            "What goes with it, told with `dryRun` already: Tether deletes an asset's checkout history together "
            "with the asset. Empty where nothing else goes."
        )
    )
    user_errors: list[UserError] = strawberry.field(description=_ERRORS)
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)


@strawberry.type(
    description="A row of an imported file that was not taken. The other rows were, all the same."
)
class RowError:
    row: int = strawberry.field(
        description=(
            "Which row, as the vendor counts; where the gateway goes through the file itself, the line with the "
            "column names is 1."
        )
    )
    message: str = strawberry.field(description="Why it was not taken.")


@strawberry.type(description="What came of importing a file.")
class ImportPayload:
    created: int = strawberry.field(description="How many assets are new. 0 with `dryRun`.")
    updated: int = strawberry.field(description="How many assets were there and have been changed.")
    row_errors: list[RowError] = strawberry.field(description="The rows that were not taken.")
    user_errors: list[UserError] = strawberry.field(
        description="Why the file as a whole was not taken; empty where it was."
    )
    planned: list[PlannedRequest] | None = strawberry.field(description=_PLANNED)
    warnings: list[str] = strawberry.field(description=_WARNINGS)
