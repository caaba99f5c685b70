"""Ids of things, and why records are one thing."""

from itertools import combinations

import pytest

from gateway.identity import (
    IdentityRecord,
    Matching,
    MatchingReporter,
    explain,
    find_things,
    match,
    parse_decisions,
    run,
    unified_id,
)
from tests.identity.estates import SHARED_TAGS, EstateMaker


@pytest.fixture(scope="module")
def matching() -> Matching:
    estate = EstateMaker(3, devices=400).make()
    return match(estate.records, parse_decisions({"asset_tags": [{"shared_by": SHARED_TAGS}]}))


def test_ids_are_unique_and_find_their_thing(matching: Matching) -> None:
    ids = [unified_id(matching, group) for group in matching.groups()]
    assert len(set(ids)) == len(ids)
    for group, thing_id in zip(matching.groups(), ids, strict=True):
        assert find_things(matching, thing_id) == [group]


def _is_by_number(thing_id: str) -> bool:
    return thing_id.count(":") == 2


@pytest.mark.parametrize("away", ["tether", "halo", "fiwit", "revnue"])
def test_ids_by_number_do_not_depend_on_which_sources_answer(matching: Matching, away: str) -> None:
    ids = {
        row.id: unified_id(matching, matching.group_of(index))
        for index, row in enumerate(matching.rows)
        if row
    }
    rest = match([row for row in matching.rows if row and row.source != away], matching.decisions)
    by_number = changed = 0
    for group in rest.groups():
        thing_id = unified_id(rest, group)
        assert find_things(rest, thing_id) == [group]
        before = {ids[rest.row(index).id] for index in group.members}
        if _is_by_number(thing_id) and any(map(_is_by_number, before)):
            by_number += 1
            changed += thing_id not in before
    assert by_number > 100
    assert changed <= 0.01 * by_number  # only where what tied two numbers of a thing is away


def test_an_id_once_made_finds_what_has_its_record(matching: Matching) -> None:
    for row in matching.rows:
        assert row is not None
        (group,) = find_things(matching, f"unified:UnifiedAsset:{row.id}")
        assert matching.position(row.id) in group.members


def test_foreign_ids_find_nothing(matching: Matching) -> None:
    for global_id in (
        "",
        "halo:Asset:1",
        "unified:Asset:1",
        "unified:UnifiedAsset:",
        "unified:UnifiedAsset:x:Asset:1",
    ):
        assert find_things(matching, global_id) == []


def test_a_number_of_two_makers_is_two_things() -> None:
    rows = [
        IdentityRecord("a:Asset:1", "a", "20417733", manufacturer="Canon", model="TM-350"),
        IdentityRecord("b:Asset:1", "b", "20417733", manufacturer="APC", model="SMT2200"),
    ]
    matching = match(rows)
    ids = [unified_id(matching, group) for group in matching.groups()]
    assert ids == ["unified:UnifiedAsset:20417733~CANON", "unified:UnifiedAsset:20417733~APC"]
    assert len(find_things(matching, "unified:UnifiedAsset:20417733")) == 2


def test_a_join_is_explained() -> None:
    rows = [
        IdentityRecord("a:Asset:1", "a", "1S20XWCTO1WWPF3K7QJD", manufacturer="Lenovo"),
        IdentityRecord("b:Asset:1", "b", "pf-3k7qjd", name="nb-1"),
        IdentityRecord("c:Asset:1", "c", "PF3K7QJD", manufacturer="Dell"),
    ]
    matching = match(rows[:2])
    explanation = explain(matching, [0, 1])
    assert explanation.joined
    assert [evidence.value for evidence in explanation.evidence] == ["PF3K7QJD"]
    number = explanation.records[0].values[0]
    assert (number.written, number.why) == ("1S20XWCTO1WWPF3K7QJD", "PF3K7QJD as LENOVO's label")
    apart = explain(match(rows), [0, 2])
    assert not apart.joined
    assert any(reason.startswith("makers differ") for reason in apart.against)


def test_every_pair_that_is_not_joined_has_a_reason(matching: Matching) -> None:
    groups = list(matching.groups())[:120]
    for lhs, rhs in combinations(groups[::7], 2):
        explanation = explain(matching, [lhs.members[0], rhs.members[0]])
        assert not explanation.joined
        assert explanation.against


def test_the_report_names_what_was_unmasked_and_what_is_worth_declaring(matching: Matching) -> None:
    undeclared = match([row for row in matching.rows if row])
    reporter = MatchingReporter(undeclared)
    run(reporter.steps())
    report = reporter.report
    assert report is not None
    assert report.things == len(list(undeclared.groups()))
    assert sum(report.joins.values()) == report.records - report.things
    assert "a virtual machine carries it" in {why for _, _, why in report.unmasked}
    assert ("halo", "revnue") in {pair[:2] for pair in report.tags_worth_declaring}


def test_what_a_source_spoke_against_still_counts_while_it_is_away() -> None:
    copied = [
        IdentityRecord("fiwit:Asset:1", "fiwit", "5XQ8814", name="nb-1", manufacturer="Dell"),
        IdentityRecord("fiwit:Asset:2", "fiwit", "5XQ8814", name="nb-2", manufacturer="Dell"),
        IdentityRecord("halo:Asset:1", "halo", "5XQ8814", name="nb-1", manufacturer="Dell"),
        IdentityRecord("tether:Asset:1", "tether", "5XQ8814", name="Laptop", manufacturer="Dell"),
    ]
    matching = match(copied)
    visible = [matching.visible(group, {"fiwit"}) for group in matching.groups()]
    ids = [[matching.row(index).id for index in group.members] for group in visible if group]
    assert sorted(ids) == [["halo:Asset:1"], ["tether:Asset:1"]]
    run(matching.update((), removed=[row.id for row in copied if row.source == "fiwit"]))
    assert len(matching.ids_of_groups()) == 1


def test_letters_that_may_be_words_are_explained_as_such() -> None:
    rows = [
        IdentityRecord(
            f"{source}:Asset:1", source, "PF-WSIWZY", manufacturer="Lenovo", model="ThinkPad X1 Carbon Gen 11"
        )
        for source in ("fiwit", "halo")
    ]
    explanation = explain(match(rows), [0, 1])
    assert not explanation.joined
    assert explanation.against == (
        "PFWSIWZY looks like words that people type: it is good only with a second identifier",
    )
