"""A table's rows: listed as GraphQL lists them, in one fixed order, and read column by column."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.connector.description.ids import native_key
from gateway.connector.lists.merge import MergedPage
from gateway.connector.records.column_reader import RecordGroups
from gateway.connector.records.record import Record
from gateway.edge.tables.columns import Column, Table
from gateway.edge.tables.costs import needs_loading
from gateway.errors import GatewayError
from resolvers.context import RequestContext
from resolvers.links import hydrate_records

#: So many rows are converted before others get their turn.
_ROWS = 500

#: The values of some rows: for each column those of all these rows.
Chunk = Sequence[Sequence[Any]]


@dataclass
class Rows:
    """
    The records of a table. `faults` say by source why records, or values of them, are missing: all are known once
    the chunks have been read to the end. `stale` are the sources of which kept answers stand in.
    """

    context: RequestContext
    columns: Sequence[Column]
    records: Sequence[Record]
    faults: dict[str, GatewayError]
    stale: Sequence[str] = field(default_factory=list)

    async def chunks(self) -> AsyncIterator[Chunk]:
        """The values, some rows at a time. What could not be had is None."""
        for at in range(0, len(self.records), _ROWS):
            some = self.records[at : at + _ROWS]
            groups = RecordGroups(some)
            yield [await self._values(column, some, groups) for column in self.columns]
            await asyncio.sleep(0)

    async def _values(self, column: Column, records: Sequence[Record], groups: RecordGroups) -> list[Any]:
        if column.level is not None:
            found = list(await column.level(self.context, records, {}))
        else:
            assert column.read is not None
            found = groups.read(column.read)
        if not any(issubclass(kind, BaseException) for kind in set(map(type, found))):
            return found
        return [self._checked(one, record) for one, record in zip(found, records, strict=True)]

    def _checked(self, found: Any, record: Record) -> Any:
        if not isinstance(found, BaseException):
            return found
        if not isinstance(found, GatewayError):
            raise found
        self.faults.setdefault(record.source.name, found)
        return None


def _unread(records: Sequence[Record], columns: Sequence[Column]) -> list[str]:
    """The fields and links that have to be loaded for the columns, for some records at least."""
    resources = {id(record.resource): record.resource for record in records}.values()
    names = [column.needs for column in columns if column.needs is not None]
    return [name for name in names if any(needs_loading(one, name) for one in resources)]


async def read(context: RequestContext, table: Table, columns: Sequence[Column]) -> Rows:
    """
    All records of a table, by source and native id, with what the columns need loaded.

    Raises BadInput. A source that fails is in `faults`.
    """
    (found,) = await table.level(context, [None], {"first": context.max_page_size})
    assert isinstance(found, MergedPage)
    records = sorted(found.nodes, key=lambda record: (record.source.order, native_key(record.native_id)))
    await hydrate_records(records, _unread(records, columns))
    failed = {lane.session.source.name: lane.state.error for lane in found.streams}
    return Rows(
        context,
        columns,
        records,
        {name: fault for name, fault in failed.items() if fault is not None},
        [lane.session.source.name for lane in found.streams if lane.session.stale],
    )
