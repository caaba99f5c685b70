"""
Conditions: a filter as an expression tree over one source's records, with the same semantics for every vendor.

A decision has three values: True, False, or None if a value that it needs could not be read. Such a record is left out,
and the list is reported as incomplete.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.connector.description import convert, ids
from gateway.connector.description import vendor_parameters as parameters
from gateway.connector.description.name_cases import camel_case
from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import FILTERS, SEARCH_FIELDS, FilterKind, FilterTerm
from gateway.errors import BadInput

Decision = bool | None


@dataclass(frozen=True)
class Constant:
    """A condition with the same decision for every record: `TRUE` or `FALSE`, and no other instance."""

    holds: bool


@dataclass(frozen=True)
class And:
    """Conjunction: holds if all parts hold."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Or:
    """Disjunction: holds if at least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """Negation: the exact complement of its part."""

    part: "Condition"


@dataclass(frozen=True)
class Comparison:
    """
    An operator on a field: holds if `passes` is true of the value of `field`.

    `name`, `op` and `operand` are the filter's own, from which a vendor's parameters are made.
    """

    name: str
    op: str
    operand: Any
    field: str
    passes: Callable[[Any], bool]


@dataclass(frozen=True)
class ServerMembership:
    """
    Membership that only the vendor can decide: the record belongs to a parent (`parents`, native ids).

    `name` is the filter.
    """

    name: str
    parents: tuple[str, ...]


Condition = Constant | And | Or | Not | Comparison | ServerMembership
TRUE: Condition = Constant(holds=True)
FALSE: Condition = Constant(holds=False)


def _constant(*, holds: bool) -> Condition:
    return TRUE if holds else FALSE


def conjunction(parts: Sequence[Condition]) -> Condition:
    """
    The simplified conjunction of the parts; TRUE if there are none.

    >>> conjunction([TRUE, FALSE]), conjunction([])
    (Constant(holds=False), Constant(holds=True))
    """
    remaining = [part for part in parts if part is not TRUE]
    if FALSE in remaining:
        return FALSE
    flat = tuple(inner for part in remaining for inner in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat) if flat else TRUE


def disjunction(parts: Sequence[Condition]) -> Condition:
    """
    The simplified disjunction of the parts; FALSE if there are none.

    >>> disjunction([TRUE, FALSE]), disjunction([])
    (Constant(holds=True), Constant(holds=False))
    """
    remaining = tuple(part for part in parts if part is not FALSE)
    if TRUE in remaining:
        return TRUE
    return remaining[0] if len(remaining) == 1 else Or(remaining) if remaining else FALSE


def negation(part: Condition) -> Condition:
    """The simplified complement."""
    return _constant(holds=not part.holds) if isinstance(part, Constant) else Not(part)


def row_rule(resource: Resource) -> Condition:
    """The condition of the rows that may be seen."""
    if resource.row_rules is None:
        return TRUE
    return disjunction(
        [
            conjunction([_one_of(field, values) for field, values in alternative.items()])
            for alternative in resource.row_rules
        ]
    )


def _one_of(field: str, values: AbstractSet[str]) -> Condition:
    name = camel_case(field.rpartition(".")[2])
    return Comparison(
        name, "in", sorted(values), field, lambda value: value is not None and str(value) in values
    )


@dataclass(frozen=True, kw_only=True)
class FilterScope:
    """The source and resource for whose records a filter is parsed."""

    source: str
    vendor: str
    resource: Resource
    check_id: Callable[[str, str], ids.GlobalId]  # (id as text, type name) -> checked id; raises BadInput
    linked: Mapping[str, Resource]  # the source's resources that the caller may read, by type
    is_seen: Callable[[ids.GlobalId], bool] = lambda _: True  # False for a record that the caller may not see


class HiddenLink(BadInput):
    """A filter would tell a hidden linked record from none, of those records that the other parts do not exclude."""


def parse_filter(filter_input: Mapping[str, Any] | None, scope: FilterScope) -> Condition:
    """The condition for one source; FALSE, before any call, if it cannot hold for its records. Raises BadInput."""
    if not filter_input:
        return TRUE
    parts: list[Condition] = []
    refusal: HiddenLink | None = None
    for parse in _parts(filter_input, scope):
        try:
            parts.append(parse())
        except HiddenLink as exc:
            refusal = exc
    condition = conjunction(parts)
    if refusal is not None and condition is not FALSE:
        raise refusal
    return condition


def _parts(filter_input: Mapping[str, Any], scope: FilterScope) -> Iterator[Callable[[], Condition]]:
    """The parts that must all hold, each to be parsed."""
    terms = FILTERS.get(scope.resource.type, {})
    for name, value in filter_input.items():
        if value is None:
            continue
        if name == "and":
            for nested_input in value:
                yield partial(parse_filter, nested_input, scope)
        elif name == "or":
            yield partial(_any_of, value, scope)
        elif name == "not":
            yield partial(_none_of, value, scope)
        else:
            yield partial(_term_condition, name, terms[name], value, scope)


def _any_of(filter_inputs: Sequence[Mapping[str, Any]], scope: FilterScope) -> Condition:
    return disjunction([parse_filter(filter_input, scope) for filter_input in filter_inputs])


def _none_of(filter_input: Mapping[str, Any], scope: FilterScope) -> Condition:
    return negation(parse_filter(filter_input, scope))


def _term_condition(name: str, term: FilterTerm, operand: Any, scope: FilterScope) -> Condition:
    if term.kind is FilterKind.SEARCH:
        return _search_condition(operand, scope)
    if term.kind is FilterKind.FLAG:
        return Comparison(name, "eq", operand, term.name, lambda value: value == operand)
    if term.kind is FilterKind.CUSTOM:
        return _custom_field_condition(name, term, operand)
    if term.kind is FilterKind.PARAMETERS:
        return _parameter_condition(name, operand, scope)
    ops = {op: value for op, value in operand.items() if value is not None}
    if term.kind is FilterKind.LINK or term.kind is FilterKind.OWN_ID:
        return conjunction([_id_condition(name, term, op, value, scope) for op, value in ops.items()])
    if term.kind is FilterKind.SOURCE or term.kind is FilterKind.VENDOR:
        own_value = scope.source if term.kind is FilterKind.SOURCE else scope.vendor
        folded = {op: _lower(value) for op, value in ops.items()} if term.kind is FilterKind.SOURCE else ops
        return _constant(
            holds=all(_compare(op, value, FilterKind.TEXT)(own_value) for op, value in folded.items())
        )
    return conjunction(
        [Comparison(name, op, value, term.name, _compare(op, value, term.kind)) for op, value in ops.items()]
    )


def _lower(value: Any) -> Any:
    """Lower case, as source names are compared without regard to case."""
    if isinstance(value, str):
        return value.lower()
    return [text.lower() for text in value] if isinstance(value, list) else value


def _search_condition(text: str, scope: FilterScope) -> Condition:
    # Blanks around a term are ignored; a term of blanks alone is searched for.
    term = text.strip() or text
    folded = term.casefold()
    if not folded:
        return TRUE

    def passes(value: Any) -> bool:
        return isinstance(value, str) and folded in value.casefold()

    names = SEARCH_FIELDS.get(scope.resource.type, ())
    return disjunction([Comparison("search", "contains", term, name, passes) for name in names])


def _custom_field_condition(name: str, term: FilterTerm, operand: Mapping[str, Any]) -> Condition:
    folded_name = str(operand["name"]).strip().casefold()
    ops = {op: value for op, value in operand["value"].items() if value is not None}
    checks = [_compare(op, value, FilterKind.TEXT) for op, value in ops.items()]

    def passes(value: Any) -> bool:
        values: list[str | None] = [
            entry["display_value"]
            for entry in value or ()
            if str(entry["name"]).strip().casefold() == folded_name
        ]
        return any(all(check(text) for check in checks) for text in values or [None])

    return Comparison(name, "custom", operand, term.name, passes)


def _parameter_condition(name: str, operand: Mapping[str, Any], scope: FilterScope) -> Condition:
    if str(operand["vendor"]) != scope.vendor:
        return FALSE
    encoded = parameters.encode_parameters(operand["parameters"])
    rule = scope.resource.filters.get(name)
    if rule is None:
        raise BadInput(
            f"`{name}` can be given for no {scope.resource.type} of {scope.vendor}: use the other filters."
        )
    rule.push("eq", encoded)  # raises BadInput for parameters that cannot be sent, before any call
    return ServerMembership(name, (encoded,))


def _is_null_condition(name: str, term: FilterTerm, operand: bool, scope: FilterScope) -> Condition:  # noqa: FBT001
    """The condition on whether a record has a link that the caller sees. Raises BadInput."""
    if term.kind is FilterKind.OWN_ID:
        return _constant(holds=not operand)
    if term.is_to_many:
        raise BadInput(f"`{name}` takes no `isNull`: a {scope.resource.type} may have several.")
    link = scope.resource.links.get(term.name)
    target = None if link is None else scope.linked.get(link.type)
    if target is None or target.row_rules == ():
        return _constant(holds=operand)
    if target.row_rules is not None:
        # The answer shows null for a hidden record: neither value of `isNull` may tell it from none.
        raise HiddenLink(f"`{name}` takes no `isNull`: you may not see every {target.type}.")
    return Comparison(name, "isNull", operand, f"{term.name}.id", _compare("isNull", operand, term.kind))


def _id_condition(name: str, term: FilterTerm, op: str, value: Any, scope: FilterScope) -> Condition:
    if op == "isNull":
        return _is_null_condition(name, term, value, scope)
    type_name = scope.resource.type if term.kind is FilterKind.OWN_ID else term.type
    written_ids = [value] if op == "eq" else list(value)
    global_ids = [scope.check_id(written_id, type_name) for written_id in written_ids]
    link = scope.resource.links.get(term.name)
    target_type = link.type if link is not None else type_name
    candidates = (
        global_id.native_id
        for global_id in global_ids
        if global_id.source == scope.source
        and global_id.type == target_type
        and (term.kind is FilterKind.OWN_ID or scope.is_seen(global_id))
    )
    native_ids = tuple(dict.fromkeys(candidates))
    if not native_ids:
        return FALSE
    if term.kind is FilterKind.OWN_ID:
        return Comparison(name, "in", list(native_ids), "native_id", frozenset(native_ids).__contains__)
    pushed = scope.resource.filters.get(name)
    if pushed is not None and pushed.membership:
        return ServerMembership(name, native_ids)
    if link is None:
        return FALSE
    return Comparison(name, "in", list(native_ids), f"{term.name}.id", frozenset(native_ids).__contains__)


def _compare(op: str, operand: Any, kind: FilterKind) -> Callable[[Any], bool]:
    """
    A predicate on a record's value. Raises BadInput if there is no such operator.

    >>> _compare("contains", "BOOK", FilterKind.TEXT)("MacBook"), _compare("ne", "a", FilterKind.TEXT)(None)
    (True, True)
    >>> _compare("eq", "c02x l1", FilterKind.SERIAL)("C02XL1"), _compare("lt", 5, FilterKind.RANGE)(None)
    (True, False)
    """
    if op == "isNull":
        return (lambda value: value is None) if operand else (lambda value: value is not None)
    if op in {"gt", "gte", "lt", "lte"}:
        return _RANGES[op](operand)
    normalize: Callable[[Any], Any] = _comparable_serial if kind is FilterKind.SERIAL else _unchanged
    if op in {"contains", "startsWith"}:
        folded = str(normalize(operand)).casefold()
        if op == "contains":
            return lambda value: any(folded in text.casefold() for text in _texts(normalize(value)))
        return lambda value: any(text.casefold().startswith(folded) for text in _texts(normalize(value)))
    operands = frozenset(map(normalize, operand if op == "in" else [operand]))
    if op == "ne":
        return lambda value: operands.isdisjoint(_as_tuple(normalize(value)))
    if op in {"eq", "in"}:
        return lambda value: not operands.isdisjoint(_as_tuple(normalize(value)))
    raise BadInput(f"There is no filter operator {op!r}.")


_RANGES: Mapping[str, Callable[[Any], Callable[[Any], bool]]] = {
    "gt": lambda operand: lambda value: value is not None and value > operand,
    "gte": lambda operand: lambda value: value is not None and value >= operand,
    "lt": lambda operand: lambda value: value is not None and value < operand,
    "lte": lambda operand: lambda value: value is not None and value <= operand,
}


def _unchanged(value: Any) -> Any:
    return value


def _comparable_serial(value: Any) -> Any:
    return (
        tuple(map(convert.normalize_serial, value))
        if isinstance(value, tuple)
        else convert.normalize_serial(value)
    )


def _as_tuple(value: Any) -> tuple[Any, ...]:
    """A record's values: a tuple if it has more than a single value of the field."""
    return value if isinstance(value, tuple) else (value,)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text for text in _as_tuple(value) if isinstance(text, str))
