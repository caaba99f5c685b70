"""
Query of counts over a kept table: DuckDB groups its rows by what they are counted by and by what the filter compares,
and the filter is decided here for each such group, by the same conditions as live.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.connector.description.ids import parse
from gateway.connector.description.resource import Link, Resource
from gateway.connector.description.vocabulary import GroupKind, GroupTerm
from gateway.connector.fetching.source import Source
from gateway.connector.lists.conditions import (
    And,
    Comparison,
    Condition,
    Constant,
    Not,
    Or,
    ServerMembership,
)
from gateway.errors import BadInput, NotSupported
from gateway.tables.columns import ColumnKind, FlatTable
from gateway.tables.duck import named
from resolvers.counts.request import CountRequest
from resolvers.counts.tally import SourceTally, bucket_values

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS_AT_ONCE = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class CountQuery:
    """Query of one request: what it groups by, the columns that its filter compares, and the filter by source."""

    groups: Sequence[str]
    compared: Mapping[str, ColumnKind]
    conditions: Mapping[str, Condition]
    columns: frozenset[str]
    resources: Mapping[str, Resource]
    missing_values: Mapping[str, Mapping[int, str | None]]
    """What the groups of a source have that has no such field, or does not show it to the caller, by their index."""

    @classmethod
    def of(
        cls,
        table: FlatTable,
        request: CountRequest,
        conditions: Mapping[str, Condition],
        sources: Mapping[str, Source],
    ) -> "CountQuery":
        """The query. Raises BadInput for a filter, and NotSupported for a group, that the tables cannot answer."""
        resources = {name: sources[name].resources[request.type] for name in conditions}
        compared = {
            column: kind
            for condition in conditions.values()
            for column, kind in _compared_columns(table, condition)
        }
        grouped = [_column_name(term) for term in request.terms]
        return cls(
            groups=[_group_sql(term) for term in request.terms],
            compared=compared,
            conditions=conditions,
            columns=frozenset((*grouped, *compared)),
            resources=resources,
            missing_values={
                name: {
                    index: bucket_values(request.type, term, [None])[0]
                    for index, term in enumerate(request.terms)
                    if not _is_shown(sources[name], resource, term)
                }
                for name, resource in resources.items()
            },
        )

    def add_rows(
        self, connection: "DuckDBPyConnection", path: Path, parts: Mapping[str, SourceTally]
    ) -> None:
        """Add the rows that pass the filter to the tallies of their sources."""
        cells = [*self.groups, *(_compared_sql(name, kind) for name, kind in self.compared.items())]
        sql = (
            f"SELECT source, {', '.join(cells)}, count(*) FROM read_parquet(?) "  # noqa: S608 (names of columns)
            "WHERE source IN (SELECT unnest(?)) GROUP BY ALL"
        )
        cursor = connection.execute(sql, [str(path), list(parts)])
        width = len(self.groups)
        while batch := cursor.fetchmany(_ROWS_AT_ONCE):
            for source, *values, count in batch:
                cells_read = dict(zip(self.compared, values[width:], strict=True))
                if _holds(self.conditions[source], self._value_of(source, cells_read)):
                    key = values[:width]
                    for index, value in self.missing_values[source].items():
                        key[index] = value
                    parts[source].counts[tuple(key)] += count

    def _value_of(self, source: str, cells: Mapping[str, Any]) -> Callable[[str], Any]:
        resource = self.resources[source]

        def value(field: str) -> Any:
            if field != "native_id" and resource.declared(field) is None:
                return None
            column = _column_of(field)
            cell = cells[column]
            if cell is None:
                return None
            if field.endswith(".id"):
                return parse(cell).native_id
            if self.compared[column] is ColumnKind.TIMESTAMP:
                return _EPOCH + timedelta(microseconds=cell)
            return cell

        return value


def _is_shown(source: Source, resource: Resource, term: GroupTerm) -> bool:
    """True if a source's records have a group's value, and the caller may see it. Raises NotSupported."""
    if term.kind is GroupKind.SOURCE or term.kind is GroupKind.VENDOR:
        return True
    declared = resource.declared(term.name)
    if not isinstance(declared, Link):
        return declared is not None
    target = source.resources.get(declared.type)
    if target is not None and target.row_rules is not None:
        raise NotSupported(f"You may not see every {declared.type}: count by it with `from: LIVE`.")
    return target is not None


def _column_name(term: GroupTerm) -> str:
    return f"{term.name}_id" if term.kind is GroupKind.LINK else _column_of(term.name)


def _column_of(field: str) -> str:
    """
    The column that holds a record's field.

    >>> _column_of("warranty.status"), _column_of("location.id"), _column_of("rule.organisation")
    ('warranty_status', 'location_id', 'organisation')
    """
    return field.removeprefix("rule.").replace(".", "_")


def _group_sql(term: GroupTerm) -> str:
    """The values that rows are counted by, as buckets have them."""
    column = named(_column_name(term))
    match term.kind:
        case GroupKind.YEAR:
            return f"strftime({column}, '%Y')"
        case GroupKind.MONTH:
            return f"strftime(make_timestamp(epoch_us({column})), '%Y-%m')"
        case _:
            return column


def _compared_sql(column: str, kind: ColumnKind) -> str:
    """A value as conditions compare it. A moment is read in microseconds since 1970."""
    return f"epoch_us({named(column)})" if kind is ColumnKind.TIMESTAMP else named(column)


def _compared_columns(table: FlatTable, condition: Condition) -> list[tuple[str, ColumnKind]]:
    """The columns that a condition compares. Raises BadInput for a condition that no column decides."""
    match condition:
        case And() | Or():
            return [column for part in condition.parts for column in _compared_columns(table, part)]
        case Not():
            return _compared_columns(table, condition.part)
        case Comparison() if (column := table.column(_column_of(condition.field))) is not None:
            return [(column.name, column.kind)]
        case Comparison() | ServerMembership():
            raise BadInput(f"The kept tables do not answer the filter `{condition.name}`: use `from: LIVE`.")
        case _:
            return []


def _holds(condition: Condition, value_of: Callable[[str], Any]) -> bool:
    match condition:
        case Constant():
            return condition.holds
        case And():
            return all(_holds(part, value_of) for part in condition.parts)
        case Or():
            return any(_holds(part, value_of) for part in condition.parts)
        case Not():
            return not _holds(condition.part, value_of)
        case Comparison():
            return condition.passes(value_of(condition.field))
        case _:
            raise AssertionError(condition)
