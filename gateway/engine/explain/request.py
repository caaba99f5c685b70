"""A request, explained."""

from gateway.engine.engine import Engine
from gateway.engine.explain.groups import Supposed
from gateway.engine.explain.steps import Explanation
from gateway.engine.explain.walk import explained
from gateway.engine.graphql_errors import Refused, fault, from_execution
from gateway.engine.request import GraphQLRequest


def explain(engine: Engine, request: GraphQLRequest, context: Supposed) -> Explanation:
    """What a query would ask of the sources, without asking them. Raises Refused where it would not be run."""
    operation = engine.prepare(request)
    if operation.is_mutation:
        raise Refused([fault("BAD_REQUEST", "A mutation tells what it would send with dryRun: true")])
    if operation.document.looks_at_schema:
        raise Refused([fault("BAD_REQUEST", "What asks for the schema itself asks no source")])
    planned = engine.planned(operation, context)
    if isinstance(planned, list):
        raise Refused(from_execution(planned))
    return explained(planned[0], context, planned[1])
