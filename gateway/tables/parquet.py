"""
Parquet files from spools: typed, ordered by source and native id, with the moments of each row's change.

Two passes: spools to Parquet, then a sort of that. A sort straight from JSON runs out of memory at a million rows; from
Parquet it spills to disk.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.tables.columns import ColumnKind, FlatColumn
from gateway.tables.duck import connect, named, quoted

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
CHANGED, FIRST_SEEN = "row_changed_at", "row_first_seen_at"


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """
    The version of a table before: its file, its columns, and the sources whose rows are taken over from it, as
    they could not be read now.
    """

    path: Path
    columns: Collection[str]
    carried: Collection[str] = ()


def write_parquet(
    folder: Path,
    target: Path,
    spools: Sequence[Path],
    columns: Sequence[FlatColumn],
    *,
    now: datetime | None = None,
    earlier: Earlier | None = None,
) -> int:
    """
    The table of the spools' rows, and of those taken over, at `target`. Returns its number of rows.

    `row_first_seen_at` and `row_changed_at` are `now` for new rows; a row of the version before keeps its own, unless
    the value of a column that both versions have changed. Without `now` these two columns are left out.
    """
    raw = target.with_suffix(".raw")
    names = [column.name for column in columns if column.name not in {CHANGED, FIRST_SEEN}]
    kinds = {column.name: column.kind for column in columns}
    with connect(folder) as connection:
        try:
            connection.execute(
                f"COPY ({_united(spools, names, kinds, earlier)}) TO {quoted(raw)} ({WRITTEN_AS})"
            )
            connection.execute(
                f"COPY ({_ordered(raw, names, earlier, now)}) TO {quoted(target)} ({WRITTEN_AS})"
            )
        finally:
            raw.unlink(missing_ok=True)
    return count_rows(target)


def count_rows(path: Path, *, changed_at: datetime | None = None) -> int:
    """The number of rows in a Parquet file, or of those that changed at this moment."""
    where = "" if changed_at is None else f" WHERE {CHANGED} = TIMESTAMPTZ {quoted(changed_at.isoformat())}"
    with connect(path.parent) as connection:
        counted = connection.execute(f"SELECT count(*) FROM {quoted(path)}{where}").fetchone()  # noqa: S608
    assert counted is not None
    return int(counted[0])


def _united(
    spools: Sequence[Path],
    names: Sequence[str],
    kinds: Mapping[str, ColumnKind],
    earlier: Earlier | None,
) -> str:
    """The rows that were read, and those of the version before that are taken over."""
    typed = [f"CAST({named(name)} AS {SQL_TYPES[kinds[name]]}) AS {named(name)}" for name in names]
    parts: list[str] = []
    if spools:
        files = ", ".join(map(quoted, spools))
        fields = ", ".join(f"{named(name)}: {quoted(_json_type(kinds[name]))}" for name in names)
        parts.append(
            f"SELECT {', '.join(typed)} FROM read_json([{files}], format = 'newline_delimited', "  # noqa: S608
            f"columns = {{{fields}}}, maximum_object_size = {_LONGEST_ROW})"
        )
    if earlier is not None and earlier.carried:
        carried = ", ".join(map(quoted, earlier.carried))
        known = [
            cast if name in earlier.columns else f"CAST(NULL AS {SQL_TYPES[kinds[name]]}) AS {named(name)}"
            for name, cast in zip(names, typed, strict=True)
        ]
        parts.append(
            f"SELECT {', '.join(known)} FROM {quoted(earlier.path)} WHERE source IN ({carried})"  # noqa: S608
        )
    if not parts:
        empty = [f"CAST(NULL AS {SQL_TYPES[kinds[name]]}) AS {named(name)}" for name in names]
        parts.append(f"SELECT {', '.join(empty)} LIMIT 0")
    return " UNION ALL ".join(parts)


def _json_type(kind: ColumnKind) -> str:
    return {ColumnKind.INTEGER: "BIGINT", ColumnKind.BOOLEAN: "BOOLEAN"}.get(kind, "VARCHAR")


def _ordered(raw: Path, names: Sequence[str], earlier: Earlier | None, now: datetime | None) -> str:
    columns = ", ".join(f"n.{named(name)}" for name in names)
    if now is None:
        return f"SELECT {columns} FROM read_parquet({quoted(raw)}) n ORDER BY source, {NATIVE_ORDER}"  # noqa: S608
    moment = f"TIMESTAMPTZ {quoted(now.isoformat())}"
    if earlier is None:
        return (
            f"SELECT {columns}, {moment} AS {FIRST_SEEN}, {moment} AS {CHANGED} FROM read_parquet({quoted(raw)}) n "  # noqa: S608
            f"ORDER BY source, {NATIVE_ORDER}"
        )
    compared = ", ".join(named(name) for name in names if name in earlier.columns)
    return f"""
        SELECT {columns}, coalesce(o.{FIRST_SEEN}, {moment}) AS {FIRST_SEEN},
          CASE WHEN o.digest = n.digest THEN o.{CHANGED} ELSE {moment} END AS {CHANGED}
        FROM (SELECT *, hash({compared}) AS digest FROM read_parquet({quoted(raw)})) n
        LEFT JOIN (SELECT id, {FIRST_SEEN}, {CHANGED}, hash({compared}) AS digest
                   FROM {quoted(earlier.path)}) o ON o.id = n.id
        ORDER BY n.source, {NATIVE_ORDER.replace("native_id", "n.native_id")}"""  # noqa: S608
