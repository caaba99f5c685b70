"""Arguments of nested lists, checked before anything is asked: their parents would have to be asked for otherwise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, located_error
from graphql.execution.values import VariableValues

from gateway.engine.execution.plan import PlannedField, Selection, Shape
from resolvers.context import RequestContext

#: A resolver's `check`, where it has one: raises what is wrong with its arguments by themselves.
Check = Callable[[RequestContext, Mapping[str, Any]], None]


def bad_arguments(plan: Selection, ctx: RequestContext, variables: VariableValues) -> list[GraphQLError]:
    """What is wrong with the arguments of fields below the root. A root field tells of its own in its place."""
    errors: list[GraphQLError] = []
    for one, check in _checked(plan):
        try:
            check(ctx, one.args(variables))
        except Exception as exc:  # noqa: BLE001 (the engine tells what is ours to tell)
            errors.append(located_error(exc, list(one.nodes)))
    return errors


def _checked(plan: Selection) -> Sequence[tuple[PlannedField, Check]]:
    """The fields below the root whose arguments are checked. Found out once."""
    found: Sequence[tuple[PlannedField, Check]] | None = plan.cache.get("checked")
    if found is None:
        below = [one for root in plan.fields for one in _below(root.shape)]
        checks = [getattr(one.binding and one.binding.level, "check", None) for one in below]
        found = plan.cache["checked"] = [
            (one, check) for one, check in zip(below, checks, strict=True) if check is not None
        ]
    return found


def _below(shape: Shape | None) -> Iterator[PlannedField]:
    while shape is not None and shape.items is not None:
        shape = shape.items
    for selection in shape.selections.values() if shape is not None else ():
        for one in selection.fields:
            yield one
            yield from _below(one.shape)
