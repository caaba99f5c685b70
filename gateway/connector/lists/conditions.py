"""
A filter as a condition on one source's records: read once from the arguments, decided here for every vendor alike.

A decision is True, False, or None where a part of the record that it needs could not be had: such a row is left out,
and the list says that it is incomplete.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.connector.description import convert, ids
from gateway.connector.description import vendor_parameters as parameters
from gateway.connector.description.resource import Resource
from gateway.connector.description.vocabulary import FILTERS, SEARCHED, FilterKind, FilterTerm
from gateway.errors import BadInput

Decision = bool | None


@dataclass(frozen=True)
class Constant:
    """The same for every record."""

    holds: bool


@dataclass(frozen=True)
class And:
    """All of the conditions."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Or:
    """One of the conditions at least."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """The exact complement."""

    part: "Condition"


@dataclass(frozen=True)
class Comparison:
    """One operator on one field. `name`, `op` and `asked` say what was asked, so that a vendor may be asked it."""

    name: str
    op: str
    operand: Any
    field: str
    passes: Callable[[Any], bool]


@dataclass(frozen=True)
class ServerMembership:
    """Whether the vendor counts the record to a parent (`name` is the filter, `parents` are native ids)."""

    name: str
    parents: tuple[str, ...]


Condition = Constant | And | Or | Not | Comparison | ServerMembership
TRUE: Condition = Constant(holds=True)
FALSE: Condition = Constant(holds=False)


def conjunction(parts: Sequence[Condition]) -> Condition:
    """
    All of them, without what is known already.

    >>> both([EVERYTHING, NOTHING]), both([])
    (Always(holds=False), Always(holds=True))
    """
    left = [part for part in parts if part != TRUE]
    if FALSE in left:
        return FALSE
    flat = tuple(inner for part in left for inner in (part.parts if isinstance(part, And) else (part,)))
    return flat[0] if len(flat) == 1 else And(flat) if flat else TRUE


def disjunction(parts: Sequence[Condition]) -> Condition:
    """
    One of them at least: none of none.

    >>> either([EVERYTHING, NOTHING]), either([])
    (Always(holds=True), Always(holds=False))
    """
    left = tuple(part for part in parts if part != FALSE)
    if TRUE in left:
        return TRUE
    return left[0] if len(left) == 1 else Or(left) if left else FALSE


def negation(part: Condition) -> Condition:
    """The complement."""
    return Constant(holds=not part.holds) if isinstance(part, Constant) else Not(part)


@dataclass(frozen=True, kw_only=True)
class FilterScope:
    """Whose records the filter is read for."""

    source: str
    vendor: str
    resource: Resource
    known: Callable[[str, str], ids.GlobalId]  # (written id, type's name) -> checked id; raises BadInput


def parse_filter(filter_input: Mapping[str, Any] | None, of: FilterScope) -> Condition:
    """The condition for one source. What cannot hold there is Always(False), before any call. Raises BadInput."""
    if not filter_input:
        return TRUE
    terms = FILTERS.get(of.resource.type, {})
    parts: list[Condition] = []
    for name, wanted in filter_input.items():
        if wanted is None:
            continue
        if name == "and":
            parts.append(conjunction([parse_filter(one, of) for one in wanted]))
        elif name == "or":
            parts.append(disjunction([parse_filter(one, of) for one in wanted]))
        elif name == "not":
            parts.append(negation(parse_filter(wanted, of)))
        else:
            parts.append(_term(name, terms[name], wanted, of))
    return conjunction(parts)


def _term(name: str, term: FilterTerm, wanted: Any, of: FilterScope) -> Condition:
    if term.kind is FilterKind.SEARCH:
        return _search(wanted, of)
    if term.kind is FilterKind.FLAG:
        return Comparison(name, "eq", wanted, term.name, lambda found: found == wanted)
    if term.kind is FilterKind.CUSTOM:
        return _custom(name, term, wanted)
    if term.kind is FilterKind.PARAMETERS:
        return _parameters(name, wanted, of)
    ops = {op: value for op, value in wanted.items() if value is not None}
    if term.kind is FilterKind.LINK or term.kind is FilterKind.OWN_ID:
        return conjunction([_identity(name, term, op, value, of) for op, value in ops.items()])
    if term.kind is FilterKind.SOURCE or term.kind is FilterKind.VENDOR:
        ours = of.source if term.kind is FilterKind.SOURCE else of.vendor
        folded = {op: _lower(value) for op, value in ops.items()} if term.kind is FilterKind.SOURCE else ops
        return Constant(holds=all(_compare(op, value, FilterKind.TEXT)(ours) for op, value in folded.items()))
    return conjunction(
        [Comparison(name, op, value, term.name, _compare(op, value, term.kind)) for op, value in ops.items()]
    )


def _lower(value: Any) -> Any:
    """Source names are told apart without regard to case."""
    if isinstance(value, str):
        return value.lower()
    return [one.lower() for one in value] if isinstance(value, list) else value


def _search(words: str, of: FilterScope) -> Condition:
    # Blanks around a term are a slip; a term of nothing else is meant.
    term = words.strip() or words
    wanted = term.casefold()
    if not wanted:
        return TRUE

    def holds(found: Any) -> bool:
        return isinstance(found, str) and wanted in found.casefold()

    names = SEARCHED.get(of.resource.type, ())
    return disjunction([Comparison("search", "contains", term, name, holds) for name in names])


def _custom(name: str, term: FilterTerm, wanted: Mapping[str, Any]) -> Condition:
    called = str(wanted["name"]).strip().casefold()
    ops = {op: value for op, value in wanted["value"].items() if value is not None}
    checks = [_compare(op, value, FilterKind.TEXT) for op, value in ops.items()]

    def passes(found: Any) -> bool:
        values: list[str | None] = [
            one["display_value"] for one in found or () if str(one["name"]).strip().casefold() == called
        ]
        return any(all(check(one) for check in checks) for one in values or [None])

    return Comparison(name, "custom", wanted, term.name, passes)


def _parameters(name: str, wanted: Mapping[str, Any], of: FilterScope) -> Condition:
    if str(wanted["vendor"]) != of.vendor:
        return FALSE
    asked = parameters.encode_parameters(wanted["parameters"])
    rule = of.resource.filters.get(name)
    if rule is None:
        raise BadInput(
            f"`{name}` can be given for no {of.resource.type} of {of.vendor}: use the other filters."
        )
    rule.push("eq", asked)  # what cannot be asked is told before any call
    return ServerMembership(name, (asked,))


def _identity(name: str, term: FilterTerm, op: str, value: Any, of: FilterScope) -> Condition:
    type_name = of.resource.type if term.kind is FilterKind.OWN_ID else term.type
    written = [value] if op == "eq" else list(value)
    wanted = [of.known(one, type_name) for one in written]
    link = of.resource.links.get(term.name)
    pointed = link.type if link is not None else type_name
    here = (one.native for one in wanted if one.source == of.source and one.type == pointed)
    native = tuple(dict.fromkeys(here))
    if not native:
        return FALSE
    if term.kind is FilterKind.OWN_ID:
        return Comparison(name, "in", list(native), "native_id", frozenset(native).__contains__)
    pushed = of.resource.filters.get(name)
    if pushed is not None and pushed.membership:
        return ServerMembership(name, native)
    if link is None:
        return FALSE
    return Comparison(name, "in", list(native), f"{term.name}.id", frozenset(native).__contains__)


def _compare(op: str, asked: Any, kind: FilterKind) -> Callable[[Any], bool]:
    """
    A test of one value.

    >>> _compare("contains", "BOOK", Kind.TEXT)("MacBook"), _compare("ne", "a", Kind.TEXT)(None)
    (True, True)
    >>> _compare("eq", "c02x l1", Kind.SERIAL)("C02XL1"), _compare("lt", 5, Kind.RANGE)(None)
    (True, False)
    """
    if op == "isNull":
        return (lambda found: found is None) if asked else (lambda found: found is not None)
    if op in {"gt", "gte", "lt", "lte"}:
        return _RANGES[op](asked)
    same: Callable[[Any], Any] = _comparable_serial if kind is FilterKind.SERIAL else _same
    if op in {"contains", "startsWith"}:
        wanted = str(same(asked)).casefold()
        if op == "contains":
            return lambda found: any(wanted in one.casefold() for one in _texts(same(found)))
        return lambda found: any(one.casefold().startswith(wanted) for one in _texts(same(found)))
    among = frozenset(same(one) for one in asked) if op == "in" else frozenset([same(asked)])
    if op == "ne":
        return lambda found: among.isdisjoint(_each(same(found)))
    if op in {"eq", "in"}:
        return lambda found: not among.isdisjoint(_each(same(found)))
    raise BadInput(f"There is no filter operator {op!r}.")


_RANGES: Mapping[str, Callable[[Any], Callable[[Any], bool]]] = {
    "gt": lambda asked: lambda found: found is not None and found > asked,
    "gte": lambda asked: lambda found: found is not None and found >= asked,
    "lt": lambda asked: lambda found: found is not None and found < asked,
    "lte": lambda asked: lambda found: found is not None and found <= asked,
}


def _same(found: Any) -> Any:
    return found


def _comparable_serial(found: Any) -> Any:
    return tuple(map(convert.serial, found)) if isinstance(found, tuple) else convert.serial(found)


def _each(found: Any) -> tuple[Any, ...]:
    """A record's value, or its values where it has several of the kind."""
    return found if isinstance(found, tuple) else (found,)


def _texts(found: Any) -> tuple[str, ...]:
    return tuple(one for one in _each(found) if isinstance(one, str))
