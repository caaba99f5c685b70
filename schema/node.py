"""The interface `Node` of every record with a global id."""

import strawberry


@strawberry.interface(
    description=(
        "A record that can be fetched again by its global id, with `node` or several at once with `nodes`."
    )
)
class Node:
    id: strawberry.ID = strawberry.field(
        description=(
            "Global id, unique over all sources and lasting as long as the record does. "
            "Opaque: take it from an answer, do not build it. The vendor's own id is `nativeId`."
        )
    )
