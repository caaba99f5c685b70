"""Building and printing of the schema."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.bind import bind
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import scalar_map


def build_schema() -> strawberry.Schema:
    """The whole schema with its resolvers, made anew at each call."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map=scalar_map()),
    )
    bind(schema)
    return schema


def sdl(schema: strawberry.Schema) -> str:
    """The schema in GraphQL's schema definition language (SDL), with every description, ending in a newline."""
    return schema.as_str().rstrip() + "\n"
