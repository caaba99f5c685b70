"""
Reconciliation: one set of fields from several records of a thing, where each value is from, and where records say
different things.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from gateway.identity.decisions import Preference
from gateway.identity.fair_comparison import has_value, says_the_same
from gateway.identity.fields import UNIFIED_FIELDS, FieldKind


class RecordValues(NamedTuple):
    """
    Values of one record, by field in the schema's words. Persons, places, warranty and support are a `PersonValue`,
    `PlaceValue` and `TermValue`. `changed_at`: the time of its last change, None for vendors that do not tell it.
    """

    record_id: str
    source: str
    values: Mapping[str, object]
    changed_at: datetime | None = None


class ChosenValue(NamedTuple):
    """A field's value and the record that it is from."""

    value: object
    record_id: str
    source: str


class ConflictingValues(NamedTuple):
    """A field of which records say different things: each record's value."""

    field: str
    values: tuple[ChosenValue, ...]


@dataclass(frozen=True)
class ReconcilePolicy:
    """
    Order of sources for a field. `prefer`: the operator's choice by field, and "default". `vendor_order`: by field the
    sources that vendors declare to be the best for it, best first.
    """

    prefer: Mapping[str, Preference] = field(default_factory=dict)
    vendor_order: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def rank(self, name: str, source: str) -> tuple[int, int, str]:
        """Order of a source for a field: the operator's first, then the vendors', then by name."""
        preference = self.prefer.get(name, self.prefer.get("default", ()))
        preferred = preference if isinstance(preference, tuple) else ()
        return _position(source, preferred), _position(source, self.vendor_order.get(name, ())), source


def reconcile(
    records: Sequence[RecordValues], policy: ReconcilePolicy, fields: Iterable[str] = UNIFIED_FIELDS
) -> dict[str, ChosenValue]:
    """The value of each of these fields that any record has a value of."""
    chosen: dict[str, ChosenValue] = {}
    for name in fields:
        kind = UNIFIED_FIELDS[name]
        values = _ranked_values(name, kind, records, policy)
        if not values:
            continue
        strategy = policy.prefer.get(name, policy.prefer.get("default", ()))
        match strategy:
            case "newest":
                record, value = _newest(values)
            case "most":
                record, value = _most(kind, values)
            case _:
                record, value = values[0]
        chosen[name] = ChosenValue(value, record.record_id, record.source)
    return chosen


def conflicts(
    records: Sequence[RecordValues], policy: ReconcilePolicy, fields: Iterable[str] = UNIFIED_FIELDS
) -> list[ConflictingValues]:
    """Those of these fields of which two records say different things, once compared fairly."""
    conflicting: list[ConflictingValues] = []
    for name in conflicting_fields(records, fields):
        values = _ranked_values(name, UNIFIED_FIELDS[name], records, policy)
        shown = tuple(ChosenValue(value, record.record_id, record.source) for record, value in values)
        conflicting.append(ConflictingValues(name, shown))
    return conflicting


def conflicting_fields(
    records: Sequence[RecordValues], fields: Iterable[str] = UNIFIED_FIELDS
) -> Iterator[str]:
    """The names of those of these fields of which two records say different things."""
    for name in fields:
        kind = UNIFIED_FIELDS[name]
        values: list[object] = []
        for record in records:
            value = record.values.get(name)
            # Most records say the same in the same words.
            if value is not None and value not in values and has_value(kind, value):
                values.append(value)
        if any(
            not says_the_same(kind, lhs, rhs)
            for position, lhs in enumerate(values)
            for rhs in values[:position]
        ):
            yield name


_SORTABLE = 2
_Ranked = list[tuple[RecordValues, object]]


def _ranked_values(
    name: str, kind: FieldKind, records: Sequence[RecordValues], policy: ReconcilePolicy
) -> _Ranked:
    """Values of a field, best first."""
    values = [(record, record.values.get(name)) for record in records]
    present = [(record, value) for record, value in values if has_value(kind, value)]
    if len(present) < _SORTABLE:
        return present
    return sorted(present, key=lambda item: (*policy.rank(name, item[0].source), item[0].record_id))


def _newest(values: _Ranked) -> tuple[RecordValues, object]:
    dated = [
        (record.changed_at, -position)
        for position, (record, _) in enumerate(values)
        if record.changed_at is not None
    ]
    return values[-max(dated)[1]] if dated else values[0]


def _most(kind: FieldKind, values: _Ranked) -> tuple[RecordValues, object]:
    counts = [sum(says_the_same(kind, value, other) for _, other in values) for _, value in values]
    return values[counts.index(max(counts))]


def _position(source: str, order: Sequence[str]) -> int:
    return order.index(source) if source in order else len(order)
