"""Fields of a unified asset that its records are merged into: values, their provenance, and conflicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from gateway.identity import RecordValues, conflicts, reconcile
from gateway.identity.fields import UNIFIED_FIELDS
from gateway.identity.reconcile import ChosenValue, ConflictingValues
from resolvers.context import RequestContext
from resolvers.field_resolver import FieldExplainer, FieldsUsed, T
from resolvers.identity.asset_values import ALL_NAMES, LINKS, TERMS, ValueReader, names_of, shown
from resolvers.identity.policy import policy_of
from resolvers.identity.things import Thing
from resolvers.partial import PartialAnswer

Args = Mapping[str, Any]


@dataclass(frozen=True)
class ValueOrigin:
    """The source that a field's value is from."""

    field: str
    source: Source


@dataclass(frozen=True)
class SourceValue:
    """A value, and the source that says so."""

    source: Source
    value: Any


@dataclass(frozen=True)
class ShownConflict:
    """A field of which records say different things."""

    field: str
    values: Sequence[SourceValue]


@dataclass(frozen=True)
class MergedValues:
    """Values of the records of some things, and the errors that kept values from being read."""

    by_thing: Sequence[Sequence[RecordValues]]
    linked: Mapping[tuple[str, str], Record]
    errors: Sequence[GatewayError]


async def read_values(ctx: RequestContext, things: Sequence[Thing], fields: Sequence[str]) -> MergedValues:
    """The values of these fields in the records of things: read for all of them together."""
    is_single = things[0].is_single
    reader = ValueReader(ctx, is_single=is_single)
    records = [record for thing in things for record in thing.records]
    values = iter(await reader.read(records, fields))
    by_thing = [[next(values) for _ in thing.records] for thing in things]
    return MergedValues(by_thing, reader.linked, reader.errors)


@dataclass(frozen=True, eq=False)
class MergedField:
    """Resolver of one field: the value of the source that is preferred for it, of those that have one."""

    field: str

    async def __call__(self, ctx: RequestContext, parents: Sequence[Thing], args: Args) -> list[Any]:  # noqa: ARG002
        """Each thing's value."""
        read = await read_values(ctx, parents, (self.field,))
        policy = policy_of(ctx)
        answers: list[Any] = []
        for values in read.by_thing:
            chosen = reconcile(values, policy, (self.field,)).get(self.field)
            if chosen is None:
                # What could not be read is an error, unless another record tells.
                answers.append(read.errors[0] if read.errors else None)
            else:
                answers.append(self._answer(chosen, read))
        return answers

    def _answer(self, chosen: ChosenValue, read: MergedValues) -> Any:
        if self.field in LINKS:
            return read.linked[chosen.record_id, self.field]
        return chosen.value.whole if self.field in TERMS else chosen.value  # type: ignore[attr-defined]

    def fields_used(self) -> FieldsUsed:
        """The assets' fields of the same name."""
        return FieldsUsed(asset_fields=(*names_of(self.field), "updated_at"))

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:  # noqa: ARG002
        """The tables that the records' values need; then the linked record."""
        records = explainer.members(names_of(self.field))
        return explainer.link(LINKS[self.field]) if self.field in LINKS else records


@dataclass(frozen=True, eq=False)
class ProvenanceResolver:
    """Resolver of `provenance`: the source of every field that has a value."""

    async def __call__(self, ctx: RequestContext, parents: Sequence[Thing], args: Args) -> list[Any]:  # noqa: ARG002
        """Each thing's, in the order of the schema's fields."""
        read = await read_values(ctx, parents, tuple(UNIFIED_FIELDS))
        policy = policy_of(ctx)
        return [
            PartialAnswer(
                [
                    ValueOrigin(name, ctx.sources[chosen.source])
                    for name, chosen in reconcile(values, policy).items()
                ],
                read.errors,
            )
            for values in read.by_thing
        ]

    def fields_used(self) -> FieldsUsed:
        """All that are merged."""
        return FieldsUsed(asset_fields=ALL_NAMES)

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:  # noqa: ARG002
        """The tables that the records' values need."""
        explainer.members(ALL_NAMES)
        return explainer.no_calls()


@dataclass(frozen=True, eq=False)
class ConflictsResolver:
    """Resolver of `conflicts`: fields of which two records say different things, once compared fairly."""

    async def __call__(self, ctx: RequestContext, parents: Sequence[Thing], args: Args) -> list[Any]:  # noqa: ARG002
        """Each thing's."""
        joined = [thing for thing in parents if len(thing.records) > 1]
        read = await read_values(ctx, joined, tuple(UNIFIED_FIELDS)) if joined else MergedValues((), {}, ())
        policy = policy_of(ctx)
        by_thing = {
            id(thing): [shown_conflict(ctx, conflict) for conflict in conflicts(values, policy)]
            for thing, values in zip(joined, read.by_thing, strict=True)
        }
        return [PartialAnswer(by_thing.get(id(thing), []), read.errors) for thing in parents]

    def fields_used(self) -> FieldsUsed:
        """All that are merged."""
        return FieldsUsed(asset_fields=ALL_NAMES)

    def explain(self, explainer: FieldExplainer[T], args: Args) -> T:  # noqa: ARG002
        """The tables that the records' values need."""
        explainer.members(ALL_NAMES)
        return explainer.no_calls()


def shown_conflict(ctx: RequestContext, conflict: ConflictingValues) -> ShownConflict:
    """A conflict with its sources, and its values as JSON."""
    values = [
        SourceValue(ctx.sources[value.source], shown(conflict.field, value.value))
        for value in conflict.values
    ]
    return ShownConflict(conflict.field, values)


def merged_fields() -> dict[str, MergedField]:
    """The resolver of each merged field."""
    return {f"UnifiedAsset.{field}": MergedField(field) for field in UNIFIED_FIELDS}
