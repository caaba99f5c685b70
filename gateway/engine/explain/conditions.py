"""Filter conditions as text, and the fields of a record that they read."""

import json
from collections.abc import Iterator
from typing import Any

from gateway.connector.lists.conditions import And, Comparison, Condition, Constant, Not, Or, ServerMembership

_LONGEST = 60


def in_words(condition: Condition) -> str:
    """
    A condition as text.

    >>> in_words(Not(Comparison("status", "in", ["RETIRED"], "status", bool)))
    'not (status in ["RETIRED"])'
    """
    match condition:
        case Constant():
            return "everything" if condition.holds else "nothing"
        case Not():
            return f"not ({in_words(condition.part)})"
        case And():
            return " and ".join(map(_grouped, condition.parts))
        case Or() if (searched := _searched(condition)) is not None:
            return f"search {_shown(searched)}"
        case Or():
            return " or ".join(map(_grouped, condition.parts))
        case ServerMembership():
            return f"{condition.name} in {_shown(list(condition.parents))}"
        case Comparison() if condition.field == "hidden":
            return "not deleted at the vendor"
        case Comparison():
            return f"{condition.name} {condition.op} {_shown(condition.operand)}"


def fields_of(condition: Condition) -> Iterator[str]:
    """The records' fields that the condition compares."""
    match condition:
        case Not():
            yield from fields_of(condition.part)
        case And() | Or():
            for part in condition.parts:
                yield from fields_of(part)
        case Comparison():
            yield condition.field


def members_of(condition: Condition) -> Iterator[ServerMembership]:
    """The memberships that only the vendor can evaluate."""
    match condition:
        case Not():
            yield from members_of(condition.part)
        case And() | Or():
            for part in condition.parts:
                yield from members_of(part)
        case ServerMembership():
            yield condition


def _searched(condition: Or) -> Any:
    names = {part.name if isinstance(part, Comparison) else "" for part in condition.parts}
    first = condition.parts[0]
    return first.operand if names == {"search"} and isinstance(first, Comparison) else None


def _grouped(condition: Condition) -> str:
    text = in_words(condition)
    compound = isinstance(condition, And | Or) and not text.startswith("search ")
    return f"({text})" if compound else text


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
