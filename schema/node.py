"""The interface `Node` of every record with a global id."""

import strawberry


@strawberry.interface(
    description=(
        "What can be fetched again by its global id, with `node` or several at once with `nodes`: a record, or a "
        "source."
    )
)
class Node:
    id: strawberry.ID = strawberry.field(
        description=(
            "Global id, unique over all sources and lasting as long as the record does. "
            "Opaque: take it from an answer, do not build it. The vendor's own id is `nativeId`."
        )
    )
