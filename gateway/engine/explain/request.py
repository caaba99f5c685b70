"""Explanation of a GraphQL request."""

from gateway.engine.engine import Engine
from gateway.engine.explain.groups import ExplainContext
from gateway.engine.explain.steps import Explanation
from gateway.engine.explain.walk import walk_plan
from gateway.engine.graphql_errors import RequestRefused, from_execution, request_error
from gateway.engine.request import GraphQLRequest


def explain(engine: Engine, request: GraphQLRequest, context: ExplainContext) -> Explanation:
    """The calls that a query would make, without making them. Raises RequestRefused if it would not be run."""
    operation = engine.prepare(request)
    if operation.is_mutation:
        raise RequestRefused(
            [request_error("BAD_REQUEST", "A mutation tells what it would send with dryRun: true")]
        )
    if operation.document.looks_at_schema:
        raise RequestRefused([request_error("BAD_REQUEST", "What asks for the schema itself asks no source")])
    planned = engine.planned(operation, context)
    if isinstance(planned, list):
        raise RequestRefused(from_execution(planned))
    return walk_plan(planned[0], context, planned[1])
