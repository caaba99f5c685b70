"""
One source's part of a fill: its list is read in stretches into spools: the table's own rows, and what its records tell
of other tables. Refusals are waited out.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.connector.fetching.source import Source
from gateway.connector.records.record import Record
from gateway.errors import GatewayError, UpstreamError, UpstreamRateLimited
from gateway.tables.columns import FlatTable
from gateway.tables.details import DETAIL_COLUMNS, DETAILS, ChunkDetails, DetailReader
from gateway.tables.faults import fault_of
from gateway.tables.manifest import Fault, SourcePart
from gateway.tables.parquet import REUSED
from gateway.tables.reading import Chunk, ValueReader
from gateway.tables.relation_rows import ReadRelation, RelationRows
from gateway.tables.relations import CUSTOM_FIELD_VALUES
from gateway.tables.spool import Spool
from gateway.tables.stretches import OpenContext, Stretch, stretches
from gateway.tables.stubs import StubReader, field_stubs
from resolvers.context import RequestContext

#: Failures of the same page in a row: refusals for the rate are waited out, others may pass.
_REFUSALS, _FAILURES = 30, 3
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 2.0, 600.0


@dataclass(kw_only=True)
class SourceRead:
    """
    Outcome of reading one source. `spools` are the files by table, the table itself among them. `details` are the
    columns, and `by_record` the tables read along, of which records that have not changed keep what they have.
    """

    source: Source
    spools: Mapping[str, Path]
    not_read: frozenset[str]
    details: frozenset[str]
    by_record: frozenset[str]
    tried_at: datetime
    rows: int = 0
    fault: Fault | None = None
    unfit: Mapping[str, int] = field(default_factory=dict)
    scales: Mapping[str, int] = field(default_factory=dict)
    is_stale: bool = False
    lacking: set[str] = field(default_factory=set)
    """Columns of which values are missing."""
    lacks_rows: bool = False
    relations: dict[str, Fault] = field(default_factory=dict)
    """Faults of tables that are read along."""
    unread: frozenset[str] = frozenset()
    """Tables that were not read along, or not for every record."""

    def part(self) -> SourcePart:
        """As the manifest has it, if these rows are taken."""
        whole = self.fault is None or self.is_stale
        return SourcePart(
            rows=self.rows,
            read_at=self.tried_at if whole else None,
            tried_at=self.tried_at,
            fault=self.fault,
            lacking=() if self.lacks_rows else tuple(sorted(self.lacking)),
            not_read=tuple(sorted(self.not_read)),
            unfit=self.unfit,
            scales=self.scales,
            relations=self.relations,
            unread=tuple(sorted(self.unread)),
        )


@dataclass(frozen=True, kw_only=True)
class ReadPlan:
    """
    All that is read of one source for a table: `relations` along with each record; those `by_record` and other details
    if there is a reader of them; and stubs. `others` are the tables that rows are contributed to, `fields` the one of
    custom fields among them; `detail_links` are links that details tell of.
    """

    table: FlatTable
    source: Source
    not_read: frozenset[str]
    relations: Mapping[str, ReadRelation]
    by_record: frozenset[str]
    details: DetailReader | None
    stubs: StubReader
    detail_links: Sequence[str]
    others: Mapping[str, FlatTable]
    fields: str | None


class SourceReader:
    """Reads one source for a fill."""

    def __init__(self, plan: ReadPlan, read: SourceRead, on_stretch: Callable[[int, Stretch], None]) -> None:
        self._plan = plan
        self._read = read
        self._on_stretch = on_stretch
        self._columns = plan.table.stored
        self._fields: set[str] = set()

    async def run(self, open_context: OpenContext) -> None:
        """Read the whole list."""
        plan, read = self._plan, self._read
        assert plan.table.resource is not None
        failures = 0
        walk = stretches(open_context, plan.table.resource, plan.source.name)
        with ExitStack() as stack:
            spools = self._open(stack)
            own = spools[plan.table.name]
            async with aclosing(walk):
                async for stretch in walk:
                    reader = ValueReader(stretch.context, self._columns, read.not_read)
                    async for records, chunk in reader.chunks(stretch.records):
                        await self._write(stretch.context, records, chunk, spools)
                    self._on_stretch(own.rows, stretch)
                    failures = 0 if stretch.records else failures
                    read.is_stale = read.is_stale or stretch.stale
                    read.lacking |= reader.faults.keys()
                    fault = stretch.fault or next(iter(reader.faults.values()), None)
                    if fault is None:
                        continue
                    failures += 1
                    if _is_worth_waiting(stretch, failures, own.rows):
                        await asyncio.sleep(_pause(fault, failures))
                        continue
                    read.fault = fault_of(fault, plan.source)
                    read.lacks_rows = read.lacks_rows or stretch.fault is not None
                    if stretch.broken:
                        break
            read.rows, read.unfit, read.scales = own.rows, dict(own.unfit), own.scales
        if plan.details is not None and not plan.details.unread:
            read.not_read = read.unread = frozenset()
        if read.is_stale and read.fault is None:
            read.fault = Fault(
                code="UPSTREAM_UNAVAILABLE",
                message=f"{plan.source.name} failed: answers from before stand in.",
                vendor=plan.source.vendor,
                retryable=True,
            )

    def _open(self, stack: ExitStack) -> Mapping[str, Spool]:
        plan, paths = self._plan, self._read.spools
        own = self._columns if plan.details is None else [*self._columns, REUSED]
        spools = {plan.table.name: stack.enter_context(Spool(paths[plan.table.name], own))}
        for name, table in plan.others.items():
            spools[name] = stack.enter_context(Spool(paths[name], table.stored))
        if plan.details is not None:
            spools[DETAILS] = stack.enter_context(Spool(paths[DETAILS], DETAIL_COLUMNS))
        return spools

    async def _write(
        self, context: RequestContext, records: Sequence[Record], chunk: Chunk, spools: Mapping[str, Spool]
    ) -> None:
        plan = self._plan
        contributed: dict[str, RelationRows] = dict(await plan.stubs.read(context, records))
        for name, read in plan.relations.items():
            try:
                contributed[name] = await read(context, records)
            except GatewayError as exc:
                self._read.relations[name] = fault_of(exc, plan.source)
        if plan.details is not None:
            details = await plan.details.read(context, records)
            chunk = self._with_details(chunk, details)
            contributed |= details.rows
            for link in plan.detail_links:
                for name, rows in (await plan.stubs.read(context, records, only=link)).items():
                    contributed[name] = contributed.get(name, []) + rows
            contributed[DETAILS] = _detail_rows(records, details)
        if plan.fields is not None:
            values = contributed.get(CUSTOM_FIELD_VALUES.name, [])
            contributed[plan.fields] = field_stubs(values, self._fields)
        await asyncio.to_thread(_write, spools, plan.table.name, chunk, contributed)

    def _with_details(self, chunk: Chunk, details: ChunkDetails) -> Chunk:
        columns = zip(self._columns, chunk, strict=True)
        return [*(details.values.get(column.name, values) for column, values in columns), details.reused]


def _write(spools: Mapping[str, Spool], name: str, chunk: Chunk, others: Mapping[str, RelationRows]) -> None:
    spools[name].write(chunk)
    for other, rows in others.items():
        spools[other].write_rows(rows)


def _detail_rows(records: Sequence[Record], details: ChunkDetails) -> RelationRows:
    return [
        {
            "id": record.id,
            "source": record.source.name,
            "native_id": record.native_id,
            "fingerprint": fingerprint,
            REUSED.name: is_reused,
        }
        for record, fingerprint, is_reused in zip(records, details.fingerprints, details.reused, strict=True)
        if fingerprint is not None
    ]


def _is_worth_waiting(stretch: Stretch, failures: int, rows: int) -> bool:
    """True if the list is to be gone on with after a pause, at the page at which it broke off."""
    if not stretch.broken or not isinstance(stretch.fault, UpstreamError):
        return False
    if isinstance(stretch.fault, UpstreamRateLimited):
        return failures < _REFUSALS
    return stretch.fault.retryable and rows > 0 and failures < _FAILURES


def _pause(fault: GatewayError, failures: int) -> float:
    wait = fault.retry_after if isinstance(fault, UpstreamError) else None
    return min(_LONGEST_PAUSE_SECONDS, wait if wait is not None else _PAUSE_SECONDS * 2.0**failures)
