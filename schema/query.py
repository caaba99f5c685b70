"""The root type `Query`."""

from typing import Annotated, TypeAlias

import strawberry
from strawberry import UNSET

from schema.arguments import (
    After,
    Before,
    ByAsset,
    ByCertificate,
    ByChangeRecord,
    ByChecklist,
    ByContract,
    ByLicence,
    ByLicenceInfo,
    ByLocation,
    ByMeterReading,
    ByOrder,
    ByPerson,
    BySoftwareInstallation,
    ByTicket,
    DeprecatedSource,
    First,
    FromSource,
    Last,
    OnlySource,
    WhichAsset,
    WhichCertificate,
    WhichChangeRecord,
    WhichChecklist,
    WhichContract,
    WhichLicence,
    WhichLicenceInfo,
    WhichLocation,
    WhichMeterReading,
    WhichOrder,
    WhichPerson,
    WhichSoftwareInstallation,
    WhichTicket,
)
from schema.asset import Asset
from schema.certificate import Certificate
from schema.checklist import Checklist
from schema.connection import (
    AssetConnection,
    CertificateConnection,
    ChangeRecordConnection,
    ChecklistConnection,
    ContractConnection,
    LicenceConnection,
    LicenceInfoConnection,
    LocationConnection,
    MeterReadingConnection,
    OrderConnection,
    PersonConnection,
    SoftwareInstallationConnection,
    TicketConnection,
)
from schema.contract import Contract
from schema.counts import AssetGroup, Counts, CountsFrom, TicketGroup
from schema.definitions import AssetTypeDefinition, FieldDefinition
from schema.federation.entities import Entity, Service
from schema.filters import (
    AssetFilter,
    TicketFilter,
)
from schema.identity import (
    AssetCoverage,
    IdentityExplanation,
    PossiblePairConnection,
    PresenceFilter,
    UnifiedAssetOrder,
)
from schema.licence import Licence
from schema.location import Location
from schema.meter_reading import MeterReading
from schema.node import Node
from schema.order import Order
from schema.person import Person
from schema.scalars import JSON, Representation
from schema.source import Source
from schema.ticket import Ticket
from schema.unified_asset import AssetConflictConnection, UnifiedAsset, UnifiedAssetConnection

_FirstBuckets: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description="How many buckets at most; the records of all others are counted in `others`. 0 gives totals only."
    ),
]
_CountsSource: TypeAlias = Annotated[
    CountsFrom,
    strawberry.argument(name="from", description="From the sources, or from the kept tables."),
]
_GlobalId: TypeAlias = Annotated[
    strawberry.ID,
    strawberry.argument(description="The record's global id, from the `id` field of an answer."),
]


@strawberry.type(
    description=(
        "All that can be asked. A list takes the rows of every source that has such records; a source that "
        "fails leaves the others' rows, `complete: false` and an entry in `errors`."
    )
)
class Query:
    @strawberry.field(
        description=(
            "Any record or source by its global id; choose fields with `... on Asset { name }`. Null where there is "
            "none (any more)."
        )
    )
    def node(self, id: _GlobalId) -> Node | None: ...

    @strawberry.field(
        description=(
            "Several records at once, in the order of the ids, null for those that are not there. Much "
            "cheaper than many single ones: 60 Halo assets take two calls."
        )
    )
    def nodes(
        self,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Global ids, of any types and sources together."),
        ],
    ) -> list[Node | None]: ...

    @strawberry.field(
        description="The configured accounts, what each can do and how each has been lately. Makes no call."
    )
    def sources(self) -> list[Source]: ...

    @strawberry.field(description="One asset, by its global id. Null where there is none.")
    def asset(self, id: _GlobalId) -> Asset | None: ...

    @strawberry.field(
        description=(
            "Assets of all sources as one list. Example: `assets(first: 20, filter: {status: {eq: IN_USE}}, "
            "orderBy: [{field: WARRANTY_END_DATE}]) { nodes { name serialNumber source { name } } complete "
            "}`. Inactive Halo assets are in it; Fiwit's deleted ones are not."
        )
    )
    def assets(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichAsset = UNSET,
        order_by: ByAsset = UNSET,
    ) -> AssetConnection: ...

    @strawberry.field(
        description=(
            "How many assets there are, by the values of their fields. Example: `assetCounts(by: [STATUS, "
            "MANUFACTURER], first: 10) { total buckets { values labels count } others complete }`. Each source's list "
            "is read once, whatever is counted by; its rows do not count as records of the operation."
        )
    )
    def asset_counts(
        self,
        by: Annotated[
            list[AssetGroup], strawberry.argument(description="What to count by: 1 to 4, each once.")
        ],
        filter: Annotated[
            AssetFilter | None, strawberry.argument(description="Count only these assets.")
        ] = UNSET,
        first: _FirstBuckets = 100,
        from_: _CountsSource = CountsFrom.LIVE,
    ) -> Counts: ...

    @strawberry.field(
        description=(
            "Every source's record of the thing with this serial number, however it is written there: case "
            "and inner spaces do not matter, and S3S's assembly serial counts too. Each source's list is read "
            "whole for it, and kept for a while: one call, at Halo and S3S one for each page."
        )
    )
    def assets_by_serial_number(
        self,
        serial_number: Annotated[
            str,
            strawberry.argument(
                description='The number on the thing: "5CG0XY9876". Placeholders such as "N/A" find nothing.'
            ),
        ],
    ) -> list[Asset]: ...

    @strawberry.field(
        description=(
            "The same as a page, which says if it is complete: for routers that drop the errors beside "
            "`assetsBySerialNumber`."
        )
    )
    def assets_by_serial_number_connection(
        self,
        serial_number: Annotated[
            str,
            strawberry.argument(
                description='The number on the thing: "5CG0XY9876". Placeholders such as "N/A" find nothing.'
            ),
        ],
        first: First = UNSET,
        after: After = UNSET,
    ) -> AssetConnection: ...

    @strawberry.field(
        description=(
            "The thing with this serial number or asset tag, however it is written; with both, the one that has "
            "both. Null where there is none. A number or a tag that several things carry is refused, and names "
            "their ids."
        )
    )
    def unified_asset(
        self,
        serial_number: Annotated[
            str | None,
            strawberry.argument(
                description='The number on the thing, as typed or scanned: "1S20XWCTO1WW...".'
            ),
        ] = UNSET,
        asset_tag: Annotated[
            str | None, strawberry.argument(description='The label on the thing: "EQ-7006".')
        ] = UNSET,
    ) -> UnifiedAsset | None: ...

    @strawberry.field(
        description=(
            "Every record of every source exactly once, as things: those with one record included. Example: "
            '`unifiedAssets(presence: {in: ["halo"], notIn: ["fiwit"]}) { totalCount nodes { name records { id '
            "source { name } } } }`. The sources' lists are read whole for it, and kept for a while."
        )
    )
    def unified_assets(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: Annotated[
            AssetFilter | None,
            strawberry.argument(description="Things of which one record fits; each is shown whole."),
        ] = UNSET,
        presence: Annotated[
            PresenceFilter | None,
            strawberry.argument(description="Which sources know it: the gap report."),
        ] = UNSET,
        order_by: Annotated[
            list[UnifiedAssetOrder] | None,
            strawberry.argument(
                description=(
                    "In which order, most important first; that of the ids where left out: `[{field: NAME}]`."
                )
            ),
        ] = UNSET,
    ) -> UnifiedAssetConnection: ...

    @strawberry.field(description="How many things each source knows, and each two of them: the gaps.")
    def asset_coverage(
        self,
        filter: Annotated[
            AssetFilter | None,
            strawberry.argument(description="Only things of which one record fits."),
        ] = UNSET,
    ) -> AssetCoverage: ...

    @strawberry.field(description="Things that one source has twice and more.")
    def duplicate_assets(
        self,
        source: Annotated[
            str | None,
            strawberry.argument(description="Only those that this source has twice, by its name."),
        ] = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> UnifiedAssetConnection: ...

    @strawberry.field(
        description=(
            "Every field of every thing of which records say different things once they are compared fairly, by "
            "what the sources' lists tell."
        )
    )
    def asset_conflicts(
        self,
        field: Annotated[
            str | None,
            strawberry.argument(description="Only of this field of `UnifiedAsset`: `status`."),
        ] = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> AssetConflictConnection: ...

    @strawberry.field(
        description=(
            "Pairs of records that may be one thing and were not joined, with reasons for and against. What is "
            "right is declared in the operator's file."
        )
    )
    def possible_matches(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> PossiblePairConnection: ...

    @strawberry.field(
        description=(
            "Why assets are one thing, or are not: the rules, what spoke against it, their values as written and "
            "as compared."
        )
    )
    def explain_identity(
        self,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids of 2 to 20 assets.")],
    ) -> IdentityExplanation: ...

    @strawberry.field(description="One ticket. Null where there is none with this id.")
    def ticket(self, id: _GlobalId) -> Ticket | None: ...

    @strawberry.field(
        description=(
            "Tickets of Fiwit and Halo as one list. Example: "
            "`tickets(filter: {status: {ne: CLOSED}}, orderBy: [{field: PRIORITY, direction: DESC}]) "
            "{ nodes { subject priority assignee { name } } }`."
        )
    )
    def tickets(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichTicket = UNSET,
        order_by: ByTicket = UNSET,
    ) -> TicketConnection: ...

    @strawberry.field(
        description=(
            "How many tickets there are, by the values of their fields. Example: `ticketCounts(by: [PRIORITY], filter: "
            "{status: {ne: CLOSED}}) { buckets { values labels count } }`."
        )
    )
    def ticket_counts(
        self,
        by: Annotated[
            list[TicketGroup], strawberry.argument(description="What to count by: 1 to 4, each once.")
        ],
        filter: Annotated[
            TicketFilter | None, strawberry.argument(description="Count only these tickets.")
        ] = UNSET,
        first: _FirstBuckets = 100,
        from_: _CountsSource = CountsFrom.LIVE,
    ) -> Counts: ...

    @strawberry.field(description="One location. Null where there is none with this id.")
    def location(self, id: _GlobalId) -> Location | None: ...

    @strawberry.field(
        description=(
            "Places that Tether, Fiwit and Halo keep. Revnue's addresses are found on its assets only."
        )
    )
    def locations(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichLocation = UNSET,
        order_by: ByLocation = UNSET,
    ) -> LocationConnection: ...

    @strawberry.field(
        description="One person: an employee, a user, an agent or an owner. Null where there is none with this id."
    )
    def person(self, id: _GlobalId) -> Person | None: ...

    @strawberry.field(description="People that Tether (employees), Fiwit and Halo (users) keep.")
    def people(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        source: DeprecatedSource = UNSET,
        filter: WhichPerson = UNSET,
        order_by: ByPerson = UNSET,
    ) -> PersonConnection: ...

    @strawberry.field(description="One software licence. Null where there is none with this id. Halo only.")
    def licence(self, id: _GlobalId) -> Licence | None: ...

    @strawberry.field(description="Software licences, inactive ones included. Halo only.")
    def licences(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichLicence = UNSET,
        order_by: ByLicence = UNSET,
    ) -> LicenceConnection: ...

    @strawberry.field(
        description=(
            "Halo's own installations, as it keeps book of them; no licences of the company's. Their passwords are "
            "never read. Halo only."
        )
    )
    def licence_infos(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        source: OnlySource = UNSET,
        filter: WhichLicenceInfo = UNSET,
        order_by: ByLicenceInfo = UNSET,
    ) -> LicenceInfoConnection: ...

    @strawberry.field(description="One build checklist. Null where there is none with this id. S3S only.")
    def checklist(self, id: _GlobalId) -> Checklist | None: ...

    @strawberry.field(description="Build checklists of servers, 50 for each call. S3S only.")
    def checklists(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichChecklist = UNSET,
        order_by: ByChecklist = UNSET,
    ) -> ChecklistConnection: ...

    @strawberry.field(description="One meter reading. Null where there is none with this id. Halo only.")
    def meter_reading(self, id: _GlobalId) -> MeterReading | None: ...

    @strawberry.field(description="Readings of counters on assets. Halo only.")
    def meter_readings(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: WhichMeterReading = UNSET,
        order_by: ByMeterReading = UNSET,
    ) -> MeterReadingConnection: ...

    @strawberry.field(description="What was changed on assets, over all of them. Halo only.")
    def asset_changes(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        source: DeprecatedSource = UNSET,
        filter: WhichChangeRecord = UNSET,
        order_by: ByChangeRecord = UNSET,
    ) -> ChangeRecordConnection: ...

    @strawberry.field(description="What was changed on software licences, over all of them. Halo only.")
    def licence_changes(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        source: DeprecatedSource = UNSET,
        filter: WhichChangeRecord = UNSET,
        order_by: ByChangeRecord = UNSET,
    ) -> ChangeRecordConnection: ...

    @strawberry.field(
        description=(
            "Software found on assets, over all of them. Halo only, which sends its whole list in one answer."
        )
    )
    def software_installations(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        source: DeprecatedSource = UNSET,
        filter: WhichSoftwareInstallation = UNSET,
        order_by: BySoftwareInstallation = UNSET,
    ) -> SoftwareInstallationConnection: ...

    @strawberry.field(description="One certificate. Null where there is none with this id. Halo only.")
    def certificate(self, id: _GlobalId) -> Certificate | None: ...

    @strawberry.field(description="Certificates that Halo keeps for its own use. Halo only.")
    def certificates(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        source: DeprecatedSource = UNSET,
        filter: WhichCertificate = UNSET,
        order_by: ByCertificate = UNSET,
    ) -> CertificateConnection: ...

    @strawberry.field(
        description="One contract. Null where there is none with this id. Revnue, Halo and S3S."
    )
    def contract(self, id: _GlobalId) -> Contract | None: ...

    @strawberry.field(description="Contracts. Revnue and Halo.")
    def contracts(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        source: DeprecatedSource = UNSET,
        filter: WhichContract = UNSET,
        order_by: ByContract = UNSET,
    ) -> ContractConnection: ...

    @strawberry.field(description="One order of servers. Null where there is none with this id. S3S only.")
    def order(self, id: _GlobalId) -> Order | None: ...

    @strawberry.field(description="Orders of servers. S3S only.")
    def orders(
        self,
        first: First = UNSET,
        after: After = UNSET,
        *,
        last: Last = UNSET,
        before: Before = UNSET,
        source: DeprecatedSource = UNSET,
        filter: WhichOrder = UNSET,
        order_by: ByOrder = UNSET,
    ) -> OrderConnection: ...

    @strawberry.field(
        description="Types of assets that Fiwit and Halo accounts have defined. Kept for minutes."
    )
    def asset_types(self, source: OnlySource = UNSET) -> list[AssetTypeDefinition]: ...

    @strawberry.field(
        description="Custom fields of assets: Fiwit's, and those of Revnue's form templates. Kept for minutes."
    )
    def asset_fields(self, source: OnlySource = UNSET) -> list[FieldDefinition]: ...

    @strawberry.field(
        description="Types of tickets that Fiwit and Halo accounts have defined. Kept for minutes."
    )
    def ticket_types(self, source: OnlySource = UNSET) -> list[AssetTypeDefinition]: ...

    @strawberry.field(
        description="Custom fields of tickets that Fiwit accounts have defined. Kept for minutes."
    )
    def ticket_fields(self, source: OnlySource = UNSET) -> list[FieldDefinition]: ...

    @strawberry.field(
        description=(
            "The tag that the source would give to its next asset. It is not reserved: asking twice gives "
            "the same. Halo only."
        )
    )
    def next_asset_tag(self, source: FromSource) -> str | None: ...

    @strawberry.field(
        description=(
            "All versions of software found on assets, as Halo gives them; the shape is not documented. Halo "
            "only."
        )
    )
    def software_versions(self, source: FromSource) -> JSON | None: ...

    @strawberry.field(
        description=(
            "Figures about the servers built, as S3S gives them; the shape is not documented. S3S only."
        )
    )
    def build_statistics(self, source: FromSource) -> JSON | None: ...

    @strawberry.field(
        description=(
            "What the tests of a server measured, as S3S gives it; the same as `Checklist.testResults`. Null "
            "where there is none. S3S only."
        )
    )
    def test_results(
        self,
        source: FromSource,
        id: Annotated[
            strawberry.ID, strawberry.argument(description="The global id of the server's checklist.")
        ],
    ) -> JSON | None: ...

    @strawberry.field(
        name="_service", description="The schema as a subgraph: for routers of federated graphs."
    )
    def service(self) -> Service: ...

    @strawberry.field(
        name="_entities",
        description=(
            "Records by the keys that other graphs have of them, for routers of federated graphs: in the order of the "
            "representations, null for those that are not there. As cheap as `nodes`."
        ),
    )
    def entities(
        self,
        representations: Annotated[
            list[Representation],
            strawberry.argument(description="References to records, of any types and sources together."),
        ],
    ) -> list[Entity | None]: ...
