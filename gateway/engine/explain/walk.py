"""Walk through a plan, level by level as a run goes, with groups of records in the place of records."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from graphql import located_error

from gateway.connector.description.vocabulary import TYPES
from gateway.engine.execution.argument_values import ArgumentValues
from gateway.engine.execution.field_usage import used_by
from gateway.engine.execution.plan import PlannedField, Selection
from gateway.engine.execution.projection import projection_of, requirements_of
from gateway.engine.explain.field_explanation import ExplainedRecords, FieldExplanation
from gateway.engine.explain.groups import ExplainContext, RecordGroup
from gateway.engine.explain.lists import ListExplainer
from gateway.engine.explain.needs import needed
from gateway.engine.explain.planned_calls import PlannedCalls
from gateway.engine.explain.step_table import StepTable
from gateway.engine.explain.steps import ExplainedProjection, Explanation, total
from gateway.engine.graphql_errors import RequestRefused, from_execution
from schema.bind import type_name_of
from schema.binding import Binding

#: Fields of what stands around records, or is made of them, that lead to the same records.
_MADE_OF_PARENTS = frozenset({"nodes", "edges", "node", "records", "evidence", "left", "right", "asset"})


def walk_plan(plan: Selection, ctx: ExplainContext, arguments: ArgumentValues) -> Explanation:
    """The explanation of a plan. Raises RequestRefused with the first error in its arguments."""
    # The lists and the ids of the whole operation decide how ids are read: a first walk collects them.
    first = _PlanWalk(ctx, arguments, PlannedCalls())
    first.add_selection(plan, ExplainedRecords(), ())
    walk = _PlanWalk(ctx, arguments, first.planned.restarted())
    walk.add_selection(plan, ExplainedRecords(), ())
    steps = walk.steps.all()
    by_source = {name: total(step.calls for step in steps if step.source == name) for name in ctx.sources}
    return Explanation(
        steps=steps,
        projections=tuple(walk.projections.values()),
        sources=by_source,
        calls=total(by_source.values()),
        limit=ctx.reads.limit,
    )


class _PlanWalk:
    def __init__(self, ctx: ExplainContext, arguments: ArgumentValues, planned: PlannedCalls) -> None:
        self._ctx = ctx
        self._arguments = arguments
        self.planned = planned
        self.steps = StepTable()
        self.projections: dict[tuple[str, str, str], ExplainedProjection] = {}
        self._lists = ListExplainer(ctx, planned, self.steps)

    def add_selection(self, selection: Selection, parents: ExplainedRecords, path: tuple[str, ...]) -> None:
        """Add all that a selection on these objects takes."""
        groups = [
            group for group in parents.groups if parents.inside or type_name_of(group) == selection.type.name
        ]
        if selection.type.name in TYPES and not groups:
            return  # the records are of another type
        for group in groups:
            names = [name for field in selection.fields for name in names_read(field.binding, parents.inside)]
            self.steps.add(path, group, needed(group, names, self.planned))
            if not parents.inside:
                self._add_projection(path, group, selection)
        for field in selection.fields:
            if field.binding is None or field.shape is None:
                continue
            field_path = (*path, field.key)
            of_type = replace(parents, groups=tuple(groups)) if groups else parents
            records = self._records(field, field.binding, of_type, field_path)
            shape = field.shape
            while shape.items is not None:
                shape = shape.items
            for nested in shape.selections.values():
                self.add_selection(nested, records, field_path)

    def _add_projection(self, path: Sequence[str], group: RecordGroup, selection: Selection) -> None:
        without = requirements_of(selection, group.resource).names if group.stub else frozenset()
        projection = projection_of(selection, group.resource, without=without)
        key = (".".join(path), group.source.name, group.resource.type)
        missing = tuple(field.key for field in projection.missing_fields)
        self.projections.setdefault(
            key, ExplainedProjection(*key, code=projection.text, missing_fields=missing)
        )

    def _records(
        self, field: PlannedField, binding: Binding, parents: ExplainedRecords, path: tuple[str, ...]
    ) -> ExplainedRecords:
        """The records that a field leads to. Raises RequestRefused for its arguments, in the words of a run."""
        if binding.level is None:
            return self._read_off(binding.name, parents, path)
        explainer = FieldExplanation(
            ctx=self._ctx,
            planned=self.planned,
            steps=self.steps,
            lists=self._lists,
            parents=parents,
            path=path,
        )
        try:
            return binding.level.explain(explainer, self._arguments.of(field))
        except Exception as exc:
            raise RequestRefused(from_execution([located_error(exc, list(field.nodes), list(path))])) from exc

    def _read_off(self, name: str, parents: ExplainedRecords, path: tuple[str, ...]) -> ExplainedRecords:
        """The records of a field without a resolver."""
        if name in {"total_count", "total_is_exact"}:
            for group, call in parents.counting:
                self.steps.add(path, group, [call])
        if name == "sources":
            return ExplainedRecords(counting=parents.counting)
        return parents if name in _MADE_OF_PARENTS else ExplainedRecords()


def names_read(binding: Binding | None, inside: str) -> Iterable[str]:
    """The names under which the records at hand know the fields that a field reads."""
    if binding is None:
        return ()
    if binding.level is None and inside:
        return (f"{inside}.{binding.name}",)
    return used_by(binding).parent
