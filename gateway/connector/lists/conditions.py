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
from gateway.connector.description.vocabulary import FILTERS, SEARCHED, Kind, Term
from gateway.errors import BadInput

Decision = bool | None


@dataclass(frozen=True)
class Always:
    """The same for every record."""

    holds: bool


@dataclass(frozen=True)
class Both:
    """All of the conditions."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Either:
    """One of the conditions at least."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """The exact complement."""

    part: "Condition"


@dataclass(frozen=True)
class Test:
    """One operator on one field. `name`, `op` and `asked` say what was asked, so that a vendor may be asked it."""

    name: str
    op: str
    asked: Any
    field: str
    passes: Callable[[Any], bool]


@dataclass(frozen=True)
class Member:
    """Whether the vendor counts the record to a parent (`name` is the filter, `parents` are native ids)."""

    name: str
    parents: tuple[str, ...]


Condition = Always | Both | Either | Not | Test | Member
EVERYTHING: Condition = Always(holds=True)
NOTHING: Condition = Always(holds=False)


def both(parts: Sequence[Condition]) -> Condition:
    """
    All of them, without what is known already.

    >>> both([EVERYTHING, NOTHING]), both([])
    (Always(holds=False), Always(holds=True))
    """
    left = [part for part in parts if part != EVERYTHING]
    if NOTHING in left:
        return NOTHING
    flat = tuple(inner for part in left for inner in (part.parts if isinstance(part, Both) else (part,)))
    return flat[0] if len(flat) == 1 else Both(flat) if flat else EVERYTHING


def either(parts: Sequence[Condition]) -> Condition:
    """
    One of them at least: none of none.

    >>> either([EVERYTHING, NOTHING]), either([])
    (Always(holds=True), Always(holds=False))
    """
    left = tuple(part for part in parts if part != NOTHING)
    if EVERYTHING in left:
        return EVERYTHING
    return left[0] if len(left) == 1 else Either(left) if left else NOTHING


def negated(part: Condition) -> Condition:
    """The complement."""
    return Always(holds=not part.holds) if isinstance(part, Always) else Not(part)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Whose records the filter is read for."""

    source: str
    vendor: str
    resource: Resource
    known: Callable[[str, str], ids.GlobalId]  # (written id, type's name) -> checked id; raises BadInput


def read(asked: Mapping[str, Any] | None, of: Reading) -> Condition:
    """The condition for one source. What cannot hold there is Always(False), before any call. Raises BadInput."""
    if not asked:
        return EVERYTHING
    terms = FILTERS.get(of.resource.type, {})
    parts: list[Condition] = []
    for name, wanted in asked.items():
        if wanted is None:
            continue
        if name == "and":
            parts.append(both([read(one, of) for one in wanted]))
        elif name == "or":
            parts.append(either([read(one, of) for one in wanted]))
        elif name == "not":
            parts.append(negated(read(wanted, of)))
        else:
            parts.append(_term(name, terms[name], wanted, of))
    return both(parts)


def _term(name: str, term: Term, wanted: Any, of: Reading) -> Condition:
    if term.kind is Kind.SEARCH:
        return _search(wanted, of)
    if term.kind is Kind.FLAG:
        return Test(name, "eq", wanted, term.name, lambda found: found == wanted)
    if term.kind is Kind.CUSTOM:
        return _custom(name, term, wanted)
    if term.kind is Kind.PARAMETERS:
        return _parameters(name, wanted, of)
    ops = {op: value for op, value in wanted.items() if value is not None}
    if term.kind is Kind.LINK or term.kind is Kind.OWN_ID:
        return both([_identity(name, term, op, value, of) for op, value in ops.items()])
    if term.kind is Kind.SOURCE or term.kind is Kind.VENDOR:
        ours = of.source if term.kind is Kind.SOURCE else of.vendor
        folded = {op: _lower(value) for op, value in ops.items()} if term.kind is Kind.SOURCE else ops
        return Always(holds=all(_compare(op, value, Kind.TEXT)(ours) for op, value in folded.items()))
    return both(
        [Test(name, op, value, term.name, _compare(op, value, term.kind)) for op, value in ops.items()]
    )


def _lower(value: Any) -> Any:
    """Source names are told apart without regard to case."""
    if isinstance(value, str):
        return value.lower()
    return [one.lower() for one in value] if isinstance(value, list) else value


def _search(words: str, of: Reading) -> Condition:
    # Blanks around a term are a slip; a term of nothing else is meant.
    term = words.strip() or words
    wanted = term.casefold()
    if not wanted:
        return EVERYTHING

    def holds(found: Any) -> bool:
        return isinstance(found, str) and wanted in found.casefold()

    names = SEARCHED.get(of.resource.type, ())
    return either([Test("search", "contains", term, name, holds) for name in names])


def _custom(name: str, term: Term, wanted: Mapping[str, Any]) -> Condition:
    called = str(wanted["name"]).strip().casefold()
    ops = {op: value for op, value in wanted["value"].items() if value is not None}
    checks = [_compare(op, value, Kind.TEXT) for op, value in ops.items()]

    def passes(found: Any) -> bool:
        values: list[str | None] = [
            one["display_value"] for one in found or () if str(one["name"]).strip().casefold() == called
        ]
        return any(all(check(one) for check in checks) for one in values or [None])

    return Test(name, "custom", wanted, term.name, passes)


def _parameters(name: str, wanted: Mapping[str, Any], of: Reading) -> Condition:
    if str(wanted["vendor"]) != of.vendor:
        return NOTHING
    asked = parameters.packed(wanted["parameters"])
    rule = of.resource.filters.get(name)
    if rule is None:
        raise BadInput(
            f"`{name}` can be given for no {of.resource.type} of {of.vendor}: use the other filters."
        )
    rule.push("eq", asked)  # what cannot be asked is told before any call
    return Member(name, (asked,))


def _identity(name: str, term: Term, op: str, value: Any, of: Reading) -> Condition:
    type_name = of.resource.type if term.kind is Kind.OWN_ID else term.type
    written = [value] if op == "eq" else list(value)
    wanted = [of.known(one, type_name) for one in written]
    link = of.resource.links.get(term.name)
    pointed = link.type if link is not None else type_name
    here = (one.native for one in wanted if one.source == of.source and one.type == pointed)
    native = tuple(dict.fromkeys(here))
    if not native:
        return NOTHING
    if term.kind is Kind.OWN_ID:
        return Test(name, "in", list(native), "native_id", frozenset(native).__contains__)
    pushed = of.resource.filters.get(name)
    if pushed is not None and pushed.membership:
        return Member(name, native)
    if link is None:
        return NOTHING
    return Test(name, "in", list(native), f"{term.name}.id", frozenset(native).__contains__)


def _compare(op: str, asked: Any, kind: Kind) -> Callable[[Any], bool]:
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
    same: Callable[[Any], Any] = _comparable_serial if kind is Kind.SERIAL else _same
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
