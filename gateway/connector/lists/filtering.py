"""Deciding conditions on records: cheap parts first, and what costs a call only for the records that are still open."""

import asyncio
from collections.abc import Sequence
from itertools import compress

from gateway.connector.description.convert_columns import distinct_converter
from gateway.connector.description.resource import Field, Resource
from gateway.connector.fetching.hydrate import hydrate
from gateway.connector.fetching.session import Session, session_of
from gateway.connector.lists.conditions import (
    TRUE,
    And,
    Comparison,
    Condition,
    Constant,
    Decision,
    Not,
    Or,
    ServerMembership,
    conjunction,
)
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.record import Record
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError


class FilterOutcome:
    """What became of each record, and why some could not be decided."""

    def __init__(self) -> None:
        self.fault: GatewayError | None = None


async def filter_rows(
    condition: Condition, rows: RecordRows, indices: Sequence[int], verdict: FilterOutcome
) -> Sequence[int]:
    """
    The places for whose records the condition holds. Why others could not be decided is kept in `verdict`.

    What the row alone tells is looked at first, and what needs a reference table next, without making Records.
    """
    if rows.is_pristine:
        for with_tables in (False, True):
            here, condition = _off_rows(condition, rows.resource, with_tables=with_tables)
            if here and indices and await _read(rows, here):
                indices = _passing(here, rows, indices)
            elif here:
                condition = conjunction([*(test for test, _ in here), condition])
    if condition == TRUE:
        return indices
    decided = await _decide(condition, session_of(rows.origin), rows.take(indices), verdict)
    return [at for at, holds in zip(indices, decided, strict=True) if holds]


def _off_rows(
    condition: Condition, resource: Resource, *, with_tables: bool
) -> tuple[list[tuple[Comparison, Field]], Condition]:
    """The tests that have to pass and look at nothing but the row, or at tables too; and what is left."""
    parts = condition.parts if isinstance(condition, And) else (condition,)
    here: list[tuple[Comparison, Field]] = []
    left: list[Condition] = []
    for part in parts:
        field = resource.fields.get(part.field) if isinstance(part, Comparison) else None
        if (
            isinstance(part, Comparison)
            and field is not None
            and field.detail is None
            and bool(field.refs) is with_tables
        ):
            here.append((part, field))
        else:
            left.append(part)
    return here, conjunction(left)


async def _read(rows: RecordRows, tests: Sequence[tuple[Comparison, Field]]) -> bool:
    """Whether the tables are there that the tests need: they are read where they are not."""
    refs = {ref for _, field in tests for ref in field.refs}
    await session_of(rows.origin).read_tables(refs)
    return refs <= rows.origin.tables.keys()


def _passing(
    tests: Sequence[tuple[Comparison, Field]], rows: RecordRows, places: Sequence[int]
) -> Sequence[int]:
    found, tables = rows.sheet.rows, rows.origin.tables
    for test, field in tests:
        looked_at = found if places == range(len(found)) else [found[at] for at in places]
        passed = distinct_converter(test.passes)(field.values(looked_at, tables))
        if not all(passed):
            places = list(compress(places, passed))
    return places


async def _decide(
    condition: Condition, session: Session, records: Sequence[Record], verdict: FilterOutcome
) -> list[Decision]:
    if not records:
        return []
    match condition:
        case Constant():
            return [condition.holds] * len(records)
        case Not():
            inner = await _decide(condition.part, session, records, verdict)
            return [None if one is None else not one for one in inner]
        case And():
            return await _until(condition.parts, session, records, verdict, settles=False)
        case Or():
            return await _until(condition.parts, session, records, verdict, settles=True)
        case ServerMembership():
            return await _membership(condition, session, records, verdict)
        case Comparison():
            await hydrate(session, records, (condition.field,))
            return _test(condition, records, verdict)


async def _until(
    parts: Sequence[Condition],
    session: Session,
    records: Sequence[Record],
    verdict: FilterOutcome,
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
        case Comparison():
            return RecordColumns(records).unready(part.field)
        case And() | Or():
            return sum(_cost(inner, records) for inner in part.parts)
        case Not():
            return _cost(part.part, records)
        case ServerMembership():
            return len(part.parents)
        case _:
            return 0


def _test(test: Comparison, records: Sequence[Record], verdict: FilterOutcome) -> list[Decision]:
    decided: list[Decision] = []
    for found in RecordColumns(records).get(test.field):
        if isinstance(found, GatewayError):
            verdict.fault = found
        decided.append(None if isinstance(found, GatewayError) else test.passes(found))
    return decided


async def _membership(
    member: ServerMembership, session: Session, records: Sequence[Record], verdict: FilterOutcome
) -> list[Decision]:
    resource = records[0].resource

    async def belonging(parent: str) -> frozenset[str]:
        params = resource.filters[member.name].push("eq", parent)
        if params is None:
            return frozenset()
        found, fault = await session.pager(resource, params).read_all()
        if fault is not None:
            raise fault
        return frozenset(record.native_id for record in found)

    try:
        members = frozenset().union(*await asyncio.gather(*map(belonging, member.parents)))
    except GatewayError as exc:
        verdict.fault = exc
        return [None] * len(records)
    return [record.native_id in members for record in records]
