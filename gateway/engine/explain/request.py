"""Explanation of a GraphQL request."""

from gateway.engine.engine import Engine, PreparedOperation
from gateway.engine.explain.deferred_calls import mark_deferred
from gateway.engine.explain.groups import ExplainContext
from gateway.engine.explain.steps import Explanation
from gateway.engine.explain.walk import walk_plan
from gateway.engine.graphql_errors import RequestRefused, from_execution, request_error
from gateway.engine.request import GraphQLRequest
from gateway.errors import BadInput


def explain(engine: Engine, request: GraphQLRequest, context: ExplainContext) -> Explanation:
    """The calls that a query would make, without making them. Raises RequestRefused if it would not be run."""
    return explain_operation(engine, engine.prepare(request), context)


def explain_operation(engine: Engine, operation: PreparedOperation, context: ExplainContext) -> Explanation:
    """The same of a prepared operation."""
    if operation.is_subscription:
        raise RequestRefused(
            [request_error("BAD_REQUEST", "A subscription waits for events: polls make its calls")]
        )
    if operation.is_mutation:
        raise RequestRefused(
            [request_error("BAD_REQUEST", "A mutation tells what it would send with dryRun: true")]
        )
    if operation.document.looks_at_schema:
        raise RequestRefused([request_error("BAD_REQUEST", "What asks for the schema itself asks no source")])
    try:
        engine.check_variables(operation)
    except BadInput as exc:
        raise RequestRefused([request_error(exc.code, exc.message)]) from exc
    planned = engine.planned(operation, context)
    if isinstance(planned, list):
        raise RequestRefused(from_execution(planned))
    plan, arguments = planned
    explanation = walk_plan(plan, context, arguments)
    if not operation.document.defers:
        return explanation
    plan, arguments = engine.cut(operation, context, arguments)
    return mark_deferred(explanation, walk_plan(plan, context, arguments))
