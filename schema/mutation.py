"""The root type `Mutation`."""

from typing import Annotated, TypeAlias, TypeVar

import strawberry

from schema.inputs import (
    CheckinAssetInput,
    CheckoutAssetInput,
    CreateAssetChangeInput,
    CreateAssetInput,
    CreateCertificateInput,
    CreateLicenceInfoInput,
    CreateLicenceInput,
    CreateMeterReadingInput,
    CreateTicketInput,
    DeleteInput,
    ImportAssetsInput,
    UpdateAssetInput,
    UpdateLicenceInput,
    UpdateTicketInput,
)
from schema.payloads import (
    AssetPayload,
    CertificatePayload,
    ChangeRecordPayload,
    DeletePayload,
    ImportPayload,
    LicenceInfoPayload,
    LicencePayload,
    MeterReadingPayload,
    TicketPayload,
)

T = TypeVar("T")
_Input: TypeAlias = Annotated[
    T, strawberry.argument(description="What is to be done; `dryRun: true` tries it without writing.")
]


@strawberry.type(
    description=(
        "All that can be changed. Several mutations in one operation are done one after the other, and one that fails "
        "does not stop the next. Which source can do what is told by `sources { operations }`; what it cannot is "
        "answered `NOT_SUPPORTED` in `userErrors`, before anything is sent."
    )
)
class Mutation:
    @strawberry.field(
        description=(
            'Add an asset. Tether, Fiwit, Halo, Revnue. Example: `createAsset(input: {source: "tether", assetTag: '
            '"IT-2042", name: "Latitude 7440"}) { asset { id status } userErrors { code field message } }`.'
        )
    )
    def create_asset(self, input: _Input[CreateAssetInput]) -> AssetPayload: ...

    @strawberry.field(
        description=(
            "Change an asset: only what is given. Where a vendor would replace the whole record (Tether, Revnue), it "
            "is read first and the rest sent back as it was; what cannot be sent back is refused with "
            "`WOULD_LOSE_DATA`. Tether, Fiwit, Halo, Revnue."
        )
    )
    def update_asset(self, input: _Input[UpdateAssetInput]) -> AssetPayload: ...

    @strawberry.field(
        description=(
            "Delete an asset for good. Tether deletes its checkout history with it. Tether and Halo; set the status "
            "RETIRED to keep the record."
        )
    )
    def delete_asset(self, input: _Input[DeleteInput]) -> DeletePayload: ...

    @strawberry.field(
        description="Hand an AVAILABLE asset to somebody: it is IN_USE then, and has a line in its history. Tether."
    )
    def checkout_asset(self, input: _Input[CheckoutAssetInput]) -> AssetPayload: ...

    @strawberry.field(
        description="Take back an asset that is IN_USE: it is AVAILABLE then, and has a line in its history. Tether."
    )
    def checkin_asset(self, input: _Input[CheckinAssetInput]) -> AssetPayload: ...

    @strawberry.field(
        description=(
            "Add and change many assets from a CSV file, sent as the GraphQL multipart request specification says, "
            "with one of the headers `Apollo-Require-Preflight`, `GraphQL-Require-Preflight` and "
            "`X-Requested-With`. An asset that is there (by its tag; by `id` or serial number where there are no "
            "tags) is changed. One bad row does not stop the others. Tether imports by itself; at Fiwit, Halo and "
            "Revnue the gateway goes row by row."
        )
    )
    def import_assets(self, input: _Input[ImportAssetsInput]) -> ImportPayload: ...

    @strawberry.field(description="Open a ticket. Fiwit and Halo.")
    def create_ticket(self, input: _Input[CreateTicketInput]) -> TicketPayload: ...

    @strawberry.field(description="Change a ticket: only what is given. Fiwit and Halo.")
    def update_ticket(self, input: _Input[UpdateTicketInput]) -> TicketPayload: ...

    @strawberry.field(description="Delete a ticket for good. Halo.")
    def delete_ticket(self, input: _Input[DeleteInput]) -> DeletePayload: ...

    @strawberry.field(
        description="Add a reading of a counter. Halo questions one that is lower than the last: see `warning`."
    )
    def create_meter_reading(self, input: _Input[CreateMeterReadingInput]) -> MeterReadingPayload: ...

    @strawberry.field(description="Add a software licence. Halo.")
    def create_licence(self, input: _Input[CreateLicenceInput]) -> LicencePayload: ...

    @strawberry.field(description="Change a software licence: only what is given. Halo.")
    def update_licence(self, input: _Input[UpdateLicenceInput]) -> LicencePayload: ...

    @strawberry.field(description="Delete a software licence for good. Halo.")
    def delete_licence(self, input: _Input[DeleteInput]) -> DeletePayload: ...

    @strawberry.field(description="Write down a change of an asset, for its `changes`. Halo.")
    def create_asset_change(self, input: _Input[CreateAssetChangeInput]) -> ChangeRecordPayload: ...

    @strawberry.field(description="Add a certificate that Halo uses by itself. Halo.")
    def create_certificate(self, input: _Input[CreateCertificateInput]) -> CertificatePayload: ...

    @strawberry.field(description="Add an installation of Halo itself to Halo's book of them. Halo.")
    def create_licence_info(self, input: _Input[CreateLicenceInfoInput]) -> LicenceInfoPayload: ...

    @strawberry.field(description="Delete a certificate for good. Halo.")
    def delete_certificate(self, input: _Input[DeleteInput]) -> DeletePayload: ...
