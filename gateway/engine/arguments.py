"""Arguments of nested lists, checked before anything is asked: their parents would have to be asked for otherwise."""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from graphql import GraphQLError, located_error
from graphql.execution.values import VariableValues

from gateway.engine.plan import PlannedField, Selection, Shape
from gateway.loaders import Context


@runtime_checkable
class Checks(Protocol):
    """A resolver that can tell bad arguments by themselves."""

    def check(self, ctx: Context, args: Any) -> None:
        """Raise what is wrong with them."""
        ...


def bad_arguments(plan: Selection, ctx: Context, variables: VariableValues) -> list[GraphQLError]:
    """What is wrong with the arguments of fields below the root. A root field tells of its own in its place."""
    errors: list[GraphQLError] = []
    for root in plan.fields:
        for one in _below(root.shape):
            if one.binding is None or not isinstance(one.binding.level, Checks):
                continue
            try:
                one.binding.level.check(ctx, one.args(variables))
            except Exception as exc:  # noqa: BLE001 (the engine tells what is ours to tell)
                errors.append(located_error(exc, list(one.nodes)))
    return errors


def _below(shape: Shape | None) -> Iterator[PlannedField]:
    while shape is not None and shape.items is not None:
        shape = shape.items
    for selection in shape.selections.values() if shape is not None else ():
        for one in selection.fields:
            yield one
            yield from _below(one.shape)
