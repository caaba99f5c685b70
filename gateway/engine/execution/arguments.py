"""Check of nested lists' arguments before any read: otherwise their parents would have to be read first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, located_error

from gateway.engine.execution.argument_values import ArgumentValues
from gateway.engine.execution.plan import PlannedField, Selection, Shape
from resolvers.context import RequestContext

#: A resolver's `check`, if it has one: raises BadInput for its arguments by themselves.
Check = Callable[[RequestContext, Mapping[str, Any]], None]


def bad_arguments(plan: Selection, ctx: RequestContext, arguments: ArgumentValues) -> list[GraphQLError]:
    """Errors in the arguments of fields below the root. A root field raises its own when it is run."""
    errors: list[GraphQLError] = []
    for field, check in _checked_fields(plan):
        try:
            check(ctx, arguments.of(field))
        except Exception as exc:  # noqa: BLE001 (`from_execution` decides which are public)
            errors.append(located_error(exc, list(field.nodes)))
    return errors


def _checked_fields(plan: Selection) -> Sequence[tuple[PlannedField, Check]]:
    """The fields below the root whose arguments are checked, with their checks. Computed once a plan."""
    checks: Sequence[tuple[PlannedField, Check]] | None = plan.cache.get("checked")
    if checks is None:
        fields = [field for root in plan.fields for field in _fields_below(root.shape)]
        methods = [getattr(field.binding and field.binding.level, "check", None) for field in fields]
        checks = plan.cache["checked"] = [
            (field, check) for field, check in zip(fields, methods, strict=True) if check is not None
        ]
    return checks


def _fields_below(shape: Shape | None) -> Iterator[PlannedField]:
    while shape is not None and shape.items is not None:
        shape = shape.items
    for selection in shape.selections.values() if shape is not None else ():
        for field in selection.fields:
            yield field
            yield from _fields_below(field.shape)
