"""Sources (configured accounts at vendors), their health, and their outcome in a list."""

from datetime import datetime

import strawberry

from schema.binding import LIVE
from schema.enums import SourceErrorKind, SourceState, Vendor
from schema.node import Node


@strawberry.type(
    description="How a source has been lately, from what the gateway saw anyway: asking makes no call."
)
class SourceHealth:
    state: SourceState = strawberry.field(description="The short answer; the other fields say more.")
    last_success_at: datetime | None = strawberry.field(
        description="When it last answered as it should. Null where it has not since the gateway started."
    )
    last_error: str | None = strawberry.field(
        description=(
            "What last went wrong, in the gateway's words, never the vendor's. Null where nothing has."
        )
    )
    retry_at: datetime | None = strawberry.field(
        description=(
            "Until when it is left alone after failures or a refusal for rate. Null where it may be asked "
            "now."
        )
    )
    requests_remaining: int | None = strawberry.field(
        description=(
            "Calls left of the vendor's rate budget at this moment. Null where no budget is known or set."
        )
    )


@strawberry.type(
    description="A configured account at one vendor. One gateway may have several at the same vendor."
)
class Source(Node):
    id: strawberry.ID = strawberry.field(
        description="Global id, for `node` and for caches. It lasts as long as the operator keeps the name."
    )
    name: str = strawberry.field(
        description=(
            "The operator's name for it, in lower case, unique in this gateway; what `source` arguments take."
        )
    )
    vendor: Vendor = strawberry.field(description="Whose API it speaks.")
    operations: list[str] = strawberry.field(
        description=(
            "What it can do, as `<type>.<verb>`: `asset.list`, `asset.get`, `asset.checkout`, "
            "`ticket.create`, `meterReading.create`. What is not here is answered empty or refused without a "
            "call."
        )
    )
    health: SourceHealth = strawberry.field(
        description="What the gateway has seen of it lately; makes no call.", metadata=LIVE
    )
    poll_every_seconds: float | None = strawberry.field(
        description=(
            "Seconds between two reads of its assets while somebody subscribes to `assetChanged`: these take no more "
            "than a share of its rate. It follows from what the last read took; before any, it is the least. Null "
            "where it has no list of assets."
        ),
        metadata=LIVE,
    )


@strawberry.type(description="Why rows of one source are missing from a list.")
class SourceError:
    code: str = strawberry.field(
        description=(
            "The same code as in `errors[].extensions.code`: `UPSTREAM_TIMEOUT`, `UPSTREAM_UNAVAILABLE`, "
            "`UPSTREAM_RATE_LIMITED`, `UPSTREAM_AUTH`, `UPSTREAM_GARBLED`, `UPSTREAM_TOO_LARGE` or "
            "`UPSTREAM_REJECTED`."
        )
    )
    kind: SourceErrorKind = strawberry.field(
        description="The same as an enum, for a switch over all of them."
    )
    message: str = strawberry.field(
        description="What happened, for a person to read; do not test its wording."
    )
    retry_after_seconds: float | None = strawberry.field(
        description="After how many seconds another try makes sense. Null where the vendor did not say."
    )


@strawberry.type(description="How one source took part in a list.")
class SourceResult:
    source: Source = strawberry.field(description="The account that this line is about.")
    complete: bool = strawberry.field(
        description="True where all its rows were there to choose from; false where some or all are missing."
    )
    count: int = strawberry.field(description="How many rows of this page are its.")
    total_count: int | None = strawberry.field(
        description=(
            "How many rows of the whole list are its. Null where that is not known exactly, and in lists of "
            "things: see `assetCoverage`."
        )
    )
    stale: bool = strawberry.field(
        description="True where its rows are kept ones past their time, because it could not be asked afresh."
    )
    error: SourceError | None = strawberry.field(description="Why it is not complete. Null where it is.")
