"""Filtering: conditions are decided cheapest part first, and costly parts only for the records still undecided."""

import asyncio
from collections.abc import Sequence
from itertools import compress

from gateway.concurrency.time_slice import ROWS
from gateway.connector.description.convert_columns import distinct_converter
from gateway.connector.description.resource import Field, Resource
from gateway.connector.fetching.by_id import RecordOrError, by_ids
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
    row_rule,
)
from gateway.connector.records.column_reader import RecordColumns
from gateway.connector.records.record import Record
from gateway.connector.records.rows import RecordRows
from gateway.errors import GatewayError

_RowComparison = tuple[Comparison, Field]


class FilterOutcome:
    """Outcome of filtering: `error` is the last failure that kept a record from being decided."""

    def __init__(self) -> None:
        self.error: GatewayError | None = None


async def filter_rows(
    condition: Condition, rows: RecordRows, indices: Sequence[int], outcome: FilterOutcome
) -> Sequence[int]:
    """
    Indices, among `indices`, of the rows that satisfy the condition.

    Rows that cannot be decided are dropped; the last error is in `outcome.error`. Comparisons that need only the row
    come first, and those that need a reference table next, both column by column without building Records.
    """
    if condition is TRUE:
        return indices
    session = session_of(rows.origin)
    await session.time_slice.pause(len(indices))
    if rows.is_pristine and indices:
        by_row, by_table, condition = _split_row_comparisons(condition, rows.resource)
        if by_row:
            indices = await _passing_indices(by_row, rows, indices)
        if by_table and indices and await _read_tables(rows, by_table):
            indices = await _passing_indices(by_table, rows, indices)
        elif by_table:
            condition = conjunction([*(comparison for comparison, _ in by_table), condition])
    if condition is TRUE:
        return indices
    decisions = await _decide(condition, session, rows.take(indices), outcome)
    return [index for index, holds in zip(indices, decisions, strict=True) if holds]


async def visible_records(
    session: Session, resource: Resource, records: Sequence[RecordOrError]
) -> Sequence[RecordOrError]:
    """
    The records with None in the place of those that the resource's row rules exclude, and the error in the place of
    one that cannot be decided.
    """
    condition = row_rule(resource)
    if condition is TRUE:
        return records
    known = [record for record in records if isinstance(record, Record)]
    outcome = FilterOutcome()
    decisions = iter(await _decide(condition, session, known, outcome))
    return [
        (record if (decision := next(decisions)) else outcome.error if decision is None else None)
        if isinstance(record, Record)
        else record
        for record in records
    ]


async def visible_by_ids(
    session: Session, resource: Resource, native_ids: Sequence[str]
) -> dict[str, RecordOrError]:
    """Records by native id, as `by_ids` gives them: None also in the place of one that may not be seen."""
    loaded = (
        await by_ids(session, resource, native_ids) if resource.row_rules != () else dict.fromkeys(native_ids)
    )
    if resource.row_rules is None:
        return loaded
    return dict(zip(loaded, await visible_records(session, resource, list(loaded.values())), strict=True))


def _split_row_comparisons(
    condition: Condition, resource: Resource
) -> tuple[Sequence[_RowComparison], Sequence[_RowComparison], Condition]:
    """
    The comparisons that a conjunction requires and that are decided by the row alone, those that are by the row and
    reference tables, and the remaining condition.
    """
    parts = condition.parts if isinstance(condition, And) else (condition,)
    by_row: list[_RowComparison] = []
    by_table: list[_RowComparison] = []
    remaining: list[Condition] = []
    for part in parts:
        field = resource.fields.get(part.field) if isinstance(part, Comparison) else None
        if isinstance(part, Comparison) and field is not None and field.detail is None:
            (by_table if field.refs else by_row).append((part, field))
        else:
            remaining.append(part)
    return by_row, by_table, conjunction(remaining) if remaining else TRUE


async def _read_tables(rows: RecordRows, comparisons: Sequence[_RowComparison]) -> bool:
    """Read the reference tables that the comparisons need. True if all of them could be read."""
    refs = {ref for _, field in comparisons for ref in field.refs}
    await session_of(rows.origin).read_tables(refs)
    return refs <= rows.origin.tables.keys()


async def _passing_indices(
    comparisons: Sequence[_RowComparison], rows: RecordRows, indices: Sequence[int]
) -> Sequence[int]:
    if len(indices) <= ROWS:
        return await _passing_in_chunk(comparisons, rows, indices)
    passing: list[int] = []
    async for chunk in session_of(rows.origin).time_slice.chunks(indices):
        passing += await _passing_in_chunk(comparisons, rows, chunk)
    return passing if len(passing) < len(indices) else indices


async def _passing_in_chunk(
    comparisons: Sequence[_RowComparison], rows: RecordRows, indices: Sequence[int]
) -> Sequence[int]:
    all_rows, tables = rows.indexed.rows, rows.origin.tables
    for comparison, field in comparisons:
        await session_of(rows.origin).time_slice.pause(len(indices))
        rows_to_read = all_rows if indices == range(len(all_rows)) else [all_rows[index] for index in indices]
        passed = distinct_converter(comparison.passes)(field.values(rows_to_read, tables))
        if not all(passed):
            indices = list(compress(indices, passed))
    return indices


async def _decide(
    condition: Condition, session: Session, records: Sequence[Record], outcome: FilterOutcome
) -> list[Decision]:
    if not records:
        return []
    match condition:
        case Constant():
            return [condition.holds] * len(records)
        case Not():
            decisions = await _decide(condition.part, session, records, outcome)
            return [None if decision is None else not decision for decision in decisions]
        case And():
            return await _decide_in_turn(condition.parts, session, records, outcome, settling=False)
        case Or():
            return await _decide_in_turn(condition.parts, session, records, outcome, settling=True)
        case ServerMembership():
            return await _decide_membership(condition, session, records, outcome)
        case Comparison():
            await hydrate(session, records, (condition.field,))
            if len(records) <= ROWS:
                await session.time_slice.pause(len(records))
                return _compare(condition, records, outcome)
            compared: list[Decision] = []
            async for chunk in session.time_slice.chunks(records):
                compared += _compare(condition, chunk, outcome)
            return compared


async def _decide_in_turn(
    parts: Sequence[Condition],
    session: Session,
    records: Sequence[Record],
    outcome: FilterOutcome,
    *,
    settling: bool,
) -> list[Decision]:
    """
    Decide part by part with short-circuit evaluation: each part only for the records that no earlier part has settled.

    `settling` is the decision that settles a record: False for a conjunction, True for a disjunction.
    """
    decisions: list[Decision] = [not settling] * len(records)
    undecided = list(range(len(records)))
    columns = RecordColumns(records)
    for part in sorted(parts, key=lambda part: _cost(part, columns)):
        part_decisions = await _decide(part, session, [records[index] for index in undecided], outcome)
        still_undecided: list[int] = []
        for index, decision in zip(undecided, part_decisions, strict=True):
            if decision is settling:
                decisions[index] = settling
                continue
            if decision is None:
                decisions[index] = None
            still_undecided.append(index)
        undecided = still_undecided
        if not undecided:
            break
    return decisions


def _cost(part: Condition, columns: RecordColumns) -> int:
    """Estimated number of calls that deciding a part takes."""
    match part:
        case Comparison():
            return columns.count_unready(part.field)
        case And() | Or():
            return sum(_cost(inner, columns) for inner in part.parts)
        case Not():
            return _cost(part.part, columns)
        case ServerMembership():
            return len(part.parents)
        case _:
            return 0


def _compare(comparison: Comparison, records: Sequence[Record], outcome: FilterOutcome) -> list[Decision]:
    decisions: list[Decision] = []
    for value in RecordColumns(records).get(comparison.field):
        if isinstance(value, GatewayError):
            outcome.error = value
        decisions.append(None if isinstance(value, GatewayError) else comparison.passes(value))
    return decisions


async def _decide_membership(
    condition: ServerMembership, session: Session, records: Sequence[Record], outcome: FilterOutcome
) -> list[Decision]:
    resource = records[0].resource

    async def member_ids(parent: str) -> frozenset[str]:
        params = resource.filters[condition.name].push("eq", parent)
        if params is None:
            return frozenset()
        rows, error = await session.pager(resource, params).read_all()
        if error is not None:
            raise error
        return frozenset(record.native_id for record in rows)

    try:
        members = frozenset().union(*await asyncio.gather(*map(member_ids, condition.parents)))
    except GatewayError as exc:
        outcome.error = exc
        return [None] * len(records)
    return [record.native_id in members for record in records]
