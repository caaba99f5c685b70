"""The subgraph's SDL with the weights that the vendors' declarations give its fields."""

from collections.abc import Mapping

import strawberry

from gateway.connector.description.resource import Vendor
from gateway.engine.explain.example_sources import example_sources
from gateway.engine.explain.weights import field_weights
from schema.federation.names import Prefix
from schema.federation.subgraph_sdl import subgraph_sdl


def weighed_sdl(
    schema: strawberry.Schema, vendors: Mapping[str, Vendor], prefix: Prefix, *, read_only: bool
) -> str:
    """The SDL. The weights are those of one source of each vendor, whatever sources are configured."""
    weights = field_weights(schema._schema, example_sources(vendors))  # noqa: SLF001
    return subgraph_sdl(schema, weights, prefix, read_only=read_only)
