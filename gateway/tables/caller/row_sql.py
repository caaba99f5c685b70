"""SQL of a table as a caller sees it: its seen rows, with null in the place of what is hidden in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.access.rights import Rule
from gateway.connector.description.name_cases import snake_case
from gateway.connector.description.vocabulary import TYPES
from gateway.tables.caller.shown_tables import RELATION_FIELDS, ShownTables
from gateway.tables.columns import IS_STUB, FlatColumn, FlatTable
from gateway.tables.duck import named, quoted
from gateway.tables.relations import CUSTOM_FIELD_VALUES
from gateway.tables.side_tables import DELETED_ROWS, SOURCES

_NOTHING = "FALSE"


@dataclass(frozen=True, kw_only=True)
class RowSql:
    """Writes the SQL for one caller's tables. `files` are those of the tables that rows refer to, by name."""

    shown: ShownTables
    files: Mapping[str, Path]

    def select(
        self, table: FlatTable, columns: Iterable[FlatColumn], relation: str, *, also: Sequence[str] = ()
    ) -> str:
        """The seen rows and columns of a relation with a table's rows, in its order; `also` are columns of all."""
        listed = ", ".join([*also, *(self._column(table, column) for column in columns)])
        return f"SELECT {listed} FROM {relation} WHERE {self._rows(table)}"  # noqa: S608

    def _rows(self, table: FlatTable) -> str:
        if table.name == SOURCES.name:
            return f"name IN ({_list(self.shown.visible)})" if self.shown.visible else _NOTHING
        if table.name == DELETED_ROWS.name:
            return _any_of(self._deleted())
        return _any_of(
            f"(source = {quoted(source)} AND {self._source_rows(table, source)})"
            for source in self.shown.sources_of(table)
        )

    def _source_rows(self, table: FlatTable, source: str) -> str:
        if table.name in RELATION_FIELDS:
            referring = [column for column in table.columns if column.required and targets_of(column)]
            return " AND ".join(self._refers_to_seen(table, column, source) for column in referring)
        return self._fulfils(table, source)

    def _fulfils(self, table: FlatTable, source: str) -> str:
        """The condition of a source's seen rows of a table of records. A rule on a column that is not there: none."""
        rights = self.shown.rights.of_type(source, table.type)
        if rights is None:
            return _NOTHING
        if rights.rules is None:
            return "TRUE"
        fulfils = _any_of(_rule(table, rule) for rule in rights.rules)
        # What is known of a stub may come from rows that are not seen.
        return f"({fulfils} AND NOT {IS_STUB.name})" if table.has_stubs else fulfils

    def _refers_to_seen(self, table: FlatTable, column: FlatColumn, source: str) -> str:
        """The condition that a reference is to a record that is seen."""
        return _any_of(
            self._is_seen(target, column, source)
            for target in targets_of(column)
            if table.name != CUSTOM_FIELD_VALUES.name
            or self.shown.shows_custom_fields(source, self.shown.tables[target].type)
        )

    def _is_seen(self, target: str, column: FlatColumn, source: str) -> str:
        table = self.shown.tables[target]
        rights = self.shown.rights.of_type(source, table.type)
        if rights is None:
            return _NOTHING
        of_type = _any_of(
            f"starts_with({named(column.name)}, {quoted(f'{source}:{id_type}:')})"
            for id_type in TYPES[table.type]
        )
        if rights.rules is None:
            return of_type
        visible = (
            f"SELECT id FROM read_parquet({quoted(self.files[target])}) "  # noqa: S608
            f"WHERE source = {quoted(source)} AND {self._fulfils(table, source)}"
        )
        return f"({of_type} AND {named(column.name)} IN ({visible}))"

    def _column(self, table: FlatTable, column: FlatColumn) -> str:
        nulls = [f"source = {quoted(source)}" for source in self.shown.hidden_at(table, column)]
        if not column.required and targets_of(column):
            nulls += [
                f"(source = {quoted(source)} AND NOT {self._refers_to_seen(table, column, source)})"
                for source in self.shown.sources_of(table)
            ]
        name = named(column.name)
        return f"CASE WHEN {' OR '.join(nulls)} THEN NULL ELSE {name} END AS {name}" if nulls else name

    def _deleted(self) -> Iterator[str]:
        """The conditions of deleted rows: of a row that a rule may have hidden, nothing is known any more."""
        for table in self.shown.shown().values():
            if not table.has_records:
                continue
            types = RELATION_FIELDS[table.name][1] if table.name in RELATION_FIELDS else (table.type,)
            whole = [
                source
                for source in self.shown.sources_of(table)
                if types and all(self._has_all_rows(source, type_name) for type_name in types)
            ]
            if whole:
                yield f'("table" = {quoted(table.name)} AND source IN ({_list(whole)}))'

    def _has_all_rows(self, source: str, type_name: str) -> bool:
        rights = self.shown.rights.of_type(source, type_name)
        return rights is not None and rights.rules is None


def targets_of(column: FlatColumn) -> tuple[str, ...]:
    """The tables that a column refers to."""
    return column.among or ((column.references,) if column.references is not None else ())


def _rule(table: FlatTable, rule: Rule) -> str:
    conditions: list[str] = []
    for name, values in rule.items():
        column = table.column(snake_case(name))
        if column is None or not column.is_read:
            return _NOTHING
        conditions.append(f"CAST({named(column.name)} AS VARCHAR) IN ({_list(values)})")
    return f"({' AND '.join(conditions)})"


def _any_of(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(conditions) or _NOTHING})"


def _list(values: Iterable[str]) -> str:
    return ", ".join(map(quoted, values)) or "NULL"
