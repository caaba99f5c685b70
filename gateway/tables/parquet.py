"""
Parquet files from spools: typed, ordered by source and native id, with the moments of each row's change.

Two passes: spools to Parquet, then a sort of that. A sort straight from JSON runs out of memory at a million rows; from
Parquet it spills to disk.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.tables.columns import IS_STUB, MOMENTS, ColumnKind, FlatColumn
from gateway.tables.duck import named, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Rows of a row group: what a reader skips or reads at once.
ROW_GROUP = 20_480
WRITTEN_AS = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"

SQL_TYPES: Mapping[ColumnKind, str] = {
    ColumnKind.TEXT: "VARCHAR",
    ColumnKind.INTEGER: "BIGINT",
    ColumnKind.DECIMAL: "DECIMAL(38,9)",
    ColumnKind.BOOLEAN: "BOOLEAN",
    ColumnKind.DATE: "DATE",
    ColumnKind.TIMESTAMP: "TIMESTAMPTZ",
}
#: Bytes of one row in a spool. DuckDB takes twice as many for its buffer.
_LONGEST_ROW = 8 * 1024 * 1024
#: Numbers by size, before text, as GraphQL's lists have them.
NATIVE_ORDER = "NOT regexp_full_match(native_id, '[0-9]+'), TRY_CAST(native_id AS HUGEINT), native_id"
FIRST_SEEN, CHANGED = (column.name for column in MOMENTS)
#: A row of a spool has this flag if its details are those of the version before.
REUSED = FlatColumn(name="details_reused", kind=ColumnKind.BOOLEAN, description="")
_STUB = IS_STUB.name


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """
    The version of a table before: its file, its columns, the sources whose rows are taken over from it, as they could
    not be read now, and the columns of details that single rows keep.
    """

    path: Path
    columns: Collection[str]
    carried: Collection[str] = ()
    details: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A column of ids, the file of the table that it refers to, and the sources whose rows that has whole."""

    column: str
    path: Path
    sources: Collection[str]


@dataclass(frozen=True, kw_only=True)
class Composition:
    """
    The parts of a table: `spools` of rows that were read, the version before, and files of rows that other tables
    contribute, which are stubs if the table `has_stubs`. An id of `references` that has no row becomes null; in a
    column of `required` it takes its row with it.
    """

    columns: Sequence[FlatColumn]
    spools: Sequence[Path] = ()
    earlier: Earlier | None = None
    contributed: Sequence[Path] = ()
    has_stubs: bool = False
    references: Sequence[Reference] = ()
    required: Collection[str] = ()


def write_parquet(
    connection: "DuckDBPyConnection", target: Path, parts: Composition, *, now: datetime | None = None
) -> int:
    """
    The table of these parts at `target`. Returns its number of rows.

    `row_first_seen_at` and `row_changed_at` are `now` for new rows; a row of the version before keeps its own, unless
    the value of a column that both versions have changed. Without `now` these two columns are left out.
    """
    raw = target.with_suffix(".raw")
    try:
        connection.execute(f"COPY ({_united(parts)}) TO {quoted(raw)} ({WRITTEN_AS})")
        connection.execute(f"COPY ({_ordered(raw, parts, now)}) TO {quoted(target)} ({WRITTEN_AS})")
    finally:
        raw.unlink(missing_ok=True)
    return count_rows(connection, target)


def count_rows(connection: "DuckDBPyConnection", path: Path, *, changed_at: datetime | None = None) -> int:
    """The number of rows in a Parquet file, or of those that changed at this moment."""
    where = "" if changed_at is None else f" WHERE {CHANGED} = TIMESTAMPTZ {quoted(changed_at.isoformat())}"
    counted = connection.execute(f"SELECT count(*) FROM {quoted(path)}{where}").fetchone()  # noqa: S608
    assert counted is not None
    return int(counted[0])


def read_spools(spools: Sequence[Path], columns: Sequence[FlatColumn]) -> str:
    """SQL of the spools' rows, with the types that JSON has."""
    files = ", ".join(map(quoted, spools))
    fields = ", ".join(f"{named(column.name)}: {quoted(_json_type(column.kind))}" for column in columns)
    return (
        f"read_json([{files}], format = 'newline_delimited', columns = {{{fields}}}, "
        f"maximum_object_size = {_LONGEST_ROW})"
    )


def typed(column: FlatColumn, row: str = "") -> str:
    """SQL of a column in its type, of the row of this alias."""
    cell = f"{row}.{named(column.name)}" if row else named(column.name)
    return f"CAST({cell} AS {SQL_TYPES[column.kind]}) AS {named(column.name)}"


def _united(parts: Composition) -> str:
    """The rows that were read, those of the version before that are taken over, and those of other tables."""
    own = f", FALSE AS {_STUB}" if parts.has_stubs else ""
    queries: list[str] = []
    if parts.spools:
        queries.append(_read_now(parts, own))
    if parts.earlier is not None and parts.earlier.carried:
        queries.append(_carried(parts, parts.earlier, own))
    if parts.contributed:
        queries.append(_contributed(parts))
    if not queries:
        empty = [
            f"CAST(NULL AS {SQL_TYPES[column.kind]}) AS {named(column.name)}" for column in parts.columns
        ]
        queries.append(f"SELECT {', '.join(empty)}{own} LIMIT 0")
    return " UNION ALL ".join(f"({query})" for query in queries)


def _read_now(parts: Composition, own: str) -> str:
    earlier = parts.earlier
    reused = set(earlier.details) & set(earlier.columns) if earlier is not None else set()
    if earlier is None or not reused:
        cells = [typed(column) for column in parts.columns]
        return f"SELECT {', '.join(cells)}{own} FROM {read_spools(parts.spools, parts.columns)}"  # noqa: S608
    cells = [
        f"CASE WHEN s.{REUSED.name} THEN e.{named(column.name)} ELSE "
        f"CAST(s.{named(column.name)} AS {SQL_TYPES[column.kind]}) END AS {named(column.name)}"
        if column.name in reused
        else typed(column, "s")
        for column in parts.columns
    ]
    rows = read_spools(parts.spools, [*parts.columns, REUSED])
    return (
        f"SELECT {', '.join(cells)}{own} FROM {rows} s "  # noqa: S608
        f"LEFT JOIN {quoted(earlier.path)} e ON s.{REUSED.name} AND e.id = s.id"
    )


def _carried(parts: Composition, earlier: Earlier, own: str) -> str:
    cells = [
        typed(column)
        if column.name in earlier.columns
        else f"CAST(NULL AS {SQL_TYPES[column.kind]}) AS {named(column.name)}"
        for column in parts.columns
    ]
    listed = f" AND NOT {_STUB}" if _STUB in earlier.columns else ""
    sources = ", ".join(map(quoted, earlier.carried))
    return f"SELECT {', '.join(cells)}{own} FROM {quoted(earlier.path)} WHERE source IN ({sources}){listed}"  # noqa: S608


def _contributed(parts: Composition) -> str:
    names = ", ".join(named(column.name) for column in parts.columns)
    files = ", ".join(map(quoted, parts.contributed))
    if not parts.has_stubs:
        return f"SELECT {names} FROM read_parquet([{files}])"  # noqa: S608
    # Of what several tables tell of a record, the one that tells most stands.
    empty = " + ".join(f"({named(column.name)} IS NULL)::INTEGER" for column in parts.columns)
    return (
        f"SELECT {names}, TRUE AS {_STUB} FROM read_parquet([{files}], filename = true) "  # noqa: S608
        f"QUALIFY row_number() OVER (PARTITION BY id ORDER BY {empty}, filename) = 1"
    )


def _json_type(kind: ColumnKind) -> str:
    return {ColumnKind.INTEGER: "BIGINT", ColumnKind.BOOLEAN: "BOOLEAN"}.get(kind, "VARCHAR")


def _ordered(raw: Path, parts: Composition, now: datetime | None) -> str:
    names = [column.name for column in parts.columns]
    rows = f"read_parquet({quoted(raw)})"
    conditions: list[str] = []
    cells = {name: named(name) for name in names}
    for reference in parts.references:
        column = named(reference.column)
        sources = ", ".join(map(quoted, reference.sources)) or "NULL"
        lacks = f"source IN ({sources}) AND {column} NOT IN (SELECT id FROM {quoted(reference.path)})"  # noqa: S608
        if reference.column in parts.required:
            conditions.append(f"NOT ({lacks})")
        else:
            cells[reference.column] = f"CASE WHEN NOT ({lacks}) THEN {column} END AS {column}"
    if parts.has_stubs:
        names.append(_STUB)
        cells[_STUB] = _STUB
        conditions.append(f"NOT ({_STUB} AND id IN (SELECT id FROM {rows} WHERE NOT {_STUB}))")  # noqa: S608
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    whole = f"SELECT {', '.join(cells.values())} FROM {rows}{where}"  # noqa: S608
    if now is None:
        return f"{whole} ORDER BY source, {NATIVE_ORDER}"
    return _with_moments(whole, names, parts.earlier, f"TIMESTAMPTZ {quoted(now.isoformat())}")


def _with_moments(rows: str, names: Sequence[str], earlier: Earlier | None, moment: str) -> str:
    columns = ", ".join(f"n.{named(name)}" for name in names)
    if earlier is None:
        return (
            f"SELECT {columns}, {moment} AS {FIRST_SEEN}, {moment} AS {CHANGED} FROM ({rows}) n "  # noqa: S608
            f"ORDER BY source, {NATIVE_ORDER}"
        )
    compared = ", ".join(named(name) for name in names if name in earlier.columns)
    return f"""
        SELECT {columns}, coalesce(o.{FIRST_SEEN}, {moment}) AS {FIRST_SEEN},
          CASE WHEN o.digest = n.digest THEN o.{CHANGED} ELSE {moment} END AS {CHANGED}
        FROM (SELECT *, hash({compared}) AS digest FROM ({rows})) n
        LEFT JOIN (SELECT id, {FIRST_SEEN}, {CHANGED}, hash({compared}) AS digest
                   FROM {quoted(earlier.path)}) o ON o.id = n.id
        ORDER BY n.source, {NATIVE_ORDER.replace("native_id", "n.native_id")}"""  # noqa: S608
