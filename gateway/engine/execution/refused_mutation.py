"""Audit of an operation's mutations that are refused as a whole, for a field that its caller may not read or write."""

from gateway.engine.execution.argument_values import ArgumentValues
from gateway.engine.execution.plan import Selection
from gateway.errors import Forbidden
from resolvers.context import RequestContext
from resolvers.refused_writes import audit_refusal
from schema.binding import Binding


def audit_refused_mutation(plan: Selection, arguments: ArgumentValues, context: RequestContext) -> None:
    """A line for each write of the operation: none of them is done."""
    for field in plan.fields:
        # the field's own binding: that of a refused field resolves nothing
        binding = None if field.definition is None else Binding.of(field.definition)
        operation = getattr(binding.level, "operation", "") if binding is not None else ""
        if operation:
            input_values = arguments.valid_of(field).get("input", {})
            audit_refusal(context, operation, input_values, Forbidden(field.refusal or ""))
