"""Statements of `$apply`: the rows of a grouping."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.tables.odata.query import Aggregate, EntityQuery, Grouping, OutputName, PropertyPath, ValueKind
from gateway.tables.odata.sql.expressions import ExpressionWriter
from gateway.tables.odata.sql.parameters import Parameters
from gateway.tables.odata.sql.relations import Relations, Statement, links_of
from gateway.tables.odata.sql.rows import json_object, json_of
from gateway.tables.odata.sql.statements import direction

_FUNCTIONS = {"sum": "sum", "min": "min", "max": "max", "average": "avg"}
#: Kinds that a reader of JSON could not tell from others.
_NAMED_TYPES: Mapping[ValueKind, str] = {
    ValueKind.INTEGER: "Int64",
    ValueKind.DECIMAL: "Decimal",
    ValueKind.DATE: "Date",
    ValueKind.TIMESTAMP: "DateTimeOffset",
}


@dataclass(frozen=True, kw_only=True)
class GroupStatementWriter:
    """Writes the statements of a query with a grouping."""

    query: EntityQuery
    grouping: Grouping
    relations: Relations
    now: datetime
    omit_nulls: bool = False

    def page(self, start: int, rows: int) -> Statement:
        """Up to `rows` groups as (position, JSON) from the position `start` on."""
        parameters = Parameters()
        names = self._names()
        inner = self._groups(parameters)
        terms = [f"{names[sort.by]} {direction(sort)}" for sort in self.query.sorts if sort.by in names]
        terms += [f"{names[path]} ASC NULLS FIRST" for path in self.grouping.paths]
        order = f"ORDER BY {', '.join(terms)} " if terms else ""
        sql = (
            f"SELECT {start} + row_number() OVER () - 1, {self._row()} "  # noqa: S608
            f"FROM (SELECT * FROM ({inner}) {order}LIMIT {rows} OFFSET {start})"
        )
        return Statement(sql=sql, values=parameters.values)

    def count(self) -> Statement:
        """The number of groups."""
        parameters = Parameters()
        return Statement(
            sql=f"SELECT count(*) FROM ({self._groups(parameters)})",  # noqa: S608
            values=parameters.values,
        )

    def _names(self) -> Mapping[object, str]:
        """The names of the groups' columns within the statement."""
        names: dict[object, str] = {path: f"g{n}" for n, path in enumerate(self.grouping.paths)}
        return names | {
            OutputName(name=entry.alias): f"a{n}" for n, entry in enumerate(self.grouping.aggregates)
        }

    def _groups(self, parameters: Parameters) -> str:
        writer = ExpressionWriter(parameters=parameters, set=self.query.set, now=self.now)
        columns = [f"{writer.value(path)} AS g{n}" for n, path in enumerate(self.grouping.paths)]
        columns += [
            f"{_aggregate(entry, writer)} AS a{n}" for n, entry in enumerate(self.grouping.aggregates)
        ]
        conditions = [writer.condition(condition) for condition in self.query.conditions]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        groups = ", ".join(f"g{n}" for n in range(len(self.grouping.paths)))
        return (
            f"SELECT {', '.join(columns)} FROM {self.relations.rows()}"  # noqa: S608
            f"{self.relations.joins(links_of(self.query.expressions()))}{where}"
            f"{f' GROUP BY {groups}' if groups else ''}"
        )

    def _row(self) -> str:
        """The JSON of a group: columns over a link stand in an object of the link's name."""
        members: list[tuple[str, str]] = []
        over_links: dict[str, list[tuple[str, str]]] = {}
        for number, path in enumerate(self.grouping.paths):
            target = members if path.link is None else over_links.setdefault(path.link.name, [])
            target.append((path.column, json_of(f"g{number}", path.kind)))
        members += [
            (name, json_object(inner, omit_nulls=self.omit_nulls)) for name, inner in over_links.items()
        ]
        for number, entry in enumerate(self.grouping.aggregates):
            kind = kind_of(entry)
            if kind in _NAMED_TYPES:
                members.append((f"{entry.alias}@odata.type", f"'\"#{_NAMED_TYPES[kind]}\"'"))
            members.append((entry.alias, json_of(f"a{number}", kind)))
        return json_object(members, omit_nulls=self.omit_nulls)


def kind_of(aggregate: Aggregate) -> ValueKind:
    """The kind of an aggregate's value."""
    if aggregate.operand is None or aggregate.method == "countdistinct":
        return ValueKind.INTEGER
    return ValueKind.DOUBLE if aggregate.method == "average" else aggregate.operand.kind


def _aggregate(aggregate: Aggregate, writer: ExpressionWriter) -> str:
    operand = aggregate.operand
    if operand is None:
        return "count(*)"
    assert isinstance(operand, PropertyPath)
    if aggregate.method == "countdistinct":
        return f"count(DISTINCT {writer.value(operand)})"
    return f"{_FUNCTIONS[aggregate.method]}({writer.value(operand)})"
