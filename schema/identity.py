"""Identity of records: evidence, possible matches, provenance, conflicts, and the sources' coverage."""

import strawberry
from strawberry import UNSET

from schema.comparisons import IntFilter
from schema.connection import Connection
from schema.enums import OrderDirection
from schema.order_fields import UnifiedAssetOrderField
from schema.orders import CASE_INSENSITIVE
from schema.refs import AssetRef
from schema.scalars import JSON
from schema.source import Source, SourceError


@strawberry.type(description="Where a field's value is from.")
class FieldProvenance:
    field: str = strawberry.field(description="The field, as `UnifiedAsset` has it: `purchaseCost`.")
    source: Source = strawberry.field(description="The account whose record tells it.")


@strawberry.type(description="What one source says of a field in conflict.")
class ConflictingValue:
    source: Source = strawberry.field(description="The account that says so.")
    value: JSON | None = strawberry.field(
        description="Its value: a person or a place by name, a warranty by its last day, an amount as a text."
    )


@strawberry.type(description="A field of which two records say different things.")
class FieldConflict:
    field: str = strawberry.field(description="The field, as `UnifiedAsset` has it: `status`.")
    values: list[ConflictingValue] = strawberry.field(
        description="What each record says, the one that is shown first."
    )


@strawberry.type(description="A join of two records.")
class IdentityEvidence:
    rule: str = strawberry.field(
        description=(
            "What they were joined by: `declared`, `serialNumber`, `secondarySerialNumber`, `assetTag`, "
            "`macAddress+name`, or a weak number with a second identifier: `serialNumber+name`."
        )
    )
    first_record: AssetRef = strawberry.field(name="left", description="One record.")
    second_record: AssetRef = strawberry.field(name="right", description="The other record.")
    value: str | None = strawberry.field(
        description="The value that both have, as compared. Null where the operator declared them the same."
    )


@strawberry.type(description="A record that may be the same thing. It is offered, not joined.")
class PossibleMatch:
    asset: AssetRef = strawberry.field(description="The record.")
    reasons: list[str] = strawberry.field(description="What speaks for it.")
    against: list[str] = strawberry.field(description="What speaks against it.")


@strawberry.type(description="Two records that may be one thing. They are offered, not joined.")
class PossiblePair:
    first_record: AssetRef = strawberry.field(name="left", description="One record.")
    second_record: AssetRef = strawberry.field(name="right", description="The other record.")
    reasons: list[str] = strawberry.field(description="What speaks for it.")
    against: list[str] = strawberry.field(description="What speaks against it.")


@strawberry.type(description="A page of possible matches, in the order of their ids.")
class PossiblePairConnection(Connection[PossiblePair]): ...


@strawberry.type(description="What one source knows.")
class SourceCoverage:
    source: Source = strawberry.field(description="The account.")
    records: int = strawberry.field(description="How many records it has.")
    things: int = strawberry.field(description="Of how many things.")
    alone: int = strawberry.field(description="How many of these no other source knows.")
    complete: bool = strawberry.field(description="False where it did not answer in full.")
    error: SourceError | None = strawberry.field(description="Why it is not complete. Null where it is.")


@strawberry.type(description="What two sources know.")
class SourcePair:
    a: Source = strawberry.field(description="One account.")
    b: Source = strawberry.field(description="The other account.")
    common: int = strawberry.field(name="both", description="How many things both know.")
    only_a: int = strawberry.field(description="How many things `a` knows and `b` does not.")
    only_b: int = strawberry.field(description="How many things `b` knows and `a` does not.")


@strawberry.type(description="Which things the sources know, and which they lack.")
class AssetCoverage:
    complete: bool = strawberry.field(description="False where a source did not answer in full.")
    sources: list[SourceCoverage] = strawberry.field(description="Each source's counts.")
    pairs: list[SourcePair] = strawberry.field(
        description="Each two sources' counts. Those with a source that did not answer in full are left out."
    )


@strawberry.type(description="A value of a record, as it is written and as it is compared.")
class ComparedValue:
    field: str = strawberry.field(description="The field of the record: `serialNumber`.")
    written: str | None = strawberry.field(description="As the vendor has it.")
    compared: str | None = strawberry.field(
        description="As it is compared. Null where nothing is left of it that could be."
    )
    identifies: bool = strawberry.field(description="Whether it can join records by itself.")
    why: str | None = strawberry.field(description="Why it can, or cannot, where that needs saying.")


@strawberry.type(description="A record with its values.")
class ComparedRecord:
    asset: AssetRef = strawberry.field(description="The record.")
    values: list[ComparedValue] = strawberry.field(description="What of it is compared.")


@strawberry.type(description="Why records are one thing, or are not.")
class IdentityExplanation:
    joined: bool = strawberry.field(description="True where all of them are one thing.")
    evidence: list[IdentityEvidence] = strawberry.field(
        description="The joins of the things that they are of, through other records too."
    )
    against: list[str] = strawberry.field(description="What spoke against those that were not joined.")
    records: list[ComparedRecord] = strawberry.field(description="Each record with its values.")


@strawberry.input(
    description=(
        'Which sources know a thing. In Halo and not in Fiwit: `{in: ["halo"], notIn: ["fiwit"]}`. Where '
        "a source of `notIn` did not answer in full, the list is empty, with that source's error."
    )
)
class PresenceFilter:
    in_: list[str] | None = strawberry.field(
        name="in", default=UNSET, description="All of these sources have a record of it."
    )
    not_in: list[str] | None = strawberry.field(
        default=UNSET, description="None of these sources has a record of it."
    )
    records: IntFilter | None = strawberry.field(
        default=UNSET, description="How many records it has: `{gte: 2}`."
    )
    conflicts: list[str] | None = strawberry.field(
        default=UNSET,
        description='Its records disagree on one of these fields: `["status", "assignedTo"]`. `[]` finds nothing.',
    )
    possible_matches: bool | None = strawberry.field(
        default=UNSET, description="`true`: there are records that may be the same; `false`: there are none."
    )


@strawberry.input(
    description=(
        "One level of an order of things; further ones decide between equals. Missing values come last in "
        "either direction, and equal things keep one fixed order."
    )
)
class UnifiedAssetOrder:
    field: UnifiedAssetOrderField = strawberry.field(description="The field to order by, such as `NAME`.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which end comes first; `ASC` where left out."
    )
    case_insensitive: bool = strawberry.field(default=False, description=CASE_INSENSITIVE)
