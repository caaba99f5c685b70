"""What of a condition a vendor is asked to apply by itself, and what is checked here."""

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
    How one source's records are read.

    `ids` are looked up one by one or in batches; otherwise the list is read once for each of `queries`. `left` is
    checked here. `ordered` are the parameters that make the vendor give the asked order. `decided` says it by part.
    """

    queries: tuple[Params, ...]
    residual: Condition
    ids: tuple[str, ...] | None = None
    ordered: Params | None = None
    decisions: "tuple[PushdownDecision, ...]" = ()


def plan_source(resource: Resource, condition: Condition, order: SortOrder) -> SourcePlan:
    """The cheapest way that loses no record: what a vendor applies inexactly is checked here again."""
    params: dict[str, str] = {}
    several: tuple[Params, ...] = ({},)
    ids: tuple[str, ...] | None = None
    decided = decide(resource, condition)
    for one in decided:
        if isinstance(one.part, Comparison) and one.part.field == "native_id":
            asked = one.part.operand
            ids = tuple(asked) if ids is None else tuple(native for native in ids if native in asked)
        elif len(one.pushed) > 1:
            several = one.pushed
        else:
            params |= {name: value for query in one.pushed for name, value in query.items()}
    queries = tuple({**params, **one} for one in several)
    left = conjunction([one.part for one in decided if one.rechecked])
    return SourcePlan(queries, left, ids, _ordered(resource, order), tuple(decided))


@dataclass(frozen=True)
class PushdownDecision:
    """
    What becomes of one part of a condition.

    `asked` are the parameters with which the vendor applies it, in a list call each; none where it is not asked to.
    `checked` says that it is applied here.
    """

    part: Condition
    pushed: tuple[Params, ...]
    rechecked: bool


def decide(resource: Resource, condition: Condition) -> list[PushdownDecision]:
    """What becomes of each part of a condition: a vendor is asked what does not contradict what it is asked already."""
    params: dict[str, str] = {}
    decided: list[PushdownDecision] = []
    for part in _parts(condition):
        if isinstance(part, ServerMembership) and len(part.parents) > 1:
            # One of them may be asked for with a list call for each parent; the lists of two would have to be crossed.
            alone = all(len(one.pushed) < 2 for one in decided)
            each = _for_each_parent(resource, part) if alone else ()
            decided.append(PushdownDecision(part, each, rechecked=not each))
            continue
        pushed = _pushed(resource, part)
        if pushed is not None and not any(params.get(name, value) != value for name, value in pushed.items()):
            params |= pushed
            decided.append(PushdownDecision(part, (pushed,), rechecked=not _needs_no_check(resource, part)))
        else:
            decided.append(PushdownDecision(part, (), rechecked=True))
    return decided


def _for_each_parent(resource: Resource, part: ServerMembership) -> tuple[Params, ...]:
    """The parameters for each of several parents, or none where one of them cannot be asked for."""
    each = [resource.filters[part.name].push("eq", parent) for parent in part.parents]
    return tuple(one for one in each if one is not None) if None not in each else ()


_SHOWN = Comparison("hidden", "eq", False, "hidden", lambda found: found is not True)  # noqa: FBT003


def without_hidden(resource: Resource, condition: Condition) -> Condition:
    """The condition and that the record is not hidden, unless it is asked for by its id or as DELETED."""
    return _shown(condition) if "hidden" in resource.fields else condition


def _shown(condition: Condition) -> Condition:
    """Of several ways to be meant, each that does not ask for what is hidden leaves it out."""
    parts = _parts(condition)
    if any(_names_hidden(part) for part in parts):
        return condition
    if isinstance(condition, Or):
        return disjunction([_shown(part) for part in condition.parts])
    for at, part in enumerate(parts):
        if isinstance(part, Or) and any(map(_names_hidden, _all_tests(part))):
            return conjunction([*parts[:at], _shown(part), *parts[at + 1 :]])
    return conjunction([condition, _SHOWN])


def _all_tests(condition: Condition) -> Iterator[Condition]:
    """The conditions inside, down to the last, that are not negated."""
    if isinstance(condition, And | Or):
        for part in condition.parts:
            yield from _all_tests(part)
    else:
        yield condition


def _names_hidden(part: Condition) -> bool:
    if not isinstance(part, Comparison):
        return False
    asked = [part.operand] if part.op == "eq" else part.operand if part.op == "in" else []
    return part.field == "native_id" or (part.field == "status" and "DELETED" in asked)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, And) else (condition,)


def _pushed(resource: Resource, part: Condition) -> Params | None:
    match part:
        case Comparison():
            rule = resource.filters.get(part.name)
            return None if rule is None else rule.push(part.op, part.operand)
        case ServerMembership():
            return resource.filters[part.name].push("eq", part.parents[0])
        case Or() if all(isinstance(one, Comparison) and one.name == "search" for one in part.parts):
            rule = resource.filters.get("search")
            first = part.parts[0]
            return (
                rule.push(first.op, first.operand)
                if rule is not None and isinstance(first, Comparison)
                else None
            )
        case _:
            return None


def _needs_no_check(resource: Resource, part: Condition) -> bool:
    if isinstance(part, ServerMembership):
        return True
    return isinstance(part, Comparison) and resource.filters[part.name].exact


def _ordered(resource: Resource, order: SortOrder) -> Mapping[str, str] | None:
    """The vendor's order, where it has all the asked fields in an order that is ours."""
    spec = resource.list
    if not order or spec is None or spec.order is None or spec.paging is None:
        return None
    names: list[tuple[str, bool]] = []
    for term, descends in order.terms:
        field = resource.fields.get(term.name)
        if field is None or field.order is None:
            return None
        names.append((field.order, descends))
    return spec.order(names)
