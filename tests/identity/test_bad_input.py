"""Bad input: right, linear and bounded, whatever the rows hold."""

import time
from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from msgspec.structs import replace

from gateway.identity import IdentityRecord, PossibleMatches, match, parse_decisions, run, unified_id
from gateway.identity.vetoes import LARGEST_GROUP
from tests.support.call_counter import count_calls

_SOURCES = ("a", "b", "c")
_DECISIONS = parse_decisions({"asset_tags": [{"shared_by": list(_SOURCES)}]})


def _row(number: int, **values: str | None) -> IdentityRecord:
    source = _SOURCES[number % 3]
    return IdentityRecord(id=f"{source}:Asset:{number}", source=source, **values)  # type: ignore[arg-type]


_CROWDS: dict[str, Callable[[int], IdentityRecord]] = {
    "one number": lambda number: _row(number, serial_number="CX770402Z19", manufacturer="Vexa"),
    "one number and names": lambda number: _row(
        number, serial_number="CX770402Z19", name=f"nb-{number // 3}"
    ),
    "one tag": lambda number: _row(number, asset_tag="EQ-7001"),
    "one name": lambda number: _row(number, name="nb-1", serial_number=f"PF{number:06}"),
    "one card": lambda number: _row(number, name="nb-1", mac_address="a0:29:19:44:00:7e"),
    "a chain": lambda number: _row(
        number, serial_number=f"CX{number:07}Z", secondary_serial_number=f"CX{number + 1:07}Z"
    ),
    "nothing": _row,
}


def _match_crowd(crowd: str, count: int) -> None:
    """Matches a crowd, then the same crowd with every row changed, and without half of it."""
    rows = [_CROWDS[crowd](number) for number in range(count)]
    matching = match(rows, _DECISIONS)
    possible = PossibleMatches(matching)
    run(possible.prepare())
    sum(1 for _ in possible.pairs())
    assert sum(len(group.members) for group in matching.groups()) == count
    assert max(len(group.members) for group in matching.groups()) <= LARGEST_GROUP
    run(matching.update([replace(row, purchase_date=date(2024, 1, 15)) for row in rows]))
    assert sum(len(group.members) for group in matching.groups()) == count
    run(matching.update([], removed=[row.id for row in rows[::2]]))
    assert sum(len(group.members) for group in matching.groups()) == count // 2


@pytest.mark.parametrize("crowd", _CROWDS)
def test_crowds_are_matched_in_linear_steps_and_bounded_groups(crowd: str) -> None:
    few = count_calls(partial(_match_crowd, crowd, 200))
    assert count_calls(partial(_match_crowd, crowd, 800)) < 4.8 * few


@pytest.mark.long
@pytest.mark.parametrize(
    ("crowd", "count"),
    [("one number", 50_000), ("one tag", 50_000), ("one name", 50_000), ("a chain", 10_000)],
)
def test_large_crowds_are_matched_in_linear_time(crowd: str, count: int) -> None:
    """Also what is hidden inside of one call: a tenth takes no less than a thirtieth of the time."""

    def seconds(size: int) -> float:
        start = time.process_time()
        _match_crowd(crowd, size)
        return time.process_time() - start

    assert seconds(count) < 30 * max(seconds(count // 10), 0.02)


def test_a_crowd_with_names_of_their_own_is_paired_by_them() -> None:
    matching = match([_CROWDS["one number and names"](number) for number in range(300)], _DECISIONS)
    assert {len(group.members) for group in matching.groups()} == {3}


@pytest.mark.parametrize(
    "serial",
    [
        "A1" * 5000,
        "CX77\r\n0402Z19",
        "\x00\x07CX770402Z19",
        "\u202eCX770402Z19",
        "\ud800CX770402Z19",
        "",
        " ",
        "-",
        "\u200b",
    ],
)
def test_odd_numbers_are_compared(serial: str) -> None:
    rows = [_row(number, serial_number=serial, manufacturer="Vexa", model="VX-2210") for number in range(2)]
    matching = match(rows, _DECISIONS)
    sizes = [len(group.members) for group in matching.groups()]
    assert sizes == ([2] if any(map(str.isalnum, serial)) else [1, 1])
    for group in matching.groups():
        assert len(unified_id(matching, group)) < 120


def test_long_numbers_that_differ_at_their_end_stay_apart() -> None:
    rows = [_row(number, serial_number="A1" * 5000 + str(number), manufacturer="Vexa") for number in range(2)]
    assert [len(group.members) for group in match(rows, _DECISIONS).groups()] == [1, 1]


def test_a_deleted_record_in_same_is_no_fault() -> None:
    decisions = parse_decisions({"same": [["a:Asset:0", "b:Asset:1", "c:Asset:999"]]})
    matching = match([_row(0), _row(1)], decisions)
    assert [len(group.members) for group in matching.groups()] == [2]


def test_steps_are_short() -> None:
    rows = [_CROWDS["a chain"](number) for number in range(2000)]
    assert sum(1 for _ in match([], _DECISIONS).update(rows)) > 60


def test_a_zero_width_space_makes_no_word_of_a_number() -> None:
    """A number that words were seen in would speak against nothing: the tag of a replaced device would join it."""
    decisions = parse_decisions({"asset_tags": [{"shared_by": ["tether", "revnue"]}]})
    rows = [
        IdentityRecord("fiwit:Asset:1", "fiwit", "FTS\u200bTMEYXXVE", model="MacBook Air 13"),
        IdentityRecord("tether:Asset:1", "tether", "FTSTMEYXXVE", asset_tag="IT-71353", manufacturer="Apple"),
        IdentityRecord("revnue:Asset:2", "revnue", "FI2N0456T6", asset_tag="IT-71353", manufacturer="Apple"),
    ]
    assert frozenset({"revnue:Asset:2"}) in match(rows, decisions).ids_of_groups()


def test_letters_of_a_makers_length_speak_against_other_numbers_though_they_look_like_a_word() -> None:
    decisions = parse_decisions({"asset_tags": [{"shared_by": ["tether", "revnue"]}]})
    rows = [
        IdentityRecord("fiwit:Asset:1", "fiwit", "PFUFFIUJ", model="ThinkPad L13"),
        IdentityRecord("tether:Asset:1", "tether", "pfuffiuj", asset_tag="IT-71445", manufacturer="Lenovo"),
        IdentityRecord("revnue:Asset:2", "revnue", "PC-F9OA5X", asset_tag="IT-71445"),
    ]
    assert frozenset({"revnue:Asset:2"}) in match(rows, decisions).ids_of_groups()


def test_words_that_several_records_carry_speak_against_other_numbers_unless_the_records_differ() -> None:
    """They may be a number, after all: the tag of a replaced device would join it."""
    decisions = parse_decisions({"asset_tags": [{"shared_by": ["tether", "revnue"]}]})
    carriers = [
        IdentityRecord("fiwit:Asset:1", "fiwit", "CJ-SPIXSIAHIC", model="CS2740"),
        IdentityRecord("tether:Asset:1", "tether", "CJSPIXSIAHIC", asset_tag="IT-7", manufacturer="Eizo"),
    ]
    replaced = IdentityRecord("revnue:Asset:2", "revnue", "VV8402O8C", asset_tag="IT-7", manufacturer="Eizo")
    matching = match([*carriers, replaced], decisions)
    assert frozenset({"revnue:Asset:2"}) in matching.ids_of_groups()
    assert frozenset({"fiwit:Asset:1", "tether:Asset:1"}) not in matching.ids_of_groups()
    other = IdentityRecord("halo:Asset:3", "halo", "CJ SPIXSIAHIC", manufacturer="Canon")
    assert (
        frozenset({"tether:Asset:1", "revnue:Asset:2"})
        in match([*carriers, replaced, other], decisions).ids_of_groups()
    )
