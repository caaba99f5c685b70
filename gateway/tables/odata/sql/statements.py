"""Statements over the snapshots' files: a page of rows, their number, and one entity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.tables.duck import named, quoted
from gateway.tables.history.declarations import SNAPSHOT_DATE
from gateway.tables.history.rows import dates_of
from gateway.tables.odata.model import EntityModel
from gateway.tables.odata.query import KIND_OF_COLUMN, EntityQuery, LiteralValue, OutputName, Sort
from gateway.tables.odata.sql.expressions import ROOT, ExpressionWriter, link_alias
from gateway.tables.odata.sql.parameters import Parameters
from gateway.tables.odata.sql.relations import ROW_NUMBER, Relations, Statement, links_of
from gateway.tables.odata.sql.rows import column_members, json_object


@dataclass(frozen=True, kw_only=True)
class StatementWriter:
    """Writes the statements of one query, whose moment is `now`. `omit_nulls` leaves nulls out of the rows."""

    model: EntityModel
    query: EntityQuery
    relations: Relations
    now: datetime
    omit_nulls: bool = False

    def page(self, start: int, rows: int, skipped: int = 0) -> Statement:
        """
        Up to `rows` rows as (position, JSON) from the position `start` on, without the first `skipped` of them. A
        position is a row's number in the file, or if the query has an order of its own, the number in that.

        The rows' numbers are read first, with the columns that decide about them; then their other columns.
        """
        query, parameters = self.query, Parameters()
        if self.relations.is_history and not query.sorts:
            return self._days_page(start, rows, skipped)
        if not query.conditions and not query.sorts:
            first = start + skipped
            sql = (
                f"SELECT {ROW_NUMBER}, {self._row()} FROM {self.relations.rows()}{self._expanded()} "  # noqa: S608
                f"WHERE {ROW_NUMBER} >= {first} AND {ROW_NUMBER} < {first + rows} ORDER BY 1"
            )
            return Statement(sql=sql, values=[])
        conditions = self._conditions(parameters)
        order = self._order(parameters)
        if not query.sorts:
            conditions.append(f"{ROW_NUMBER} >= {start}")
        numbers = (
            f"SELECT {ROW_NUMBER} AS number FROM {self.relations.rows()}"  # noqa: S608
            f"{self.relations.joins(links_of(query.expressions()))}{_where(conditions)} "
            f"ORDER BY {order} LIMIT {rows} OFFSET {start if query.sorts else skipped}"
        )
        if self.relations.is_history:
            return Statement(sql=numbers, values=parameters.values, rows_of=partial(self._days_rows, start))
        position = f"{start} + page.rank" if query.sorts else "page.number"
        sql = (
            f"WITH page AS MATERIALIZED (SELECT number, row_number() OVER () - 1 AS rank FROM ({numbers})) "  # noqa: S608
            f"SELECT {position}, {self._row()} FROM page JOIN {self.relations.rows()} "
            f"ON {ROW_NUMBER} = page.number{self._expanded()} ORDER BY page.rank"
        )
        return Statement(sql=sql, values=parameters.values)

    def _days_page(self, start: int, rows: int, skipped: int) -> Statement:
        """A page of rows of several files, which come in the order of their numbers."""
        parameters = Parameters()
        conditions = [*self._conditions(parameters), *([f"{ROW_NUMBER} >= {start}"] if start else [])]
        sql = (
            f"SELECT {ROW_NUMBER}, {self._row()} FROM {self.relations.rows()}{_where(conditions)} "  # noqa: S608
            f"LIMIT {rows} OFFSET {skipped}"
        )
        return Statement(sql=sql, values=parameters.values)

    def _days_rows(self, start: int, numbers: Sequence[int]) -> Statement:
        """The rows of these numbers, in this order. Files of other days are not read."""
        days = ", ".join(f"DATE {quoted(day)}" for day in dates_of(numbers))
        sql = (
            f"SELECT page.rank, {self._row()} FROM (SELECT unnest($1::BIGINT[]) AS number, "  # noqa: S608
            f"{start} - 1 + generate_subscripts($1::BIGINT[], 1) AS rank) page JOIN {self.relations.rows()} "
            f"ON {ROW_NUMBER} = page.number WHERE {ROOT}.{SNAPSHOT_DATE.name} IN ({days}) ORDER BY page.rank"
        )
        return Statement(sql=sql, values=[list(numbers)])

    def count(self) -> Statement:
        """The number of rows that satisfy the conditions."""
        parameters = Parameters()
        where = _where(self._conditions(parameters))
        joins = self.relations.joins(links_of(self.query.conditions))
        sql = f"SELECT count(*) FROM {self.relations.rows()}{joins}{where}"  # noqa: S608
        return Statement(sql=sql, values=parameters.values)

    def entity(self) -> Statement:
        """The JSON of the entity with the query's key."""
        parameters = Parameters()
        where = _where(self._key_tests(parameters))
        sql = f"SELECT {self._row()} FROM {self.relations.rows()}{self._expanded()}{where} LIMIT 1"  # noqa: S608
        return Statement(sql=sql, values=parameters.values)

    def linked_id(self) -> Statement:
        """The id behind the query's link, of the entity with the query's key."""
        assert self.query.link is not None
        parameters = Parameters()
        where = _where(self._key_tests(parameters))
        column = f"{ROOT}.{named(self.query.link.column)}"
        sql = f"SELECT {column} FROM {self.relations.rows()}{where} LIMIT 1"  # noqa: S608
        return Statement(sql=sql, values=parameters.values)

    def _conditions(self, parameters: Parameters) -> list[str]:
        writer = self._writer(parameters)
        return [writer.condition(condition) for condition in self.query.conditions]

    def _key_tests(self, parameters: Parameters) -> list[str]:
        writer, columns = self._writer(parameters), self.query.set.columns
        values = {
            name: LiteralValue(value=value, kind=KIND_OF_COLUMN[columns[name].kind])
            for name, value in (self.query.key or {}).items()
        }
        return [f"{ROOT}.{named(name)} = {writer.value(value)}" for name, value in values.items()]

    def _order(self, parameters: Parameters) -> str:
        writer = self._writer(parameters)
        terms = [
            f"{writer.value(sort.by)} {direction(sort)}"
            for sort in self.query.sorts
            if not isinstance(sort.by, OutputName)
        ]
        return ", ".join([*terms, ROW_NUMBER])

    def _row(self) -> str:
        """The JSON of a row, with the entities that stand in it."""
        members = column_members(ROOT, self.query.set.columns, self.query.columns)
        for expansion in self.query.expansions:
            alias = link_alias(expansion.link.name)
            columns = self.model.sets[expansion.link.target].columns
            inner = json_object(column_members(alias, columns, expansion.columns), omit_nulls=self.omit_nulls)
            members.append((expansion.link.name, f"CASE WHEN {alias}.id IS NOT NULL THEN {inner} END"))
        return json_object(members, omit_nulls=self.omit_nulls)

    def _expanded(self) -> str:
        return self.relations.joins([expansion.link for expansion in self.query.expansions])

    def _writer(self, parameters: Parameters) -> ExpressionWriter:
        return ExpressionWriter(parameters=parameters, set=self.query.set, now=self.now)


def direction(sort: Sort) -> str:
    """The direction of a sort: OData has nulls before all other values."""
    return "DESC NULLS LAST" if sort.descending else "ASC NULLS FIRST"


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
