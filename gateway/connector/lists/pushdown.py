"""What of a condition a vendor is asked to apply by itself, and what is checked here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.connector.description.resource import Resource
from gateway.connector.description.row_types import Params
from gateway.connector.lists.conditions import Both, Condition, Either, Member, Test, both, either
from gateway.connector.lists.ordering import Order


@dataclass(frozen=True)
class Plan:
    """
    How one source's records are read.

    `ids` are looked up one by one or in batches; otherwise the list is read once for each of `queries`. `left` is
    checked here. `ordered` are the parameters that make the vendor give the asked order. `decided` says it by part.
    """

    queries: tuple[Params, ...]
    left: Condition
    ids: tuple[str, ...] | None = None
    ordered: Params | None = None
    decided: "tuple[Decided, ...]" = ()


def plan(resource: Resource, condition: Condition, order: Order) -> Plan:
    """The cheapest way that loses no record: what a vendor applies inexactly is checked here again."""
    params: dict[str, str] = {}
    several: tuple[Params, ...] = ({},)
    ids: tuple[str, ...] | None = None
    decided = decide(resource, condition)
    for one in decided:
        if isinstance(one.part, Test) and one.part.field == "native_id":
            asked = one.part.asked
            ids = tuple(asked) if ids is None else tuple(native for native in ids if native in asked)
        elif len(one.asked) > 1:
            several = one.asked
        else:
            params |= {name: value for query in one.asked for name, value in query.items()}
    queries = tuple({**params, **one} for one in several)
    left = both([one.part for one in decided if one.checked])
    return Plan(queries, left, ids, _ordered(resource, order), tuple(decided))


@dataclass(frozen=True)
class Decided:
    """
    What becomes of one part of a condition.

    `asked` are the parameters with which the vendor applies it, in a list call each; none where it is not asked to.
    `checked` says that it is applied here.
    """

    part: Condition
    asked: tuple[Params, ...]
    checked: bool


def decide(resource: Resource, condition: Condition) -> list[Decided]:
    """What becomes of each part of a condition: a vendor is asked what does not contradict what it is asked already."""
    params: dict[str, str] = {}
    decided: list[Decided] = []
    for part in _parts(condition):
        if isinstance(part, Member) and len(part.parents) > 1:
            # One of them may be asked for with a list call for each parent; the lists of two would have to be crossed.
            alone = all(len(one.asked) < 2 for one in decided)
            each = _for_each_parent(resource, part) if alone else ()
            decided.append(Decided(part, each, checked=not each))
            continue
        pushed = _pushed(resource, part)
        if pushed is not None and not any(params.get(name, value) != value for name, value in pushed.items()):
            params |= pushed
            decided.append(Decided(part, (pushed,), checked=not _needs_no_check(resource, part)))
        else:
            decided.append(Decided(part, (), checked=True))
    return decided


def _for_each_parent(resource: Resource, part: Member) -> tuple[Params, ...]:
    """The parameters for each of several parents, or none where one of them cannot be asked for."""
    each = [resource.filters[part.name].push("eq", parent) for parent in part.parents]
    return tuple(one for one in each if one is not None) if None not in each else ()


_SHOWN = Test("hidden", "eq", False, "hidden", lambda found: found is not True)  # noqa: FBT003


def without_hidden(resource: Resource, condition: Condition) -> Condition:
    """The condition and that the record is not hidden, unless it is asked for by its id or as DELETED."""
    return _shown(condition) if "hidden" in resource.fields else condition


def _shown(condition: Condition) -> Condition:
    """Of several ways to be meant, each that does not ask for what is hidden leaves it out."""
    parts = _parts(condition)
    if any(_names_hidden(part) for part in parts):
        return condition
    if isinstance(condition, Either):
        return either([_shown(part) for part in condition.parts])
    for at, part in enumerate(parts):
        if isinstance(part, Either) and any(map(_names_hidden, _all_tests(part))):
            return both([*parts[:at], _shown(part), *parts[at + 1 :]])
    return both([condition, _SHOWN])


def _all_tests(condition: Condition) -> Iterator[Condition]:
    """The conditions inside, down to the last, that are not negated."""
    if isinstance(condition, Both | Either):
        for part in condition.parts:
            yield from _all_tests(part)
    else:
        yield condition


def _names_hidden(part: Condition) -> bool:
    if not isinstance(part, Test):
        return False
    asked = [part.asked] if part.op == "eq" else part.asked if part.op == "in" else []
    return part.field == "native_id" or (part.field == "status" and "DELETED" in asked)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, Both) else (condition,)


def _pushed(resource: Resource, part: Condition) -> Params | None:
    match part:
        case Test():
            rule = resource.filters.get(part.name)
            return None if rule is None else rule.push(part.op, part.asked)
        case Member():
            return resource.filters[part.name].push("eq", part.parents[0])
        case Either() if all(isinstance(one, Test) and one.name == "search" for one in part.parts):
            rule = resource.filters.get("search")
            first = part.parts[0]
            return rule.push(first.op, first.asked) if rule is not None and isinstance(first, Test) else None
        case _:
            return None


def _needs_no_check(resource: Resource, part: Condition) -> bool:
    if isinstance(part, Member):
        return True
    return isinstance(part, Test) and resource.filters[part.name].exact


def _ordered(resource: Resource, order: Order) -> Mapping[str, str] | None:
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
