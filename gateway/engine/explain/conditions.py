"""Conditions in words, and the fields of a record that they look at."""

import json
from collections.abc import Iterator
from typing import Any

from gateway.connector.lists.conditions import Always, Both, Condition, Either, Member, Not, Test

_LONGEST = 60


def in_words(condition: Condition) -> str:
    """
    A condition as text.

    >>> in_words(Not(Test("status", "in", ["RETIRED"], "status", bool)))
    'not (status in ["RETIRED"])'
    """
    match condition:
        case Always():
            return "everything" if condition.holds else "nothing"
        case Not():
            return f"not ({in_words(condition.part)})"
        case Both():
            return " and ".join(map(_grouped, condition.parts))
        case Either() if (searched := _searched(condition)) is not None:
            return f"search {_shown(searched)}"
        case Either():
            return " or ".join(map(_grouped, condition.parts))
        case Member():
            return f"{condition.name} in {_shown(list(condition.parents))}"
        case Test() if condition.field == "hidden":
            return "not deleted at the vendor"
        case Test():
            return f"{condition.name} {condition.op} {_shown(condition.asked)}"


def fields_of(condition: Condition) -> Iterator[str]:
    """The records' fields that decide."""
    match condition:
        case Not():
            yield from fields_of(condition.part)
        case Both() | Either():
            for part in condition.parts:
                yield from fields_of(part)
        case Test():
            yield condition.field


def members_of(condition: Condition) -> Iterator[Member]:
    """What only the vendor can decide."""
    match condition:
        case Not():
            yield from members_of(condition.part)
        case Both() | Either():
            for part in condition.parts:
                yield from members_of(part)
        case Member():
            yield condition


def _searched(condition: Either) -> Any:
    names = {one.name if isinstance(one, Test) else "" for one in condition.parts}
    first = condition.parts[0]
    return first.asked if names == {"search"} and isinstance(first, Test) else None


def _grouped(condition: Condition) -> str:
    text = in_words(condition)
    compound = isinstance(condition, Both | Either) and not text.startswith("search ")
    return f"({text})" if compound else text


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
