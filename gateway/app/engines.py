"""Engines: of the schema, and of its subgraph under names of its own."""

import functools
from collections.abc import Callable

import strawberry
from starlette.types import Scope

from gateway import vendors
from gateway.edge.graphql.explanation import OperationExplainer
from gateway.edge.routes import SubgraphService
from gateway.engine.documents.subgraph_names import SubgraphNames
from gateway.engine.engine import Engine
from gateway.engine.explain.groups import ExplainContext
from gateway.engine.explain.subgraph import weighed_sdl
from gateway.settings import Settings
from gateway.settings.model import FederationSettings
from resolvers.context import RequestContext
from resolvers.subgraph import Subgraph
from schema.federation.names import Prefix


def make_engine(schema: strawberry.Schema, settings: Settings) -> Engine:
    """The engine that answers requests on the schema. Raises SettingsError if the trusted documents cannot be read."""
    return Engine(
        schema,
        limits=settings.limits,
        introspection=settings.introspection,
        trusted=settings.documents,
    )


def make_subgraph(schema: strawberry.Schema, federation: FederationSettings) -> Subgraph:
    """The schema as a subgraph of a federated graph; its SDL is written when it is first read."""

    @functools.cache
    def text() -> str:
        prefix = Prefix(federation.prefix)
        return weighed_sdl(schema, vendors.load(), prefix, read_only=federation.read_only)

    return Subgraph(text, federation.prefix)


def subgraph_service(
    schema: strawberry.Schema,
    settings: Settings,
    new_context: Callable[[Scope], RequestContext],
    new_explain_context: Callable[[Scope], ExplainContext],
) -> SubgraphService | None:
    """The subgraph with names of its own; None if the settings have none."""
    federation = settings.federation
    if not federation.is_own:
        return None
    names = SubgraphNames(
        schema._schema,  # noqa: SLF001
        Prefix(federation.prefix),
        read_only=federation.read_only,
    )
    engine = Engine(schema, limits=settings.limits, introspection=False, names=names)
    return SubgraphService(engine, new_context, OperationExplainer(engine, new_explain_context))
