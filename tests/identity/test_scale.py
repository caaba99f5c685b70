"""Cost of the matching and of its lists: what is read again unchanged costs nothing, and a thing is matched once."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from gateway.identity import IdentityRecord, PossibleMatches, match, run
from gateway.identity.catalog import MatchingCatalog, SourceRows
from gateway.identity.components import Component
from gateway.identity.matching_view import MatchingView, ThingKey
from tests.support.call_counter import count_calls

_SOURCES = ("halo", "tether", "fiwit")


def _rows(count: int) -> dict[str, SourceRows]:
    return {
        source: SourceRows(
            [
                IdentityRecord(f"{source}:Asset:{number}", source, f"PF{number:04}QJ", manufacturer="Lenovo")
                for number in range(count)
            ]
        )
        for source in _SOURCES
    }


async def _keys(catalog: MatchingCatalog, rows: dict[str, SourceRows]) -> list[ThingKey]:
    return await catalog.use(rows, lambda view: view.keys())


async def test_a_thing_of_several_sources_is_matched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[Component] = []
    solve = Component.solve

    def solve_and_note(component: Component, same: Sequence[Sequence[int]]) -> Iterator[None]:
        solved.append(component)
        return solve(component, same)

    monkeypatch.setattr(Component, "solve", solve_and_note)
    keys = await _keys(MatchingCatalog(), _rows(100))
    assert [len(key.record_ids) for key in keys] == [3] * 100
    assert len(solved) == 100


#: Calls for a record, from its row to the things in their order: 127 with Python 3.11, where a thousand records take
#: 25 ms.
_CALLS_OF_A_RECORD = 130


def test_a_record_costs_no_more_calls_than_it_did() -> None:
    rows = [row for part in _rows(340).values() for row in part.rows]

    def work() -> None:
        matching = match(rows)
        run(MatchingView(matching, PossibleMatches(matching), {}, {}).keys())

    assert count_calls(work) / len(rows) < _CALLS_OF_A_RECORD


async def test_rows_that_come_again_unchanged_leave_the_things_as_they_are() -> None:
    catalog = MatchingCatalog()
    keys = await _keys(catalog, _rows(20))
    assert await _keys(catalog, _rows(20)) is keys


async def test_a_row_that_changes_changes_its_thing() -> None:
    catalog = MatchingCatalog()
    await _keys(catalog, _rows(20))
    rows = _rows(20)
    rows["fiwit"] = SourceRows([*rows["fiwit"].rows[1:]])
    keys = await _keys(catalog, rows)
    assert sorted(len(key.record_ids) for key in keys) == [2] + [3] * 19


async def test_others_run_while_many_rows_are_matched() -> None:
    matching = asyncio.create_task(_keys(MatchingCatalog(), _rows(2000)))
    turns = 0
    while not matching.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 20
