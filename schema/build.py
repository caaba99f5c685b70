"""Building and printing of the schema."""

from collections.abc import Iterable

import strawberry
from strawberry.schema.config import StrawberryConfig

from gateway.connector.description.resource import Vendor
from schema.bind import bind
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import scalar_map
from schema.vendor_enum import set_vendors


def build_schema(vendors: Iterable[Vendor]) -> strawberry.Schema:
    """The whole schema with its resolvers, made anew at each call. `vendors` are the values of the enum `Vendor`."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map=scalar_map()),
    )
    set_vendors(schema, vendors)
    bind(schema)
    return schema


def sdl(schema: strawberry.Schema) -> str:
    """The schema in GraphQL's schema definition language (SDL), with every description, ending in a newline."""
    return schema.as_str().rstrip() + "\n"
