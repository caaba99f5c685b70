"""Deciding conditions on records: cheap parts first, and what costs a call only for the records that are still open."""

import asyncio
from collections.abc import Sequence
from itertools import compress

from gateway.connector.description.convert_columns import distinct
from gateway.connector.description.resource import Field, Resource
from gateway.connector.fetching.hydrate import prepare
from gateway.connector.fetching.session import Session, session_of
from gateway.connector.lists.conditions import (
    EVERYTHING,
    Always,
    Both,
    Condition,
    Decision,
    Either,
    Member,
    Not,
    Test,
    both,
)
from gateway.connector.records.column_reader import Alike
from gateway.connector.records.record import Record
from gateway.connector.records.rows import Rows
from gateway.errors import GatewayError


class Verdict:
    """What became of each record, and why some could not be decided."""

    def __init__(self) -> None:
        self.fault: GatewayError | None = None


async def keep(condition: Condition, rows: Rows, places: Sequence[int], verdict: Verdict) -> Sequence[int]:
    """
    The places for whose records the condition holds. Why others could not be decided is kept in `verdict`.

    What the row alone tells is looked at first, and what needs a reference table next, without making Records.
    """
    if rows.untouched:
        for with_tables in (False, True):
            here, condition = _off_rows(condition, rows.resource, with_tables=with_tables)
            if here and places and await _read(rows, here):
                places = _passing(here, rows, places)
            elif here:
                condition = both([*(test for test, _ in here), condition])
    if condition == EVERYTHING:
        return places
    decided = await _decide(condition, session_of(rows.origin), rows.take(places), verdict)
    return [at for at, holds in zip(places, decided, strict=True) if holds]


def _off_rows(
    condition: Condition, resource: Resource, *, with_tables: bool
) -> tuple[list[tuple[Test, Field]], Condition]:
    """The tests that have to pass and look at nothing but the row, or at tables too; and what is left."""
    parts = condition.parts if isinstance(condition, Both) else (condition,)
    here: list[tuple[Test, Field]] = []
    left: list[Condition] = []
    for part in parts:
        field = resource.fields.get(part.field) if isinstance(part, Test) else None
        if (
            isinstance(part, Test)
            and field is not None
            and field.part is None
            and bool(field.refs) is with_tables
        ):
            here.append((part, field))
        else:
            left.append(part)
    return here, both(left)


async def _read(rows: Rows, tests: Sequence[tuple[Test, Field]]) -> bool:
    """Whether the tables are there that the tests need: they are read where they are not."""
    refs = {ref for _, field in tests for ref in field.refs}
    await session_of(rows.origin).read_tables(refs)
    return refs <= rows.origin.tables.keys()


def _passing(tests: Sequence[tuple[Test, Field]], rows: Rows, places: Sequence[int]) -> Sequence[int]:
    found, tables = rows.sheet.rows, rows.origin.tables
    for test, field in tests:
        looked_at = found if places == range(len(found)) else [found[at] for at in places]
        passed = distinct(test.passes)(field.values(looked_at, tables))
        if not all(passed):
            places = list(compress(places, passed))
    return places


async def _decide(
    condition: Condition, session: Session, records: Sequence[Record], verdict: Verdict
) -> list[Decision]:
    if not records:
        return []
    match condition:
        case Always():
            return [condition.holds] * len(records)
        case Not():
            inner = await _decide(condition.part, session, records, verdict)
            return [None if one is None else not one for one in inner]
        case Both():
            return await _until(condition.parts, session, records, verdict, settles=False)
        case Either():
            return await _until(condition.parts, session, records, verdict, settles=True)
        case Member():
            return await _membership(condition, session, records, verdict)
        case Test():
            await prepare(session, records, (condition.field,))
            return _test(condition, records, verdict)


async def _until(
    parts: Sequence[Condition],
    session: Session,
    records: Sequence[Record],
    verdict: Verdict,
    *,
    settles: bool,
) -> list[Decision]:
    """Decide part after part, each only for the records that no earlier one has settled."""
    decided: list[Decision] = [not settles] * len(records)
    open_at = list(range(len(records)))
    for part in sorted(parts, key=lambda part: _cost(part, records)):
        answers = await _decide(part, session, [records[at] for at in open_at], verdict)
        still_open: list[int] = []
        for at, answer in zip(open_at, answers, strict=True):
            if answer is settles:
                decided[at] = settles
                continue
            if answer is None:
                decided[at] = None
            still_open.append(at)
        open_at = still_open
        if not open_at:
            break
    return decided


def _cost(part: Condition, records: Sequence[Record]) -> int:
    """How many records need a call of their own for it, or one for all."""
    match part:
        case Test():
            return Alike(records).unready(part.field)
        case Both() | Either():
            return sum(_cost(inner, records) for inner in part.parts)
        case Not():
            return _cost(part.part, records)
        case Member():
            return len(part.parents)
        case _:
            return 0


def _test(test: Test, records: Sequence[Record], verdict: Verdict) -> list[Decision]:
    decided: list[Decision] = []
    for found in Alike(records).get(test.field):
        if isinstance(found, GatewayError):
            verdict.fault = found
        decided.append(None if isinstance(found, GatewayError) else test.passes(found))
    return decided


async def _membership(
    member: Member, session: Session, records: Sequence[Record], verdict: Verdict
) -> list[Decision]:
    resource = records[0].resource

    async def belonging(parent: str) -> frozenset[str]:
        params = resource.filters[member.name].push("eq", parent)
        if params is None:
            return frozenset()
        found, fault = await session.pager(resource, params).everything()
        if fault is not None:
            raise fault
        return frozenset(record.native_id for record in found)

    try:
        members = frozenset().union(*await asyncio.gather(*map(belonging, member.parents)))
    except GatewayError as exc:
        verdict.fault = exc
        return [None] * len(records)
    return [record.native_id in members for record in records]
