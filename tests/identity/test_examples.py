"""Every group, every "apart" and every "possible" of the examples."""

from itertools import combinations
from typing import Any

import pytest

from gateway.identity import Matching, PossibleMatches, match, parse_decisions, run
from tests.identity.example_estate import example_record, load_examples


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    return load_examples()


@pytest.fixture(scope="module")
def matching(examples: dict[str, Any]) -> Matching:
    return match(map(example_record, examples["records"]), parse_decisions(examples["identity"]))


def test_groups_are_those_of_the_examples(examples: dict[str, Any], matching: Matching) -> None:
    groups = {frozenset(matching.row(index).id for index in group.members) for group in matching.groups()}
    expected = {frozenset(group["records"]) for group in examples["groups"]}
    assert {group for group in groups if len(group) > 1} == expected
    assert sum(map(len, groups)) == len(examples["records"])


def test_what_is_apart_stays_apart(examples: dict[str, Any], matching: Matching) -> None:
    for case in examples["apart"]:
        for lhs, rhs in combinations(case["records"], 2):
            index, other = matching.position(lhs), matching.position(rhs)
            assert index is not None
            assert other not in matching.group_of(index).members, case["why"]


def test_possible_matches_are_offered(examples: dict[str, Any], matching: Matching) -> None:
    possible = PossibleMatches(matching)
    run(possible.prepare())
    offered = {
        frozenset((matching.row(pair.lhs).id, matching.row(pair.rhs).id)) for pair in possible.pairs() if pair
    }
    for case in examples["possible"]:
        assert frozenset(case["records"]) in offered, case["why"]
    declared = {frozenset(pair) for pair in examples["identity"]["different"]}
    assert not offered & declared


def test_the_order_of_the_rows_is_no_matter(examples: dict[str, Any], matching: Matching) -> None:
    decisions = parse_decisions(examples["identity"])
    backwards = match(map(example_record, reversed(examples["records"])), decisions)
    assert backwards.ids_of_groups() == matching.ids_of_groups()
