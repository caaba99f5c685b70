"""Types between the gateway and a router of a federated graph, as the Federation subgraph specification names them."""

from typing import Annotated, TypeAlias

import strawberry
from strawberry import UNSET

from schema.arguments import After, First
from schema.asset import Asset
from schema.certificate import Certificate
from schema.change_record import ChangeRecord
from schema.checklist import Checklist
from schema.connection import AssetConnection, PersonConnection
from schema.contract import Contract
from schema.definitions import AssetTypeDefinition, FieldDefinition
from schema.licence import Licence, LicenceRole
from schema.licence_info import LicenceInfo
from schema.location import Location
from schema.meter_reading import MeterReading
from schema.order import Order
from schema.person import Person
from schema.software_installation import SoftwareInstallation
from schema.source import Source
from schema.ticket import Ticket
from schema.unified_asset import UnifiedAsset


@strawberry.type(
    description=(
        "Whoever has an e-mail address, as a federated graph refers to them. Letters of both cases are equal in it."
    )
)
class AssetHolder:
    email: str = strawberry.field(description="The address, as the other graph writes it.")

    @strawberry.field(
        description=(
            "The people of this address whom Tether, Fiwit and Halo list: the same human once for each source. "
            "Their lists are read whole, once for all holders of the answer."
        )
    )
    def people(self, first: First = UNSET, after: After = UNSET) -> PersonConnection: ...

    @strawberry.field(
        description=(
            "What they have: the assets of these people, and at Revnue those whose owner has this address. Halo: "
            "one call for each of its people."
        )
    )
    def assets(self, first: First = UNSET, after: After = UNSET) -> AssetConnection: ...


@strawberry.type(name="_Service", description="This graph, for routers of federated graphs.")
class Service:
    sdl: str = strawberry.field(description="The schema as a subgraph for Apollo Federation 2, as SDL.")


Entity: TypeAlias = Annotated[
    Asset
    | AssetHolder
    | AssetTypeDefinition
    | Certificate
    | ChangeRecord
    | Checklist
    | Contract
    | FieldDefinition
    | Licence
    | LicenceInfo
    | LicenceRole
    | Location
    | MeterReading
    | Order
    | Person
    | SoftwareInstallation
    | Source
    | Ticket
    | UnifiedAsset,
    strawberry.union(name="_Entity", description="A record that a federated graph can refer to by a key."),
]
