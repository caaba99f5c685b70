"""Connections: pages of a list, in one shape for every type after Relay's, with the outcome of each source."""

from typing import Generic, TypeVar

import strawberry

from schema.refs import (
    AssetRef,
    CertificateRef,
    ChangeRecordRef,
    ChecklistRef,
    ContractRef,
    LicenceInfoRef,
    LicenceRef,
    LocationRef,
    MeterReadingRef,
    OrderRef,
    PersonRef,
    SoftwareInstallationRef,
    TicketRef,
)
from schema.source import SourceResult

T = TypeVar("T")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="True where there are rows after this page.")
    has_previous_page: bool = strawberry.field(description="True where there are rows before this page.")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the page's first row, for `before`. Null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the page's last row, for `after`. Null on an empty page."
    )


@strawberry.type(description="One row of a page together with its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(
        description="Where this row stands, for `after` or `before` with the same filter and order. Opaque."
    )
    node: T = strawberry.field(description="The record, the same as in `nodes`.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The page's rows, each with its cursor.")
    nodes: list[T] = strawberry.field(
        description="The page's rows without cursors: shorter to write than `edges`."
    )
    page_info: PageInfo = strawberry.field(description="Whether there is more, and where to carry on.")
    total_count: int | None = strawberry.field(
        description=(
            "How many rows match, whatever the page. Counting may take a read of the whole list at vendors "
            "that do not tell; null where it cannot be known."
        )
    )
    total_is_exact: bool = strawberry.field(
        description="False where `totalCount` is null or an estimate, as when a source is missing."
    )
    complete: bool = strawberry.field(
        description="False where rows are missing because a source failed; `sources` says which and why."
    )
    sources: list[SourceResult] = strawberry.field(
        description="How each source that was asked took part. A failing one never empties the others."
    )


@strawberry.type(description="A page of assets, drawn from every source in one order.")
class AssetConnection(Connection[AssetRef]): ...


@strawberry.type(
    description="A page of tickets. Only Fiwit and Halo have them, and Tether where switched on."
)
class TicketConnection(Connection[TicketRef]): ...


@strawberry.type(description="A page of locations. Tether, Fiwit and Halo list theirs.")
class LocationConnection(Connection[LocationRef]): ...


@strawberry.type(description="A page of people: Tether's employees, Fiwit's and Halo's users.")
class PersonConnection(Connection[PersonRef]): ...


@strawberry.type(description="A page of software licences. Halo only.")
class LicenceConnection(Connection[LicenceRef]): ...


@strawberry.type(description="A page of Halo's own installations. Halo only.")
class LicenceInfoConnection(Connection[LicenceInfoRef]): ...


@strawberry.type(description="A page of build checklists. S3S only.")
class ChecklistConnection(Connection[ChecklistRef]): ...


@strawberry.type(description="A page of meter readings. Halo only.")
class MeterReadingConnection(Connection[MeterReadingRef]): ...


@strawberry.type(description="A page of recorded changes. Halo only.")
class ChangeRecordConnection(Connection[ChangeRecordRef]): ...


@strawberry.type(description="A page of installed software. Halo only.")
class SoftwareInstallationConnection(Connection[SoftwareInstallationRef]): ...


@strawberry.type(description="A page of certificates. Halo only.")
class CertificateConnection(Connection[CertificateRef]): ...


@strawberry.type(description="A page of contracts. Revnue and Halo.")
class ContractConnection(Connection[ContractRef]): ...


@strawberry.type(description="A page of orders of servers. S3S only.")
class OrderConnection(Connection[OrderRef]): ...
