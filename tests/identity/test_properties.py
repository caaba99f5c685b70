"""What holds for any rows and any decisions."""

from collections.abc import Iterable
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.identity import Decisions, Matching, match, parse_decisions, run
from gateway.identity.canonical import canonical_card, canonical_number, canonical_tag
from gateway.identity.components import numbers_of
from gateway.identity.near_numbers import is_near
from gateway.identity.record import IdentityRecord
from gateway.identity.vetoes import whole_numbers

SOURCES = ("tether", "halo", "fiwit", "revnue")
SERIALS = (
    None,
    "4HJT9X3",
    "9768332919",
    "PF3K7QJD",
    "1S20XWCTO1WWPF3K7QJD",
    "pf-3k7qjd",
    "20417733",
    "0020417733",
    "RENTAL POOL",
    "N/A",
    "CX770402Z19",
    "CX770402Z18",
    "EQ-7001",
    "VMware-42 0a 77 11 90 cc",
    "4CE9021XKL",
    "4CE9O21XKL",
    "12345",
    "VB.2025.041",
)


@st.composite
def _rows(draw: st.DrawFn, largest: int = 14) -> list[IdentityRecord]:
    count = draw(st.integers(1, largest))
    return [
        IdentityRecord(
            id=f"{(source := draw(st.sampled_from(SOURCES)))}:Asset:{number}",
            source=source,
            serial_number=draw(st.sampled_from(SERIALS)),
            secondary_serial_number=draw(st.sampled_from((None, None, None, "VB.2025.041", "PF3K7QJD"))),
            asset_tag=draw(st.sampled_from((None, "EQ-7001", "EQ-7002", "LXA7C03291"))),
            name=draw(st.sampled_from((None, "nb-1", "nb-2", "Laptop"))),
            manufacturer=draw(st.sampled_from((None, None, "Dell", "Lenovo", "S3S"))),
            model=draw(st.sampled_from((None, None, "T14s", "ThinkPad T14s", "L13"))),
            purchase_date=draw(st.sampled_from((None, None, date(2021, 1, 1), date(2024, 1, 1)))),
            mac_address=draw(st.sampled_from((None, None, "a0:29:19:44:00:7e", "a0:29:19:44:00:7c"))),
        )
        for number in range(count)
    ]


_TAGS = [{"shared_by": ["tether", "halo", "revnue"]}]


@st.composite
def _rows_and_decisions(draw: st.DrawFn) -> tuple[list[IdentityRecord], Decisions]:
    rows = draw(_rows())
    ids = [row.id for row in rows]
    pairs = st.lists(st.lists(st.sampled_from(ids), min_size=2, max_size=3, unique=True), max_size=2)
    same = draw(pairs) if len(ids) > 2 else []
    tied = parse_decisions({"same": same}).same
    different = [
        pair
        for pair in (draw(pairs) if len(ids) > 2 else [])
        if not any(len(set(pair) & set(group)) > 1 for group in tied)
    ]
    return rows, parse_decisions({"asset_tags": _TAGS, "same": same, "different": different})


def _closure(matching: Matching, record_id: str) -> set[str]:
    """Ids of all records that shared values tie to one, through others too."""
    position = matching.position(record_id)
    assert position is not None
    same = [set(map(matching.position, group)) for group in matching.decisions.same]
    tied = [position]
    for index in tied:
        sharing = {
            other
            for carriers, value in matching.index.values_of(matching.compared[index])
            for other in carriers.of(value)
        }
        declared = {other for group in same if index in group for other in group if other is not None}
        tied += [other for other in sharing | declared if other not in tied]
    return {matching.row(index).id for index in tied}


@given(_rows_and_decisions(), st.randoms())
def test_order_changes_nothing(case: tuple[list[IdentityRecord], Decisions], shuffler: object) -> None:
    rows, decisions = case
    groups = match(rows, decisions).ids_of_groups()
    shuffled = list(rows)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert match(shuffled, decisions).ids_of_groups() == groups


@given(_rows_and_decisions(), st.data())
def test_a_record_changes_only_what_it_is_tied_to(
    case: tuple[list[IdentityRecord], Decisions], data: st.DataObject
) -> None:
    rows, decisions = case
    removed = data.draw(st.sampled_from(rows))
    whole = match(rows, decisions)
    tied = _closure(whole, removed.id)
    rest = match([row for row in rows if row.id != removed.id], decisions)

    def untouched(groups: Iterable[frozenset[str]]) -> set[frozenset[str]]:
        return {group for group in groups if not group & tied}

    assert untouched(whole.ids_of_groups()) == untouched(rest.ids_of_groups())


@given(_rows_and_decisions())
def test_decisions_win(case: tuple[list[IdentityRecord], Decisions]) -> None:
    rows, decisions = case
    for group in (groups := match(rows, decisions).ids_of_groups()):
        for record in group:
            assert not group & decisions.different.get(record, frozenset())
    for same in decisions.same:
        assert any(set(same) <= group for group in groups)


@given(_rows())
def test_whole_numbers_of_a_group_are_tied(rows: list[IdentityRecord]) -> None:
    matching = match(rows, parse_decisions({"asset_tags": _TAGS}))
    for group in matching.groups():
        records = [matching.compared[index] for index in group.members]
        numbers = sorted(whole_numbers(records, matching.shared))
        tied = numbers[:1]
        for number in tied:
            near = {other for other in numbers if is_near(number, other)}
            near |= {
                other for record in records if number in numbers_of(record) for other in numbers_of(record)
            }
            tied += [other for other in numbers if other in near and other not in tied]
        assert sorted(tied) == numbers


@given(_rows())
def test_makers_are_never_mixed(rows: list[IdentityRecord]) -> None:
    matching = match(rows, parse_decisions({"asset_tags": _TAGS}))
    for group in matching.groups():
        assert len({matching.compared[index].family for index in group.members} - {""}) <= 1


@given(_rows_and_decisions(), _rows(), st.data())
@settings(max_examples=150)
def test_the_incremental_result_is_the_full_one(
    case: tuple[list[IdentityRecord], Decisions], later: list[IdentityRecord], data: st.DataObject
) -> None:
    rows, decisions = case
    matching = match(rows, decisions)
    current = {row.id: row for row in rows}
    for _ in range(3):
        changed = data.draw(st.lists(st.sampled_from(later), max_size=4, unique_by=lambda row: row.id))
        removed = data.draw(
            st.lists(st.sampled_from(sorted(current) or ["x:Asset:1"]), max_size=3, unique=True)
        )
        removed = [record for record in removed if record not in {row.id for row in changed}]
        current = {record: row for record, row in current.items() if record not in removed}
        current |= {row.id: row for row in changed}
        run(matching.update(changed, removed=removed))
        full = match(current.values(), decisions)
        assert matching.ids_of_groups() == full.ids_of_groups()
        assert matching.shared == full.shared


@given(
    st.text()
    | st.from_regex(r"( *(SN|S/N|Serial( No\.| Number:?)?)[:. ]*)*[A-Z0-9 -]*")
    | st.text("sS/Nn:.o eriaubmSN019- \uff21\uff33/")
)
def test_comparing_is_idempotent(text: str) -> None:
    for canonical in (canonical_number, canonical_tag, canonical_card):
        assert canonical(canonical(text)) == canonical(text)
