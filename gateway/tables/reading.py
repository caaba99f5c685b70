"""A table's values: read from records column by column, some rows at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from gateway.connector.records.column_reader import RecordGroups
from gateway.connector.records.record import Record
from gateway.errors import GatewayError
from gateway.tables.columns import FlatColumn
from gateway.tables.costs import needs_loading
from resolvers.context import RequestContext
from resolvers.links import hydrate_records

#: Rows that are converted before others get their turn.
_ROWS = 500

#: The values of some rows: for each column those of all these rows.
Chunk = Sequence[Sequence[Any]]


class ValueReader:
    """
    Reads the columns of records of one source. `faults` say by column why values are missing, which are None then.
    `skipped` columns are None without being looked at.
    """

    def __init__(
        self, context: RequestContext, columns: Sequence[FlatColumn], skipped: frozenset[str]
    ) -> None:
        self.faults: dict[str, GatewayError] = {}
        self._context = context
        self._columns = columns
        self._skipped = skipped
        self._read = [column for column in columns if column.name not in skipped]

    async def chunks(self, records: Sequence[Record]) -> AsyncIterator[tuple[Sequence[Record], Chunk]]:
        """Some records at a time and their values, with all that they need loaded."""
        await hydrate_records(records, self._unloaded(records))
        for start in range(0, len(records), _ROWS):
            part = records[start : start + _ROWS]
            groups = RecordGroups(part)
            yield (
                part,
                [self._checked(column, await self._values(column, part, groups)) for column in self._columns],
            )
            await asyncio.sleep(0)

    async def values(self, records: Sequence[Record]) -> Chunk:
        """The values of all these records, with the GatewayError in place of each that could not be loaded."""
        await hydrate_records(records, self._unloaded(records))
        groups = RecordGroups(records)
        return [await self._values(column, records, groups) for column in self._columns]

    async def _values(
        self, column: FlatColumn, records: Sequence[Record], groups: RecordGroups
    ) -> Sequence[Any]:
        if column.name in self._skipped:
            return [None] * len(records)
        if column.level is None:
            assert column.read is not None
            return groups.read(column.read)
        self._context.address = None
        values = list(await column.level(self._context, records, {}))
        address: str | None = self._context.address
        if address is not None and not address.startswith("http"):
            # It is made of the gateway's own address, which is not set: a path alone leads nowhere from a table.
            return [None] * len(records)
        return values

    def _checked(self, column: FlatColumn, values: Sequence[Any]) -> Sequence[Any]:
        if not any(issubclass(kind, BaseException) for kind in set(map(type, values))):
            return values
        return [self._value(column, value) for value in values]

    def _value(self, column: FlatColumn, value: Any) -> Any:
        if not isinstance(value, BaseException):
            return value
        if not isinstance(value, GatewayError):
            raise value
        self.faults.setdefault(column.name, value)
        return None

    def _unloaded(self, records: Sequence[Record]) -> list[str]:
        """The fields and links that have to be loaded for the columns, for some records at least."""
        resources = {id(record.resource): record.resource for record in records}.values()
        names = [column.needs for column in self._read if column.needs is not None]
        return [name for name in names if any(needs_loading(resource, name) for resource in resources)]
