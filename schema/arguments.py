"""Arguments that many fields share, each described once."""

from typing import Annotated, TypeAlias

import strawberry

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description=(
            "How many rows at most, from the beginning or after `after`. 50 where neither `first` nor `last` "
            "is given; up to the gateway's limit, which is 500 unless its operator changed it. Not together "
            "with `last`."
        )
    ),
]
After: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Carry on after this row: `pageInfo.endCursor` of the page before, with the same filter and "
            "order. A cursor of another list is refused."
        )
    ),
]
Last: TypeAlias = Annotated[
    int | None,
    strawberry.argument(
        description=(
            "How many rows at most, from the end or before `before`, in the usual order. Not with `first`."
        )
    ),
]
Before: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Only rows before this one: `pageInfo.startCursor` of the page after, with the same filter and "
            "order."
        )
    ),
]
OnlySource: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Only from this source, by its name as `sources { name }` tells it (upper or lower case). "
            "All sources where left out."
        )
    ),
]
FromSource: TypeAlias = Annotated[
    str,
    strawberry.argument(description="The source to ask, by its name as `sources { name }` tells it."),
]
