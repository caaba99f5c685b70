"""Building and printing of the schema."""

from collections.abc import Iterable

import strawberry
from graphql.utilities.print_schema import print_schema_definition
from strawberry.schema.config import StrawberryConfig

from gateway.connector.description.resource import Vendor
from schema.bind import bind
from schema.defer import DEFER
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import scalar_map
from schema.subscription import Subscription
from schema.vendor_enum import set_vendors

_DESCRIPTION = (
    "The IT assets of a company, out of all the products that know them, as one API.\n\n"
    "Start with `assets`: the rows of every source in one list. `unifiedAssets` has each thing once, however many "
    "sources know it; `assetCounts` counts for a dashboard; `node` and `nodes` find any record again by its `id`; "
    "`sources` says which accounts are behind this, and how each is.\n\n"
    "A source that fails takes only its own rows with it: `complete` is false then, and `sources` of the list says "
    "why. Mutations take `dryRun: true`.\n\n"
    "With the header `X-Gateway-Explain: 1` a query is not run: `extensions.explain` says which calls to vendors it "
    "would make. With `X-Gateway-Cost: 1`, `extensions.cost` says what it took."
)


def build_schema(vendors: Iterable[Vendor]) -> strawberry.Schema:
    """The whole schema with its resolvers, made anew at each call. `vendors` are the values of the enum `Vendor`."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=scalar_map()),
    )
    schema._schema.description = _DESCRIPTION  # noqa: SLF001
    schema._schema.directives = (*schema._schema.directives, DEFER)  # noqa: SLF001
    set_vendors(schema, vendors)
    bind(schema)
    return schema


def sdl(schema: strawberry.Schema) -> str:
    """The schema in GraphQL's schema definition language (SDL), with every description, ending in a newline."""
    # Strawberry prints the types only.
    definition = print_schema_definition(schema._schema)  # noqa: SLF001
    return f"{definition}\n\n{schema.as_str().strip()}\n"
