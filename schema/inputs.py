"""Inputs of mutations. A field that is left out stays as it is, a field that is null is emptied."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry
from strawberry import UNSET

from schema.enums import AssetStatus, TicketPriority, TicketStatus
from schema.scalars import JSON, Upload

_SOURCE = "In which source, by its name as `sources { name operations }` tells it (upper or lower case)."
_KEY = (
    "Any text of your own, at most 255 characters, unique to this request. Sent again with the same input within 24 "
    "hours, the first result is given again and nothing is written twice; with another input it is a `CONFLICT`."
)
_DRY_RUN = (
    "Check the values and tell in `planned` what would be sent, but write nothing. What only the vendor knows, such as "
    "whether the record's state allows it, is told when it is done."
)
_SINCE = (
    "Only if it has not changed since: `updatedAt` as you read it. `CONFLICT` where it is newer, `NOT_SUPPORTED` "
    "where the vendor tells no time of change (Tether, Revnue)."
)
_VENDOR_FIELDS = (
    "Further values under the vendor's own names, sent as they are: `{country: 2}`. A name that this vendor does not "
    "take here is refused."
)
_CUSTOM = (
    "Values of fields that the customer has added, each by id or name. Those that are not named stay as they are. "
    "Fiwit, Halo and Revnue."
)


def _optional(description: str) -> Any:
    return strawberry.field(default=UNSET, description=description)


@strawberry.input(
    description='A value of a field that the customer has added: `{name: "Department", value: "Research"}`.'
)
class CustomFieldInput:
    id: str | None = _optional("The field's id, as `customFields { id }` tells it. Surer than the name.")
    name: str | None = _optional("The field's name, case ignored. Refused where several fields have it.")
    value: JSON | None = _optional("The value; null empties it. Fiwit keeps every value as text.")


@strawberry.input(
    description=(
        "A new asset. What the source has no place for is refused with `INVALID`, never dropped. Tether needs "
        "`assetTag` and `name`, Fiwit and Revnue `name`, Halo `assetTypeId` and `locationId`."
    )
)
class CreateAssetInput:
    source: str = strawberry.field(description=_SOURCE)
    name: str | None = _optional(
        "What it is called. At Halo that is the first key field of its type, where that is not a serial number."
    )
    asset_tag: str | None = _optional(
        "The tag on it. Not Fiwit; Halo gives the next one where it is left out."
    )
    serial_number: str | None = _optional(
        "The maker's serial number, in the field that the source keeps it in."
    )
    status: AssetStatus | None = _optional(
        "Tether: AVAILABLE (where left out), MAINTENANCE, RETIRED. Halo: RETIRED and what its operator has mapped. "
        "Revnue: IN_USE and what its operator has mapped. Not Fiwit."
    )
    manufacturer: str | None = _optional("Who made it. Not Halo where that is chosen from a list there.")
    model: str | None = _optional("Which model. Not Revnue.")
    category_id: str | None = _optional("The vendor's own id of a category. Tether and Revnue.")
    asset_type_id: str | None = _optional(
        "An id of `assetTypes`, global or the vendor's own. Fiwit and Halo."
    )
    location_id: strawberry.ID | None = _optional("Global id of a location of this source. Not Revnue.")
    assigned_to_id: strawberry.ID | None = _optional(
        "Global id of a person of this source. Not Tether: see `checkoutAsset`."
    )
    ip_address: str | None = _optional("Its address in the network. Fiwit and Halo.")
    purchase_date: date | None = _optional("When it was bought. Not Revnue.")
    purchase_cost: Decimal | None = _optional("What it cost, in the source's currency.")
    warranty_end_date: date | None = _optional("The last day of its warranty.")
    notes: str | None = _optional("Anything else. Not Fiwit.")
    custom_fields: list[CustomFieldInput] | None = _optional(_CUSTOM)
    vendor_fields: JSON | None = _optional(_VENDOR_FIELDS)
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(
    description=(
        "A change of an asset: a field that is left out stays as it is, whatever the vendor's own API would do; a "
        "field given as null is emptied."
    )
)
class UpdateAssetInput:
    id: strawberry.ID = strawberry.field(description="Global id of the asset.")
    name: str | None = _optional("What it is called. See `CreateAssetInput.name` for Halo.")
    asset_tag: str | None = _optional("The tag on it. Not Fiwit.")
    serial_number: str | None = _optional("The maker's serial number.")
    status: AssetStatus | None = _optional(
        "Tether: MAINTENANCE, RETIRED, and AVAILABLE where nobody has it; IN_USE only by `checkoutAsset`. Halo: "
        "RETIRED (makes it inactive) and what its operator has mapped. Revnue: IN_USE and what is mapped. Not Fiwit."
    )
    manufacturer: str | None = _optional("Who made it. Not Halo where that is chosen from a list there.")
    model: str | None = _optional("Which model. Not Revnue.")
    category_id: str | None = _optional("The vendor's own id of a category. Tether and Revnue.")
    asset_type_id: str | None = _optional(
        "An id of `assetTypes`, global or the vendor's own. Fiwit and Halo; Halo refuses where values would be lost."
    )
    location_id: strawberry.ID | None = _optional("Global id of a location of this source. Not Revnue.")
    assigned_to_id: strawberry.ID | None = _optional(
        "Global id of a person of this source. Not Tether: see `checkoutAsset` and `checkinAsset`."
    )
    ip_address: str | None = _optional("Its address in the network. Fiwit and Halo.")
    purchase_date: date | None = _optional("When it was bought. Not Revnue.")
    purchase_cost: Decimal | None = _optional("What it cost, in the source's currency.")
    warranty_end_date: date | None = _optional("The last day of its warranty.")
    notes: str | None = _optional("Anything else. Not Fiwit.")
    custom_fields: list[CustomFieldInput] | None = _optional(_CUSTOM)
    vendor_fields: JSON | None = _optional(_VENDOR_FIELDS)
    if_unchanged_since: datetime | None = _optional(_SINCE)
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="What is to be deleted, for good.")
class DeleteInput:
    id: strawberry.ID = strawberry.field(description="Its global id.")
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="Who gets an asset. Tether only, and only while it is AVAILABLE.")
class CheckoutAssetInput:
    id: strawberry.ID = strawberry.field(description="Global id of the asset.")
    employee_id: strawberry.ID = strawberry.field(
        description="Global id of the person, an employee of the same Tether account: see `people`."
    )
    note: str | None = _optional("Why; it stands in `checkoutHistory`.")
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="Which asset is back. Tether only, and only while it is IN_USE.")
class CheckinAssetInput:
    id: strawberry.ID = strawberry.field(description="Global id of the asset.")
    note: str | None = _optional("In which condition; it stands in `checkoutHistory`.")
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="A new ticket. Halo needs `subject`; Fiwit makes a name where none is given.")
class CreateTicketInput:
    source: str = strawberry.field(description=_SOURCE)
    subject: str | None = _optional("Its headline.")
    description: str | None = _optional("What it is about. Halo only.")
    status: TicketStatus | None = _optional(
        "How far it is; NEW where left out. As far as the source has such a status."
    )
    priority: TicketPriority | None = _optional("How urgent it is. As far as the source has such a priority.")
    ticket_type_id: str | None = _optional("An id of `ticketTypes`, global or the vendor's own.")
    requester_id: strawberry.ID | None = _optional("Global id of who asks. Halo only.")
    assignee_id: strawberry.ID | None = _optional("Global id of who works on it: Fiwit's user, Halo's agent.")
    location_id: strawberry.ID | None = _optional("Global id of the site it is about. Halo only.")
    asset_ids: list[strawberry.ID] | None = _optional(
        "Global ids of the assets it is about. Halo; Fiwit one asset, where its operator names the field that holds it."
    )
    custom_fields: list[CustomFieldInput] | None = _optional(_CUSTOM)
    vendor_fields: JSON | None = _optional(_VENDOR_FIELDS)
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(
    description="A change of a ticket: left out stays as it is, null is emptied. Fiwit and Halo."
)
class UpdateTicketInput:
    id: strawberry.ID = strawberry.field(description="Global id of the ticket.")
    subject: str | None = _optional("Its headline.")
    description: str | None = _optional("What it is about. Halo only.")
    status: TicketStatus | None = _optional("How far it is. As far as the source has such a status.")
    priority: TicketPriority | None = _optional("How urgent it is. As far as the source has such a priority.")
    ticket_type_id: str | None = _optional("An id of `ticketTypes`, global or the vendor's own.")
    requester_id: strawberry.ID | None = _optional("Global id of who asks. Halo only.")
    assignee_id: strawberry.ID | None = _optional("Global id of who works on it; null takes it from them.")
    location_id: strawberry.ID | None = _optional("Global id of the site it is about. Halo only.")
    custom_fields: list[CustomFieldInput] | None = _optional(_CUSTOM)
    vendor_fields: JSON | None = _optional(_VENDOR_FIELDS)
    if_unchanged_since: datetime | None = _optional(_SINCE)
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="A new reading of a counter on an asset. Halo only.")
class CreateMeterReadingInput:
    asset_id: strawberry.ID = strawberry.field(description="Global id of the Halo asset.")
    meter_name: str | None = _optional('Which counter, where it has several: "Mono".')
    reading: Decimal = strawberry.field(description="What it shows: a whole number.")
    taken_at: datetime | None = _optional("When it was read; now where left out.")
    reason: str | None = _optional("Why it was read, or why it is lower than before.")
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="A new software licence. Halo only.")
class CreateLicenceInput:
    source: str = strawberry.field(description=_SOURCE)
    name: str = strawberry.field(description="What it is a licence for.")
    quantity: int | None = _optional("How many seats or installations.")
    licence_type: str | None = _optional("Halo's number of the type, as `licenceType` shows it.")
    start_date: date | None = _optional("The first day.")
    end_date: date | None = _optional("The last day.")
    purchase_price: Decimal | None = _optional("What was paid for it.")
    organisation_id: str | None = _optional("Halo's own id of the client that holds it.")
    vendor_fields: JSON | None = _optional(_VENDOR_FIELDS)
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(
    description="A change of a software licence: left out stays as it is, null is emptied. Halo only."
)
class UpdateLicenceInput:
    id: strawberry.ID = strawberry.field(description="Global id of the licence.")
    name: str | None = _optional("What it is a licence for.")
    quantity: int | None = _optional("How many seats or installations.")
    licence_type: str | None = _optional("Halo's number of the type, as `licenceType` shows it.")
    start_date: date | None = _optional("The first day.")
    end_date: date | None = _optional("The last day.")
    purchase_price: Decimal | None = _optional("What was paid for it.")
    vendor_fields: JSON | None = _optional(_VENDOR_FIELDS)
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(
    description="A change of an asset that is to be written down. It changes nothing else. Halo only."
)
class CreateAssetChangeInput:
    asset_id: strawberry.ID = strawberry.field(description="Global id of the Halo asset.")
    field: str = strawberry.field(description='What was changed: "Memory".')
    old_value: str | None = _optional("What it was before.")
    new_value: str | None = _optional("What it is now.")
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="An installation of Halo itself, for Halo's own book of them. Halo only.")
class CreateLicenceInfoInput:
    source: str = strawberry.field(description=_SOURCE)
    name: str = strawberry.field(description="The organisation that it is registered for.")
    location_id: strawberry.ID | None = _optional("Global id of the site where it is.")
    version: str | None = _optional('The version that is installed: "2.184.1".')
    api_url: str | None = _optional("The address of its API.")
    trial_ends_on: date | None = _optional("The last day of a trial.")
    vendor_fields: JSON | None = _optional(_VENDOR_FIELDS)
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(description="A new certificate for Halo's own use. Halo only.")
class CreateCertificateInput:
    source: str = strawberry.field(description=_SOURCE)
    name: str = strawberry.field(description="What it is called.")
    subject: str | None = _optional('Whom it is about: "CN=acme.example".')
    issuer: str | None = _optional("Who has issued it.")
    thumbprint: str | None = _optional("Its fingerprint, in hexadecimal digits.")
    vendor_fields: JSON | None = _optional(_VENDOR_FIELDS)
    idempotency_key: str | None = _optional(_KEY)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)


@strawberry.input(
    description=(
        "A CSV file of assets. The first line names the columns: Tether's `asset_tag, name, manufacturer, model, "
        "serial, status, category, location, assigned_to, purchase_date, purchase_cost, warranty_expiry, notes`, of "
        "which it needs the first; at the other sources the fields of `CreateAssetInput` (`name,serial_number`) and "
        "`id`."
    )
)
class ImportAssetsInput:
    source: str = strawberry.field(description=_SOURCE)
    file: Upload = strawberry.field(description="The file, in UTF-8.")
    dry_run: bool = strawberry.field(
        default=False,
        description="Tell in `planned` what would be sent, but write nothing. Tether's rows are not checked then.",
    )
