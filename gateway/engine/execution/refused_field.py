"""Refused fields: the value that stands in the place of one that a caller may not read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.connector.lists.merge import MergedPage
from gateway.connector.lists.ordering import SortOrder
from gateway.engine.execution.plan import Shape
from resolvers.context import RequestContext
from resolvers.field_resolver import NO_FIELDS, FieldExplainer, FieldResolver, FieldsUsed, T
from schema.binding import Binding


def refused_value(binding: Binding, shape: Shape) -> Any:
    """
    None, or what stands for it where the schema has no null, so that a record is not lost with its field: an empty
    list, `UNKNOWN`, or a page without rows that is not complete.
    """
    if binding.rescue is not None:
        return binding.rescue()
    is_page = shape.required and any("pageInfo" in part.type.fields for part in shape.selections.values())
    return refused_page() if is_page else None


def refused_page() -> MergedPage:
    """A page of a list that the caller may not read."""
    return MergedPage(str, SortOrder("", ()), (), (), {}, is_refused=True)


@dataclass(frozen=True, eq=False)
class RefusedResolver:
    """Resolver of a field that the caller may not read. It is never asked for values."""

    async def __call__(
        self,
        ctx: RequestContext,  # noqa: ARG002
        parents: Sequence[Any],
        args: Mapping[str, Any],  # noqa: ARG002
    ) -> list[Any]:
        """Nothing."""
        return [None] * len(parents)

    def fields_used(self) -> FieldsUsed:
        """None."""
        return NO_FIELDS

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:  # noqa: ARG002
        """No call."""
        return explainer.no_calls()


@dataclass(frozen=True, eq=False)
class PartlyHiddenResolver:
    """Resolver of a field that is hidden in the records of some sources."""

    level: FieldResolver
    sources: frozenset[str]
    binding: Binding
    is_page: bool

    async def __call__(
        self, ctx: RequestContext, parents: Sequence[Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """Each parent's value."""
        shown = [index for index, parent in enumerate(parents) if parent.source.name not in self.sources]
        values: list[Any] = [self._hidden_value() for _ in parents]
        if shown:
            answers = await self.level(ctx, [parents[index] for index in shown], args)
            for index, answer in zip(shown, answers, strict=True):
                values[index] = answer
        return values

    def _hidden_value(self) -> Any:
        if self.is_page:
            return refused_page()
        return None if self.binding.rescue is None else self.binding.rescue()

    def fields_used(self) -> FieldsUsed:
        """Those of the field."""
        return self.level.fields_used()

    def explain(self, explainer: FieldExplainer[T], args: Mapping[str, Any]) -> T:
        """As if it were hidden nowhere: no more calls than that."""
        return self.level.explain(explainer, args)


def refused(binding: Binding) -> Binding:
    """The binding of a refused field."""
    return replace(binding, level=RefusedResolver())
