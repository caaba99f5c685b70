"""Estates full of traps: no false join, and nearly all that can be decided is."""

from itertools import combinations

import pytest

from gateway.identity import Decisions, Matching, PossibleMatches, match, parse_decisions, run
from gateway.identity.canonical import canonical_number
from gateway.identity.makers import maker_family
from gateway.identity.record import IdentityRecord
from tests.identity.estates import SHARED_TAGS, Estate, EstateMaker

SEEDS = (7, 4711)


@pytest.fixture(scope="module", params=SEEDS)
def estate(request: pytest.FixtureRequest) -> Estate:
    return EstateMaker(request.param, devices=2000).make()


@pytest.fixture(scope="module")
def decisions() -> Decisions:
    return parse_decisions({"asset_tags": [{"shared_by": SHARED_TAGS}]})


def _false_joins(matching: Matching, estate: Estate) -> list[tuple[IdentityRecord, IdentityRecord]]:
    return [
        (matching.row(lhs), matching.row(rhs))
        for group in matching.groups()
        for lhs, rhs in combinations(group.members, 2)
        if estate.thing_of[matching.row(lhs).id] != estate.thing_of[matching.row(rhs).id]
    ]


def _true_pairs(matching: Matching, estate: Estate) -> list[tuple[int, int]]:
    indices: dict[int, list[int]] = {}
    for index in range(len(matching)):
        indices.setdefault(estate.thing_of[matching.row(index).id], []).append(index)
    return [pair for members in indices.values() for pair in combinations(members, 2)]


def _can_be_decided(lhs: IdentityRecord, rhs: IdentityRecord, estate: Estate) -> bool:
    """Both show the thing's number, and there is a maker or a model, or the number is a mixed one."""
    if not {lhs.id, rhs.id} <= estate.sound:
        return False
    number = canonical_number(lhs.serial_number or rhs.serial_number)
    makers = maker_family(lhs.manufacturer) and maker_family(rhs.manufacturer)
    return bool(makers or (lhs.model and rhs.model) or not (number.isalpha() or number.isdecimal()))


def test_nothing_is_joined_falsely(estate: Estate, decisions: Decisions) -> None:
    assert _false_joins(match(estate.records, decisions), estate) == []


@pytest.mark.parametrize("away", ["s3s", "tether", "fiwit", "halo", "revnue", "southdesk"])
def test_nothing_is_joined_falsely_without_a_source(estate: Estate, decisions: Decisions, away: str) -> None:
    matching = match([row for row in estate.records if row.source != away], decisions)
    assert _false_joins(matching, estate) == []


def test_what_can_be_decided_is(estate: Estate, decisions: Decisions) -> None:
    matching = match(estate.records, decisions)
    decidable = [
        (lhs, rhs)
        for lhs, rhs in _true_pairs(matching, estate)
        if _can_be_decided(matching.row(lhs), matching.row(rhs), estate)
    ]
    joined = sum(rhs in matching.group_of(lhs).members for lhs, rhs in decidable)
    assert joined >= 0.985 * len(decidable)


def test_the_rest_is_offered_and_half_of_what_is_offered_is_right(
    estate: Estate, decisions: Decisions
) -> None:
    matching = match(estate.records, decisions)
    possible = PossibleMatches(matching)
    run(possible.prepare())
    pairs = {(pair.lhs, pair.rhs) for pair in possible.pairs() if pair}
    true_pairs = _true_pairs(matching, estate)
    joined = sum(rhs in matching.group_of(lhs).members for lhs, rhs in true_pairs)
    assert joined + len(pairs & set(true_pairs)) >= 0.9 * len(true_pairs)
    assert len(pairs & set(true_pairs)) >= 0.5 * len(pairs)
    for index in range(len(matching)):
        assert len(possible.of(index)) <= 5
