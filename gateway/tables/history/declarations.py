"""The tables of history: the columns of the kept table, and the day of the snapshot."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.tables.columns import KEYS, ColumnKind, FlatColumn, FlatTable

_ENDING = "_history"
SNAPSHOT_DATE = FlatColumn(
    name="snapshot_date",
    kind=ColumnKind.DATE,
    required=True,
    description="The day, in UTC, on which the row was so.",
)
#: The columns that every answer has.
HISTORY_KEYS = (SNAPSHOT_DATE.name, *KEYS)


def history_table(table: FlatTable) -> FlatTable:
    """
    The history of a table. Its columns refer to nothing: the record that an id names may be gone.

    >>> table = FlatTable(name="assets", type="Asset", description="Assets.", columns=(), resource="Asset")
    >>> history_table(table).name, history_table(table).key
    ('assets_history', ('snapshot_date', 'id'))
    """
    columns = [
        replace(column, needs=None, read=None, level=None, references=None, among=())
        for column in table.columns
    ]
    return FlatTable(
        name=f"{table.name}{_ENDING}",
        type=f"{table.resource or table.type}History",
        description=f"Days of `{table.name}`: its rows as they were in the first whole version of each day.",
        columns=(SNAPSHOT_DATE, *columns),
        history_of=table.name,
    )


def history_tables(tables: Mapping[str, FlatTable]) -> Mapping[str, FlatTable]:
    """The histories of all tables of records, by name."""
    histories = [history_table(table) for table in tables.values() if table.has_records]
    return {history.name: history for history in histories}
