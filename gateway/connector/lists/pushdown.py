"""Predicate pushdown: the parts of a condition that a vendor applies itself, and the residual that is checked here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Params
from gateway.connector.lists.conditions import (
    And,
    Comparison,
    Condition,
    Or,
    ServerMembership,
    conjunction,
    disjunction,
)
from gateway.connector.lists.ordering import SortOrder


@dataclass(frozen=True)
class SourcePlan:
    """
    Plan for reading one source's records.

    `ids` are looked up singly or in batches; otherwise the list is read once for each of `queries`. `residual` is
    checked here. `ordered` are the parameters that make the vendor give the requested order, None if it cannot.
    `decisions` are the same by part of the condition.
    """

    queries: tuple[Params, ...]
    residual: Condition
    ids: tuple[str, ...] | None = None
    order_params: Params | None = None
    decisions: "tuple[PushdownDecision, ...]" = ()


def plan_source(resource: Resource, condition: Condition, order: SortOrder) -> SourcePlan:
    """The cheapest plan that loses no record: parts that a vendor applies inexactly are checked here again."""
    params: dict[str, str] = {}
    variants: tuple[Params, ...] = ({},)
    ids: tuple[str, ...] | None = None
    decisions = decide(resource, condition)
    for decision in decisions:
        if isinstance(decision.part, Comparison) and decision.part.field == "native_id":
            operand = decision.part.operand
            ids = (
                tuple(operand)
                if ids is None
                else tuple(native_id for native_id in ids if native_id in operand)
            )
        elif len(decision.pushed) > 1:
            variants = decision.pushed
        else:
            params |= {name: value for query in decision.pushed for name, value in query.items()}
    queries = tuple({**params, **variant} for variant in variants)
    residual = conjunction([decision.part for decision in decisions if decision.rechecked])
    return SourcePlan(queries, residual, ids, _order_params(resource, order), tuple(decisions))


@dataclass(frozen=True)
class PushdownDecision:
    """
    Decision about a part of a condition.

    `pushed` are the parameters with which the vendor applies it, in a list call each; empty if it is not pushed down.
    `rechecked` says that it is applied here.
    """

    part: Condition
    pushed: tuple[Params, ...]
    rechecked: bool


def decide(resource: Resource, condition: Condition) -> list[PushdownDecision]:
    """A decision for each part of a condition. A part is not pushed down if it contradicts an earlier part's params."""
    params: dict[str, str] = {}
    decisions: list[PushdownDecision] = []
    for part in _parts(condition):
        if isinstance(part, ServerMembership) and len(part.parents) > 1:
            # Only a single membership can be pushed as a list call for each parent: two would have to be crossed.
            is_only_fan_out = all(len(decision.pushed) < 2 for decision in decisions)
            queries = _for_each_parent(resource, part) if is_only_fan_out else ()
            decisions.append(PushdownDecision(part, queries, rechecked=not queries))
            continue
        pushed = _push(resource, part)
        if pushed is not None and not any(params.get(name, value) != value for name, value in pushed.items()):
            params |= pushed
            decisions.append(PushdownDecision(part, (pushed,), rechecked=not _is_exact(resource, part)))
        else:
            decisions.append(PushdownDecision(part, (), rechecked=True))
    return decisions


def _for_each_parent(resource: Resource, part: ServerMembership) -> tuple[Params, ...]:
    """The parameters for each parent, or none at all if a parent cannot be pushed down."""
    queries = [resource.filters[part.name].push("eq", parent) for parent in part.parents]
    return tuple(query for query in queries if query is not None) if None not in queries else ()


_NOT_HIDDEN = Comparison("hidden", "eq", False, "hidden", lambda is_hidden: is_hidden is not True)  # noqa: FBT003


def without_hidden(resource: Resource, condition: Condition) -> Condition:
    """The condition, with hidden records excluded unless it names them by id or by the status DELETED."""
    return _exclude_hidden(condition) if "hidden" in resource.fields else condition


def _exclude_hidden(condition: Condition) -> Condition:
    """Exclude hidden records from each alternative of a disjunction that does not name them."""
    parts = _parts(condition)
    if any(_names_hidden(part) for part in parts):
        return condition
    if isinstance(condition, Or):
        return disjunction([_exclude_hidden(part) for part in condition.parts])
    for index, part in enumerate(parts):
        if isinstance(part, Or) and any(map(_names_hidden, _leaves(part))):
            return conjunction([*parts[:index], _exclude_hidden(part), *parts[index + 1 :]])
    return conjunction([condition, _NOT_HIDDEN])


def _leaves(condition: Condition) -> Iterator[Condition]:
    """The leaves of the expression tree; a negation counts as a leaf."""
    if isinstance(condition, And | Or):
        for part in condition.parts:
            yield from _leaves(part)
    else:
        yield condition


def _names_hidden(part: Condition) -> bool:
    if not isinstance(part, Comparison):
        return False
    values = [part.operand] if part.op == "eq" else part.operand if part.op == "in" else []
    return part.field == "native_id" or (part.field == "status" and "DELETED" in values)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, And) else (condition,)


def _push(resource: Resource, part: Condition) -> Params | None:
    match part:
        case Comparison():
            rule = resource.filters.get(part.name)
            return None if rule is None else rule.push(part.op, part.operand)
        case ServerMembership():
            return resource.filters[part.name].push("eq", part.parents[0])
        case Or() if all(
            isinstance(alternative, Comparison) and alternative.name == "search" for alternative in part.parts
        ):
            rule = resource.filters.get("search")
            first = part.parts[0]
            return (
                rule.push(first.op, first.operand)
                if rule is not None and isinstance(first, Comparison)
                else None
            )
        case _:
            return None


def _is_exact(resource: Resource, part: Condition) -> bool:
    if isinstance(part, ServerMembership):
        return True
    return isinstance(part, Comparison) and resource.filters[part.name].exact


def _order_params(resource: Resource, order: SortOrder) -> Mapping[str, str] | None:
    """The vendor's parameters for an order; None if it cannot order by all of its fields in the same way."""
    spec = resource.list
    if not order or spec is None or spec.order is None or spec.pages is None:
        return None
    names: list[tuple[str, bool]] = []
    for term, descends, _ in order.terms:
        field = resource.fields.get(term.name)
        if field is None or field.order is None:
            return None
        names.append((field.order, descends))
    return spec.order(names)
